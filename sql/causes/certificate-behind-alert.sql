-- A certificate that explains the alert or the handshake that was not finished.
--
-- Alerts of the client about certificates, and unfinished handshakes, on connections or to
-- servers whose certificate has expired, is not valid yet, is signed by itself, names another
-- host or comes without its issuer.
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
		WHEN i.title LIKE '%certificate_expired%'
			THEN iif(c.detector IN ('tls-certificate-expired', 'tls-certificate-not-yet-valid'), 0.95, 0.3)
		WHEN i.title LIKE '%unknown_ca%'
			THEN CASE c.detector
				WHEN 'tls-self-signed' THEN 0.9
				WHEN 'tls-incomplete-chain' THEN 0.8
				ELSE 0.3
			END
		WHEN i.detector = 'tls-alert' THEN 0.7
		ELSE 0.4
	END AS confidence,
	c.symptoms AS why,
	c.title || ': ' || c.symptoms AS cause
FROM issues i
JOIN issues c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE ((i.detector = 'tls-alert' AND i.title LIKE '%from the client'
			AND (i.title LIKE '%cert%' OR i.title LIKE '%unknown_ca%'))
		OR i.detector = 'tls-handshake-unfinished')
	AND c.detector IN ('tls-certificate-expired', 'tls-certificate-not-yet-valid', 'tls-self-signed',
		'tls-name-mismatch', 'tls-incomplete-chain')
	AND i.dst = c.dst
	AND (i.src IS NULL OR c.src IS NULL OR i.src = c.src);
