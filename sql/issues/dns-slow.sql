-- DNS answers are slow.
--
-- The time that 95 % of a server's answers stay below (p95), over all its clients. Queries
-- that were sent again count from the first one. value is that time in milliseconds.
--
-- Severity: medium from five answers and :severe_ms on, else low.
--
-- severity: low
-- category: performance
-- protocol: dns
-- cause: The resolver has the name not in its cache and asks servers far away, or slow ones.
-- cause: Lost queries or answers: the client waits for its time-out, then asks again.
-- cause: A resolver that is overloaded or far away.
-- remedy: Ask twice (dig NAME): is the second answer fast, the cache works, and the way to the
--   name servers is slow.
-- remedy: Compare with the round trip of a ping to the resolver.
-- remedy: Use a resolver that is near.
-- source: 500 ms: half the first time-out of Windows resolvers (1 s); resolvers with a warm cache
--   answer in under 50 ms.
--
-- param :limit_ms number 1..60000 = 500     p95 from which on a server is listed, milliseconds.
-- param :severe_ms number 1..60000 = 1000   p95 from which on it is of medium severity,
--                                             milliseconds.
--
-- column capture_id  The capture.
-- column ts_ns       The slowest query.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       p95 in milliseconds.
-- column symptoms    What was seen.
-- column packets     The slowest queries and their answers.
-- column severity    How bad it is.
WITH
slow AS MATERIALIZED ( -- servers with a slow answer
	SELECT DISTINCT d.capture_id, iif(d.direction = 0, f.dst, f.src) AS server
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.rtt_ns >= :limit_ms * 1e6 AND d.variant = 'dns' AND d.kind = 'answered'
),
answered AS MATERIALIZED ( -- by servers with a slow answer: where none is, neither is their p95
	SELECT
		d.dns_id,
		d.capture_id,
		d.flow_id,
		d.rtt_ns,
		d.retransmissions,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server
	FROM (SELECT 1 FROM slow LIMIT 1) -- if none, no more is read
	CROSS JOIN dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns'
		AND d.kind = 'answered'
		AND d.rtt_ns IS NOT NULL
		AND iif(d.direction = 0, f.dst, f.src) IN (SELECT server FROM slow)
),
counts AS ( -- servers whose p95 is over the limit
	SELECT
		capture_id,
		server,
		count(*) AS answers,
		percentile(rtt_ns, 95) / 1e6 AS p95_ms,
		median(rtt_ns) / 1e6 AS median_ms,
		max(rtt_ns) / 1e6 AS max_ms,
		sum(retransmissions > 0) AS repeated,
		only(client) AS client,
		only(flow_id) AS flow_id
	FROM answered
	GROUP BY capture_id, server
	HAVING percentile(rtt_ns, 95) / 1e6 >= :limit_ms
),
ranked AS ( -- answers of these; n: the slowest first
	SELECT
		a.dns_id,
		a.capture_id,
		a.server,
		row_number() OVER (PARTITION BY a.capture_id, a.server ORDER BY a.rtt_ns DESC) AS n
	FROM answered a
	JOIN counts c ON c.capture_id = a.capture_id AND c.server = a.server
),
slowest AS ( -- of each server the slowest answer, and the packets of the slowest ten
	SELECT
		r.capture_id,
		r.server,
		min(iif(n = 1, d.query_ts_ns, NULL)) AS ts_ns,
		min(iif(n = 1, ifnull(substr(d.name, 1, 60) || iif(length(d.name) > 60, '...', '') || ' '
			|| d.type_name, '(no question)'), NULL)) AS slowest,
		group_concat(d.query_packet_id || ',' || d.answer_packet_id) AS packets
	FROM ranked r
	CROSS JOIN dns d ON d.dns_id = r.dns_id
	WHERE r.n <= 10
	GROUP BY r.capture_id, r.server
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	server AS dst,
	p95_ms AS value,
	iif(answers = 1, printf('the only answer of %s, for %s, took %d ms', server, slowest, round(max_ms)),
		printf('95 %% of %d answers of %s came within %d ms, half within %d ms; the slowest, for %s, took '
			|| '%d ms', answers, server, round(p95_ms), round(median_ms), slowest, round(max_ms)))
		|| iif(repeated > 0, printf('; %s had to be sent again',
			iif(repeated = 1, '1 query', repeated || ' queries')), '') AS symptoms,
	packets,
	iif(answers >= 5 AND p95_ms >= :severe_ms, 'medium', 'low') AS severity
FROM counts
JOIN slowest USING (capture_id, server)
ORDER BY p95_ms DESC;
