-- Connections that the capture leaves open: not closed by both sides, nor reset; the longest silent first.
--
-- topic: tcp
--
-- Those whose SYN or SYN-ACK is in the capture. What is silent for long is often dead, or kept for later; what is not
-- goes on behind the capture's end.
--
-- param :stage one of syn_sent|syn_received|established|src_closed|dst_closed   Only at this stage.
-- param :min_silent_s = 0   Only those silent for at least so many seconds.
-- param :flow
-- param :capture
-- param :host
-- param :since       Only connections with packets from this time on.
-- param :until       Only connections with packets before this time.
-- param :limit
--
-- column stage            syn_sent: no SYN-ACK yet; syn_received: SYN-ACK, but not the ACK that completes it; established;
--                         src_closed, dst_closed: this side sent FIN, the other did not.
-- column silent_s         Seconds from its last packet to the capture's end.
-- column src              Client address: sent the SYN, or else the first packet.
-- column src_port         Client port.
-- column dst              Server address.
-- column dst_port         Server port.
-- column last_by          Address that sent the last packet.
-- column last_flags       Its TCP flags, as tcpdump prints them.
-- column last_bytes       Its payload bytes.
-- column last_number      Its packet number.
-- column age_s            Seconds from the first packet to the capture's end.
-- column packets          Packets, both ways.
-- column src_data_bytes   Payload bytes that src sent, by sequence numbers, each byte once.
-- column dst_data_bytes   The same of dst.
-- column state            Connection state: S1, S2, S3, S0 ...
-- column flow_id          Number of the flow.
-- column capture          Name of the capture.
WITH
open AS ( -- connections that are not closed by both sides, nor reset
	SELECT
		*,
		CASE
			WHEN src_fins > 0 THEN 'src_closed'
			WHEN dst_fins > 0 THEN 'dst_closed'
			WHEN handshake_ns IS NOT NULL THEN 'established'
			WHEN completeness & 3 = 1 AND src_packets = src_syns AND dst_payload_bytes = 0 THEN 'syn_sent'
			WHEN dst_syns + src_syns = 0 OR completeness & 12 THEN 'established'
			WHEN syn_rtt_ns IS NOT NULL OR NOT completeness & 1 THEN 'syn_received'
			ELSE 'syn_sent'
		END AS stage
	FROM flows
	WHERE protocol = 'tcp'
		AND first_syn_ts_ns IS NOT NULL
		AND src_rsts + dst_rsts = 0
		AND (src_fins = 0 OR dst_fins = 0)
		AND (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
		AND (:since IS NULL OR last_ts_ns >= :since)
		AND (:until IS NULL OR first_ts_ns < :until)
)
SELECT
	o.stage,
	(c.last_ts_ns - o.last_ts_ns) / 1e9 AS silent_s,
	o.src,
	o.src_port,
	o.dst,
	o.dst_port,
	iif(p.direction, o.dst, o.src) AS last_by,
	tcp_flags(p.tcp_flags) AS last_flags,
	p.payload_len AS last_bytes,
	p.number AS last_number,
	(c.last_ts_ns - o.first_ts_ns) / 1e9 AS age_s,
	o.src_packets + o.dst_packets AS packets,
	iif(o.history LIKE '%^%', o.resp_bytes, o.orig_bytes) AS src_data_bytes,
	iif(o.history LIKE '%^%', o.orig_bytes, o.resp_bytes) AS dst_data_bytes,
	o.state,
	o.flow_id,
	c.name AS capture
FROM open o
JOIN captures c USING (capture_id)
JOIN packets p ON p.packet_id = o.last_packet_id
WHERE (:stage IS NULL OR o.stage = :stage)
	AND c.last_ts_ns - o.last_ts_ns >= :min_silent_s * 1e9
ORDER BY silent_s DESC, o.flow_id
LIMIT ifnull(:limit, -1);
