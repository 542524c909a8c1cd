-- Retransmissions on many connections of one host.
--
-- At least :flows connections with retransmissions have one host in common: the path to that
-- host, or the host, is the cause, not the connection. The other issues are linked to the one
-- with the highest rate. A host counts only if at least :percent of its TCP connections with
-- that much traffic are among them.
--
-- param :flows integer 2..100000 = 3   Connections from which on it is the host.
-- param :percent number 0..100 = 50    Share of its connections that must have retransmissions,
--                                        percent.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH ends AS ( -- issues of tcp-retransmissions, each twice: with either end as host
	SELECT issue_id, capture_id, flow_id, value, src AS host, dst AS other
	FROM issues
	WHERE detector = 'tcp-retransmissions'
	UNION ALL
	SELECT issue_id, capture_id, flow_id, value, dst, src
	FROM issues
	WHERE detector = 'tcp-retransmissions'
),
hosts_hit AS MATERIALIZED ( -- hosts with enough such connections; others: hosts at their other ends
	SELECT
		capture_id,
		host,
		count(DISTINCT flow_id) AS sick,
		count(DISTINCT other) AS others,
		avg(value) AS mean_percent
	FROM ends
	GROUP BY capture_id, host
	HAVING sick >= :flows
),
held AS ( -- a row for each connection of these hosts with that much traffic
	SELECT h.capture_id, h.host
	FROM (SELECT 1 FROM hosts_hit LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	CROSS JOIN hosts_hit h ON h.capture_id = f.capture_id AND h.host = f.src
	WHERE f.protocol = 'tcp' AND f.src_packets + f.dst_packets >= 10
	UNION ALL
	SELECT h.capture_id, h.host
	FROM (SELECT 1 FROM hosts_hit LIMIT 1)
	CROSS JOIN flows f
	CROSS JOIN hosts_hit h ON h.capture_id = f.capture_id AND h.host = f.dst
	WHERE f.protocol = 'tcp' AND f.src_packets + f.dst_packets >= 10 AND f.src <> f.dst
),
totals AS ( -- how many a host has
	SELECT capture_id, host, count(*) AS connections
	FROM held
	GROUP BY capture_id, host
),
judged AS ( -- hosts with both numbers
	SELECT h.*, ifnull(t.connections, 0) AS connections
	FROM hosts_hit h
	LEFT JOIN totals t ON t.capture_id = h.capture_id AND t.host = h.host
),
chosen AS ( -- an issue and a host to blame; place: the host with most such connections first
	SELECT
		e.*,
		j.sick,
		j.others,
		j.connections,
		j.mean_percent,
		first_value(e.issue_id) OVER (
			PARTITION BY e.capture_id, e.host ORDER BY e.value DESC, e.issue_id
		) AS worst_issue_id,
		row_number() OVER (PARTITION BY e.issue_id ORDER BY j.sick DESC, j.others DESC, e.host) AS place
	FROM ends e
	JOIN judged j ON j.capture_id = e.capture_id AND j.host = e.host
	WHERE j.sick * 100 >= j.connections * :percent
)
SELECT
	issue_id,
	nullif(worst_issue_id, issue_id) AS cause_issue_id,
	iif(others > 1, 0.8, 0.6) AS confidence,
	printf('%d of %d connections of %s, to %s, had retransmissions, %.1f %% on average', sick,
		max(connections, sick), host, counted(others, 'other host'), mean_percent) AS why,
	printf('Loss on the way to %s or at it, not in one connection: %d of its %d connections have it.', host,
		sick, max(connections, sick)) AS cause
FROM chosen
WHERE place = 1;
