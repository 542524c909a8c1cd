-- TCP flows in trouble, one line each, the worst first: what happened how often, and what it cost.
--
-- topic: tcp
--
-- Flows without any of these events are not shown: retransmissions of all kinds, segments out of order or not captured,
-- duplicate ACKs, windows that were full or closed, probes. docs/definitions.md says how each is recognised; tcp-events
-- --flow shows the packets. Failed handshakes and resets have reports of their own.
--
-- Packets that the capture holds more than once (duplicates) are no trouble of the flow: their copies are left out.
-- Wireshark takes them for retransmissions, duplicate ACKs or out of order; --copies yes counts them as it does.
--
-- A flow is stalled while its data waits for a retransmission timer (the RTO of each retransmission; where the capture
-- has nothing of the other side, the sender's silence before each), or for a closed receive window to open; time that is
-- both counts once. Severity:
--
--   severe     stalled for a second or more; or 10 segments or more sent again, and 5 % of all of a direction
--   moderate   stalled for 200 ms or more; or 10 segments or more sent again, and 1 %
--   minor      anything else
--
-- param :severity one of severe|moderate|minor   Only flows that are at least so bad.
-- param :copies one of no|yes = no   Whether packets count that are copies of others.
-- param :flow
-- param :capture
-- param :host
-- param :since       Only what happened from this time on.
-- param :until       Only what happened before this time.
-- param :limit
--
-- column severity         severe, moderate or minor.
-- column stalled_s        Seconds that it stood still.
-- column events           What happened how often: 12 retransmission, 3 zero_window.
-- column resent_percent   Share of the data, SYN and FIN segments that were sent again, in the whole flow and the worse of
--                         its directions, without copies, percent.
-- column rtt_max_ms       Longest round trip, either way, milliseconds.
-- column duration_s       Seconds from the first packet of the flow to its last.
-- column first_number     Packet number of the first of the events.
-- column flow_id          Number of the flow.
-- column src              Address of the side that opened it.
-- column src_port         Its port.
-- column dst              Address of the other side.
-- column dst_port         Its port.
-- column capture          Name of the capture.
WITH
trouble AS MATERIALIZED ( -- events asked for
	SELECT flow_id, direction, packet_id, ts_ns, kind, value
	FROM marked_tcp_events
	WHERE kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',
			'out_of_order', 'lost_segment', 'ack_lost_segment', 'duplicate_ack', 'zero_window',
			'zero_window_probe', 'zero_window_probe_ack', 'window_full')
		AND (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:since IS NULL OR ts_ns >= :since)
		AND (:until IS NULL OR ts_ns < :until)
		AND (:copies = 'yes' OR NOT is_copy)
),
counts AS ( -- events of one kind in one flow
	SELECT
		flow_id,
		kind,
		count(*) AS events,
		min(packet_id) AS first_packet_id
	FROM trouble
	GROUP BY flow_id, kind
	ORDER BY flow_id, events DESC, kind
),
flows_in_trouble AS ( -- what happened, the most frequent first
	SELECT
		flow_id,
		group_concat(events || ' ' || kind, ', ') AS events,
		sum(events) FILTER (
			WHERE kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission')
		) AS resent,
		min(first_packet_id) AS first_event_id
	FROM counts
	GROUP BY flow_id
),
waits AS ( -- retransmission time-outs, and windows that were closed
	SELECT t.flow_id, t.ts_ns - t.value AS begin_ns, t.ts_ns AS end_ns
	FROM trouble t
	JOIN flows f ON f.flow_id = t.flow_id
	WHERE t.kind = 'retransmission'
		AND t.value > 0
		AND iif(t.direction, f.src_packets, f.dst_packets) > 0
	UNION ALL
	SELECT -- without ACKs, the oldest is not known: since what its sender sent before
		t.flow_id,
		(
			SELECT p.ts_ns
			FROM packets p
			WHERE p.packet_id = (
				SELECT max(b.packet_id)
				FROM flow_packets b
				WHERE b.flow_id = t.flow_id AND b.packet_id < t.packet_id
			)
		),
		t.ts_ns
	FROM trouble t
	JOIN flows f ON f.flow_id = t.flow_id
	WHERE t.kind = 'retransmission'
		AND iif(t.direction, f.src_packets, f.dst_packets) = 0
		AND iif(t.direction, f.dst_payload_bytes, f.src_payload_bytes) > 0
	UNION ALL
	SELECT flow_id, first_ts_ns, last_ts_ns
	FROM zero_window_stalls
	WHERE (:since IS NULL OR last_ts_ns >= :since) AND (:until IS NULL OR first_ts_ns < :until)
),
stalls AS ( -- per flow: time in a wait, what several have in common once
	SELECT flow_id, sum(max(0, end_ns - begin_ns)) / 1e9 AS stalled_s
	FROM (
		SELECT -- of each wait, what those that began earlier do not cover
			flow_id,
			max(begin_ns, ifnull(max(end_ns) OVER earlier, begin_ns)) AS begin_ns,
			end_ns
		FROM waits
		WINDOW earlier AS (
			PARTITION BY flow_id
			ORDER BY begin_ns, end_ns
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		)
	)
	GROUP BY flow_id
),
measured AS ( -- rate: of the worse direction
	SELECT
		t.*,
		f.*,
		ifnull(s.stalled_s, 0.0) AS stalled_s,
		coalesce(
			max(f.src_retransmission_rate, f.dst_retransmission_rate),
			f.src_retransmission_rate,
			f.dst_retransmission_rate
		) AS rate
	FROM flows_in_trouble t
	JOIN flows f ON f.flow_id = t.flow_id
	LEFT JOIN stalls s ON s.flow_id = t.flow_id
	WHERE :host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host)
),
judged AS ( -- grade: 3 severe, 2 moderate, 1 minor
	SELECT
		*,
		CASE
			WHEN stalled_s >= 1 OR (resent >= 10 AND rate >= 0.05) THEN 3
			WHEN stalled_s >= 0.2 OR (resent >= 10 AND rate >= 0.01) THEN 2
			ELSE 1
		END AS grade
	FROM measured
)
SELECT
	CASE j.grade WHEN 3 THEN 'severe' WHEN 2 THEN 'moderate' ELSE 'minor' END AS severity,
	round(j.stalled_s, 6) AS stalled_s,
	j.events,
	round(100 * j.rate, 3) AS resent_percent,
	coalesce(max(j.src_rtt_max_ns, j.dst_rtt_max_ns), j.src_rtt_max_ns, j.dst_rtt_max_ns) / 1e6
		AS rtt_max_ms,
	(j.last_ts_ns - j.first_ts_ns) / 1e9 AS duration_s,
	j.first_event_id - c.first_packet_id + 1 AS first_number,
	j.flow_id,
	j.src,
	j.src_port,
	j.dst,
	j.dst_port,
	c.name AS capture
FROM judged j
JOIN captures c ON c.capture_id = j.capture_id
WHERE :severity IS NULL
	OR j.grade >= CASE :severity WHEN 'severe' THEN 3 WHEN 'moderate' THEN 2 ELSE 1 END
ORDER BY j.grade DESC, j.stalled_s DESC, j.resent DESC, j.flow_id
LIMIT ifnull(:limit, -1);
