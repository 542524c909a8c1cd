-- Connections were refused.
--
-- A RST answered the SYN: nothing listens on that port, or a firewall says so. A service (server and port)
-- together; connections that a port scan tried are left to that detector. value is the number of
-- connections. High where the service accepted nobody in the capture, else medium; medium as well where its
-- client was refused at :ports different ports or more, as peers of peer-to-peer programs are; low for BGP where
-- the session came to be by a connection the other way.
--
-- severity: high
-- category: connectivity
-- protocol: tcp
-- cause: No program listens on that port: the service is not started, has crashed, or listens elsewhere.
-- cause: A firewall answers for the server (reject with TCP reset).
-- cause: The queue of accepted connections is full, on a server that answers with RST then.
-- remedy: See on the server whether the service runs and on which address and port it listens (ss -ltn).
-- remedy: Compare the TTL of the RST with that of other packets of the server: another one points to a
--    firewall on the way.
-- source: RFC 9293, 3.5.2: a RST answers a segment for which there is no connection.
--
-- param :ports integer 2..65535 = 8   Ports, of any hosts, at which a client is refused that asks for peers.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Connections that were refused.
-- column symptoms     What was seen.
-- column packets      The SYNs.
-- column severity     low, medium, high or critical.
WITH
scans AS MATERIALIZED (
	SELECT capture_id, src, dst
	FROM issues
	WHERE detector IN ('port-scan', 'host-sweep')
),
refused AS MATERIALIZED (
	SELECT
		f.capture_id,
		f.src,
		f.dst,
		f.dst_port,
		f.flow_id,
		f.first_ts_ns,
		f.first_packet_id,
		f.last_packet_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_reset
		AND g.not_established
		AND completeness & 33 = 33
		AND dst_syns = 0
		AND dst_rsts > 0
		AND src_payload_bytes + dst_payload_bytes = 0
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = f.capture_id AND i.src = f.src AND ifnull(i.dst, f.dst) = f.dst
		)
),
sessions AS MATERIALIZED ( -- of BGP, which either side may open (RFC 4271, 6.8)
	SELECT DISTINCT capture_id, src, dst
	FROM (SELECT 1 FROM refused WHERE dst_port = 179 LIMIT 1) -- if none, no more is read
	CROSS JOIN flows
	WHERE protocol = 'tcp'
		AND dst_port = 179
		AND handshake_ns IS NOT NULL
		AND src IN (SELECT dst FROM refused WHERE dst_port = 179)
),
services AS (
	SELECT
		r.*,
		EXISTS (
			SELECT 1
			FROM sessions b
			WHERE r.dst_port = 179 AND b.capture_id = r.capture_id AND b.src = r.dst AND b.dst = r.src
		) AS is_back
	FROM refused r
),
seekers AS MATERIALIZED (
	SELECT capture_id, src
	FROM refused
	GROUP BY capture_id, src
	HAVING count(DISTINCT dst_port) >= :ports
),
targets AS MATERIALIZED (
	SELECT DISTINCT capture_id, dst, dst_port
	FROM refused
),
serving AS MATERIALIZED (
	SELECT DISTINCT t.capture_id, t.dst, t.dst_port
	FROM (SELECT 1 FROM targets LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	CROSS JOIN targets t ON t.dst_port = f.dst_port AND t.dst = f.dst AND t.capture_id = f.capture_id
	WHERE f.protocol = 'tcp'
		AND f.handshake_ns IS NOT NULL
)
SELECT
	r.capture_id,
	min(r.first_ts_ns) AS ts_ns,
	iif(count(*) = 1, r.flow_id, NULL) AS flow_id,
	iif(count(DISTINCT r.src) = 1, r.src, NULL) AS src,
	r.dst,
	count(*) AS value,
	printf('port %d of %s answered %s of %s with RST; %s', r.dst_port, r.dst, counted(count(*), 'SYN'),
		counted(count(DISTINCT r.src), 'client'), CASE
			WHEN s.dst NOT NULL THEN 'other connections to it came to be'
			WHEN min(r.is_back) THEN 'BGP sessions came to be by connections the other way'
			ELSE 'no connection to it came to be'
		END) AS symptoms,
	group_concat(r.first_packet_id || ' ' || r.last_packet_id) AS packets,
	CASE
		WHEN min(r.is_back) THEN 'low'
		WHEN s.dst IS NULL AND NOT min((r.capture_id, r.src) IN (SELECT * FROM seekers)) THEN 'high'
		ELSE 'medium'
	END AS severity
FROM services r
LEFT JOIN serving s ON s.capture_id = r.capture_id AND s.dst = r.dst AND s.dst_port = r.dst_port
GROUP BY r.capture_id, r.dst, r.dst_port
ORDER BY s.dst IS NOT NULL, count(*) DESC;
