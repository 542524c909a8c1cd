-- HTTP responses are slow.
--
-- The time from the last byte of a request to the first byte of its response, by server;
-- requests that were answered in more than :limit_ms. value is the longest such time in
-- milliseconds. It is seen from where the capture was taken: near the client, the network's
-- round trip is in it.
--
-- Severity: medium from three such requests or from :severe_ms on, else low. What stands
-- behind the ? of a target is not shown: it may be private.
--
-- severity: low
-- category: performance
-- protocol: http
-- cause: The application takes its time: a slow database, a lock, a server behind it.
-- remedy: Find what the server does meanwhile: its log with durations, the database's slow
--   queries.
-- remedy: Compare with a static file from the same server: is that fast, it is the application.
-- source: 1 s: the limit for an uninterrupted train of thought (Nielsen, Usability Engineering,
--   1993, 5); 10 s that of attention.
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
WITH exchanges AS (
	SELECT
		h.http_id,
		h.capture_id,
		h.flow_id,
		h.direction,
		h.status,
		h.reason,
		h.host,
		h.target,
		h.upgrade,
		h.first_byte_ns,
		h.request_ts_ns,
		h.response_ts_ns,
		h.request_packet_id,
		h.response_packet_id,
		h.response_first_packet_id,
		iif(h.direction = 0, f.src, f.dst) AS client,
		iif(h.direction = 0, f.dst, f.src) AS peer,
		iif(h.direction = 0, f.dst_port, f.src_port) AS port,
		printf('%s %s', ifnull(h.method, '?'), CASE
			WHEN h.target IS NULL OR instr(h.target, '@') > 0 THEN '(target not shown)'
			WHEN instr(h.target, '?') > 0
				THEN substr(h.target, 1, min(60, instr(h.target, '?') - 1)) || '?...'
			ELSE substr(h.target, 1, 60) || iif(length(h.target) > 60, '...', '')
		END) AS request
	FROM http h
	JOIN flows f ON f.flow_id = h.flow_id
	WHERE h.first_byte_ns IS NOT NULL AND h.status IS NOT NULL
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
		min(iif(n = 1, request, NULL)) AS slowest,
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
	iif(slow >= 3 OR max_ms >= :severe_ms, 'medium', 'low') AS severity
FROM servers
ORDER BY max_ms DESC;
