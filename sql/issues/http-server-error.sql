-- HTTP server fails (5xx).
--
-- Responses with a status from 500 to 599, by server and status. value is the number of
-- responses.
--
-- Severity: high where at least half of the server's responses have the status, or ten and a tenth of them;
-- low where less than one in a hundred has; else medium. What stands behind the ? of a target is not shown:
-- it may be private.
--
-- severity: medium
-- category: connectivity
-- protocol: http
-- cause: An error in the application behind the server, or a server behind a proxy that is down
--   or slow.
-- remedy: Look into the log of the server for these requests.
-- remedy: For 502, 503 and 504 look at the server behind the proxy: is it up, is it overloaded,
--   how long does it take?
-- source: RFC 9110, 15.6: meaning of the status codes. One in a hundred: what a service that promises 99 % allows.
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
errors AS MATERIALIZED (
	SELECT http_id, peer
	FROM http_exchanges
	WHERE status BETWEEN 500 AND 599
),
totals AS ( -- responses of these servers
	SELECT capture_id, peer, port, count(*) AS answers
	FROM (SELECT 1 FROM errors LIMIT 1) -- if none, no more is read
	CROSS JOIN http_exchanges
	WHERE status >= 200
		AND peer IN (SELECT peer FROM errors)
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
		WHEN errors * 2 >= answers OR errors >= 10 AND errors * 10 >= answers THEN 'high'
		WHEN errors * 100 < answers THEN 'low'
		ELSE 'medium'
	END AS severity,
	CASE status
		WHEN 500 THEN 'HTTP server has an error of its own (500)'
		WHEN 502 THEN 'HTTP gateway got a bad answer from behind (502)'
		WHEN 503 THEN 'HTTP server is not available (503)'
		WHEN 504 THEN 'HTTP gateway got no answer from behind (504)'
		ELSE 'HTTP server fails (' || status || ')'
	END AS title,
	CASE status
		WHEN 500 THEN 'An error in the application.'
		WHEN 502 THEN 'The server behind the proxy is down, or speaks something else.'
		WHEN 503 THEN 'Overload, maintenance, or no server behind the proxy is up.'
		WHEN 504 THEN 'The server behind the proxy takes longer than the proxy waits.'
	END AS cause
FROM codes
JOIN totals USING (capture_id, peer, port)
ORDER BY errors DESC;
