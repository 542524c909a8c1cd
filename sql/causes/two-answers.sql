-- Connections that failed because two hosts answered for the server.
--
-- Connections that were reset, never completed or went silent, RSTs and TTLs that do not fit, and what failed above,
-- where at least half of the connections that an issue shows had SYN-ACKs with different sequence numbers
-- (tcp-two-syn-acks, of medium severity or worse).
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH
answered AS MATERIALIZED ( -- flows with two answers
	SELECT DISTINCT i.issue_id, i.cause, p.flow_id
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE i.detector = 'tcp-two-syn-acks' AND i.rank > 1
),
troubles AS ( -- read where there is one of these
	SELECT i.issue_id
	FROM (SELECT 1 FROM answered LIMIT 1)
	CROSS JOIN issues i
	WHERE i.detector IN ('tcp-reset-in-handshake', 'tcp-reset-mid-stream', 'tcp-incomplete-handshake', 'tcp-half-open',
		'tcp-rst-injection', 'ip-ttl-changes', 'http-unanswered', 'http-incomplete', 'tls-handshake-unfinished')
),
shown AS MATERIALIZED ( -- flows that their evidence is of
	SELECT DISTINCT t.issue_id, p.flow_id
	FROM troubles t
	CROSS JOIN issue_packets ip ON ip.issue_id = t.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
),
totals AS ( -- flows that an issue shows
	SELECT issue_id, count(*) AS connections
	FROM shown
	GROUP BY issue_id
)
SELECT
	s.issue_id,
	a.issue_id AS cause_issue_id,
	0.7 AS confidence,
	printf('%d of its %s had SYN-ACKs with different sequence numbers', count(*), counted(t.connections, 'connection'))
		AS why,
	a.cause
FROM shown s
JOIN answered a ON a.flow_id = s.flow_id
JOIN totals t ON t.issue_id = s.issue_id
GROUP BY s.issue_id, a.issue_id
HAVING count(*) * 2 >= t.connections;
