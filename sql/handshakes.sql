-- How each TCP connection was set up: SYN, SYN-ACK and ACK, their times and packet numbers.
--
-- topic: tcp
--
-- Only connections whose SYN is in the capture. slow-handshakes shows the slow ones.
--
-- param :result one of established|refused|unanswered|half_open   Only with this result.
-- param :flow
-- param :capture
-- param :host
-- param :since       Only SYNs from this time on.
-- param :until       Only SYNs before this time.
-- param :limit
--
-- column time_s           Time of the first SYN, seconds since the capture's first packet.
-- column result           established; refused: the server's answer was a RST; unanswered: it sent nothing; half_open:
--                         SYN-ACK, but not the ACK that completes it.
-- column syn_ack_ms       First SYN to first SYN-ACK, milliseconds.
-- column ack_ms           SYN-ACK to the ACK that completes the handshake, milliseconds.
-- column syns             SYNs that the client sent.
-- column syn_acks         SYN-ACKs that the server sent.
-- column syn_number       Packet number of the first SYN.
-- column syn_ack_number   Packet number of the first SYN-ACK.
-- column ack_number       Packet number of the ACK.
-- column flow_id          Number of the flow.
-- column src              Client address.
-- column src_port         Client port.
-- column dst              Server address.
-- column dst_port         Server port.
-- column capture          Name of the capture.
WITH
answers AS ( -- the first SYN-ACK of a flow, and the ACK that completes its handshake
	SELECT
		flow_id,
		min(iif(kind = 'syn_ack', packet_id, NULL)) AS syn_ack_id,
		min(iif(kind = 'established', packet_id, NULL)) AS ack_id
	FROM tcp_events
	WHERE kind IN ('syn_ack', 'established') AND (:flow IS NULL OR flow_id = :flow)
	GROUP BY flow_id
),
handshakes AS (
	SELECT
		f.*,
		a.syn_ack_id,
		a.ack_id,
		CASE
			WHEN f.handshake_ns IS NOT NULL THEN 'established'
			WHEN f.syn_rtt_ns IS NOT NULL THEN 'half_open'
			WHEN f.dst_rsts > 0 AND f.dst_rsts = f.dst_packets THEN 'refused'
			WHEN f.dst_packets = 0 THEN 'unanswered'
			ELSE 'half_open'
		END AS result
	FROM flows f
	LEFT JOIN answers a ON a.flow_id = f.flow_id
	WHERE f.completeness & 1
		AND (:flow IS NULL OR f.flow_id = :flow)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND (:since IS NULL OR f.first_ts_ns >= :since)
		AND (:until IS NULL OR f.first_ts_ns < :until)
)
SELECT
	(h.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	h.result,
	h.syn_rtt_ns / 1e6 AS syn_ack_ms,
	(h.handshake_ns - h.syn_rtt_ns) / 1e6 AS ack_ms,
	h.src_syns AS syns,
	h.dst_syns AS syn_acks,
	h.first_packet_id - c.first_packet_id + 1 AS syn_number,
	h.syn_ack_id - c.first_packet_id + 1 AS syn_ack_number,
	h.ack_id - c.first_packet_id + 1 AS ack_number,
	h.flow_id,
	h.src,
	h.src_port,
	h.dst,
	h.dst_port,
	c.name AS capture
FROM handshakes h
JOIN captures c USING (capture_id)
WHERE :result IS NULL OR h.result = :result
ORDER BY h.flow_id
LIMIT ifnull(:limit, -1);
