-- Where the time of a slow HTTP response went.
--
-- The slowest request of an http-slow issue, from its last byte to the first byte of the
-- response: retransmissions and zero windows in between, the round trip time of the
-- connection, and what is left, which the server took.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH
issues_slow AS MATERIALIZED ( -- those of one flow
	SELECT issue_id, flow_id
	FROM issues
	WHERE detector = 'http-slow' AND flow_id NOT NULL
),
ranked AS ( -- requests of that flow; n: the slowest first
	SELECT
		i.issue_id,
		h.http_id,
		row_number() OVER (PARTITION BY i.issue_id ORDER BY h.first_byte_ns DESC) AS n
	FROM http h
	CROSS JOIN issues_slow i ON i.flow_id = h.flow_id
	WHERE h.first_byte_ns IS NOT NULL
),
slow AS MATERIALIZED ( -- the slowest request of each issue
	SELECT
		r.issue_id,
		h.flow_id,
		h.direction,
		h.request_packet_id,
		h.request_ts_ns,
		h.first_byte_ns,
		h.request_ts_ns + h.first_byte_ns AS response_begin_ts_ns,
		ifnull(f.initial_rtt_ns, f.syn_rtt_ns) AS rtt_ns
	FROM ranked r
	JOIN http h ON h.http_id = r.http_id
	JOIN flows f ON f.flow_id = h.flow_id
	WHERE r.n = 1
),
events AS MATERIALIZED ( -- events between that request and its response
	SELECT
		s.issue_id,
		sum(e.kind IN ('retransmission', 'fast_retransmission')) AS again,
		sum(e.kind = 'zero_window') AS zero_windows
	FROM (
		SELECT 1
		FROM slow
		CROSS JOIN flow_signs USING (flow_id)
		WHERE is_retransmitted OR has_zero_window
		LIMIT 1
	) -- if none, no more is read
	CROSS JOIN tcp_events e
	CROSS JOIN slow s ON s.flow_id = e.flow_id
	WHERE e.flow_id IN (SELECT flow_id FROM slow)
		AND e.kind IN ('retransmission', 'fast_retransmission', 'zero_window')
		AND e.ts_ns BETWEEN s.request_ts_ns AND s.response_begin_ts_ns
	GROUP BY s.issue_id
),
seen AS ( -- ack_ns: from the request to the ACK of its last byte
	SELECT
		s.*,
		ifnull(e.again, 0) AS again,
		ifnull(e.zero_windows, 0) AS zero_windows,
		(
			SELECT min(p.ack_rtt_ns)
			FROM packets q
			CROSS JOIN flow_packets fp ON fp.flow_id = s.flow_id AND fp.packet_id > q.packet_id
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE q.packet_id = s.request_packet_id
				AND p.acks = q.number
				AND p.direction <> s.direction
		) AS ack_ns
	FROM slow s
	LEFT JOIN events e ON e.issue_id = s.issue_id
),
judged AS ( -- verdict: where most of the time went; NULL: not known
	SELECT
		*,
		CASE
			WHEN again > 0 THEN 'loss'
			WHEN zero_windows > 0 THEN 'window'
			WHEN rtt_ns * 2 >= first_byte_ns THEN 'network'
			WHEN min(ifnull(ack_ns, rtt_ns), rtt_ns) * 2 < first_byte_ns THEN 'server'
		END AS verdict
	FROM seen
),
other AS ( -- the issue that the verdict points to
	SELECT
		j.issue_id AS slow_issue_id,
		min(i.issue_id) AS issue_id
	FROM judged j
	JOIN flows f ON f.flow_id = j.flow_id
	JOIN issues i ON i.capture_id = f.capture_id
	WHERE (j.verdict = 'loss' AND i.detector = 'tcp-retransmissions' AND i.flow_id = f.flow_id)
		OR (j.verdict = 'window' AND i.detector = 'tcp-zero-window' AND i.flow_id = f.flow_id)
		OR (j.verdict = 'network' AND i.detector = 'tcp-high-rtt'
			AND (i.src = f.src AND ifnull(i.dst, f.dst) = f.dst OR i.src IS NULL AND i.dst = f.dst))
	GROUP BY j.issue_id
)
SELECT
	j.issue_id,
	o.issue_id AS cause_issue_id,
	CASE j.verdict WHEN 'server' THEN 0.8 ELSE 0.7 END AS confidence,
	CASE j.verdict
		WHEN 'loss' THEN counted(j.again, 'retransmission') || ' between the request and its response'
		WHEN 'window' THEN counted(j.zero_windows, 'zero window') || ' between the request and its response'
		WHEN 'network' THEN printf('the round trip of the connection took %d ms of %d ms', round(j.rtt_ns / 1e6),
			round(j.first_byte_ns / 1e6))
		ELSE printf('no retransmission; the round trip took %d ms of %d ms',
			round(min(ifnull(j.ack_ns, j.rtt_ns), j.rtt_ns) / 1e6), round(j.first_byte_ns / 1e6))
	END AS why,
	CASE j.verdict
		WHEN 'loss' THEN printf('Packet loss: %s within the %d ms.', counted(j.again, 'retransmission'),
			round(j.first_byte_ns / 1e6))
		WHEN 'window' THEN printf('A receiver whose window was closed within the %d ms.',
			round(j.first_byte_ns / 1e6))
		WHEN 'network' THEN printf('The network: its round trip alone took %d of the %d ms.',
			round(j.rtt_ns / 1e6), round(j.first_byte_ns / 1e6))
		ELSE printf('The server itself: nothing was lost, the network took %d of the %d ms.',
			round(min(ifnull(j.ack_ns, j.rtt_ns), j.rtt_ns) / 1e6), round(j.first_byte_ns / 1e6))
	END AS cause
FROM judged j
LEFT JOIN other o ON o.slow_issue_id = j.issue_id
WHERE j.verdict IS NOT NULL;
