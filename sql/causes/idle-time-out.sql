-- Resets behind silence on many connections: a time-out on the way.
--
-- Issues of tcp-idle-reset with at least :flows connections in all. Where the silences are
-- alike (the longest at most :spread_percent longer than the shortest), that is how long the
-- firewall, NAT or load balancer remembers.
--
-- param :flows integer 2..100000 = 3          Connections from which on it is a time-out on the
--                                               way.
-- param :spread_percent number 0..1000 = 25   How much silences may differ to be alike, percent.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH resets AS ( -- issues of tcp-idle-reset
	SELECT
		i.*,
		(
			SELECT count(DISTINCT p.flow_id)
			FROM issue_packets ip
			CROSS JOIN packets p ON p.packet_id = ip.packet_id
			WHERE ip.issue_id = i.issue_id
		) AS connections
	FROM issues i
	WHERE i.detector = 'tcp-idle-reset'
),
captured AS ( -- captures with enough connections in these
	SELECT
		capture_id,
		min(issue_id) AS first_issue_id,
		sum(connections) AS connections,
		min(value) AS least_s,
		max(value) AS most_s,
		count(DISTINCT dst) AS servers
	FROM resets
	GROUP BY capture_id
	HAVING sum(connections) >= :flows
)
SELECT
	r.issue_id,
	nullif(c.first_issue_id, r.issue_id) AS cause_issue_id,
	iif(c.most_s <= c.least_s * (1 + :spread_percent / 100.0), 0.8, 0.5) AS confidence,
	printf('%d connections to %s were reset behind a silence of %d to %d s', c.connections,
		counted(c.servers, 'server'), round(c.least_s), round(c.most_s)) AS why,
	printf('A firewall, NAT or load balancer on the way that forgets idle connections, after %d s at '
		|| 'the latest: %d connections.', round(c.least_s), c.connections) AS cause
FROM resets r
JOIN captured c ON c.capture_id = r.capture_id;
