-- Is it the network? For each TCP connection that lost time: where the time went, and to what.
--
-- Where: between the two capture points, beyond a, or beyond b.
-- The time of a connection is taken apart at the point that is nearer to the client. Each wait for a packet of the server
-- is compared with the same wait at the other point: what passed there, passed beyond it, the rest between the points.
-- Only differences of one clock are used, so it does not matter how the clocks are set. The shortest round trip between
-- the points is distance, not loss of time. A wait that a retransmission ended belongs to where the packet was lost;
-- one during which the receiver's window was closed to the receiver. An ACK counts where the other side sent data as soon
-- as it came. Between an answer and the next request nobody waits: that time is shown, but is not in the shares.
--
--   it is the network         at least half of the time lost went to the way between the points
--   it is not the network     less than half of it, and the captures account for the rest
--   these captures cannot tell   too much of it ended with packets that one of the captures has not
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
-- column loss_ms           Waiting for retransmissions of what was lost between the points, or whose ACK was.
-- column queue_ms          Round trips between the points beyond the shortest.
-- column elsewhere_ms      Waiting for retransmissions of what was not lost between the points.
-- column server_think_ms   Waiting for data of the server: what passed beyond its point.
-- column server_ack_ms     Waiting for an ACK or SYN-ACK of the server: what passed beyond its point.
-- column client_ack_ms     Waiting for an ACK of the client: what passed beyond its point.
-- column server_window_ms  While the server's window was closed.
-- column client_window_ms  While the client's window was closed.
-- column distance_ms       Shortest round trip between the points, for each time that it was waited for.
-- column idle_ms           Nobody waited: the client had not asked again, or had more to send and did not.
-- column lost_packets      Packets of the connection lost between the points.
-- column a_number          The packet that ended the longest wait: its number in a.
-- column b_number          Its number in b.
-- column longest_ms        That wait, milliseconds.
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
),
sick AS MATERIALIZED ( -- near: the point on the client's side; of the hop flow, a is the near one unless turned
	SELECT
		h.*,
		c.a,
		c.b,
		c.a_first,
		c.b_first,
		ifnull(2 * c.clock_uncertainty_ns, 0) AS round_trip_ns, -- least between the points
		h.src_travel = -1 AS turned,
		iif(h.src_travel = -1, h.b_flow_id, h.a_flow_id) AS near_flow_id,
		iif(h.src_travel = -1, h.a_flow_id, h.b_flow_id) AS far_flow_id,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port
	FROM candidates k
	JOIN hop_flows h ON h.hop_flow_id = k.hop_flow_id
	JOIN compared c ON c.comparison_id = h.comparison_id
	JOIN flows f ON f.flow_id = h.a_flow_id
	WHERE k.packets_so_far <= :packets OR k.packets_so_far = k.packets
),
found AS MATERIALIZED ( -- their packets
	SELECT
		h.hop_flow_id,
		s.round_trip_ns,
		h.direction AS from_server,
		iif(s.turned, h.b_packet_id, h.a_packet_id) AS near_id,
		iif(s.turned, h.a_packet_id, h.b_packet_id) AS far_id,
		h.reason
	FROM hop_packets h
	JOIN sick s ON s.hop_flow_id = h.hop_flow_id
),
seen AS ( -- each packet of the near point, with its appearance at the far one
	SELECT hop_flow_id, round_trip_ns, from_server, near_id, min(far_id) AS far_id
	FROM found
	WHERE near_id IS NOT NULL AND reason IS NOT 'duplicate'
	GROUP BY hop_flow_id, near_id
),
vanished AS MATERIALIZED ( -- segments lost between the points, where they were sent
	SELECT
		h.hop_flow_id,
		h.from_server,
		p.packet_id,
		p.seq,
		p.seq + p.payload_len + (p.tcp_flags & 3 <> 0) AS end_seq,
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
steps AS ( -- each packet of the near point behind the one before it
	SELECT
		s.hop_flow_id,
		s.near_id,
		s.far_id,
		s.round_trip_ns,
		s.from_server,
		p.payload_len,
		p.tcp_flags,
		p.ts_ns - lag(p.ts_ns) OVER of_flow AS gap_ns,
		lag(s.from_server) OVER of_flow AS after_server,
		lead(s.from_server) OVER of_flow AS server_next,
		lead(p.payload_len > 0 OR p.tcp_flags & 2) OVER of_flow AS data_next,
		q.ts_ns - max(q.ts_ns) OVER before AS far_gap_ns,
		iif(s.from_server, s.far_id, s.near_id) AS sent_id,
		iif(s.from_server, q.seq, p.seq) AS sent_seq,
		iif(s.from_server, s.near_id, s.far_id) AS received_id,
		iif(s.from_server, p.seq, q.seq) + p.payload_len + (p.tcp_flags & 3 <> 0) AS received_end,
		iif(s.from_server, q.ttl, NULL) AS server_ttl,
		max(iif(s.from_server = 0, s.near_id, NULL)) OVER before AS last_client_id,
		max(iif(s.from_server = 1, s.near_id, NULL)) OVER before AS last_server_id,
		max(iif(s.from_server = 0 AND p.payload_len > 0, s.near_id, 0)) OVER before AS last_request_id,
		max(iif(s.from_server = 1 AND p.payload_len > 0, s.near_id, 0)) OVER before AS last_answer_id
	FROM seen s
	JOIN packets p ON p.packet_id = s.near_id
	LEFT JOIN packets q ON q.packet_id = s.far_id
	WINDOW
		of_flow AS (PARTITION BY s.hop_flow_id ORDER BY s.near_id),
		before AS (
			PARTITION BY s.hop_flow_id
			ORDER BY s.near_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		)
),
waits AS MATERIALIZED ( -- what passed beyond the far point, and whether the packet had been sent before
	SELECT
		s.*,
		CASE
			WHEN s.from_server = 1 THEN max(0, min(s.gap_ns, s.far_gap_ns))
			ELSE 0
		END AS far_ns,
		s.sent_id IN (SELECT packet_id FROM again) AS is_again,
		s.sent_id IN (SELECT packet_id FROM again)
			AND EXISTS ( -- the segment, or an ACK of it
				SELECT 1
				FROM vanished v
				WHERE v.hop_flow_id = s.hop_flow_id
					AND CASE v.from_server = s.from_server
						WHEN 1 THEN v.packet_id < s.sent_id
							AND v.seq <= s.sent_seq + s.payload_len
							AND v.end_seq > s.sent_seq
						ELSE v.packet_id < s.received_id
							AND v.ack >= s.received_end
					END
			) AS is_lost_before,
		iif(s.from_server, s.last_client_id, s.last_server_id) IN (SELECT packet_id FROM shut) AS is_shut,
		s.payload_len = 0
			AND iif(s.from_server, s.last_server_id, s.last_client_id) IN (SELECT packet_id FROM shut)
			AS is_opening, -- of a window that its sender had closed
		s.sent_id IN (SELECT packet_id FROM probes) AS is_probe
	FROM steps s
	WHERE s.gap_ns > 0
),
parts AS ( -- each wait in one part or two
	SELECT
		w.*,
		CASE
			WHEN w.from_server = 1 AND w.far_id IS NULL THEN 'unknown'
			WHEN w.is_again AND w.is_lost_before THEN 'loss'
			WHEN w.is_again AND w.from_server = 1 THEN 'loss_near'
			WHEN w.is_again THEN 'loss_far'
			WHEN w.is_shut AND w.from_server = 1 THEN 'client_window'
			WHEN w.is_shut THEN 'server_window'
			WHEN w.is_opening AND w.from_server = 1 THEN 'server_window'
			WHEN w.is_opening THEN 'client_window'
			WHEN w.is_probe THEN 'idle'
			WHEN w.from_server = 1 AND w.payload_len > 0 THEN 'server_think'
			WHEN w.from_server = 1
				AND (w.tcp_flags & 2 OR w.last_request_id > w.last_answer_id OR (w.data_next AND w.server_next = 0))
				THEN 'server_ack'
			WHEN w.from_server = 0 AND w.payload_len = 0 AND w.data_next AND w.server_next = 1 THEN 'client_ack'
			ELSE 'idle'
		END AS cause,
		w.from_server = 1 AND w.after_server = 0 AND w.far_id IS NOT NULL AND NOT w.is_again AS is_turn
	FROM waits w
),
placed AS MATERIALIZED (
	SELECT
		p.*,
		CASE
			WHEN p.cause IN ('loss', 'unknown', 'loss_near', 'loss_far', 'client_window') THEN p.gap_ns
			WHEN p.from_server = 1 THEN p.far_ns
			ELSE p.gap_ns
		END AS cause_ns,
		iif(
			p.from_server = 1 AND p.cause IN ('server_think', 'server_ack'),
			p.gap_ns - p.far_ns,
			0
		) AS between_ns,
		iif(
			p.is_turn AND p.cause IN ('server_think', 'server_ack'),
			min(p.round_trip_ns, p.gap_ns - p.far_ns),
			0
		) AS distance_ns
	FROM parts p
),
sums AS (
	SELECT
		hop_flow_id,
		total(iif(cause = 'loss', cause_ns, 0)) / 1e6 AS loss,
		total(between_ns - distance_ns) / 1e6 AS queue,
		total(iif(cause = 'loss_near', cause_ns, 0)) / 1e6 AS loss_near,
		total(iif(cause = 'loss_far', cause_ns, 0)) / 1e6 AS loss_far,
		total(iif(cause = 'unknown', cause_ns, 0)) / 1e6 AS unknown,
		total(iif(cause = 'server_think', cause_ns, 0)) / 1e6 AS server_think,
		total(iif(cause = 'server_ack', cause_ns, 0)) / 1e6 AS server_ack,
		total(iif(cause = 'client_ack', cause_ns, 0)) / 1e6 AS client_ack,
		total(iif(cause = 'idle', gap_ns, 0)) / 1e6 AS idle,
		total(iif(cause = 'server_window', cause_ns, 0)) / 1e6 AS server_window,
		total(iif(cause = 'client_window', cause_ns, 0)) / 1e6 AS client_window,
		total(distance_ns) / 1e6 AS distance,
		total(server_ttl IN (64, 128, 255)) = count(server_ttl) AS is_at_server, -- TTLs that senders begin with
		max(iif(cause = 'idle', NULL, gap_ns)) / 1e6 AS longest,
		near_id, -- of the longest, as SQLite gives it
		far_id
	FROM placed
	GROUP BY hop_flow_id
),
shares AS (
	SELECT
		s.*,
		s.loss + s.queue AS network,
		s.loss_near + s.client_ack + s.client_window AS near,
		s.loss_far + s.server_think + s.server_ack + s.server_window AS far,
		s.loss + s.queue + s.loss_near + s.client_ack + s.client_window + s.loss_far + s.server_think
			+ s.server_ack + s.server_window + s.unknown AS waste
	FROM sums s
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
		max(s.loss, s.queue, s.loss_near, s.loss_far, s.server_think, s.server_ack, s.client_ack,
			s.server_window, s.client_window, s.unknown) AS most
	FROM shares s
)
SELECT
	k.a,
	k.b,
	w.verdict,
	printf(
		CASE w.most
			WHEN w.loss THEN '%.0f of %.0f ms went by until packets were sent again that, or whose ACKs, were lost between the points'
			WHEN w.queue THEN '%.0f of %.0f ms went by between the points, beyond their shortest round trip'
			WHEN w.server_think THEN '%.0f of %.0f ms went by beyond ' || iif(k.turned, k.a, k.b)
				|| ' until the server sent data'
			WHEN w.server_ack THEN '%.0f of %.0f ms went by beyond ' || iif(k.turned, k.a, k.b)
				|| ' until the server acknowledged or went on sending'
			WHEN w.loss_far THEN '%.0f of %.0f ms went by until the client sent again what had reached '
				|| iif(k.turned, k.a, k.b) || ': it, or its ACK, was lost beyond, or was late'
			WHEN w.loss_near THEN '%.0f of %.0f ms went by until the server sent again what had reached '
				|| iif(k.turned, k.b, k.a) || ': it, or its ACK, was lost beyond, or was late'
			WHEN w.client_ack THEN '%.0f of %.0f ms went by beyond ' || iif(k.turned, k.b, k.a)
				|| ' until the client acknowledged'
			WHEN w.server_window THEN '%.0f of %.0f ms went by while the server''s window was closed'
			WHEN w.client_window THEN '%.0f of %.0f ms went by while the client''s window was closed'
			ELSE '%.0f of %.0f ms ended with packets that one of the captures has not'
		END,
		w.most,
		w.waste
	) || iif(
		w.is_at_server AND w.most IN (w.server_think, w.server_ack),
		' (no router has touched the server''s packets there: it is the server)',
		''
	) AS why,
	k.src AS client,
	k.src_port AS client_port,
	k.dst AS server,
	k.dst_port AS server_port,
	k.a_flow_id,
	k.b_flow_id,
	w.waste AS lost_ms,
	100 * w.network / w.waste AS network_pct,
	100 * iif(k.turned, w.far, w.near) / w.waste AS beyond_a_pct,
	100 * iif(k.turned, w.near, w.far) / w.waste AS beyond_b_pct,
	100 * w.unknown / w.waste AS unknown_pct,
	w.loss AS loss_ms,
	w.queue AS queue_ms,
	w.loss_near + w.loss_far AS elsewhere_ms,
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
	w.longest AS longest_ms
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
