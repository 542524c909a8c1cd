-- Trouble of the TCP connection that explains trouble of the application on it.
--
-- HTTP requests and responses, TLS handshakes and the like that failed on a connection which
-- was reset, lost packets, was never established or refused; and resets that only follow a TLS
-- alert.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	CASE
		WHEN c.detector = 'tls-alert' THEN 0.9
		WHEN c.detector LIKE 'tcp-reset%' THEN 0.7
		ELSE 0.6
	END AS confidence,
	c.symptoms AS why
FROM issues i
JOIN issues c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE ((i.detector IN ('http-incomplete', 'http-unanswered', 'tls-handshake-unfinished', 'dns-truncated')
			AND c.detector IN ('tcp-reset-mid-stream', 'tcp-reset-in-handshake', 'tcp-retransmissions',
				'tcp-half-open', 'tcp-incomplete-handshake', 'tcp-refused', 'tcp-mss'))
		OR (i.detector IN ('tcp-reset-mid-stream', 'tcp-idle-reset') AND c.detector = 'tls-alert')
		OR (i.detector IN ('udp-unanswered', 'udp-one-way') AND c.detector = 'dns-unanswered'))
	AND (i.flow_id = c.flow_id
		OR ((i.flow_id IS NULL OR c.flow_id IS NULL)
			AND i.dst IN (c.src, c.dst)
			AND (i.src IS NULL OR c.src IS NULL OR i.src IN (c.src, c.dst))));
