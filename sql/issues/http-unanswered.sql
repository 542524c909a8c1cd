-- HTTP request is not answered.
--
-- Requests without a response: the connection ended (FIN or RST of the server, RST of the
-- client), or nothing came for :wait_s until the capture ended, and the server sent no byte
-- after the request. Connections of which the capture has only the client's packets, or not
-- all, are left out. value is the number of such requests of a server.
--
-- Severity: high where a server answers no request at all, of at least two; low where the client itself reset
-- these connections, less than :wait_s after its request, or where they are less than one in a hundred of the
-- server's requests; else medium.
--
-- severity: medium
-- category: connectivity
-- protocol: http
-- cause: The application hangs, or the server closed the connection while the request was on its
--   way (a keep-alive time-out).
-- cause: A firewall or proxy swallows the request or the response.
-- remedy: See who ended the connection (resets), and after how long: a round number of seconds is
--   a time-out.
-- remedy: Look whether the request is in the server's log.
-- source: RFC 9112, 9.3: each request is answered. 10 s: the limit of attention (Nielsen,
--   Usability Engineering, 1993, 5).
--
-- param :wait_s number 0..3600 = 10   Time that a request must have had for its response,
--                                       seconds.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Requests without a response.
-- column symptoms    What was seen.
-- column packets     The requests, and the ends of their connections.
-- column severity    How bad it is.
-- column cause       Most likely cause.
WITH
waiting AS MATERIALIZED ( -- requests without a response, of connections that the capture has whole
	SELECT
		h.http_id,
		h.capture_id,
		h.flow_id,
		h.direction,
		h.request_ts_ns,
		h.request_packet_id,
		h.client,
		h.peer,
		h.port,
		h.was_reset,
		h.was_reset AND h.client_left AND h.last_ts_ns - h.request_ts_ns < :wait_s * 1e9 AS client_left,
		h.last_packet_id
	FROM http_exchanges h
	JOIN captures c ON c.capture_id = h.capture_id
	WHERE h.status IS NULL
		AND h.request_packet_id IS NOT NULL
		AND ifnull(h.upgrade, '') = ''
		AND h.has_both_sides
		AND h.missed_bytes = 0
		AND (h.was_reset OR h.peer_closed OR c.last_ts_ns - h.request_ts_ns > :wait_s * 1e9)
),
asked AS ( -- the first one of each connection
	SELECT flow_id, direction, min(request_packet_id) AS request_packet_id
	FROM waiting
	GROUP BY flow_id, direction
),
heard AS MATERIALIZED ( -- the last data of the server behind the first request
	SELECT a.flow_id, a.direction, max(p.packet_id) AS packet_id
	FROM asked a
	CROSS JOIN flow_packets fp ON fp.flow_id = a.flow_id AND fp.packet_id > a.request_packet_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE p.direction <> a.direction AND p.payload_len > 0
	GROUP BY a.flow_id, a.direction
),
lost AS MATERIALIZED ( -- those behind which the server sent no data
	SELECT w.*
	FROM waiting w
	LEFT JOIN heard d ON d.flow_id = w.flow_id AND d.direction = w.direction
	WHERE ifnull(d.packet_id, 0) <= w.request_packet_id
),
ranked AS MATERIALIZED ( -- servers; place: of the capture, most unanswered requests first
	SELECT
		capture_id,
		peer,
		port,
		count(*) AS unanswered,
		row_number() OVER (PARTITION BY capture_id ORDER BY count(*) DESC) AS place
	FROM lost
	GROUP BY capture_id, peer, port
),
shown AS MATERIALIZED ( -- no more of a capture are kept
	SELECT *
	FROM ranked
	WHERE place <= 100
),
totals AS ( -- requests that these servers answered
	SELECT capture_id, peer, port, count(*) AS answers
	FROM (SELECT 1 FROM shown LIMIT 1) -- if none, no more is read
	CROSS JOIN http_exchanges
	WHERE status IS NOT NULL AND peer IN (SELECT peer FROM shown)
	GROUP BY capture_id, peer, port
),
counts AS ( -- unanswered requests of one server
	SELECT
		r.capture_id,
		min(r.request_ts_ns) AS ts_ns,
		only(r.flow_id) AS flow_id,
		only(r.client) AS client,
		r.peer,
		r.port,
		count(*) AS unanswered,
		sum(r.was_reset) AS was_reset,
		sum(r.client_left) AS client_left,
		first_few(h.request, r.request_ts_ns, 3) AS requests,
		first_few(r.request_packet_id || ',' || r.last_packet_id, r.request_ts_ns, 20) AS packets
	FROM lost r
	CROSS JOIN http_exchanges h ON h.http_id = r.http_id
	WHERE (r.capture_id, r.peer, r.port) IN (SELECT capture_id, peer, port FROM shown)
	GROUP BY r.capture_id, r.peer, r.port
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	peer AS dst,
	unanswered AS value,
	printf('%s port %d gave no response to %d of %s (%s of these connections %s reset%s): %s%s',
		peer, port, unanswered, counted(unanswered + ifnull(answers, 0), 'request'), iif(was_reset, was_reset, 'none'),
		iif(was_reset > 1, 'were', 'was'),
		iif(client_left, printf(', %d by the client after less than %g s', client_left, :wait_s), ''), requests,
		iif(unanswered > 3, printf(' and %d more', unanswered - 3), '')) AS symptoms,
	packets,
	CASE
		WHEN client_left = unanswered OR unanswered * 100 < answers THEN 'low'
		WHEN ifnull(answers, 0) = 0 AND unanswered > 1 THEN 'high'
		ELSE 'medium'
	END AS severity,
	iif(client_left = unanswered, 'The client gave up, or its user went on to something else.', NULL) AS cause
FROM counts
LEFT JOIN totals USING (capture_id, peer, port)
UNION ALL
SELECT capture_id, NULL, NULL, NULL, NULL, unanswered, NULL, NULL, NULL, NULL
FROM ranked
WHERE place > 100
ORDER BY value DESC;
