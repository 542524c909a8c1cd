-- OSPF neighbour is lost.
--
-- A router whose hellos named a neighbour and then no longer do; or whose own hellos stop for
-- longer than its dead interval, while others of the capture go on. value is the number of
-- times.
--
-- severity: high
-- category: connectivity
-- protocol: ospf
-- cause: A link or router that went down, or hellos that are lost (a full link, a multicast
--   filter).
-- cause: A process that was restarted, or a change of its configuration.
-- remedy: Look at the interface and its errors at that time, on both routers.
-- remedy: Ping the neighbour; see whether its hellos (224.0.0.5) arrive.
-- source: RFC 2328, 9.5 and 10.1: a neighbour that was not heard for the dead interval is down.
--
-- column capture_id  The capture.
-- column ts_ns       The first hello without the neighbour, or the last one before the silence.
-- column flow_id     That of the hellos.
-- column src         The router that lost it; NULL: all.
-- column dst         The neighbour: its router id, or its address.
-- column value       Times.
-- column symptoms    What was seen.
-- column packets     The hellos before and after.
WITH RECURSIVE hellos AS ( -- each with the one before and the next of the same router
	SELECT
		r.*,
		iif(r.direction = 0, f.src, f.dst) AS address,
		lag(r.neighbors) OVER w AS neighbors_before,
		lag(r.packet_id) OVER w AS before_packet_id,
		lead(r.ts_ns) OVER w AS next_ts_ns,
		lead(r.packet_id) OVER w AS next_packet_id
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'ospf' AND r.type = 'hello'
	WINDOW w AS (
		PARTITION BY r.capture_id, r.flow_id, r.direction, r.router_id ORDER BY r.routing_id
	)
),
named (capture_id, routing_id, neighbor, rest) AS ( -- neighbours of the hello before, one by one
	SELECT capture_id, routing_id, NULL, neighbors_before || ' '
	FROM hellos
	WHERE neighbors_before <> neighbors AND neighbors_before <> ''
	UNION ALL
	SELECT
		capture_id,
		routing_id,
		substr(rest, 1, instr(rest, ' ') - 1),
		substr(rest, instr(rest, ' ') + 1)
	FROM named
	WHERE rest <> ''
),
dropped AS ( -- neighbours that a hello no longer names
	SELECT
		h.capture_id,
		h.flow_id,
		h.ts_ns,
		h.address,
		n.neighbor,
		h.before_packet_id || ',' || h.packet_id AS packets
	FROM named n
	JOIN hellos h ON h.routing_id = n.routing_id
	WHERE n.neighbor <> '' AND instr(' ' || h.neighbors || ' ', ' ' || n.neighbor || ' ') = 0
),
lasts AS MATERIALIZED ( -- the last hello of each router
	SELECT capture_id, router_id, max(ts_ns) AS ts_ns
	FROM routing
	WHERE protocol = 'ospf' AND type = 'hello'
	GROUP BY capture_id, router_id
),
silent AS ( -- silence_ns: to the next hello, or to the last one of any other router
	SELECT
		h.*,
		ifnull(h.next_ts_ns, (
			SELECT max(o.ts_ns)
			FROM lasts o
			WHERE o.capture_id = h.capture_id AND o.router_id <> h.router_id
		)) - h.ts_ns AS silence_ns
	FROM hellos h
)
SELECT
	d.capture_id,
	min(d.ts_ns) AS ts_ns,
	d.flow_id,
	d.address AS src,
	d.neighbor AS dst,
	count(*) AS value,
	printf('hellos of %s named neighbour %s, then not any more%s', d.address, d.neighbor,
		iif(count(*) > 1, printf('; %d times', count(*)), '')) AS symptoms,
	group_concat(d.packets) AS packets
FROM dropped d
GROUP BY d.capture_id, d.flow_id, d.address, d.neighbor
UNION ALL
SELECT
	capture_id,
	min(ts_ns),
	flow_id,
	NULL,
	address,
	count(*),
	printf('%s (router %s) sent no hello for %.1f s; its dead interval is %d s', address, router_id,
		max(silence_ns) / 1e9, dead_interval_s),
	group_concat(packet_id || ifnull(',' || next_packet_id, ''))
FROM silent
WHERE silence_ns > dead_interval_s * 1e9
GROUP BY capture_id, flow_id, address, router_id
ORDER BY ts_ns;
