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
-- param :severe_ms number 1..600000 = 5000   The same, from which on it is of medium severity.
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
slow AS MATERIALIZED (
	SELECT DISTINCT
		iif(h.direction = 0, f.dst, f.src) AS peer,
		iif(h.direction = 0, f.dst_port, f.src_port) AS port
	FROM http h
	CROSS JOIN flows f ON f.flow_id = h.flow_id
	WHERE h.first_byte_ns > :limit_ms * 1e6 AND h.status IS NOT NULL
),
exchanges AS ( -- of servers with a slow one
	SELECT
		h.capture_id,
		h.flow_id,
		h.host,
		h.first_byte_ns,
		h.request_ts_ns,
		h.request_packet_id,
		h.response_first_packet_id,
		h.method,
		h.target,
		iif(h.direction = 0, f.src, f.dst) AS client,
		iif(h.direction = 0, f.dst, f.src) AS peer,
		iif(h.direction = 0, f.dst_port, f.src_port) AS port
	FROM (SELECT 1 FROM slow LIMIT 1) -- if none, no more is read
	CROSS JOIN http h
	CROSS JOIN flows f ON f.flow_id = h.flow_id
	CROSS JOIN slow s ON s.peer = iif(h.direction = 0, f.dst, f.src)
		AND s.port = iif(h.direction = 0, f.dst_port, f.src_port)
	WHERE h.first_byte_ns IS NOT NULL
		AND h.status IS NOT NULL
),
ranked AS (
	SELECT
		*,
		row_number() OVER (PARTITION BY capture_id, peer, port ORDER BY first_byte_ns DESC) AS n
	FROM exchanges
),
servers AS (
	SELECT
		capture_id,
		peer,
		port,
		count(*) AS answers,
		sum(first_byte_ns > :limit_ms * 1e6) AS slow,
		max(first_byte_ns) / 1e6 AS max_ms,
		median(first_byte_ns) / 1e6 AS median_ms,
		count(DISTINCT client) AS clients,
		min(client) AS client,
		max(host) AS host,
		min(iif(n = 1, request_ts_ns, NULL)) AS ts_ns,
		min(iif(n = 1, flow_id, NULL)) AS slowest_flow_id,
		min(iif(n = 1, printf('%s %s', ifnull(method, '?'), CASE
			WHEN target IS NULL OR instr(target, '@') > 0 THEN '(target not shown)'
			WHEN instr(target, '?') > 0
				THEN substr(target, 1, min(60, instr(target, '?') - 1)) || '?...'
			ELSE substr(target, 1, 60) || iif(length(target) > 60, '...', '')
		END), NULL)) AS slowest,
		group_concat(iif(n <= 20 AND first_byte_ns > :limit_ms * 1e6,
			ifnull(request_packet_id || ',', '') || response_first_packet_id, NULL)) AS packets
	FROM ranked
	GROUP BY capture_id, peer, port
	HAVING slow > 0
)
SELECT
	capture_id,
	ts_ns,
	slowest_flow_id AS flow_id,
	iif(clients = 1, client, NULL) AS src,
	peer AS dst,
	max_ms AS value,
	printf('%d of %s of %s port %d%s took more than %g ms to begin; %s took %.0f ms%s', slow,
		counted(answers, 'response'), peer, port, ifnull(' (' || host || ')', ''), :limit_ms, slowest, max_ms,
		iif(answers > 1, printf(', half took less than %.0f ms', median_ms), '')) AS symptoms,
	packets,
	iif((slow >= 3 OR max_ms >= :severe_ms) AND slow * 100 >= answers, 'medium', 'low') AS severity
FROM servers
ORDER BY max_ms DESC;
