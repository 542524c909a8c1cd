-- Connections that never came to be: no answer, refused, reset on the way, or never completed; in time order.
--
-- topic: tcp
--
-- Only connections whose SYN is in the capture. One whose client went on without an answer, or where data went both ways,
-- is not here: the capture has missed a part of it. Copies of a packet (duplicates) are not counted.
--
-- param :reason one of unanswered|icmp_error|refused|reset|unfinished   Only these.
-- param :port port   Only connections to this port.
-- param :flow
-- param :capture
-- param :host
-- param :since       Only SYNs from this time on.
-- param :until       Only SYNs before this time.
-- param :limit
--
-- column time_s             Time of the first SYN, seconds since the capture's first packet.
-- column reason             unanswered: the server sent nothing; icmp_error: nothing but ICMP errors came back; refused:
--                           the server answered with a RST; reset: either side sent a RST after the SYN-ACK; unfinished:
--                           the ACK of the SYN-ACK is missing, or the server sent something else than a SYN-ACK.
-- column src                Client address.
-- column src_port           Client port.
-- column dst                Server address.
-- column dst_port           Server port.
-- column syns_again         SYNs that the client repeated.
-- column syn_acks           SYN-ACKs that the server sent.
-- column tried_s            Seconds from the first SYN to the last.
-- column lasted_s           Seconds from the first SYN to the connection's last packet.
-- column syn_number         Packet number of the first SYN.
-- column last_syn_number    Packet number of the last SYN; equal to syn_number without repetition.
-- column syn_ack_number     Packet number of the first SYN-ACK.
-- column rst_number         Packet number of the first RST.
-- column rst_by             Address that sent it.
-- column icmp_errors        ICMP errors about packets of the connection.
-- column icmp_number        Packet number of the first of them.
-- column icmp_type          Its ICMP type.
-- column icmp_code          Its ICMP code.
-- column icmp_by            Address that sent it.
-- column flow_id            Number of the flow.
-- column capture            Name of the capture.
WITH
failed AS MATERIALIZED ( -- connections asked for that never came to be
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND completeness & 1
		AND handshake_ns IS NULL
		AND (dst_packets > 0 OR src_packets = src_syns + src_rsts)
		AND NOT (src_payload_bytes > 0 AND dst_payload_bytes > 0)
		AND (:flow IS NULL OR flow_id = :flow)
		AND (:port IS NULL OR dst_port = :port)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
		AND (:since IS NULL OR first_ts_ns >= :since)
		AND (:until IS NULL OR first_ts_ns < :until)
),
marks AS ( -- packets of their handshakes; rst: the first, with the direction as its last bit
	SELECT
		e.flow_id,
		sum(e.kind = 'syn' AND NOT e.direction) AS syns,
		sum(e.kind = 'syn_ack' AND e.direction) AS syn_acks,
		max(iif(e.kind = 'syn', e.packet_id, NULL)) AS last_syn_id,
		max(iif(e.kind = 'syn', e.ts_ns, NULL)) AS last_syn_ts_ns,
		min(iif(e.kind = 'syn_ack', e.packet_id, NULL)) AS syn_ack_id,
		min(iif(e.kind = 'rst', e.packet_id * 2 + e.direction, NULL)) AS rst
	FROM marked_tcp_events e
	WHERE e.kind IN ('syn', 'syn_ack', 'rst')
		AND e.flow_id IN (SELECT flow_id FROM failed)
		AND NOT e.is_copy
	GROUP BY e.flow_id
),
errors AS ( -- ICMP errors about one of them
	SELECT original_flow_id AS flow_id, count(*) AS errors, min(icmp_error_id) AS first_id
	FROM icmp_errors
	WHERE original_flow_id IN (SELECT flow_id FROM failed)
	GROUP BY original_flow_id
),
shown AS ( -- icmp_id: the first ICMP error
	SELECT
		f.*,
		m.*,
		ifnull(e.errors, 0) AS errors,
		i.packet_id AS icmp_id,
		i.type,
		i.code,
		i.src AS icmp_by,
		CASE
			WHEN m.syn_ack_id IS NOT NULL AND m.rst IS NOT NULL THEN 'reset'
			WHEN f.dst_packets = 0 AND e.errors THEN 'icmp_error'
			WHEN f.dst_packets = 0 THEN 'unanswered'
			WHEN m.syn_ack_id IS NULL AND f.dst_rsts > 0 THEN 'refused'
			ELSE 'unfinished'
		END AS reason
	FROM failed f
	LEFT JOIN marks m ON m.flow_id = f.flow_id
	LEFT JOIN errors e ON e.flow_id = f.flow_id
	LEFT JOIN icmp_errors i ON i.icmp_error_id = e.first_id
)
SELECT
	(h.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	h.reason,
	h.src,
	h.src_port,
	h.dst,
	h.dst_port,
	h.syns - 1 AS syns_again,
	h.syn_acks,
	(h.last_syn_ts_ns - h.first_ts_ns) / 1e9 AS tried_s,
	(h.last_ts_ns - h.first_ts_ns) / 1e9 AS lasted_s,
	h.first_packet_id - c.first_packet_id + 1 AS syn_number,
	h.last_syn_id - c.first_packet_id + 1 AS last_syn_number,
	h.syn_ack_id - c.first_packet_id + 1 AS syn_ack_number,
	h.rst / 2 - c.first_packet_id + 1 AS rst_number,
	iif(h.rst % 2, h.dst, iif(h.rst IS NULL, NULL, h.src)) AS rst_by,
	h.errors AS icmp_errors,
	h.icmp_id - c.first_packet_id + 1 AS icmp_number,
	h.type AS icmp_type,
	h.code AS icmp_code,
	h.icmp_by,
	h.flow_id,
	c.name AS capture
FROM shown h
JOIN captures c USING (capture_id)
WHERE :reason IS NULL OR h.reason = :reason
ORDER BY h.flow_id
LIMIT ifnull(:limit, -1);
