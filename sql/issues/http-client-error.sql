-- HTTP server does not accept the request (4xx).
--
-- Responses with a status from 400 to 499, by server and status. A 401 or 407 that the same
-- client got over later is the way authentication works, and is left out: a later request for
-- the same target had success, or had credentials and another answer. So is a 408 to no request at all, by which
-- servers close idle connections. value is the number of responses.
--
-- Severity: medium where at least two and half of the server's responses have the status, or
-- for 408 and 429; else low. What stands behind the ? of a target is not shown: it may be
-- private.
--
-- severity: low
-- category: connectivity
-- protocol: http
-- cause: A link or bookmark that leads nowhere, an application that asks for the wrong thing, or
--   missing rights.
-- remedy: Look into the log of the server for these requests.
-- remedy: Compare with a request that succeeds: host, path, headers, method.
-- source: RFC 9110, 15.5: meaning of the status codes; 15.5.9: 408 before the server closes the connection.
--
-- column capture_id  The capture.
-- column ts_ns       The first request.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Responses with this status.
-- column symptoms    What was seen.
-- column packets     The first requests and the first packets of their responses.
-- column severity    How bad it is.
-- column title       What it is, in a few words.
-- column cause       Most likely cause.
WITH
welcome AS MATERIALIZED ( -- the last time that a target which wants authentication let the client in
	SELECT capture_id, client, peer, target, max(http_id) AS http_id
	FROM http_exchanges
	WHERE status >= 200
		AND (status < 400 OR credentials NOT NULL AND status NOT IN (401, 407))
		AND ifnull(target, '') IN (
			SELECT ifnull(target, '')
			FROM http
			WHERE status IN (401, 407)
		)
	GROUP BY capture_id, client, peer, target
),
errors AS MATERIALIZED ( -- such responses, but for 401 and 407 that the client got over
	SELECT http_id, capture_id, peer, port, status
	FROM http_exchanges e
	WHERE status BETWEEN 400 AND 499
		AND NOT (status = 408 AND request_packet_id IS NULL)
		AND NOT (status IN (401, 407) AND EXISTS (
			SELECT 1
			FROM welcome w
			WHERE w.capture_id = e.capture_id
				AND w.client = e.client
				AND w.peer = e.peer
				AND w.target IS e.target
				AND w.http_id > e.http_id
		))
),
ranked AS MATERIALIZED ( -- errors of one server and status; place: most errors of a capture first
	SELECT
		capture_id,
		peer,
		port,
		status,
		count(*) AS errors,
		row_number() OVER (PARTITION BY capture_id ORDER BY count(*) DESC) AS place
	FROM errors
	GROUP BY capture_id, peer, port, status
),
shown AS MATERIALIZED ( -- no more of a capture are kept
	SELECT *
	FROM ranked
	WHERE place <= 100
),
totals AS ( -- responses of these servers
	SELECT capture_id, peer, port, count(*) AS answers
	FROM (SELECT 1 FROM shown LIMIT 1) -- if none, no more is read
	CROSS JOIN http_exchanges
	WHERE status >= 200
		AND peer IN (SELECT peer FROM shown)
	GROUP BY capture_id, peer, port
),
codes AS ( -- errors of one server and status
	SELECT
		h.capture_id,
		h.peer,
		h.port,
		h.status,
		max(h.reason) AS reason,
		count(*) AS errors,
		count(DISTINCT h.client) AS clients,
		only(h.client) AS client,
		min(ifnull(h.request_ts_ns, h.response_ts_ns)) AS ts_ns,
		only(h.flow_id) AS flow_id,
		max(h.host) AS host,
		first_few(h.request, h.response_ts_ns, 3) AS requests,
		first_few(ifnull(h.request_packet_id || ',', '') || ifnull(h.response_first_packet_id, h.response_packet_id),
			h.response_ts_ns, 25) AS packets
	FROM errors e
	CROSS JOIN http_exchanges h ON h.http_id = e.http_id
	WHERE (e.capture_id, e.peer, e.port, e.status) IN (SELECT capture_id, peer, port, status FROM shown)
	GROUP BY h.capture_id, h.peer, h.port, h.status
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	peer AS dst,
	errors AS value,
	printf('%s port %d%s answered %d of %s with %d%s%s: %s%s', peer, port,
		ifnull(' (' || host || ')', ''), errors, counted(answers, 'request'),
		status, ifnull(' ' || nullif(reason, ''), ''), iif(clients > 1, printf(' to %d clients', clients), ''),
		requests, iif(errors > 3, printf(' and %d more', errors - 3), '')) AS symptoms,
	packets,
	CASE
		WHEN status IN (408, 429) THEN 'medium'
		WHEN errors >= 2 AND errors * 2 >= answers THEN 'medium'
		ELSE 'low'
	END AS severity,
	CASE status
		WHEN 400 THEN 'HTTP server cannot read the request (400)'
		WHEN 401 THEN 'HTTP server wants authentication (401)'
		WHEN 403 THEN 'HTTP server forbids the request (403)'
		WHEN 404 THEN 'HTTP server does not find what is asked for (404)'
		WHEN 405 THEN 'HTTP server does not do that method (405)'
		WHEN 407 THEN 'HTTP proxy wants authentication (407)'
		WHEN 408 THEN 'HTTP server waited too long for the request (408)'
		WHEN 429 THEN 'HTTP server limits the client''s requests (429)'
		ELSE 'HTTP server does not accept the request (' || status || ')'
	END AS title,
	CASE status
		WHEN 400 THEN 'The request is malformed, or a proxy or attack tool made it.'
		WHEN 401 THEN 'No or wrong credentials: no request for the target succeeded later.'
		WHEN 403 THEN 'The client has no right to it, or a filter in front of it objects.'
		WHEN 404 THEN 'A link or name that leads nowhere.'
		WHEN 408 THEN 'The client was slow, or its packets were lost.'
		WHEN 429 THEN 'The client asks more often than the server allows.'
	END AS cause
FROM codes
JOIN totals USING (capture_id, peer, port)
UNION ALL
SELECT capture_id, NULL, NULL, NULL, NULL, errors, NULL, NULL, NULL, NULL, NULL
FROM ranked
WHERE place > 100
ORDER BY value DESC;
