-- The TTL of a sender changes within a flow.
--
-- Packets of one direction of a TCP or UDP flow came with different TTLs, at least :min_packets of them
-- with another one than most. RSTs and SYNs are left out, since systems and devices answer with them in
-- their own way (tcp-rst-injection looks at RSTs), and so are copies that the capture made, and
-- traceroutes. Sender and receiver together. value is the difference of the largest and the smallest TTL.
--
-- severity: low
-- category: connectivity
-- protocol: ip
-- cause: The route changed during the flow, or packets take several routes of different length.
-- cause: A device on the way (proxy, firewall, load balancer) sends some of the packets in the name of the
--    host.
-- remedy: See which packets have the other TTL (report conversation): a kind of packets of their own points
--    to a device, a change at one time to a route.
-- source: RFC 791: each router takes one; along one route the TTL of a sender stays the same.
--
-- param :min_packets integer 1..1000000 = 3   Packets with another TTL than most from which on it is
--                                             listed.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          The sender.
-- column dst          The receiver.
-- column value        Difference of the TTLs.
-- column symptoms     What was seen.
-- column packets      Packets with another TTL.
WITH
routes AS MATERIALIZED ( -- of traceroutes, whose later fragments are flows of their own
	SELECT DISTINCT capture_id, original_src, original_dst
	FROM icmp_errors
	WHERE ip_version = 4 AND type = 11 AND code = 0
		OR ip_version = 6 AND type = 3 AND code = 0
),
counts AS ( -- packets of a direction with one TTL
	SELECT
		p.capture_id,
		p.flow_id,
		p.direction,
		p.ttl,
		count(*) AS packets,
		min(p.ts_ns) AS ts_ns,
		min(p.packet_id) AS packet_id,
		max(p.packet_id) AS last_packet_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN flow_packets fp ON fp.flow_id = g.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE g.has_ttls
		AND f.protocol IN ('tcp', 'udp')
		AND ((f.src_packets > :min_packets AND f.src_ttl_min < f.src_ttl_max)
			OR (f.dst_packets > :min_packets AND f.dst_ttl_min < f.dst_ttl_max))
		AND iif(p.direction, f.dst_ttl_min < f.dst_ttl_max, f.src_ttl_min < f.src_ttl_max)
		AND p.ttl NOT NULL
		AND p.duplicate_of IS NULL
		AND ifnull(p.tcp_flags, 0) & 6 = 0
	GROUP BY p.flow_id, p.direction, p.ttl
),
ranked AS ( -- place 1: the TTL of most packets of the direction
	SELECT
		*,
		row_number() OVER (PARTITION BY flow_id, direction ORDER BY packets DESC, ttl) AS place
	FROM counts
),
sides AS ( -- directions; others: packets with another TTL than most
	SELECT
		*,
		min(ttl) AS ttl_min,
		max(ttl) AS ttl_max,
		sum(iif(place > 1, packets, 0)) AS others,
		sum(packets) AS all_packets,
		count(*) AS ttls,
		group_concat(iif(place > 1, packet_id || ' ' || last_packet_id, NULL)) AS evidence
	FROM ranked
	GROUP BY flow_id, direction
)
SELECT
	s.capture_id,
	min(s.ts_ns) AS ts_ns,
	iif(count(*) = 1, s.flow_id, NULL) AS flow_id,
	iif(s.direction, f.dst, f.src) AS src,
	iif(s.direction, f.src, f.dst) AS dst,
	max(s.ttl_max - s.ttl_min) AS value,
	printf('of %s of %s to %s in %s, %d came with another TTL than most; TTLs from %d to %d',
		counted(sum(s.all_packets), 'packet'), iif(s.direction, f.dst, f.src), iif(s.direction, f.src, f.dst),
		counted(count(*), 'flow'), sum(s.others),
		min(s.ttl_min), max(s.ttl_max)) AS symptoms,
	group_concat(s.evidence) AS packets
FROM sides s
JOIN flows f ON f.flow_id = s.flow_id
WHERE s.others >= :min_packets
	AND NOT (
		s.ttl_min <= 30
		AND (s.ttls * 3 >= s.others
			OR (s.capture_id, iif(s.direction, f.dst, f.src), iif(s.direction, f.src, f.dst)) IN (SELECT * FROM routes))
	)
GROUP BY s.capture_id, iif(s.direction, f.dst, f.src), iif(s.direction, f.src, f.dst)
ORDER BY value DESC;
