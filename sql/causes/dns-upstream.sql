-- A resolver fails because the servers that it asks do not answer.
--
-- SERVFAIL and slow or missing answers of a resolver which itself, in the same capture, asks
-- others in vain; and slow answers to a client that has another server which does not answer.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	iif(c.src = i.dst, 0.8, 0.5) AS confidence,
	iif(c.src = i.dst,
		printf('%s asks %s in turn, and got no answer to %s there', i.dst,
			ifnull(c.dst, 'several servers'), counted(CAST(c.value AS INTEGER), 'query')),
		printf('%s also asks %s, and got no answer to %s there: it waits for them first', i.src,
			ifnull(c.dst, 'several servers'), counted(CAST(c.value AS INTEGER), 'query'))) AS why
FROM issues i
JOIN issues c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE i.detector IN ('dns-error', 'dns-slow', 'dns-unanswered')
	AND c.detector = 'dns-unanswered'
	AND (i.detector <> 'dns-error' OR i.title LIKE '%SERVFAIL%')
	AND c.dst IS NOT i.dst
	AND (c.src = i.dst OR (i.detector = 'dns-slow' AND c.src = i.src));
