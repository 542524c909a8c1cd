-- Resets: who sent the RST, at which stage of the connection, after what; in time order.
--
-- topic: tcp
--
-- A row for each side that sent one: its first RST. A RST to a SYN is a refusal; failed-handshakes tells more. One behind
-- both FINs only cleans up: --stage closed. client-resets tells what else a client had open.
--
-- param :stage one of syn_sent|syn_received|established|data|closing|closed|unknown   Only at this stage.
-- param :by address  Only by this address, or by this prefix.
-- param :min_idle_s = 0   Only where the connection was silent for so many seconds shortly before.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s         Time of the RST, seconds since the capture's first packet.
-- column number         Its packet number.
-- column by             Address that sent it.
-- column by_port        Its port.
-- column side           src or dst: the side of the flow. src sent the SYN, or else the first packet.
-- column other          Address of the other side.
-- column other_port     Its port.
-- column stage          What the connection had come to: syn_sent, syn_received (SYN-ACK), established (no data yet), data,
--                       closing (one side sent FIN), closed (both did); unknown: no packet before shows it.
-- column after          What the other side sent last: syn, syn_ack, fin, rst, data, keep_alive, ack; NULL nothing.
-- column after_number   Packet number of that.
-- column after_ms       Milliseconds from that to the RST.
-- column idle_s         Longest silence between two packets in a row among the eight that end with the RST, seconds: long
--                       where the connection had been idle, and somebody on the way may have forgotten it.
-- column age_s          Seconds from the connection's first packet to the RST.
-- column rsts           RSTs that this side sent, without copies of them (duplicates).
-- column flow_id        Number of the flow.
-- column capture        Name of the capture.
WITH
reset AS MATERIALIZED ( -- connections asked for with a RST
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND src_rsts + dst_rsts > 0
		AND (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
),
events AS MATERIALIZED ( -- packets of their handshakes, their FINs and RSTs, without copies
	SELECT flow_id, direction, packet_id, ts_ns, kind
	FROM marked_tcp_events
	WHERE kind IN ('syn', 'syn_ack', 'established', 'fin', 'rst')
		AND flow_id IN (SELECT flow_id FROM reset)
		AND NOT is_copy
),
rsts AS MATERIALIZED ( -- the first of each side, and how many it sent
	SELECT flow_id, direction, min(packet_id) AS packet_id, count(*) AS rsts
	FROM events
	WHERE kind = 'rst'
	GROUP BY flow_id, direction
),
marks AS ( -- per flow: the first packet of each kind
	SELECT
		flow_id,
		min(iif(kind = 'syn', packet_id, NULL)) AS syn_id,
		min(iif(kind = 'syn_ack', packet_id, NULL)) AS syn_ack_id,
		min(iif(kind = 'established', packet_id, NULL)) AS established_id,
		min(iif(kind = 'fin' AND NOT direction, packet_id, NULL)) AS src_fin_id,
		min(iif(kind = 'fin' AND direction, packet_id, NULL)) AS dst_fin_id
	FROM events
	GROUP BY flow_id
),
found AS MATERIALIZED ( -- RSTs asked for, and what came before; after_id: the other side's last
	SELECT
		r.*,
		p.ts_ns,
		ifnull(m.src_fin_id < r.packet_id, 0) + ifnull(m.dst_fin_id < r.packet_id, 0) AS fins,
		ifnull(m.established_id < r.packet_id, 0) AS established,
		ifnull(m.syn_ack_id < r.packet_id, 0) AS syn_acks,
		ifnull(m.syn_id < r.packet_id, 0) AS syns,
		EXISTS (
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets d ON d.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id
				AND fp.packet_id < r.packet_id
				AND d.payload_len > 0
				AND NOT d.tcp_flags & 6 -- data of a SYN wait for the handshake
		) AS has_data,
		(
			SELECT o.packet_id
			FROM flow_packets fp
			CROSS JOIN packets o ON o.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id
				AND fp.packet_id < r.packet_id
				AND o.direction <> r.direction
			ORDER BY fp.packet_id DESC
			LIMIT 1
		) AS after_id,
		(SELECT silence_ns FROM packet_silences WHERE packet_id = r.packet_id) AS idle_ns
	FROM rsts r
	JOIN packets p ON p.packet_id = r.packet_id
	LEFT JOIN marks m ON m.flow_id = r.flow_id
	WHERE (:since IS NULL OR p.ts_ns >= :since)
		AND (:until IS NULL OR p.ts_ns < :until)
),
shown AS ( -- stage: how far the connection was
	SELECT
		*,
		CASE
			WHEN fins = 2 THEN 'closed'
			WHEN fins = 1 THEN 'closing'
			WHEN has_data THEN 'data'
			WHEN established THEN 'established'
			WHEN syn_acks THEN 'syn_received'
			WHEN syns THEN 'syn_sent'
			ELSE 'unknown'
		END AS stage
	FROM found
)
SELECT
	(s.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	s.packet_id - c.first_packet_id + 1 AS number,
	iif(s.direction, f.dst, f.src) AS by,
	iif(s.direction, f.dst_port, f.src_port) AS by_port,
	iif(s.direction, 'dst', 'src') AS side,
	iif(s.direction, f.src, f.dst) AS other,
	iif(s.direction, f.src_port, f.dst_port) AS other_port,
	s.stage,
	CASE
		WHEN a.tcp_flags & 4 THEN 'rst'
		WHEN a.tcp_flags & 18 = 18 THEN 'syn_ack'
		WHEN a.tcp_flags & 2 THEN 'syn'
		WHEN a.tcp_flags & 1 THEN 'fin'
		WHEN a.packet_id IN (
			SELECT packet_id
			FROM tcp_events
			WHERE kind = 'keep_alive'
		) THEN 'keep_alive'
		WHEN a.payload_len > 0 THEN 'data'
		WHEN a.packet_id IS NOT NULL THEN 'ack'
	END AS after,
	a.packet_id - c.first_packet_id + 1 AS after_number,
	(s.ts_ns - a.ts_ns) / 1e6 AS after_ms,
	s.idle_ns / 1e9 AS idle_s,
	(s.ts_ns - f.first_ts_ns) / 1e9 AS age_s,
	s.rsts,
	s.flow_id,
	c.name AS capture
FROM shown s
JOIN flows f ON f.flow_id = s.flow_id
JOIN captures c ON c.capture_id = f.capture_id
LEFT JOIN packets a ON a.packet_id = s.after_id
WHERE (:stage IS NULL OR s.stage = :stage)
	AND (:by IS NULL OR ip_in(iif(s.direction, f.dst, f.src), :by))
	AND ifnull(s.idle_ns, 0) >= :min_idle_s * 1e9
ORDER BY s.ts_ns, s.packet_id
LIMIT ifnull(:limit, -1);
