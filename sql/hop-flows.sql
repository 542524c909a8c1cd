-- Flows at two capture points: which is which, how the one became the other, and what was lost and late on the way.
--
-- topic: hops
--
-- mapping says what was changed: none, nat (addresses or ports), isn (sequence numbers, by a constant), proxy (only the
-- payload is the same). absent is a flow that only one of the points has.
--
-- param :mapping one of none|nat|isn|proxy|absent   Only these.
-- param :capture
-- param :flow
-- param :host
-- param :limit
--
-- column a                     Name of the first capture.
-- column b                     Name of the second.
-- column a_flow_id             Flow in a; empty: a has none.
-- column b_flow_id             Flow in b; empty: b has none.
-- column mapping               How they belong together.
-- column confidence            That they do, per cent.
-- column protocol              Protocol.
-- column src                   Address that opened the flow, as a has it (b, where a has none).
-- column src_port              Its port.
-- column dst                   The other address.
-- column dst_port              Its port.
-- column b_src                 The address of the same end in b, where it is another.
-- column b_src_port            Its port, where that is another.
-- column b_dst                 The address of the other end in b, where it is another.
-- column b_dst_port            Its port, where that is another.
-- column src_way               Way of what src sent: forward (a to b) or back.
-- column src_matched           Packets of src found at both points.
-- column src_lost              Packets of src lost between them.
-- column src_delay_ms          Mean one-way delay of what src sent, milliseconds.
-- column src_excess_max_ms     The most that one of its packets took beyond the fastest of all flows, milliseconds.
-- column dst_matched           Packets of dst found at both points.
-- column dst_lost              Packets of dst lost between them.
-- column dst_delay_ms          Mean one-way delay of what dst sent, milliseconds.
-- column dst_excess_max_ms     The most that one of its packets took beyond the fastest of all flows, milliseconds.
-- column only                  Packets that one of the points has alone.
SELECT
	a.name AS a,
	b.name AS b,
	h.a_flow_id,
	h.b_flow_id,
	h.mapping,
	h.confidence,
	f.protocol,
	f.src,
	f.src_port,
	f.dst,
	f.dst_port,
	nullif(iif(h.swapped, g.dst, g.src), f.src) AS b_src,
	nullif(iif(h.swapped, g.dst_port, g.src_port), f.src_port) AS b_src_port,
	nullif(iif(h.swapped, g.src, g.dst), f.dst) AS b_dst,
	nullif(iif(h.swapped, g.src_port, g.dst_port), f.dst_port) AS b_dst_port,
	CASE h.src_travel WHEN 1 THEN 'forward' WHEN -1 THEN 'back' END AS src_way,
	h.src_matched,
	h.src_lost,
	h.src_delay_mean_ns / 1e6 AS src_delay_ms,
	h.src_excess_max_ns / 1e6 AS src_excess_max_ms,
	h.dst_matched,
	h.dst_lost,
	h.dst_delay_mean_ns / 1e6 AS dst_delay_ms,
	h.dst_excess_max_ns / 1e6 AS dst_excess_max_ms,
	h.src_a_only + h.src_b_only + h.dst_a_only + h.dst_b_only AS only
FROM hop_flows h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
JOIN flows f ON f.flow_id = ifnull(h.a_flow_id, h.b_flow_id)
LEFT JOIN flows g ON g.flow_id = h.b_flow_id
WHERE (:mapping IS NULL OR h.mapping = :mapping)
	AND (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
	AND (:flow IS NULL OR :flow IN (h.a_flow_id, h.b_flow_id))
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
ORDER BY h.comparison_id, h.mapping = 'absent', f.first_packet_id
LIMIT ifnull(:limit, -1);
