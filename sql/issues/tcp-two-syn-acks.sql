-- A SYN was answered with different sequence numbers.
--
-- SYN-ACKs of one connection with different sequence numbers: a host picks one, and sends it again where it has to.
-- A server's port together. value is the number of connections. High where two answered one SYN and either their
-- TTLs differ or data did not go both ways; medium where only one of these is so, and where the client had sent its
-- SYN again, or no SYN is in the capture, and TTLs differ or data did not go both ways. Low where all went well, and
-- where it is one packet, with one IP identification within :copy_ms, before and behind a device that changes
-- numbers. A SYN-ACK of another number behind a RST is none of these.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: Two hosts answer for one address: load balancers that do not share their connections, anycast whose
--    route flaps, or an address that two hosts have.
-- cause: Somebody on the way answers in the server's name: a proxy for SYNs, a filter, an attacker.
-- cause: The server answers with SYN cookies, or had forgotten the first SYN when it came again.
-- remedy: Capture at each of the servers, or behind each load balancer, at the same time: which of them sent which
--    SYN-ACK?
-- remedy: Compare TTL, options and window of the SYN-ACKs (issue --id N --format text, packet): they tell the hosts
--    apart.
-- remedy: See that all of a connection's packets are hashed to one path (ECMP by addresses and ports) and that one
--    host has the address (report arp-table, detector arp-duplicate-address).
-- source: RFC 9293, 3.4.1 and 3.8.1: one initial sequence number a connection, and retransmissions carry it again;
--    RFC 4786, 4.1: anycast wants a stable choice of node; RFC 4987, 3.6: SYN cookies.
--
-- param :copy_ms number 0..10000 = 20   Time within which SYN-ACKs with one IP identification are one packet,
--                                       milliseconds.
--
-- column capture_id   The capture.
-- column ts_ns        The first SYN-ACK with another number, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server.
-- column value        Connections.
-- column symptoms     What was seen.
-- column packets      First packets of the connections, and their SYN-ACKs.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
changed AS MATERIALIZED ( -- SYN-ACKs with another number than what their side sent before
	SELECT e.packet_id, e.flow_id, e.direction
	FROM tcp_events e
	CROSS JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind = 'reused_ports' AND p.tcp_flags & 18 = 18
),
renumbered AS MATERIALIZED ( -- sides that sent them
	SELECT DISTINCT flow_id, direction
	FROM changed
),
answers AS ( -- the SYN-ACKs of these sides, with the one before
	SELECT
		r.flow_id,
		r.direction,
		p.packet_id,
		p.ts_ns,
		p.ttl,
		p.ip_id,
		lag(p.packet_id) OVER earlier AS before_id,
		lag(p.ts_ns) OVER earlier AS before_ts_ns,
		lag(p.ttl) OVER earlier AS before_ttl,
		lag(p.ip_id) OVER earlier AS before_ip_id
	FROM renumbered r
	CROSS JOIN flow_packets fp ON fp.flow_id = r.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE p.direction = r.direction AND p.tcp_flags & 22 = 18 AND p.duplicate_of IS NULL
	WINDOW earlier AS (PARTITION BY r.flow_id, r.direction ORDER BY p.packet_id)
),
changes AS ( -- those with another number than a SYN-ACK before
	SELECT
		a.*,
		a.ttl <> a.before_ttl AS other_ttl,
		a.ip_id <> 0 AND a.ip_id = a.before_ip_id AND a.ts_ns - a.before_ts_ns <= :copy_ms * 1e6 AS is_same,
		EXISTS (
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = a.flow_id
				AND fp.packet_id > a.before_id
				AND fp.packet_id < a.packet_id
				AND p.direction <> a.direction
				AND p.tcp_flags & 22 = 2
		) AS is_asked
	FROM answers a
	WHERE a.before_id NOT NULL AND a.packet_id IN (SELECT packet_id FROM changed)
),
connections AS ( -- src: who asked; dst: the side that changed its number
	SELECT
		f.capture_id,
		f.flow_id,
		iif(c.direction, f.src, f.dst) AS src,
		iif(c.direction, f.dst, f.src) AS dst,
		iif(c.direction, f.dst_port, f.src_port) AS port,
		min(c.ts_ns) AS ts_ns,
		min(c.is_same) AS is_same,
		max(NOT c.is_same AND NOT c.is_asked AND f.completeness & 1) AS is_one_syn,
		max(f.completeness & 1) AS has_syn,
		max(NOT c.is_same AND c.other_ttl) AS other_ttl,
		f.src_payload_bytes = 0 OR f.dst_payload_bytes = 0 AS failed,
		f.first_packet_id || ',' || group_concat(c.before_id || ',' || c.packet_id) AS packets
	FROM changes c
	JOIN flows f ON f.flow_id = c.flow_id
	GROUP BY c.flow_id, c.direction
),
graded AS (
	SELECT
		*,
		iif(is_same, 1, min(3, 1 + is_one_syn + (other_ttl OR failed))) AS rank
	FROM connections
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	only(src) AS src,
	dst,
	count(*) AS value,
	printf('port %d of %s answered with different sequence numbers in %s of %s: ', port, dst,
		counted(count(*), 'connection'), counted(count(DISTINCT src), 'client'))
		|| iif(min(is_same), 'each time one packet, seen with both',
			printf('%s%s; data %s', CASE
					WHEN min(is_one_syn) THEN 'without another SYN between'
					WHEN max(is_one_syn) THEN printf('in %d without another SYN between', sum(is_one_syn))
					WHEN min(has_syn) THEN 'when the SYN was sent again'
					ELSE 'SYNs are missing in the capture'
				END,
				CASE sum(other_ttl)
					WHEN 0 THEN ''
					WHEN count(*) THEN ', with different TTLs'
					ELSE printf(', in %d with different TTLs', sum(other_ttl))
				END,
				CASE sum(failed)
					WHEN 0 THEN 'went both ways'
					WHEN count(*) THEN 'did not go both ways'
					ELSE printf('did not go both ways in %d', sum(failed))
				END))
		AS symptoms,
	group_concat(packets) AS packets,
	CASE max(rank) WHEN 1 THEN 'low' WHEN 2 THEN 'medium' ELSE 'high' END AS severity,
	CASE
		WHEN min(is_same)
			THEN 'The capture has packets before and behind a device that changes sequence numbers, as some firewalls do.'
		WHEN max(other_ttl) AND max(is_one_syn)
			THEN 'Two hosts answer for one address, at different distances: load balancers, anycast, or a forged answer.'
		WHEN max(other_ttl)
			THEN 'Another host answered when the SYN came again: load balancers, or anycast whose route flaps.'
		WHEN max(is_one_syn) THEN 'Two hosts, or a proxy for SYNs and the server behind it, answer for one address.'
		ELSE 'The server, or a proxy before it, answers with SYN cookies, or had forgotten the first SYN when it came again.'
	END AS cause,
	iif(min(is_same) OR max(other_ttl), 0.7, 0.5) AS confidence
FROM graded
GROUP BY capture_id, dst, port
ORDER BY max(rank) DESC, value DESC;
