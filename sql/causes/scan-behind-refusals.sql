-- A scan or flood that explains refused and unanswered connections.
--
-- Connections that were refused, reset or never answered, and UDP requests or ICMP errors, of
-- an address that scans or floods in the same capture; of TCP, also connections to other hosts.
-- Sweeps of low severity explain nothing: routers and monitoring systems make them.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	CASE
		WHEN c.dst IN (i.src, i.dst) THEN 0.9
		WHEN c.dst IS NULL OR i.dst IS NULL THEN 0.7
		ELSE 0.5
	END AS confidence,
	printf('%s: %s', c.title, c.symptoms) AS why,
	printf('A scan or flood by %s, not users of the service.', c.src) AS cause
FROM issues i
JOIN issues c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE c.detector IN ('port-scan', 'host-sweep', 'syn-flood')
	AND c.rank > 1
	AND i.detector IN ('tcp-refused', 'tcp-incomplete-handshake', 'tcp-reset-in-handshake',
		'tcp-impossible-flags', 'udp-unanswered', 'icmp-unreachable')
	AND c.src IN (i.src, i.dst)
	AND (c.dst IS NULL
		OR i.dst IS NULL
		OR c.dst IN (i.src, i.dst)
		OR (c.detector = 'port-scan' AND i.detector IN ('tcp-refused', 'tcp-incomplete-handshake') AND i.src = c.src));
