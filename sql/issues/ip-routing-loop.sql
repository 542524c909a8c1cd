-- The same packet passes again and again, with fewer hops to go.
--
-- Of one direction of a flow, packets with the same IP identification (not 0) and the same payload were
-- captured with at least :min_ttls different TTLs. Captures of several interfaces see a packet once for
-- each router, two or three times. Sender and receiver together. value is the largest number of TTLs of one
-- packet.
--
-- severity: high
-- category: connectivity
-- protocol: ip
-- cause: A routing loop: two or more routers send the packets to each other.
-- cause: A capture of many interfaces or mirror ports, which sees each packet at every hop.
-- remedy: Compare the routes of the routers on both sides of the capture point: the next hop of one is the
--    other.
-- remedy: A difference of 2 from copy to copy means two routers.
-- source: RFC 791: each router takes one from the TTL, so that a loop of two passes a point with TTLs 2
--    apart until it ends.
--
-- param :min_ttls integer 3..255 = 4   TTLs of one packet from which on it is a loop.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          The sender.
-- column dst          The receiver.
-- column value        TTLs of one packet.
-- column symptoms     What was seen.
-- column packets      The copies of that packet.
WITH
copies AS MATERIALIZED ( -- a packet that was captured with several TTLs
	SELECT
		p.capture_id,
		p.flow_id,
		p.direction,
		p.ip_id,
		count(DISTINCT p.ttl) AS ttls,
		count(*) AS copies,
		max(p.ttl) AS ttl_max,
		min(p.ttl) AS ttl_min,
		min(p.ts_ns) AS ts_ns,
		group_concat(p.packet_id) AS packets
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN flow_packets fp ON fp.flow_id = f.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE g.has_ttls
		AND ((f.src_packets >= :min_ttls AND f.src_ttl_max - f.src_ttl_min >= :min_ttls - 1)
			OR (f.dst_packets >= :min_ttls AND f.dst_ttl_max - f.dst_ttl_min >= :min_ttls - 1))
		AND p.ip_id > 0
	GROUP BY p.flow_id, p.direction, p.ip_id, p.payload_hash, ifnull(p.fragment_offset, 0)
	HAVING count(DISTINCT p.ttl) >= :min_ttls
)
SELECT
	c.capture_id,
	min(c.ts_ns) AS ts_ns,
	iif(count(DISTINCT c.flow_id) = 1, c.flow_id, NULL) AS flow_id,
	iif(c.direction, f.dst, f.src) AS src,
	iif(c.direction, f.src, f.dst) AS dst,
	max(c.ttls) AS value,
	printf('%s of %s to %s passed again and again; one of them %d times, with TTLs from %d down to %d',
		counted(count(*), 'packet'), iif(c.direction, f.dst, f.src), iif(c.direction, f.src, f.dst), c.copies,
		c.ttl_max, c.ttl_min) AS symptoms,
	c.packets
FROM copies c
JOIN flows f ON f.flow_id = c.flow_id
GROUP BY c.capture_id, iif(c.direction, f.dst, f.src), iif(c.direction, f.src, f.dst)
ORDER BY count(*) DESC;
