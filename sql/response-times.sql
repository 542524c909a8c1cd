-- How fast servers answer, whatever the protocol: percentiles for each server, the highest p90 first; with --flow each answer.
--
-- topic: tcp
--
-- An answer is the first data of the server behind data of the client, in a TCP connection; its time is that from the
-- client's last byte, as the capture point sees it. In it is the way from there to the server and back, for which rtt_ms
-- stands: the shortest round trip of the connection, or half of the connections'. What is beyond that is the server's: think
-- time, or that of servers behind it. What was sent again and copies do not count. Where an answer does not wait for the end
-- of what was asked, its time says little; a TLS handshake is answered, too. The server is the side that did not open the
-- flow.
--
-- param :server              Only this server address, or this prefix.
-- param :port port           Only servers with this port.
-- param :min_ms number       Only answers that took so long, milliseconds.
-- param :min_count integer = 1   Only servers of at least so many answers.
-- param :flow
-- param :host
-- param :capture
-- param :since
-- param :until
-- param :limit
WITH
again AS MATERIALIZED ( -- segments that do not count: retransmissions, keep-alives, probes
	SELECT packet_id
	FROM tcp_events
	WHERE kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission', 'keep_alive', 'zero_window_probe')
),
data AS ( -- segments with data; asked_packet_id: the one before, if the client sent that
	SELECT
		f.flow_id,
		p.packet_id,
		p.direction,
		p.ts_ns,
		p.number,
		lag(iif(p.direction = 0, p.packet_id, NULL)) OVER behind AS asked_packet_id
	FROM flows f
	CROSS JOIN flow_packets fp ON fp.flow_id = f.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE f.protocol = 'tcp'
		AND f.src_payload_bytes > 0
		AND f.dst_payload_bytes > 0
		AND (:flow IS NULL OR f.flow_id = :flow)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:server IS NULL OR ip_in(f.dst, :server))
		AND (:port IS NULL OR f.dst_port = :port)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND p.payload_len > 0
		AND p.duplicate_of IS NULL
		AND fp.packet_id NOT IN again
	WINDOW behind AS (PARTITION BY f.flow_id ORDER BY fp.packet_id)
),
answers AS ( -- data of a server right behind data of its client
	SELECT
		f.capture_id,
		f.flow_id,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port,
		f.application,
		f.src_rtt_min_ns AS rtt_ns,
		d.packet_id,
		d.number,
		asked.number AS asked_number,
		asked.ts_ns AS asked_ts_ns,
		d.ts_ns - asked.ts_ns AS response_ns
	FROM data d
	JOIN packets asked ON asked.packet_id = d.asked_packet_id
	JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.direction = 1
		AND (:min_ms IS NULL OR d.ts_ns - asked.ts_ns >= :min_ms * 1e6)
		AND (:since IS NULL OR asked.ts_ns >= :since)
		AND (:until IS NULL OR asked.ts_ns < :until)
)

-- section without :flow: Servers
-- column server           Address of the server.
-- column port             Its port.
-- column application      What its connections were found to carry; empty: not known, or different.
-- column connections      Connections with an answer.
-- column answers          Answers.
-- column p50_ms           Median response time, milliseconds.
-- column p90_ms           90th percentile of it, milliseconds.
-- column p99_ms           99th percentile of it, milliseconds.
-- column max_ms           The longest, milliseconds.
-- column rtt_ms           Median of the connections' shortest round trips between capture point and server,
--                         milliseconds.
-- column slowest_number   Packet number of the answer that took longest.
-- column slowest_flow     Its flow.
-- column capture          Name of the capture.
SELECT
	a.dst AS server,
	a.dst_port AS port,
	only(a.application) AS application,
	count(DISTINCT a.flow_id) AS connections,
	count(*) AS answers,
	round(percentile(a.response_ns, 50)) / 1e6 AS p50_ms,
	round(percentile(a.response_ns, 90)) / 1e6 AS p90_ms,
	round(percentile(a.response_ns, 99)) / 1e6 AS p99_ms,
	max(a.response_ns) / 1e6 AS max_ms,
	round(median(a.rtt_ns)) / 1e6 AS rtt_ms,
	CAST(first_few(a.number, -a.response_ns, 1) AS INTEGER) AS slowest_number,
	CAST(first_few(a.flow_id, -a.response_ns, 1) AS INTEGER) AS slowest_flow,
	c.name AS capture
FROM answers a
JOIN captures c ON c.capture_id = a.capture_id
GROUP BY a.capture_id, a.dst, a.dst_port
HAVING count(*) >= :min_count
ORDER BY p90_ms DESC, server, port
LIMIT ifnull(:limit, -1);

-- section with :flow: Answers
-- column time_s          Time of the client's last byte, seconds since the capture's first packet.
-- column response_ms     From there to the answer, milliseconds.
-- column beyond_ms       The part of it beyond the connection's shortest round trip to the server, milliseconds.
-- column asked_number    Packet number of the client's last byte.
-- column number          Packet number of the answer.
-- column client          Address of the client.
-- column client_port     Its port.
-- column server          Address of the server.
-- column port            Its port.
-- column application     What the connection was found to carry.
-- column flow_id         Number of the flow.
-- column capture         Name of the capture.
SELECT
	(a.asked_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	a.response_ns / 1e6 AS response_ms,
	max(a.response_ns - ifnull(a.rtt_ns, 0), 0) / 1e6 AS beyond_ms,
	a.asked_number,
	a.number,
	a.src AS client,
	a.src_port AS client_port,
	a.dst AS server,
	a.dst_port AS port,
	a.application,
	a.flow_id,
	c.name AS capture
FROM answers a
JOIN captures c ON c.capture_id = a.capture_id
ORDER BY a.packet_id
LIMIT ifnull(:limit, -1);
