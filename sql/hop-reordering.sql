-- Packets that overtook others between two capture points.
--
-- topic: hops
--
-- A packet is late when the point that it reached second saw it behind a packet of its flow and direction that the other
-- point saw after it (RFC 4737, Type-P-Reordered).
--
-- param :capture
-- param :flow
-- param :host
-- param :limit
--
-- column a          Name of the first capture.
-- column b          Name of the second.
-- column way        forward (a to b) or back.
-- column a_number   Number of the late packet in a.
-- column b_number   Its number in b.
-- column time_s     Seconds since a's first packet.
-- column late_ms    Milliseconds behind the packet that was sent last of those that came before it.
-- column delay_ms   Its one-way delay, milliseconds; empty: cannot be known.
-- column flow_id    Its flow in a.
-- column protocol   Protocol.
-- column src        Sender, as a has it.
-- column src_port   Its port.
-- column dst        Receiver.
-- column dst_port   Its port.
SELECT
	h.a,
	h.b,
	iif(h.travel = 1, 'forward', 'back') AS way,
	h.a_number,
	h.b_number,
	h.time_s,
	h.late_ns / 1e6 AS late_ms,
	h.delay_ns / 1e6 AS delay_ms,
	h.a_flow_id AS flow_id,
	h.protocol,
	h.src,
	h.src_port,
	h.dst,
	h.dst_port
FROM hop_packet_list h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
WHERE h.late_ns IS NOT NULL
	AND (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
	AND (:flow IS NULL OR :flow IN (h.a_flow_id, h.b_flow_id))
	AND (:host IS NULL OR ip_in(h.src, :host) OR ip_in(h.dst, :host))
ORDER BY h.comparison_id, h.a_packet_id
LIMIT ifnull(:limit, -1);
