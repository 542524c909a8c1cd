-- Ports were used again too fast.
--
-- A SYN between two ports that had a connection before, less than :seconds after that one's last packet.
-- Client, server and port together. value is the shortest time between, in seconds. Medium where such a
-- connection failed, else low.
--
-- severity: low
-- category: configuration
-- protocol: tcp
-- cause: A client with many short connections to one server that runs out of ports.
-- cause: A program that binds its source port.
-- cause: A NAT or load balancer with few ports for many clients.
-- remedy: Keep connections open and use them again.
-- remedy: Give the client or NAT more addresses or ports (net.ipv4.ip_local_port_range).
-- source: RFC 9293, 3.6.1: ports wait for 2 MSL (4 minutes); Linux keeps TIME-WAIT for 60 s.
--
-- param :seconds number 0..3600 = 240   Time from the last packet to the new SYN, seconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Shortest time between, seconds.
-- column symptoms     What was seen.
-- column packets      The new SYNs.
-- column severity     low, medium, high or critical.
WITH
reused AS MATERIALIZED ( -- flows that use the ports of an earlier one again
	SELECT f.flow_id, f.connection_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_reused_ports
),
parts AS ( -- all flows of such connections: the first, those that reuse it, those behind a time-out
	SELECT connection_id AS flow_id
	FROM reused
	UNION
	SELECT flow_id
	FROM reused
	UNION
	SELECT f.flow_id
	FROM (SELECT 1 FROM captures WHERE flow_timeout_ns NOT NULL LIMIT 1)
	CROSS JOIN flows f
	WHERE f.connection_id IN (SELECT connection_id FROM reused)
),
uses AS ( -- gap_ns: from the last packet of the flow before
	SELECT
		f.flow_id,
		f.started,
		f.first_ts_ns - lag(f.last_ts_ns) OVER (PARTITION BY f.connection_id ORDER BY f.flow_id) AS gap_ns
	FROM parts p
	CROSS JOIN flows f ON f.flow_id = p.flow_id
),
found AS ( -- flows that came too soon
	SELECT
		f.capture_id,
		f.flow_id,
		f.src,
		f.dst,
		f.dst_port,
		f.first_ts_ns,
		f.first_packet_id,
		f.handshake_ns IS NULL AS failed,
		u.gap_ns
	FROM uses u
	CROSS JOIN flows f ON f.flow_id = u.flow_id
	WHERE u.started = 'reused_ports' AND u.gap_ns < :seconds * 1e9
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	min(gap_ns) / 1e9 AS value,
	printf('%s used source ports to port %d of %s again %s, %.3f s after the connection before at the earliest; %s '
		|| 'of the new connections failed', src, dst_port, dst, counted(count(*), 'time'), min(gap_ns) / 1e9,
		iif(sum(failed), sum(failed), 'none')) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(sum(failed) > 0, 'medium', 'low') AS severity
FROM found
GROUP BY capture_id, src, dst, dst_port
ORDER BY count(*) DESC;
