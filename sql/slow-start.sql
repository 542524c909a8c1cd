-- How fast TCP flows got going: initial window, growth from round trip to round trip, most in flight; the largest first.
--
-- topic: tcp
--
-- A sender begins with an initial window, 10 segments with most, and may send twice as much in each round trip until
-- something is lost, or the receive window or the program limits it. A program with nothing to send looks the same as a
-- slow start: compare with rounds further on. Rounds are as long as the round trip and begin with the first data.
--
-- The initial window is what was sent before the first ACK of data. Near the receiver, where that ACK passes at once, it
-- is what arrived in the first three quarters of a round. Bytes and segments count every copy. Bytes in flight are those
-- between the highest ACK and the highest byte sent, with those that a SACK names; they can be told near the sender only.
--
-- param :flow        Only this flow: its flow_id; one row a round.
-- param :min_bytes integer = 20000         Only directions that sent at least so many bytes of data.
-- param :rounds integer 1..20 = 10         Look at so many rounds.
-- param :side one of src|dst   Only what this side of the flow sent: src opened it, dst is the other one.
-- param :capture
-- param :host
-- param :since       Only what began to send from this time on.
-- param :until       Only what began to send before this time.
-- param :limit
--
-- section without :flow: Flows
-- column initial_bytes       Initial window, bytes.
-- column initial_segments    The same in segments.
-- column rounds_bytes        Bytes sent in the first round, in the second, ...
-- column growing_rounds      Rounds in a row, from the second, that sent at least 1.5 times as much as the one before: in
--                            slow start 2 times; 1.5 times if only every other segment is acknowledged, and ACKs count.
-- column flight_max_bytes    Most bytes in flight in these rounds; empty: not told near the receiver.
-- column flight_max_ms       Time from the first data to there, milliseconds.
-- column rtt_ms              Round trip from end to end, milliseconds.
-- column seen_near           sender or receiver: where the capture was made.
-- column payload_bytes       Bytes of data that it sent in the whole flow.
-- column first_number        Packet number of the first data.
-- column ack_number          Packet number of the first ACK of data.
-- column sender              Address that sent.
-- column sender_port         Its port.
-- column receiver            Address that it was sent to.
-- column receiver_port       Its port.
-- column flow_id             Number of the flow.
-- column capture             Name of the capture.
WITH
starts AS MATERIALIZED ( -- behind_packet_id: the first packet behind the rounds
	SELECT
		s.*,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port,
		(
			SELECT p.packet_id
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = s.flow_id
				AND fp.packet_id > s.first_packet_id
				AND p.ts_ns >= s.first_ts_ns + :rounds * s.rtt_ns
			ORDER BY fp.packet_id
			LIMIT 1
		) AS behind_packet_id
	FROM tcp_starts s
	JOIN flows f ON f.flow_id = s.flow_id
	WHERE s.payload_bytes >= :min_bytes
		AND s.rtt_ns > 0
		AND (:side IS NULL OR s.direction = (:side = 'dst'))
		AND (:capture IS NULL OR s.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND (:since IS NULL OR s.first_ts_ns >= :since)
		AND (:until IS NULL OR s.first_ts_ns < :until)
),
packets_of_rounds AS ( -- both ways; in_flight: bytes sent and not acknowledged so far
	SELECT
		s.flow_id,
		s.direction,
		(p.ts_ns - s.first_ts_ns) / s.rtt_ns AS round,
		iif(p.direction = s.direction, p.payload_len, 0) AS payload_len,
		p.ts_ns - s.first_ts_ns AS since_ns,
		iif(
			s.near_sender,
			p.packet_id < ifnull(s.ack_packet_id, 9e18),
			p.ts_ns - s.first_ts_ns < s.rtt_ns * 3 / 4
		) AS is_initial,
		max(iif(p.direction = s.direction, p.seq + p.payload_len, NULL)) OVER before
			- ifnull(max(iif(p.direction = s.direction, NULL, p.ack)) OVER before, s.first_seq)
			AS in_flight
	FROM starts s
	CROSS JOIN flow_packets fp ON fp.flow_id = s.flow_id
		AND fp.packet_id >= s.first_packet_id
		AND fp.packet_id < ifnull(s.behind_packet_id, 9e18)
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WINDOW before AS (
		PARTITION BY s.flow_id, s.direction
		ORDER BY p.packet_id
		ROWS UNBOUNDED PRECEDING
	)
),
rounds AS ( -- those with data
	SELECT
		flow_id,
		direction,
		round,
		sum(payload_len) AS bytes,
		sum(iif(is_initial, payload_len, 0)) AS initial_bytes,
		sum(is_initial) AS initial_segments,
		max(in_flight) AS in_flight,
		since_ns -- of the row that has the maximum
	FROM packets_of_rounds
	WHERE payload_len > 0
	GROUP BY flow_id, direction, round
),
steps AS ( -- with the round before
	SELECT
		*,
		round - 1 - ifnull(lag(round) OVER by_round, -1) AS empty_rounds,
		round > 0 AND bytes < 1.5 * ifnull(lag(bytes) OVER by_round, bytes) AS slower
	FROM rounds
	WINDOW by_round AS (PARTITION BY flow_id, direction ORDER BY round)
),
sides AS ( -- the rounds of a direction in one row
	SELECT
		flow_id,
		direction,
		sum(initial_bytes) AS initial_bytes,
		sum(initial_segments) AS initial_segments,
		group_concat(
			substr('0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ', 1, 2 * empty_rounds) || bytes,
			' '
		) AS rounds_bytes,
		ifnull(
			min(iif(slower OR empty_rounds, round - empty_rounds, NULL)) - 1,
			max(round)
		) AS growing_rounds,
		max(in_flight) AS flight_max_bytes,
		since_ns -- of the row that has the maximum
	FROM (SELECT * FROM steps ORDER BY flow_id, direction, round)
	GROUP BY flow_id, direction
)
SELECT
	r.initial_bytes,
	r.initial_segments,
	r.rounds_bytes,
	r.growing_rounds,
	iif(s.near_sender, r.flight_max_bytes, NULL) AS flight_max_bytes,
	iif(s.near_sender, r.since_ns / 1e6, NULL) AS flight_max_ms,
	s.rtt_ns / 1e6 AS rtt_ms,
	iif(s.near_sender, 'sender', 'receiver') AS seen_near,
	s.payload_bytes,
	s.first_packet_id - c.first_packet_id + 1 AS first_number,
	s.ack_packet_id - c.first_packet_id + 1 AS ack_number,
	iif(s.direction, s.dst, s.src) AS sender,
	iif(s.direction, s.dst_port, s.src_port) AS sender_port,
	iif(s.direction, s.src, s.dst) AS receiver,
	iif(s.direction, s.src_port, s.dst_port) AS receiver_port,
	s.flow_id,
	c.name AS capture
FROM starts s
CROSS JOIN sides r ON r.flow_id = s.flow_id AND r.direction = s.direction
CROSS JOIN captures c ON c.capture_id = s.capture_id
ORDER BY s.payload_bytes DESC, s.flow_id, s.direction
LIMIT ifnull(:limit, -1);

-- section with :flow: Rounds
-- column round            Number of the round, from 1.
-- column side             Who sent: src or dst.
-- column bytes            Bytes of data that it sent in the round.
-- column segments         Segments with data.
-- column growth           Bytes divided by those of the round before.
-- column begin_ms         Begin of the round, milliseconds since the first data of that side.
-- column first_number     Packet number of the first of these segments.
-- column rtt_ms           Round trip from end to end, milliseconds: how long a round is.
-- column sender           Address that sent.
-- column receiver         Address that it was sent to.
-- column capture          Name of the capture.
WITH rounds AS ( -- what one direction sent within one round trip
	SELECT
		s.*,
		(p.ts_ns - s.first_ts_ns) / s.rtt_ns AS round,
		sum(p.payload_len) AS bytes,
		count(*) AS segments,
		min(p.number) AS first_number
	FROM tcp_starts s
	CROSS JOIN flow_packets fp ON fp.flow_id = s.flow_id AND fp.packet_id >= s.first_packet_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE s.flow_id = :flow
		AND s.payload_bytes >= :min_bytes
		AND s.rtt_ns > 0
		AND (:side IS NULL OR s.direction = (:side = 'dst'))
		AND p.direction = s.direction
		AND p.payload_len > 0
		AND p.ts_ns < s.first_ts_ns + :rounds * s.rtt_ns
	GROUP BY s.direction, round
)
SELECT
	r.round + 1 AS round,
	iif(r.direction, 'dst', 'src') AS side,
	r.bytes,
	r.segments,
	round(1.0 * r.bytes / lag(r.bytes) OVER by_round, 2) AS growth,
	r.round * r.rtt_ns / 1e6 AS begin_ms,
	r.first_number,
	r.rtt_ns / 1e6 AS rtt_ms,
	iif(r.direction, f.dst, f.src) AS sender,
	iif(r.direction, f.src, f.dst) AS receiver,
	c.name AS capture
FROM rounds r
JOIN flows f ON f.flow_id = r.flow_id
JOIN captures c ON c.capture_id = r.capture_id
WHERE (:capture IS NULL OR r.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR r.first_ts_ns >= :since)
	AND (:until IS NULL OR r.first_ts_ns < :until)
WINDOW by_round AS (PARTITION BY r.direction ORDER BY r.round)
ORDER BY r.direction, r.round
LIMIT ifnull(:limit, -1);
