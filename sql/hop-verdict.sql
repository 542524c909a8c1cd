-- Is it the network? For each TCP connection that lost time: where the time went, and to what.
--
-- topic: hops
--
-- Where: between the two capture points, beyond a, or beyond b.
-- The time of a connection is taken apart at the point that is nearer to the client, wait by wait; an ACK that nobody
-- waited for ends none. Of a wait for the server, what passed at the other point since the server had what it needed
-- passed beyond that point, and what its packets were late on the way between the points; the rest is distance, no loss of
-- time. Only differences of one clock are used, so it does not matter how the clocks are set. A wait that a
-- retransmission ended belongs to where the packet was lost: before the point where it had to come first, if that had not
-- seen it, between the points, or beyond the other point, if that had; to the way between the points, if it or its ACK was
-- late there; beyond the sender's point, if that had its ACK in time. Between the points is also what passed until it came,
-- with what was sent behind it there. A wait during which the receiver's window was closed belongs to the receiver. In long
-- transfers, round trips count as slowed when less is under way than before a loss between the points. An ACK counts where
-- the other side sent data as soon as it came. Between an answer and the next request nobody waits: that time is shown, but
-- is not in the shares. Where a capture has the packets of one side only, nothing is said but that.
--
--   it is the network         at least half of the time lost went to the way between the points
--   it is not the network     less than half of it, and the captures account for the rest
--   these captures cannot tell   too much of it ended with packets that one of the captures has not, or that were sent again
--                                nobody knows why
--
-- "The network" is that between the two points: what is beyond b may be another network, or the server itself. With b at
-- the server, it is the server.
--
-- param :min_ms number = 100   Only connections that lost so much time, in milliseconds.
-- param :packets integer 1..1000000000 = 100000   Connections of so many packets in all are taken apart, those with the longest waits first.
-- param :capture
-- param :flow
-- param :host
-- param :limit
--
-- section: Verdicts
-- column a                 Name of the first capture.
-- column b                 Name of the second.
-- column verdict           Is it the network between the points?
-- column why               What the packets show, in words.
-- column client            Address of the client, as a has it.
-- column client_port       Its port.
-- column server            Address of the server.
-- column server_port       Its port.
-- column a_flow_id         Flow in a.
-- column b_flow_id         Flow in b.
-- column lost_ms           Time lost: all of the following but distance and idle time, milliseconds.
-- column network_pct       Share of it between the points: loss, queues.
-- column beyond_a_pct      Share of it beyond a.
-- column beyond_b_pct      Share of it beyond b.
-- column unknown_pct       Share of it that cannot be placed.
-- column loss_ms           Waiting for what was lost between the points, or whose ACK was, to be sent again.
-- column slowed_ms         Round trips during which less was under way than before, because packets had been lost between the points.
-- column queue_ms          Time between the points beyond that of the fastest packets, and until what was late there came or was sent again.
-- column elsewhere_ms      Waiting for retransmissions of what was neither lost nor late between the points.
-- column server_think_ms   Waiting for data of the server: what passed beyond its point.
-- column server_ack_ms     Waiting for an ACK or SYN-ACK of the server: what passed beyond its point.
-- column client_ack_ms     Waiting for an ACK of the client: what passed beyond its point.
-- column server_window_ms  While the server's window was closed.
-- column client_window_ms  While the client's window was closed.
-- column distance_ms       What round trips between the points take at the least, for each time that one was waited for.
-- column idle_ms           Nobody waited: the client had not asked again, or had more to send and did not.
-- column lost_packets      Packets of the connection lost between the points.
-- column a_number          The packet that ended the longest wait: its number in a.
-- column b_number          Its number in b.
-- column longest_ms        That wait, milliseconds.
-- column network_a_number  The packet that ended the longest wait between the points, if a tenth of the time went there: its number in a.
-- column network_b_number  Its number in b.
-- column beyond_a_a_number The same of the longest wait beyond a.
-- column beyond_a_b_number Its number in b.
-- column beyond_b_a_number The same of the longest wait beyond b.
-- column beyond_b_b_number Its number in b.
WITH
candidates AS ( -- with their packets, and those of the connections before them
	SELECT
		h.*,
		a.name AS a,
		b.name AS b,
		a.first_packet_id AS a_first,
		b.first_packet_id AS b_first,
		c.clock,
		ifnull(max(0, c.forward_raw_min_ns - c.back_raw_max_ns), 0) AS round_trip_ns, -- least between the points
		f.src_packets + f.dst_packets AS packets,
		sum(f.src_packets + f.dst_packets) OVER (
			ORDER BY max(f.idle_max_ns, g.idle_max_ns) DESC, h.hop_flow_id
			ROWS UNBOUNDED PRECEDING
		) AS packets_so_far
	FROM hop_comparisons c
	JOIN captures a ON a.capture_id = c.a_capture_id
	JOIN captures b ON b.capture_id = c.b_capture_id
	JOIN hop_flows h ON h.comparison_id = c.comparison_id
	JOIN flows f ON f.flow_id = h.a_flow_id
	JOIN flows g ON g.flow_id = h.b_flow_id
	WHERE (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
		AND f.protocol = 'tcp'
		AND h.src_travel IS NOT NULL
		AND (:flow IS NULL OR :flow IN (h.a_flow_id, h.b_flow_id))
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND max(f.last_ts_ns - f.first_ts_ns, g.last_ts_ns - g.first_ts_ns) >= :min_ms * 1e6
),
chosen AS ( -- flipped: the client is dst, as what came first looked like an answer; lacks: packets of dst, which there were
	SELECT
		h.*,
		ifnull(instr(f.history, '^') > 0, 0) AS flipped,
		f.dst_packets = 0
			AND (f.src_packets > f.src_syns + f.src_rsts OR f.history LIKE '^h%') IS TRUE
			AND (
				h.clock <> 'both_ways'
				OR (
					SELECT max(p.ack) > min(p.ack)
					FROM flow_packets fp
					JOIN packets p ON p.packet_id = fp.packet_id
					WHERE fp.flow_id = h.a_flow_id
				) IS TRUE
			) AS a_lacks,
		g.dst_packets = 0
			AND (g.src_packets > g.src_syns + g.src_rsts OR g.history LIKE '^h%') IS TRUE
			AND (
				h.clock <> 'both_ways'
				OR (
					SELECT max(p.ack) > min(p.ack)
					FROM flow_packets fp
					JOIN packets p ON p.packet_id = fp.packet_id
					WHERE fp.flow_id = h.b_flow_id
				) IS TRUE
			) AS b_lacks
	FROM candidates h
	JOIN flows f ON f.flow_id = h.a_flow_id
	JOIN flows g ON g.flow_id = h.b_flow_id
	WHERE h.packets_so_far <= :packets OR h.packets_so_far = h.packets
),
sick AS MATERIALIZED ( -- near: the point on the client's side; of the hop flow, a is the near one unless turned
	SELECT
		h.*,
		iif(h.turned, h.b_flow_id, h.a_flow_id) AS near_flow_id,
		iif(h.turned, h.a_flow_id, h.b_flow_id) AS far_flow_id,
		1.5 * ifnull(
			CASE h.turned
				WHEN 1 THEN iif(h.flipped <> h.swapped, g.src_rtt_min_ns, g.dst_rtt_min_ns)
				ELSE iif(h.flipped, f.src_rtt_min_ns, f.dst_rtt_min_ns)
			END,
			0
		) + 500000 AS beyond_near_ns, -- data that answers an ACK comes as soon
		1.5 * ifnull(
			CASE h.turned
				WHEN 1 THEN iif(h.flipped, f.dst_rtt_min_ns, f.src_rtt_min_ns)
				ELSE iif(h.flipped <> h.swapped, g.dst_rtt_min_ns, g.src_rtt_min_ns)
			END,
			0
		) + 500000 AS beyond_far_ns,
		iif(h.turned, h.b_lacks, h.a_lacks) AS near_lacks,
		iif(h.turned, h.a_lacks, h.b_lacks) AS far_lacks,
		CASE
			WHEN h.a_lacks AND h.b_lacks AND NOT h.swapped THEN h.a || ' and ' || h.b || ' have no packets of the '
			WHEN h.a_lacks THEN h.a || ' has no packets of the '
			WHEN h.b_lacks THEN h.b || ' has no packets of the '
		END || iif(h.flipped <> (h.swapped AND NOT h.a_lacks), 'client', 'server') AS lacking,
		iif(h.flipped, f.dst, f.src) AS client,
		iif(h.flipped, f.dst_port, f.src_port) AS client_port,
		iif(h.flipped, f.src, f.dst) AS server,
		iif(h.flipped, f.src_port, f.dst_port) AS server_port
	FROM (SELECT *, (src_travel = -1) <> flipped AS turned FROM chosen) h
	JOIN flows f ON f.flow_id = h.a_flow_id
	JOIN flows g ON g.flow_id = h.b_flow_id
),
found AS MATERIALIZED ( -- their packets
	SELECT
		h.hop_flow_id,
		h.direction <> s.flipped AS from_server,
		iif(s.turned, h.b_packet_id, h.a_packet_id) AS near_id,
		iif(s.turned, h.a_packet_id, h.b_packet_id) AS far_id,
		h.excess_ns,
		h.late_ns,
		h.reason,
		h.part_offset,
		h.part_len,
		s.near_lacks,
		s.far_lacks,
		s.round_trip_ns,
		s.beyond_near_ns,
		s.beyond_far_ns
	FROM hop_packets h
	JOIN sick s ON s.hop_flow_id = h.hop_flow_id
),
once AS ( -- each packet of the near point, with its appearance at the far one
	SELECT
		hop_flow_id, from_server, near_id, min(far_id) AS far_id, excess_ns, late_ns,
		near_lacks, far_lacks, round_trip_ns, beyond_near_ns, beyond_far_ns
	FROM found
	WHERE near_id IS NOT NULL AND reason IS NOT 'duplicate'
	GROUP BY hop_flow_id, near_id
),
seen AS MATERIALIZED ( -- begins, ends: numbers of what it carries, where its sender is
	SELECT
		o.*,
		p.payload_len,
		p.tcp_flags,
		p.ts_ns AS near_ts_ns,
		q.ts_ns AS far_ts_ns,
		iif(o.from_server, o.far_id, o.near_id) AS sent_id,
		iif(o.from_server, q.seq, p.seq) AS begins,
		iif(o.from_server, q.seq, p.seq) + p.payload_len + (p.tcp_flags & 3 <> 0) AS ends,
		iif(o.from_server, p.seq, q.seq) + p.payload_len + (p.tcp_flags & 3 <> 0) AS received_end,
		iif(o.from_server, p.ack, q.ack) AS received_ack,
		iif(p.payload_len = q.payload_len, iif(o.from_server, q.seq - p.seq, p.seq - q.seq), NULL) AS moved,
		iif(o.from_server, q.ttl, NULL) AS server_ttl
	FROM once o
	JOIN packets p ON p.packet_id = o.near_id
	LEFT JOIN packets q ON q.packet_id = o.far_id
),
vanished AS MATERIALIZED ( -- segments, or parts of them, lost between the points, where they were sent
	SELECT
		h.hop_flow_id,
		h.from_server,
		p.packet_id,
		p.seq + ifnull(h.part_offset, 0) AS begins,
		p.seq + ifnull(h.part_offset + h.part_len, p.payload_len + (p.tcp_flags & 3 <> 0)) AS ends,
		p.ack
	FROM found h
	JOIN packets p ON p.packet_id = ifnull(h.near_id, h.far_id)
	WHERE h.reason = 'lost'
),
marks AS MATERIALIZED (
	SELECT packet_id, kind
	FROM tcp_events
	WHERE kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission', 'zero_window',
			'keep_alive', 'zero_window_probe')
		AND flow_id IN (SELECT near_flow_id FROM sick UNION ALL SELECT far_flow_id FROM sick)
),
again AS MATERIALIZED ( -- packets that their sender sent for the second time
	SELECT packet_id
	FROM marks
	WHERE kind LIKE '%retransmission'
),
spurious AS MATERIALIZED ( -- packets whose ACK the point had had before
	SELECT packet_id
	FROM marks
	WHERE kind = 'spurious_retransmission'
),
shut AS MATERIALIZED ( -- packets that closed a window
	SELECT packet_id
	FROM marks
	WHERE kind = 'zero_window'
),
probes AS MATERIALIZED (
	SELECT packet_id
	FROM marks
	WHERE kind IN ('keep_alive', 'zero_window_probe')
),
at_far AS MATERIALIZED ( -- in the order of the far point
	SELECT
		s.hop_flow_id,
		s.near_id,
		s.far_ts_ns,
		max(iif(s.from_server = 0, s.far_ts_ns, NULL)) OVER before AS client_ts_ns,
		max(iif(s.from_server = 0, s.far_id, NULL)) OVER before AS client_far_id,
		max(iif(s.from_server = 0 AND (s.payload_len > 0 OR s.tcp_flags & 2), s.far_id, 0)) OVER before AS request_far_id,
		max(iif(s.from_server = 1 AND s.payload_len > 0, s.far_ts_ns, NULL)) OVER before AS data_ts_ns,
		max(iif(s.from_server = 1 AND s.payload_len > 0, s.far_id, 0)) OVER before AS data_far_id,
		max(iif(s.from_server = 0, s.received_ack, NULL)) OVER before AS acked,
		lead(iif(s.from_server = 1 AND s.payload_len > 0, s.far_ts_ns, NULL)) OVER of_flow AS data_next_ts_ns,
		min(iif(s.from_server = 1, s.near_id, NULL)) OVER behind AS server_next_near_id
	FROM seen s
	WHERE s.far_id IS NOT NULL
	WINDOW
		of_flow AS (PARTITION BY s.hop_flow_id ORDER BY s.far_id),
		before AS (PARTITION BY s.hop_flow_id ORDER BY s.far_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
		behind AS (PARTITION BY s.hop_flow_id ORDER BY s.far_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
repeats AS MATERIALIZED ( -- packets sent again; block: so many times 65,536 numbers are before it, to find others by
	SELECT
		s.hop_flow_id,
		s.from_server,
		s.near_id,
		s.sent_id,
		iif(s.from_server, s.near_id, s.far_id) AS received_id,
		iif(s.from_server, s.far_ts_ns, s.near_ts_ns) AS sent_ts_ns,
		iif(s.from_server, s.near_ts_ns, s.far_ts_ns) AS received_ts_ns,
		s.begins,
		s.ends,
		s.begins >> 16 AS block,
		s.received_end,
		s.tcp_flags & 2 <> 0 AS is_syn
	FROM seen s
	WHERE s.sent_id IN (SELECT packet_id FROM again)
),
shifts AS MATERIALIZED ( -- the sender's point's sequence numbers less the receiver's point's
	SELECT hop_flow_id, from_server, max(moved) AS moved
	FROM seen
	GROUP BY hop_flow_id, from_server
),
copies AS MATERIALIZED ( -- what carried numbers, where it was sent and what of it arrived: numbers of the sender's point
	SELECT
		f.hop_flow_id,
		f.from_server,
		s.packet_id AS sent_id,
		r.packet_id AS received_id,
		s.ts_ns AS sent_ts_ns,
		r.ts_ns AS received_ts_ns,
		s.seq AS sent_begins,
		s.seq + s.payload_len + (s.tcp_flags & 3 <> 0) AS sent_ends,
		r.seq + d.moved AS received_begins,
		r.seq + d.moved + r.payload_len + (r.tcp_flags & 3 <> 0) AS received_ends,
		r.direction AS received_direction,
		d.moved,
		f.excess_ns,
		f.reason
	FROM found f
	JOIN shifts d ON d.hop_flow_id = f.hop_flow_id AND d.from_server = f.from_server
	LEFT JOIN packets s ON s.packet_id = iif(f.from_server, f.far_id, f.near_id)
	LEFT JOIN packets r ON r.packet_id = iif(f.from_server, f.near_id, f.far_id)
	WHERE f.hop_flow_id IN (SELECT hop_flow_id FROM repeats)
		AND f.reason IS NOT 'duplicate'
		AND ifnull(s.payload_len > 0 OR s.tcp_flags & 3, r.payload_len > 0 OR r.tcp_flags & 3)
),
located AS MATERIALIZED ( -- by the blocks of their numbers
	SELECT *, ifnull(sent_begins, received_begins) >> 16 AS block
	FROM copies
	UNION ALL
	SELECT *, ifnull(sent_ends, received_ends) - 1 >> 16
	FROM copies
	WHERE ifnull(sent_begins, received_begins) >> 16 <> ifnull(sent_ends, received_ends) - 1 >> 16
),
befores AS ( -- of a packet sent again: the latest before it with its first number
	SELECT
		w.hop_flow_id,
		w.near_id,
		c.sent_id,
		c.received_id,
		c.sent_ts_ns,
		c.received_ts_ns,
		c.received_begins IS NULL OR (c.received_begins <= w.begins AND c.received_ends > w.begins) AS is_whole,
		c.received_direction,
		c.moved,
		c.excess_ns,
		c.reason,
		row_number() OVER (
			PARTITION BY w.near_id
			ORDER BY c.sent_id DESC, c.received_begins <= w.begins AND c.received_ends > w.begins DESC
		) AS place
	FROM repeats w
	CROSS JOIN located c ON c.hop_flow_id = w.hop_flow_id
		AND c.from_server = w.from_server
		AND c.block = w.block
		AND ifnull(c.sent_id < w.sent_id, c.received_id < w.received_id)
		AND ifnull(c.sent_begins, c.received_begins) <= w.begins
		AND ifnull(c.sent_ends, c.received_ends) > w.begins
),
lost_acks AS ( -- the highest ACK lost between the points before something arrived again
	SELECT
		near_id,
		max(ack) OVER (PARTITION BY hop_flow_id, from_server ORDER BY packet_id) AS ack
	FROM (
		SELECT hop_flow_id, from_server, near_id, received_id AS packet_id, NULL AS ack
		FROM repeats
		WHERE received_id IS NOT NULL
		UNION ALL
		SELECT hop_flow_id, 1 - from_server, NULL, packet_id, ack
		FROM vanished
	)
),
answered AS MATERIALIZED ( -- with the first ACK of it, if the receiver's point had one before it came again
	SELECT
		w.*,
		b.near_id IS NOT NULL AS is_seen,
		b.sent_id AS before_sent_id,
		b.received_id AS before_received_id,
		b.sent_ts_ns AS before_sent_ts_ns,
		b.received_ts_ns AS before_received_ts_ns,
		b.received_id IS NOT NULL AND b.is_whole AS has_arrived,
		b.excess_ns,
		b.reason,
		ifnull(l.ack >= w.received_end, 0) AS is_ack_lost,
		w.sent_id IN (SELECT packet_id FROM spurious) AS is_acked,
		iif(
			w.is_syn OR w.received_id IS NULL OR w.received_id IN (SELECT packet_id FROM spurious),
			(
				SELECT g.packet_id
				FROM flow_packets fp
				CROSS JOIN packets g ON g.packet_id = fp.packet_id
				WHERE fp.flow_id = iif(w.from_server, k.near_flow_id, k.far_flow_id)
					AND fp.packet_id > b.received_id
					AND fp.packet_id < ifnull(w.received_id, b.received_id + 10000)
					AND g.direction <> b.received_direction
					AND g.ack > w.begins - b.moved
				ORDER BY fp.packet_id
				LIMIT 1
			),
			NULL
		) AS ack_id,
		iif(w.from_server, k.beyond_far_ns, k.beyond_near_ns) AS beyond_sender_ns,
		iif(w.from_server, k.beyond_near_ns, k.beyond_far_ns) AS beyond_receiver_ns
	FROM repeats w
	JOIN sick k ON k.hop_flow_id = w.hop_flow_id
	LEFT JOIN befores b ON b.near_id = w.near_id AND b.place = 1
	LEFT JOIN lost_acks l ON l.near_id = w.near_id
),
acks AS MATERIALIZED ( -- those ACKs at both points
	SELECT near_id AS packet_id, near_ts_ns AS received_ts_ns, far_ts_ns AS sent_ts_ns, excess_ns
	FROM seen
	WHERE near_id IN (SELECT ack_id FROM answered) AND far_id IS NOT NULL
	UNION ALL
	SELECT far_id, far_ts_ns, near_ts_ns, excess_ns
	FROM seen
	WHERE far_id IN (SELECT ack_id FROM answered)
),
fates AS MATERIALIZED ( -- what became of it before: at, or beyond, the sender's point and the receiver's
	SELECT
		w.near_id,
		w.from_server,
		CASE
			WHEN w.is_ack_lost AND NOT w.is_acked THEN 'lost'
			WHEN NOT w.is_seen AND w.begins >= 0 THEN 'unseen'
			WHEN NOT w.is_seen THEN 'unknown'
			WHEN NOT w.has_arrived AND (w.reason = 'lost' OR w.before_received_id IS NOT NULL) THEN 'lost'
			WHEN NOT w.has_arrived OR w.before_sent_id IS NULL THEN 'unknown'
			WHEN w.before_received_id > w.received_id THEN 'late'
			WHEN w.ack_id IS NULL AND w.received_ts_ns - w.before_received_ts_ns <= w.beyond_receiver_ns
				AND 2 * w.excess_ns >= w.sent_ts_ns - w.before_sent_ts_ns
				THEN 'late'
			WHEN w.ack_id IS NULL THEN 'arrived'
			WHEN a.packet_id IS NULL THEN iif(w.is_acked, 'acked', 'unknown')
			WHEN a.sent_ts_ns <= w.sent_ts_ns - w.beyond_sender_ns THEN 'acked'
			WHEN a.sent_ts_ns > w.sent_ts_ns
				THEN iif(a.sent_ts_ns - ifnull(w.excess_ns, 0) - ifnull(a.excess_ns, 0) < w.sent_ts_ns, 'late', 'arrived')
			WHEN ifnull(w.excess_ns, 0) + ifnull(a.excess_ns, 0) >= a.received_ts_ns - w.before_received_ts_ns THEN 'late'
			ELSE 'arrived'
		END AS fate
	FROM answered w
	LEFT JOIN acks a ON a.packet_id = +w.ack_id
),
overtaken AS MATERIALIZED ( -- came behind what was sent again of it
	SELECT before_received_id AS packet_id
	FROM answered
	WHERE has_arrived AND before_received_id > received_id
),
resent AS ( -- those that arrived
	SELECT *
	FROM repeats
	WHERE received_id IS NOT NULL
	UNION ALL
	SELECT
		hop_flow_id, from_server, near_id, sent_id, received_id, sent_ts_ns, received_ts_ns, begins, ends,
		ends - 1 >> 16, received_end, is_syn
	FROM repeats
	WHERE received_id IS NOT NULL AND ends - 1 >> 16 <> block
),
filled AS MATERIALIZED ( -- what was lost, with the packet that made up for it
	SELECT v.hop_flow_id, v.from_server, v.packet_id, min(r.sent_id) AS sent_id, r.near_id
	FROM (
		SELECT *, begins >> 16 AS block
		FROM vanished
		UNION ALL
		SELECT *, ends - 1 >> 16
		FROM vanished
		WHERE begins >> 16 <> ends - 1 >> 16
	) v
	CROSS JOIN resent r ON r.hop_flow_id = v.hop_flow_id
		AND r.from_server = v.from_server
		AND r.block = v.block
		AND r.sent_id > v.packet_id
		AND r.begins < v.ends
		AND r.ends > v.begins
	WHERE v.ends > v.begins
	GROUP BY v.hop_flow_id, v.packet_id
),
overtakers AS ( -- for each packet sent, the first behind it that arrived, of all that were sent later
	SELECT
		hop_flow_id,
		from_server,
		packet_id,
		min(near_id) OVER (
			PARTITION BY hop_flow_id, from_server
			ORDER BY packet_id DESC
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		) AS near_id
	FROM (
		SELECT hop_flow_id, from_server, sent_id AS packet_id, near_id
		FROM seen
		WHERE far_id IS NOT NULL
		UNION ALL
		SELECT hop_flow_id, from_server, packet_id, NULL
		FROM vanished
	)
),
late AS MATERIALIZED ( -- data that arrived behind what was sent later
	SELECT hop_flow_id, from_server, sent_id, iif(from_server, near_id, far_id) AS received_id, near_id
	FROM seen
	WHERE late_ns IS NOT NULL AND payload_len > 0
),
made_up AS ( -- and the first of it that arrived
	SELECT hop_flow_id, from_server, packet_id, min(received_id) AS received_id, near_id
	FROM (
		SELECT hop_flow_id, from_server, sent_id AS packet_id, received_id, near_id
		FROM late
		UNION ALL
		SELECT hop_flow_id, from_server, before_sent_id, received_id, near_id
		FROM answered
		WHERE has_arrived
		UNION ALL
		SELECT hop_flow_id, from_server, sent_id, before_received_id,
			iif(from_server, before_received_id, before_sent_id)
		FROM answered
		WHERE has_arrived
	)
	WHERE packet_id IN (SELECT sent_id FROM late) AND received_id IS NOT NULL
	GROUP BY packet_id
),
edges AS MATERIALIZED ( -- of the times at the near point when data behind a loss had come, or its ACKs, and not yet the loss
	SELECT
		f.hop_flow_id,
		f.is_late,
		iif(f.from_server, o.near_id, x.server_next_near_id) AS begin_id,
		iif(f.from_server, f.near_id, y.server_next_near_id) AS end_id
	FROM (
		SELECT hop_flow_id, from_server, packet_id, near_id, 0 AS is_late
		FROM filled
		UNION ALL
		SELECT hop_flow_id, from_server, packet_id, near_id, 1
		FROM made_up
	) f
	CROSS JOIN overtakers o ON o.hop_flow_id = f.hop_flow_id
		AND o.from_server = f.from_server
		AND o.packet_id = +f.packet_id
	LEFT JOIN at_far x ON x.hop_flow_id = f.hop_flow_id AND x.near_id = o.near_id
	LEFT JOIN at_far y ON y.hop_flow_id = f.hop_flow_id AND y.near_id = f.near_id
),
holes AS ( -- +1 where one opens, -1 where it is filled
	SELECT hop_flow_id, begin_id AS near_id, is_late, 1 AS opened, 0 AS closed
	FROM edges
	WHERE begin_id < end_id
	UNION ALL
	SELECT hop_flow_id, end_id, is_late, 0, 1
	FROM edges
	WHERE begin_id < end_id
),
hole_sums AS MATERIALIZED (
	SELECT
		hop_flow_id,
		near_id,
		total(iif(is_late, 0, opened)) AS opened,
		total(iif(is_late, 0, closed)) AS closed,
		total(iif(is_late, opened - closed, 0)) AS late
	FROM holes
	GROUP BY hop_flow_id, near_id
),
client_packets AS MATERIALIZED ( -- at the far point
	SELECT hop_flow_id, far_id, min(excess_ns) AS excess_ns
	FROM seen
	WHERE from_server = 0 AND far_id IS NOT NULL
	GROUP BY hop_flow_id, far_id
),
at_near AS ( -- in the order of the near point
	SELECT
		s.hop_flow_id,
		s.from_server,
		s.near_id,
		s.far_id,
		s.sent_id,
		s.near_ts_ns,
		s.far_ts_ns,
		s.payload_len,
		s.tcp_flags,
		s.excess_ns,
		s.server_ttl,
		s.near_lacks,
		s.far_lacks,
		s.round_trip_ns,
		s.beyond_near_ns,
		s.beyond_far_ns,
		w.fate,
		f.client_ts_ns,
		f.client_far_id,
		c.excess_ns AS client_excess_ns,
		f.request_far_id,
		f.data_ts_ns,
		f.data_far_id,
		f.data_next_ts_ns,
		lead(iif(s.from_server = 0 AND s.payload_len > 0, s.near_ts_ns, NULL)) OVER of_flow AS client_next_ts_ns,
		max(iif(s.from_server = 0, s.near_id, NULL)) OVER before AS last_client_id,
		max(iif(s.from_server = 1, s.near_id, NULL)) OVER before AS last_server_id,
		max(iif(s.from_server = 0 AND s.payload_len > 0, s.near_id, 0)) OVER before AS last_request_id,
		max(iif(s.from_server = 1 AND s.payload_len > 0, s.near_id, 0)) OVER before AS last_answer_id,
		total(h.opened) OVER before - total(h.closed) OVER before AS holes,
		total(h.late) OVER before AS late_holes,
		total(h.opened) OVER before AS losses,
		CASE
			WHEN s.from_server = 1 AND s.payload_len > 0 THEN s.ends - f.acked
			WHEN s.from_server = 1 THEN max(iif(s.from_server = 0, s.ends, NULL)) OVER before
				- max(iif(s.from_server = 1, s.received_ack, NULL)) OVER before
		END AS in_flight -- of the sender of the data, before this packet
	FROM seen s
	LEFT JOIN at_far f ON f.hop_flow_id = s.hop_flow_id AND f.near_id = s.near_id
	LEFT JOIN hole_sums h ON h.hop_flow_id = s.hop_flow_id AND h.near_id = s.near_id
	LEFT JOIN fates w ON w.near_id = s.near_id
	LEFT JOIN client_packets c ON c.hop_flow_id = s.hop_flow_id AND c.far_id = f.client_far_id
	WINDOW
		of_flow AS (PARTITION BY s.hop_flow_id ORDER BY s.near_id),
		before AS (
			PARTITION BY s.hop_flow_id
			ORDER BY s.near_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		)
),
marked AS (
	SELECT
		s.hop_flow_id,
		s.from_server,
		s.near_id,
		s.far_id,
		s.near_ts_ns,
		s.payload_len,
		s.tcp_flags,
		s.excess_ns,
		s.server_ttl,
		s.near_lacks,
		s.far_lacks,
		s.round_trip_ns,
		s.client_excess_ns,
		s.last_request_id,
		s.last_answer_id,
		s.holes,
		s.late_holes,
		s.losses,
		s.in_flight,
		s.fate,
		iif(s.from_server, s.last_client_id, s.last_server_id) IN (SELECT packet_id FROM shut) AS is_shut,
		s.payload_len = 0
			AND iif(s.from_server, s.last_server_id, s.last_client_id) IN (SELECT packet_id FROM shut)
			AS is_opening, -- of a window that its sender had closed
		s.sent_id IN (SELECT packet_id FROM probes) AS is_probe,
		CASE s.from_server -- the other side sent data as soon as it came
			WHEN 1 THEN s.client_next_ts_ns - s.near_ts_ns <= s.beyond_near_ns
			ELSE s.data_next_ts_ns - s.far_ts_ns <= s.beyond_far_ns
		END IS TRUE AS is_release,
		CASE -- what passed beyond the far point
			WHEN s.from_server = 0 OR s.client_ts_ns IS NULL THEN 0
			WHEN s.tcp_flags & 2 THEN s.far_ts_ns - s.client_ts_ns
			WHEN s.client_far_id > s.request_far_id AND s.client_far_id > s.data_far_id -- it waited for an ACK
				AND s.far_ts_ns - s.client_ts_ns <= s.beyond_far_ns
				THEN 0
			WHEN s.payload_len = 0 OR s.request_far_id > s.data_far_id THEN s.far_ts_ns - s.client_ts_ns
			ELSE s.far_ts_ns - s.data_ts_ns
		END AS beyond_ns,
		s.tcp_flags & 2 OR s.payload_len = 0 OR s.request_far_id > s.data_far_id
			OR (s.client_far_id > s.data_far_id AND s.far_ts_ns - s.client_ts_ns <= s.beyond_far_ns) AS waits_for_client,
		max(s.in_flight) OVER (
			PARTITION BY s.hop_flow_id
			ORDER BY s.near_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		) AS most_in_flight
	FROM at_near s
),
steps AS ( -- what somebody may have waited for: no ACKs that changed nothing
	SELECT m.*, m.near_ts_ns - lag(m.near_ts_ns) OVER (PARTITION BY m.hop_flow_id ORDER BY m.near_id) AS gap_ns
	FROM marked m
	WHERE m.near_id NOT IN (SELECT packet_id FROM overtaken)
		AND (
			m.payload_len > 0
			OR m.tcp_flags & 7 <> 0
			OR m.is_release
			OR m.is_shut
			OR m.is_opening
			OR m.fate IS NOT NULL
			OR m.near_id IN (SELECT packet_id FROM shut)
			OR m.holes + m.late_holes > 0
			OR (m.from_server = 1 AND m.last_request_id > m.last_answer_id)
		)
),
parts AS MATERIALIZED ( -- far_ns: passed beyond the far point
	SELECT
		w.hop_flow_id,
		w.from_server,
		w.near_id,
		w.far_id,
		w.excess_ns,
		w.server_ttl,
		w.round_trip_ns,
		w.client_excess_ns,
		w.waits_for_client,
		w.losses > 0 AND w.waits_for_client
			AND (w.last_request_id < w.last_answer_id OR (w.payload_len = 0 AND w.is_release))
			AND w.in_flight < w.most_in_flight AS is_slowed,
		w.gap_ns,
		max(0, min(w.gap_ns, w.beyond_ns)) AS far_ns,
		CASE
			WHEN w.near_lacks THEN 'one_way'
			WHEN w.far_lacks AND w.from_server = 0 AND w.fate IS NULL THEN 'idle'
			WHEN w.far_lacks THEN 'one_way'
			WHEN w.from_server = 1 AND w.far_id IS NULL THEN 'alone'
			WHEN w.fate = 'lost' OR w.holes > 0 THEN 'loss'
			WHEN w.fate = 'late' OR w.late_holes > 0 THEN 'late'
			WHEN w.fate = 'unknown' THEN 'untold'
			WHEN w.fate IS NOT NULL THEN w.fate || iif(w.from_server, '_server', '_client')
			WHEN w.is_shut AND w.from_server = 1 THEN 'client_window'
			WHEN w.is_shut THEN 'server_window'
			WHEN w.is_opening AND w.from_server = 1 THEN 'server_window'
			WHEN w.is_opening THEN 'client_window'
			WHEN w.is_probe THEN 'idle'
			WHEN w.from_server = 1 AND w.payload_len > 0 THEN 'server_think'
			WHEN w.from_server = 1
				AND (w.tcp_flags & 2 OR w.last_request_id > w.last_answer_id OR w.is_release)
				THEN 'server_ack'
			WHEN w.from_server = 0 AND w.payload_len = 0 AND w.is_release THEN 'client_ack'
			ELSE 'idle'
		END AS cause
	FROM steps w
	WHERE w.gap_ns > 0
),
split AS ( -- the rest, between the points: beyond what the fastest packets need
	SELECT
		p.*,
		min(
			p.gap_ns - p.far_ns,
			ifnull(p.excess_ns, max(0, p.gap_ns - p.far_ns - p.round_trip_ns))
				+ iif(p.waits_for_client, ifnull(p.client_excess_ns, 0), 0)
		) AS queue_ns
	FROM parts p
),
placed AS MATERIALIZED (
	SELECT
		s.hop_flow_id,
		s.near_id,
		s.far_id,
		s.server_ttl,
		s.gap_ns,
		s.queue_ns,
		s.cause,
		s.is_slowed,
		CASE
			WHEN s.cause IN ('server_think', 'server_ack') THEN s.far_ns
			WHEN s.cause = 'server_window' AND s.from_server = 1 THEN s.far_ns
			ELSE s.gap_ns
		END AS cause_ns,
		iif(s.cause IN ('server_think', 'server_ack'), s.gap_ns - s.far_ns - s.queue_ns, 0) AS distance_ns
	FROM split s
),
weighed AS ( -- what each part of each step went to
	SELECT
		*,
		CASE
			WHEN cause IN ('loss', 'late') THEN cause_ns
			WHEN cause IN ('server_think', 'server_ack') THEN queue_ns + iif(is_slowed, distance_ns, 0)
			ELSE 0
		END AS network_ns,
		iif(cause IN ('unseen_client', 'arrived_server', 'acked_client', 'client_ack', 'client_window'), cause_ns, 0)
			AS near_ns,
		iif(
			cause IN ('unseen_server', 'arrived_client', 'acked_server', 'server_think', 'server_ack', 'server_window'),
			cause_ns,
			0
		) AS beyond_far_ns
	FROM placed
),
sums AS (
	SELECT
		hop_flow_id,
		total(iif(cause = 'loss', cause_ns, 0)) / 1e6 AS loss,
		total(iif(cause IN ('server_think', 'server_ack'), queue_ns, 0)) / 1e6 AS queue,
		total(iif(cause = 'late', cause_ns, 0)) / 1e6 AS late,
		total(iif(cause = 'unseen_client', cause_ns, 0)) / 1e6 AS unseen_client,
		total(iif(cause = 'unseen_server', cause_ns, 0)) / 1e6 AS unseen_server,
		total(iif(cause = 'arrived_client', cause_ns, 0)) / 1e6 AS arrived_client,
		total(iif(cause = 'arrived_server', cause_ns, 0)) / 1e6 AS arrived_server,
		total(iif(cause = 'acked_client', cause_ns, 0)) / 1e6 AS acked_client,
		total(iif(cause = 'acked_server', cause_ns, 0)) / 1e6 AS acked_server,
		total(iif(cause = 'untold', cause_ns, 0)) / 1e6 AS untold,
		total(iif(cause = 'alone', cause_ns, 0)) / 1e6 AS alone,
		total(iif(cause = 'one_way', cause_ns, 0)) / 1e6 AS one_way,
		total(iif(cause = 'server_think', cause_ns, 0)) / 1e6 AS server_think,
		total(iif(cause = 'server_ack', cause_ns, 0)) / 1e6 AS server_ack,
		total(iif(cause = 'client_ack', cause_ns, 0)) / 1e6 AS client_ack,
		total(iif(cause = 'idle', gap_ns, 0)) / 1e6 AS idle,
		total(iif(cause = 'server_window', cause_ns, 0)) / 1e6 AS server_window,
		total(iif(cause = 'client_window', cause_ns, 0)) / 1e6 AS client_window,
		total(iif(is_slowed, 0, distance_ns)) / 1e6 AS distance,
		total(iif(is_slowed, distance_ns, 0)) / 1e6 AS slowed,
		total(server_ttl IN (64, 128, 255)) = count(server_ttl) AS is_at_server, -- TTLs that senders begin with
		max(iif(cause = 'idle', NULL, gap_ns)) / 1e6 AS longest,
		near_id, -- of the longest, as SQLite gives it
		far_id,
		-- the packets that ended the longest wait of each kind; 0: the far point has it not
		first_few(iif(network_ns > 0, near_id, NULL), -network_ns, 1) AS network_near,
		first_few(iif(network_ns > 0, ifnull(far_id, 0), NULL), -network_ns, 1) AS network_far,
		first_few(iif(near_ns > 0, near_id, NULL), -near_ns, 1) AS near_near,
		first_few(iif(near_ns > 0, ifnull(far_id, 0), NULL), -near_ns, 1) AS near_far,
		first_few(iif(beyond_far_ns > 0, near_id, NULL), -beyond_far_ns, 1) AS far_near,
		first_few(iif(beyond_far_ns > 0, ifnull(far_id, 0), NULL), -beyond_far_ns, 1) AS far_far
	FROM weighed
	GROUP BY hop_flow_id
),
shares AS (
	SELECT *, network + near + far + unknown AS waste
	FROM (
		SELECT
			s.*,
			loss + late + queue + slowed AS network,
			unseen_client + arrived_server + acked_client + client_ack + client_window AS near,
			unseen_server + arrived_client + acked_server + server_think + server_ack + server_window AS far,
			untold + alone + one_way AS unknown
		FROM sums s
	)
),
worded AS (
	SELECT
		s.*,
		CASE
			WHEN s.unknown >= s.waste / 2 THEN 'these captures cannot tell'
			WHEN s.network >= s.waste / 2 THEN 'it is the network'
			WHEN s.network + s.unknown < s.waste / 2 THEN 'it is not the network'
			ELSE 'these captures cannot tell'
		END AS verdict,
		max(s.loss, s.late, s.queue, s.slowed, s.unseen_client, s.unseen_server, s.arrived_client, s.arrived_server,
			s.acked_client, s.acked_server, s.server_think, s.server_ack, s.client_ack, s.server_window,
			s.client_window, s.untold, s.alone, s.one_way) AS most,
		iif(s.network >= s.waste / 10, s.network_near, NULL) AS network_near_id,
		iif(s.network >= s.waste / 10, nullif(s.network_far, '0'), NULL) AS network_far_id,
		iif(s.near >= s.waste / 10, s.near_near, NULL) AS near_near_id,
		iif(s.near >= s.waste / 10, nullif(s.near_far, '0'), NULL) AS near_far_id,
		iif(s.far >= s.waste / 10, s.far_near, NULL) AS far_near_id,
		iif(s.far >= s.waste / 10, nullif(s.far_far, '0'), NULL) AS far_far_id
	FROM shares s
)
SELECT
	k.a,
	k.b,
	w.verdict,
	printf('%.0f of %.0f ms ', w.most, w.waste) || CASE w.most
		WHEN w.loss THEN 'went by until packets were sent again that, or whose ACKs, were lost '
			|| 'between the points'
		WHEN w.queue THEN 'went by between the points, beyond their shortest round trip'
		WHEN w.slowed THEN 'went by in round trips with the little that was sent at a time after '
			|| 'packets were lost between the points'
		WHEN w.server_think THEN 'went by beyond ' || iif(k.turned, k.a, k.b)
			|| ' until the server sent data'
		WHEN w.server_ack THEN 'went by beyond ' || iif(k.turned, k.a, k.b)
			|| ' until the server acknowledged or went on sending'
		WHEN w.late THEN 'went by until what was late between the points came, or was sent again'
		WHEN w.arrived_client THEN 'went by until the client sent again what had reached '
			|| iif(k.turned, k.a, k.b) || ': it, or its ACK, was lost beyond, or was late'
		WHEN w.arrived_server THEN 'went by until the server sent again what had reached '
			|| iif(k.turned, k.b, k.a) || ': it, or its ACK, was lost beyond, or was late'
		WHEN w.unseen_client THEN 'went by until the client sent again what '
			|| iif(k.turned, k.b, k.a) || ' had not seen: it was lost between the client and there'
		WHEN w.unseen_server THEN 'went by until the server sent again what '
			|| iif(k.turned, k.a, k.b) || ' had not seen: it was lost between the server and there'
		WHEN w.acked_client THEN 'went by until the client sent again what '
			|| iif(k.turned, k.b, k.a) || ' had seen an ACK of: that was lost between there and the client, or was late'
		WHEN w.acked_server THEN 'went by until the server sent again what '
			|| iif(k.turned, k.a, k.b) || ' had seen an ACK of: that was lost between there and the server, or was late'
		WHEN w.untold THEN 'went by until packets were sent again, and the captures do not show '
			|| 'how far the first ones came'
		WHEN w.client_ack THEN 'went by beyond ' || iif(k.turned, k.b, k.a)
			|| ' until the client acknowledged'
		WHEN w.server_window THEN 'went by while the server''s window was closed'
		WHEN w.client_window THEN 'went by while the client''s window was closed'
		WHEN w.one_way THEN 'cannot be placed: ' || k.lacking
		ELSE 'ended with packets that one of the captures has not'
	END || iif(
		w.is_at_server AND w.most IN (w.server_think, w.server_ack),
		' (no router has touched the server''s packets there: it is the server)',
		''
	) AS why,
	k.client,
	k.client_port,
	k.server,
	k.server_port,
	k.a_flow_id,
	k.b_flow_id,
	w.waste AS lost_ms,
	100 * w.network / w.waste AS network_pct,
	100 * iif(k.turned, w.far, w.near) / w.waste AS beyond_a_pct,
	100 * iif(k.turned, w.near, w.far) / w.waste AS beyond_b_pct,
	100 * w.unknown / w.waste AS unknown_pct,
	w.loss AS loss_ms,
	w.slowed AS slowed_ms,
	w.queue + w.late AS queue_ms,
	w.unseen_client + w.unseen_server + w.arrived_client + w.arrived_server + w.acked_client + w.acked_server
		AS elsewhere_ms,
	w.server_think AS server_think_ms,
	w.server_ack AS server_ack_ms,
	w.client_ack AS client_ack_ms,
	w.server_window AS server_window_ms,
	w.client_window AS client_window_ms,
	w.distance AS distance_ms,
	w.idle AS idle_ms,
	k.src_lost + k.dst_lost AS lost_packets,
	iif(k.turned, w.far_id, w.near_id) - k.a_first + 1 AS a_number,
	iif(k.turned, w.near_id, w.far_id) - k.b_first + 1 AS b_number,
	w.longest AS longest_ms,
	iif(k.turned, w.network_far_id, w.network_near_id) - k.a_first + 1 AS network_a_number,
	iif(k.turned, w.network_near_id, w.network_far_id) - k.b_first + 1 AS network_b_number,
	iif(k.turned, w.far_far_id, w.near_near_id) - k.a_first + 1 AS beyond_a_a_number,
	iif(k.turned, w.far_near_id, w.near_far_id) - k.b_first + 1 AS beyond_a_b_number,
	iif(k.turned, w.near_far_id, w.far_near_id) - k.a_first + 1 AS beyond_b_a_number,
	iif(k.turned, w.near_near_id, w.far_far_id) - k.b_first + 1 AS beyond_b_b_number
FROM worded w
JOIN sick k ON k.hop_flow_id = w.hop_flow_id
WHERE w.waste >= :min_ms
ORDER BY k.comparison_id, w.waste DESC
LIMIT ifnull(:limit, -1);

-- section: Connections that were not taken apart
-- column connections   Connections that may have lost time, beyond --packets.
-- column packets       Their packets.
WITH
compared AS (
	SELECT c.*, a.name AS a, b.name AS b, a.first_packet_id AS a_first, b.first_packet_id AS b_first
	FROM hop_comparisons c
	JOIN captures a ON a.capture_id = c.a_capture_id
	JOIN captures b ON b.capture_id = c.b_capture_id
	WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
),
candidates AS ( -- with their packets, and those of the connections before them
	SELECT
		h.hop_flow_id,
		f.src_packets + f.dst_packets AS packets,
		sum(f.src_packets + f.dst_packets) OVER (
			ORDER BY max(f.idle_max_ns, g.idle_max_ns) DESC, h.hop_flow_id
			ROWS UNBOUNDED PRECEDING
		) AS packets_so_far
	FROM hop_flows h
	JOIN flows f ON f.flow_id = h.a_flow_id
	JOIN flows g ON g.flow_id = h.b_flow_id
	WHERE h.comparison_id IN (SELECT comparison_id FROM compared)
		AND f.protocol = 'tcp'
		AND h.src_travel IS NOT NULL
		AND (:flow IS NULL OR :flow IN (h.a_flow_id, h.b_flow_id))
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND max(f.last_ts_ns - f.first_ts_ns, g.last_ts_ns - g.first_ts_ns) >= :min_ms * 1e6
)
SELECT count(*) AS connections, sum(packets) AS packets
FROM candidates
WHERE packets_so_far > :packets AND packets_so_far <> packets
HAVING count(*) > 0;
