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
-- with what was sent behind it there, and the time in which the client waited for what never came. A wait during which the receiver's window was closed belongs to the receiver. In long
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
-- the server, it is the server. `hop-waits` has the same cause by cause.
--
-- param :min_ms number = 100   Only connections that lost so much time, in milliseconds.
-- param :capture
-- param :flow
-- param :host
-- param :limit
--
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
-- column loss_ms           Waiting for what was lost between the points, or whose ACK was, to be sent again, or in vain.
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
-- column a_number          The packet that ended the wait in which most was lost: its number in a.
-- column b_number          Its number in b.
-- column longest_ms        What was lost in it, milliseconds.
-- column network_a_number  The packet that ended the longest wait between the points, if a tenth of the time went there: its number in a.
-- column network_b_number  Its number in b.
-- column beyond_a_a_number The same of the longest wait beyond a.
-- column beyond_a_b_number Its number in b.
-- column beyond_b_a_number The same of the longest wait beyond b.
-- column beyond_b_b_number Its number in b.
WITH
causes AS ( -- milliseconds, and the causes of the longest waits
	SELECT
		w.hop_flow_id,
		total(iif(w.cause IN ('loss', 'missing'), w.total_ns, 0)) / 1e6 AS loss,
		total(iif(w.cause = 'slowed', w.total_ns, 0)) / 1e6 AS slowed,
		total(iif(w.cause IN ('queue', 'late'), w.total_ns, 0)) / 1e6 AS queue,
		total(iif(w.cause GLOB 'unseen_*' OR w.cause GLOB 'arrived_*' OR w.cause GLOB 'acked_*', w.total_ns, 0)) / 1e6
			AS elsewhere,
		total(iif(w.cause = 'server_think', w.total_ns, 0)) / 1e6 AS server_think,
		total(iif(w.cause = 'server_ack', w.total_ns, 0)) / 1e6 AS server_ack,
		total(iif(w.cause = 'client_ack', w.total_ns, 0)) / 1e6 AS client_ack,
		total(iif(w.cause = 'server_window', w.total_ns, 0)) / 1e6 AS server_window,
		total(iif(w.cause = 'client_window', w.total_ns, 0)) / 1e6 AS client_window,
		total(iif(w.cause = 'distance', w.total_ns, 0)) / 1e6 AS distance,
		total(iif(w.cause = 'idle', w.total_ns, 0)) / 1e6 AS idle,
		first_few(iif(c.place = 'none', NULL, w.cause), -w.longest_ns, 1) AS longest,
		first_few(iif(c.place = 'network', w.cause, NULL), -w.longest_ns, 1) AS longest_of_network,
		first_few(iif(c.place = 'client', w.cause, NULL), -w.longest_ns, 1) AS longest_of_client,
		first_few(iif(c.place = 'server', w.cause, NULL), -w.longest_ns, 1) AS longest_of_server
	FROM hop_waits w
	JOIN hop_causes c ON c.cause = w.cause
	GROUP BY w.hop_flow_id
),
sick AS MATERIALIZED ( -- connections asked for that lost enough time
	SELECT
		k.*,
		v.*,
		iif(k.is_turned, v.server_ns, v.client_ns) AS beyond_a_ns,
		iif(k.is_turned, v.client_ns, v.server_ns) AS beyond_b_ns
	FROM hop_verdicts v
	JOIN hop_connections k ON k.hop_flow_id = v.hop_flow_id
	WHERE v.lost_ns >= :min_ms * 1e6
		AND (:capture IS NULL OR :capture IN (k.a_capture_id, k.b_capture_id))
		AND (:flow IS NULL OR :flow IN (k.a_flow_id, k.b_flow_id))
		AND (:host IS NULL OR ip_in(k.client, :host) OR ip_in(k.server, :host))
)
SELECT
	k.a,
	k.b,
	k.verdict,
	printf('%d of %d ms ', round(most.total_ns / 1e6), round(k.lost_ns / 1e6))
		|| most.meaning
		|| iif(
			most.cause IN ('server_think', 'server_ack') AND far.ttl IN (64, 128, 255), -- that senders begin with
			' (no router has touched the server''s packets there: it is the server)',
			''
		) AS why,
	k.client,
	k.client_port,
	k.server,
	k.server_port,
	k.a_flow_id,
	k.b_flow_id,
	k.lost_ns / 1e6 AS lost_ms,
	100.0 * k.network_ns / k.lost_ns AS network_pct,
	100.0 * k.beyond_a_ns / k.lost_ns AS beyond_a_pct,
	100.0 * k.beyond_b_ns / k.lost_ns AS beyond_b_pct,
	100.0 * k.unknown_ns / k.lost_ns AS unknown_pct,
	w.loss AS loss_ms,
	w.slowed AS slowed_ms,
	w.queue AS queue_ms,
	w.elsewhere AS elsewhere_ms,
	w.server_think AS server_think_ms,
	w.server_ack AS server_ack_ms,
	w.client_ack AS client_ack_ms,
	w.server_window AS server_window_ms,
	w.client_window AS client_window_ms,
	w.distance AS distance_ms,
	w.idle AS idle_ms,
	k.src_lost + k.dst_lost AS lost_packets,
	longest.a_packet_id - k.a_first_packet_id + 1 AS a_number,
	longest.b_packet_id - k.b_first_packet_id + 1 AS b_number,
	longest.longest_ns / 1e6 AS longest_ms,
	network.a_packet_id - k.a_first_packet_id + 1 AS network_a_number,
	network.b_packet_id - k.b_first_packet_id + 1 AS network_b_number,
	beyond_a.a_packet_id - k.a_first_packet_id + 1 AS beyond_a_a_number,
	beyond_a.b_packet_id - k.b_first_packet_id + 1 AS beyond_a_b_number,
	beyond_b.a_packet_id - k.a_first_packet_id + 1 AS beyond_b_a_number,
	beyond_b.b_packet_id - k.b_first_packet_id + 1 AS beyond_b_b_number
FROM sick k
JOIN causes w ON w.hop_flow_id = k.hop_flow_id
JOIN hop_wait_list most ON most.hop_flow_id = k.hop_flow_id AND most.cause = k.cause
JOIN hop_waits longest ON longest.hop_flow_id = k.hop_flow_id AND longest.cause = w.longest
LEFT JOIN packets far ON far.packet_id = iif(k.is_turned, most.a_packet_id, most.b_packet_id)
LEFT JOIN hop_waits network ON network.hop_flow_id = k.hop_flow_id
	AND network.cause = iif(k.network_ns >= k.lost_ns / 10, w.longest_of_network, NULL)
LEFT JOIN hop_waits beyond_a ON beyond_a.hop_flow_id = k.hop_flow_id
	AND beyond_a.cause = iif(
		k.beyond_a_ns >= k.lost_ns / 10,
		iif(k.is_turned, w.longest_of_server, w.longest_of_client),
		NULL
	)
LEFT JOIN hop_waits beyond_b ON beyond_b.hop_flow_id = k.hop_flow_id
	AND beyond_b.cause = iif(
		k.beyond_b_ns >= k.lost_ns / 10,
		iif(k.is_turned, w.longest_of_client, w.longest_of_server),
		NULL
	)
ORDER BY k.comparison_id, k.lost_ns DESC
LIMIT ifnull(:limit, -1);
