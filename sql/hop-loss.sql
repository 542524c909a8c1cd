-- Packets that one capture point has and the other has not: lost between them, or why else; and what was sent again.
--
-- topic: hops
--
-- Shows what was lost unless --reason names another reason: `hop-summary` counts them all. A packet that only a has and
-- that went forward was seen before the hop and not behind it. Of a segment that offload joined and that arrived in part,
-- each segment that did not arrive is a row: seq and len are its own.
--
-- param :reason one of lost|missed|unknown|outside|edge|absent|link_local|ttl_expired|rejected|duplicate = lost   Only these.
-- param :capture
-- param :flow
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column a               Name of the first capture.
-- column b               Name of the second.
-- column seen_in         The capture that has it.
-- column number          Its number there.
-- column time_s          Seconds since that capture's first packet.
-- column way             forward (a to b) or back; empty: not known.
-- column flow_id         Its flow there.
-- column protocol        Protocol.
-- column src             Sender.
-- column src_port        Its port.
-- column dst             Receiver.
-- column dst_port        Its port.
-- column flags           TCP flags as tcpdump prints them.
-- column seq             TCP sequence number, relative.
-- column len             Bytes above the innermost header that was decoded, or the part of them that did not arrive.
-- column of_len          The whole packet's, where a part of it arrived; empty: none did.
-- column again_number    First packet behind it that sends bytes of it again, among the next 10,000 of the capture; empty: none, or nothing to send again.
-- column again_ms        Milliseconds until then.
-- column again_arrived   1: the other point has that one; 0: it has not.
-- column reason          Why the other point may not have it.
WITH
alone AS MATERIALIZED ( -- packets that one point has alone; again_id: next segment with bytes of it
	SELECT
		h.*,
		iif(h.a_packet_id, h.a, h.b) AS seen_in,
		p.packet_id,
		p.number,
		p.flow_id,
		p.direction AS own_direction,
		p.tcp_flags,
		p.seq + ifnull(h.part_offset, 0) AS seq,
		ifnull(h.part_len, p.payload_len) AS len,
		iif(h.part_len, p.payload_len, NULL) AS of_len,
		p.ts_ns AS own_ts_ns,
		(
			SELECT g.packet_id
			FROM flow_packets fp
			CROSS JOIN packets g ON g.packet_id = fp.packet_id
			WHERE fp.flow_id = p.flow_id
				AND fp.packet_id BETWEEN p.packet_id + 1 AND p.packet_id + 10000
				AND (p.payload_len > 0 OR p.tcp_flags & 3)
				AND g.direction = p.direction
				AND g.seq < p.seq + ifnull(h.part_offset + h.part_len, p.payload_len + (p.tcp_flags & 3 <> 0))
				AND g.seq + g.payload_len + (g.tcp_flags & 3 <> 0) > p.seq + ifnull(h.part_offset, 0)
			ORDER BY fp.packet_id
			LIMIT 1
		) AS again_id
	FROM hop_packet_list h
	JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
	JOIN packets p ON p.packet_id = ifnull(h.a_packet_id, h.b_packet_id)
	WHERE h.reason = :reason
		AND (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
		AND (:flow IS NULL OR p.flow_id = :flow)
		AND (:host IS NULL OR ip_in(h.src, :host) OR ip_in(h.dst, :host))
		AND (:since IS NULL OR p.ts_ns >= :since)
		AND (:until IS NULL OR p.ts_ns < :until)
),
arrived AS MATERIALIZED ( -- of those that were sent again
	SELECT comparison_id, a_packet_id AS packet_id
	FROM hop_packets
	WHERE method IS NOT NULL AND a_packet_id IN (SELECT again_id FROM alone)
	UNION
	SELECT comparison_id, b_packet_id
	FROM hop_packets
	WHERE method IS NOT NULL AND b_packet_id IN (SELECT again_id FROM alone)
)
SELECT
	h.a,
	h.b,
	h.seen_in,
	h.number,
	h.time_s,
	CASE h.travel WHEN 1 THEN 'forward' WHEN -1 THEN 'back' END AS way,
	h.flow_id,
	h.protocol,
	h.src,
	h.src_port,
	h.dst,
	h.dst_port,
	tcp_flags(h.tcp_flags) AS flags,
	h.seq,
	h.len,
	h.of_len,
	again.number AS again_number,
	(again.ts_ns - h.own_ts_ns) / 1e6 AS again_ms,
	iif(
		h.again_id,
		EXISTS (
			SELECT 1
			FROM arrived r
			WHERE r.comparison_id = h.comparison_id AND r.packet_id = h.again_id
		),
		NULL
	) AS again_arrived,
	h.reason
FROM alone h
LEFT JOIN packets again ON again.packet_id = h.again_id
ORDER BY h.comparison_id, h.a_packet_id IS NULL, h.packet_id, h.part_offset
LIMIT ifnull(:limit, -1);
