-- Each packet's delay between two capture points, in time order; with --flow, those of one flow.
--
-- topic: hops
--
-- raw_ms is time at b less time at a, each by its own clock. delay_ms is the one-way delay, clocks corrected: it takes
-- it that the fastest packets need as long either way, and is empty where packets went one way only. excess_ms, what a
-- packet took beyond the fastest the same way, needs no such assumption.
--
-- param :min_ms number   Only packets that took so many milliseconds beyond the fastest.
-- param :capture
-- param :flow
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column a            Name of the first capture.
-- column b            Name of the second.
-- column time_s       Seconds since a's first packet.
-- column way          forward (a to b) or back.
-- column a_number     Packet number in a.
-- column b_number     Packet number in b.
-- column raw_ms       Time at b less time at a, milliseconds.
-- column delay_ms     One-way delay, milliseconds.
-- column excess_ms    Beyond the fastest packet the same way, milliseconds.
-- column method       How the packet was known again.
-- column confidence   That it is the same, per cent.
-- column flow_id      Its flow in a.
-- column src          Sender, as a has it.
-- column src_port     Its port.
-- column dst          Receiver.
-- column dst_port     Its port.
-- column hop          From which capture to which it went; empty: not known.
--
-- plot title   Delay between two capture points, beyond that of the fastest packet
-- plot x time_s   Time since the first capture's first packet (s)
-- plot left   Delay beyond the fastest packet the same way (ms)
-- plot points excess_ms by=hop   From
SELECT
	h.a,
	h.b,
	h.time_s,
	CASE h.travel WHEN 1 THEN 'forward' WHEN -1 THEN 'back' END AS way,
	h.a_number,
	h.b_number,
	h.raw_delay_ns / 1e6 AS raw_ms,
	h.delay_ns / 1e6 AS delay_ms,
	h.excess_ns / 1e6 AS excess_ms,
	h.method,
	h.confidence,
	h.a_flow_id AS flow_id,
	h.src,
	h.src_port,
	h.dst,
	h.dst_port,
	CASE h.travel WHEN 1 THEN h.a || ' to ' || h.b WHEN -1 THEN h.b || ' to ' || h.a END AS hop
FROM hop_packet_list h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
WHERE h.method IS NOT NULL
	AND (
		:flow IS NULL
		OR h.hop_flow_id IN (SELECT hop_flow_id FROM hop_flows WHERE :flow IN (a_flow_id, b_flow_id))
	)
	AND (:min_ms IS NULL OR h.excess_ns >= :min_ms * 1e6)
	AND (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
	AND (:host IS NULL OR ip_in(h.src, :host) OR ip_in(h.dst, :host))
	AND (:since IS NULL OR h.ts_ns >= :since)
	AND (:until IS NULL OR h.ts_ns < :until)
ORDER BY h.comparison_id, h.a_packet_id, h.b_packet_id
LIMIT ifnull(:limit, -1);
