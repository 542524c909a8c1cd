-- The time-sequence graph of one direction of a TCP connection: its segments, the other side's ACKs, and its window.
--
-- topic: tcp
--
-- Without --side it is the direction that carried more payload. A row is a segment of that side with data, SYN or FIN, or
-- any segment of the other side with an ACK. Between ack and limit_seq is what the receiver has room for: where ack comes
-- near the segments, they arrive; where the segments come near limit_seq, the receiver's window holds the sender back;
-- where neither does, the sender had nothing to send or its congestion window was small. Each SACK block of the other
-- side is a row, too: what it has received beyond its ACK.
--
-- param :flow required
-- param :side one of src|dst   The side that sends: src opened the connection.
-- param :since
-- param :until
-- param :limit
--
-- column time_s       Seconds since the flow's first packet.
-- column number       Packet number in the capture.
-- column kind         segment, one that Wireshark calls retransmission, fast_retransmission, spurious_retransmission,
--                     out_of_order, keep_alive or zero_window_probe, or ack, or sack.
-- column seq          First sequence number, relative; of segments and SACK blocks.
-- column next_seq     The number behind the last one.
-- column ack          What the other side has received, relative; of its ACKs.
-- column limit_seq    Up to where it lets the sender send: ack and its window, scaled.
-- column len          Payload bytes.
-- column flags        TCP flags as tcpdump prints them.
-- column side         Who sent this segment: src or dst.
--
-- plot title   Time-sequence graph
-- plot x time_s   Time since the flow's first packet (s)
-- plot left   Sequence number, relative (bytes)
-- plot spans seq..next_seq by=side when=kind:segment   Segments of
-- plot steps ack by=side   Acknowledged by
-- plot steps limit_seq by=side   Window limit of
-- plot spans seq..next_seq by=side when=kind:sack   SACKed by
-- plot marks next_seq when=kind:retransmission   Retransmission
-- plot marks next_seq when=kind:fast_retransmission   Fast retransmission
-- plot marks next_seq when=kind:spurious_retransmission   Spurious retransmission
-- plot marks next_seq when=kind:out_of_order   Out of order
WITH
asked AS ( -- the flow; sender: the direction that is drawn
	SELECT
		f.*,
		CASE :side WHEN 'src' THEN 0 WHEN 'dst' THEN 1 ELSE dst_payload_bytes > src_payload_bytes END AS sender
	FROM flows f
	WHERE f.flow_id = :flow
),
kinds AS ( -- what is unusual about a segment
	SELECT packet_id, min(kind) AS kind
	FROM tcp_events
	WHERE flow_id = :flow
		AND kind IN (
			'retransmission', 'fast_retransmission', 'spurious_retransmission', 'out_of_order', 'keep_alive',
			'zero_window_probe'
		)
	GROUP BY packet_id
),
segments AS ( -- both ways; is_sent: in that direction; scaled: the window in bytes
	SELECT
		p.*,
		a.first_ts_ns,
		p.direction = a.sender AS is_sent,
		k.kind,
		p.window << iif(
			p.tcp_flags & 2 OR a.src_window_scale IS NULL OR a.dst_window_scale IS NULL,
			0,
			min(14, iif(p.direction, a.dst_window_scale, a.src_window_scale))
		) AS scaled
	FROM asked a
	CROSS JOIN flow_packets fp ON fp.flow_id = a.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	LEFT JOIN kinds k ON k.packet_id = fp.packet_id
	WHERE p.seq IS NOT NULL
),
shown AS ( -- segments with data, SYN or FIN, and ACKs of the other side
	SELECT *
	FROM segments
	WHERE iif(is_sent, payload_len > 0 OR tcp_flags & 3, ack IS NOT NULL AND NOT tcp_flags & 4)
		AND (:since IS NULL OR ts_ns >= :since)
		AND (:until IS NULL OR ts_ns < :until)
),
found AS ( -- segments, ACKs, and SACK blocks behind their ACK
	SELECT
		packet_id,
		-1 AS block,
		(ts_ns - first_ts_ns) / 1e9 AS time_s,
		number,
		iif(is_sent, ifnull(kind, 'segment'), 'ack') AS kind,
		iif(is_sent, seq, NULL) AS seq,
		iif(is_sent, seq + payload_len + (tcp_flags & 1 <> 0) + (tcp_flags & 2 <> 0), NULL) AS next_seq,
		iif(is_sent, NULL, ack) AS ack,
		iif(is_sent, NULL, ack + scaled) AS limit_seq,
		payload_len AS len,
		tcp_flags(tcp_flags) AS flags,
		iif(direction, 'dst', 'src') AS side
	FROM shown
	UNION ALL
	SELECT
		s.packet_id,
		b.tcp_sack_id,
		(s.ts_ns - s.first_ts_ns) / 1e9,
		s.number,
		'sack',
		b.begin_seq,
		b.end_seq,
		NULL,
		NULL,
		s.payload_len,
		tcp_flags(s.tcp_flags),
		iif(s.direction, 'dst', 'src')
	FROM shown s
	JOIN tcp_sacks b ON b.tcp_sack_id BETWEEN 4 * s.packet_id AND 4 * s.packet_id + 3
	WHERE NOT s.is_sent
)
SELECT time_s, number, kind, seq, next_seq, ack, limit_seq, len, flags, side
FROM found
ORDER BY packet_id, block
LIMIT ifnull(:limit, -1);
