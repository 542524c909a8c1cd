-- HTTP responses are slow.
--
-- The time from the last byte of a request to the first byte of its response, by server;
-- requests that were answered in more than :limit_ms. value is the longest such time in
-- milliseconds. It is seen from where the capture was taken: near the client, the network's
-- round trip is in it.
--
-- Severity: medium from three such requests or from :severe_ms on, where these are at least one in a hundred of
-- the server's responses; else low. What stands behind the ? of a target is not shown: it may be private.
--
-- severity: low
-- category: performance
-- protocol: http
-- cause: The application takes its time: a slow database, a lock, a server behind it.
-- remedy: Find what the server does meanwhile: its log with durations, the database's slow
--   queries.
-- remedy: Compare with a static file from the same server: is that fast, it is the application.
-- source: 1 s: the limit for an uninterrupted train of thought (Nielsen, Usability Engineering,
--   1993, 5); 10 s that of attention. One in a hundred: the 99th percentile, by which
--   servers are judged.
--
-- param :limit_ms number 1..600000 = 1000    Time to the first byte from which on a response is
--                                              slow, milliseconds.
-- param :severe_ms number 1..600000 = 5000   Time to the first byte from which on the severity is
--                                              medium, milliseconds.
--
-- column capture_id  The capture.
-- column ts_ns       The slowest request.
-- column flow_id     Connection of the slowest response.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Longest time to first byte, milliseconds.
-- column symptoms    What was seen.
-- column packets     The slowest requests and the first packets of their responses.
-- column severity    How bad it is.
WITH
slow AS MATERIALIZED ( -- servers with a slow response, in any capture
	SELECT DISTINCT peer, port
	FROM http_exchanges
	WHERE first_byte_ns > :limit_ms * 1e6 AND status IS NOT NULL
),
ranked AS ( -- what servers with a slow one answered
	SELECT
		h.http_id,
		h.capture_id,
		h.client,
		h.peer,
		h.port,
		h.host,
		h.first_byte_ns,
		h.request_packet_id,
		h.response_first_packet_id,
		row_number() OVER (PARTITION BY h.capture_id, h.peer, h.port ORDER BY h.first_byte_ns DESC) AS n
	FROM (SELECT 1 FROM slow LIMIT 1) -- if none, no more is read
	CROSS JOIN http_exchanges h
	CROSS JOIN slow s ON s.peer = h.peer AND s.port = h.port
	WHERE h.first_byte_ns IS NOT NULL AND h.status IS NOT NULL
),
servers AS ( -- servers with a slow response in the capture itself
	SELECT
		capture_id,
		peer,
		port,
		count(*) AS answers,
		sum(first_byte_ns > :limit_ms * 1e6) AS slow,
		max(first_byte_ns) / 1e6 AS max_ms,
		median(first_byte_ns) / 1e6 AS median_ms,
		count(DISTINCT client) AS clients,
		max(host) AS host,
		min(iif(n = 1, http_id, NULL)) AS slowest_id,
		group_concat(iif(n <= 20 AND first_byte_ns > :limit_ms * 1e6,
			ifnull(request_packet_id || ',', '') || response_first_packet_id, NULL)) AS packets
	FROM ranked
	GROUP BY capture_id, peer, port
	HAVING slow > 0
)
SELECT
	s.capture_id,
	e.request_ts_ns AS ts_ns,
	e.flow_id,
	iif(s.clients = 1, e.client, NULL) AS src,
	s.peer AS dst,
	s.max_ms AS value,
	printf('%d of %s of %s port %d%s took more than %g ms to begin; %s took %d ms%s', s.slow,
		counted(s.answers, 'response'), s.peer, s.port, ifnull(' (' || s.host || ')', ''), :limit_ms, e.request,
		round(s.max_ms),
		iif(s.answers > 1, printf(', half took less than %d ms', round(s.median_ms)), '')) AS symptoms,
	s.packets,
	iif((s.slow >= 3 OR s.max_ms >= :severe_ms) AND s.slow * 100 >= s.answers, 'medium', 'low') AS severity
FROM servers s
CROSS JOIN http_exchanges e ON e.http_id = s.slowest_id
ORDER BY s.max_ms DESC;
