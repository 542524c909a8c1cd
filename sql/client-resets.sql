-- Connections that the client ended with a RST, and the other connections that it had open at that moment.
--
-- topic: tcp
--
-- The client is the side that sent the SYN; connections whose SYN is not in the capture are left out. A RST ends a
-- connection if no RST came before it and not both sides had sent a FIN: a RST behind that only cleans up.
-- A connection is open from its SYN, if the server answered, to its first RST or to the second side's FIN. One that
-- is seen from the middle, or not to its end, is open from the first packet, or to the end of the capture.
--
-- param :client         Only resets by this address, or by this prefix.
-- param :server         Only connections to this address, or to this prefix.
-- param :host
-- param :capture
-- param :since
-- param :until
-- param :limit
--
-- column time_s               Time of the RST, seconds since the capture's first packet.
-- column number               Packet number of the RST.
-- column flow_id              Number of the flow.
-- column client               Address that sent the RST.
-- column client_port          Its port.
-- column server               Address of the other side.
-- column server_port          Its port.
-- column open_other_servers   Connections of this client that were open to other servers at that moment.
-- column open_same_server     Other connections of it that were open to the same server.
-- column age_s                Seconds from the SYN to the RST.
-- column client_payload_bytes  Payload bytes the client sent on this connection.
-- column server_payload_bytes  Payload bytes the server sent.
-- column fins                 Sides that had sent a FIN before: 0 or 1.
-- column capture              Name of the capture.
WITH
candidates AS MATERIALIZED ( -- connections of the clients that sent a RST; only these matter
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND (:capture IS NULL OR capture_id = :capture)
		AND (capture_id, src) IN (
			SELECT capture_id, src
			FROM flows
			WHERE src_rsts > 0 AND completeness & 1
		)
),
marks AS ( -- per flow: first RST of either side, and of the client; first FIN of either side
	SELECT
		flow_id,
		min(iif(kind = 'rst', packet_id, NULL)) AS rst_id,
		min(iif(kind = 'rst', ts_ns, NULL)) AS rst_ts_ns,
		min(iif(kind = 'rst' AND direction = 0, packet_id, NULL)) AS client_rst_id,
		min(iif(kind = 'fin' AND direction = 0, ts_ns, NULL)) AS src_fin_ts_ns,
		min(iif(kind = 'fin' AND direction = 1, ts_ns, NULL)) AS dst_fin_ts_ns
	FROM tcp_events
	WHERE kind IN ('rst', 'fin') AND flow_id IN (SELECT flow_id FROM candidates)
	GROUP BY flow_id
),
spans AS ( -- when each connection was open
	SELECT
		f.flow_id,
		f.capture_id,
		f.src,
		f.dst,
		f.first_ts_ns,
		f.completeness & 1 = 0 OR f.completeness & 14 <> 0 AS opened,
		min(
			ifnull(m.rst_ts_ns, 9e18),
			ifnull(max(m.src_fin_ts_ns, m.dst_fin_ts_ns), 9e18)
		) AS end_ts_ns,
		m.rst_ts_ns,
		m.rst_id,
		m.rst_id = m.client_rst_id
			AND f.completeness & 1
			AND ifnull(max(m.src_fin_ts_ns, m.dst_fin_ts_ns) > m.rst_ts_ns, 1) AS is_client_reset,
		ifnull(m.src_fin_ts_ns <= m.rst_ts_ns, 0)
			+ ifnull(m.dst_fin_ts_ns <= m.rst_ts_ns, 0) AS fins
	FROM candidates f
	LEFT JOIN marks m ON m.flow_id = f.flow_id
),
resets AS MATERIALIZED ( -- connections that a RST of the client ended
	SELECT *
	FROM spans
	WHERE is_client_reset
),
steps AS ( -- in time order: a connection begins, a client's RST, a connection ends
	SELECT capture_id, src, dst, first_ts_ns AS ts_ns, 0 AS step, 1 AS change, NULL AS flow_id
	FROM spans
	WHERE opened
	UNION ALL
	SELECT capture_id, src, dst, rst_ts_ns, 1, 0, flow_id
	FROM resets
	UNION ALL
	SELECT capture_id, src, dst, end_ts_ns, 2, -1, NULL
	FROM spans
	WHERE opened AND end_ts_ns < 9e18
),
counts AS ( -- connections that are open behind each step
	SELECT
		flow_id,
		sum(change) OVER (
			PARTITION BY capture_id, src
			ORDER BY ts_ns, step
			ROWS UNBOUNDED PRECEDING
		) AS of_client,
		sum(change) OVER (
			PARTITION BY capture_id, src, dst
			ORDER BY ts_ns, step
			ROWS UNBOUNDED PRECEDING
		) AS to_server
	FROM steps
)
SELECT
	(s.rst_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	s.rst_id - c.first_packet_id + 1 AS number,
	s.flow_id,
	f.src AS client,
	f.src_port AS client_port,
	f.dst AS server,
	f.dst_port AS server_port,
	n.of_client - n.to_server AS open_other_servers,
	n.to_server - s.opened AS open_same_server,
	(s.rst_ts_ns - s.first_ts_ns) / 1e9 AS age_s,
	f.src_payload_bytes AS client_payload_bytes,
	f.dst_payload_bytes AS server_payload_bytes,
	s.fins,
	c.name AS capture
FROM counts n
JOIN resets s ON s.flow_id = n.flow_id
JOIN flows f ON f.flow_id = n.flow_id
JOIN captures c ON c.capture_id = f.capture_id
WHERE n.flow_id IS NOT NULL
	AND (:client IS NULL OR ip_in(f.src, :client))
	AND (:server IS NULL OR ip_in(f.dst, :server))
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR s.rst_ts_ns >= :since)
	AND (:until IS NULL OR s.rst_ts_ns < :until)
ORDER BY s.rst_ts_ns, s.rst_id
LIMIT ifnull(:limit, -1);
