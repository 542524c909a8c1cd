-- A weak cipher suite on connections of an old version of TLS.
--
-- Servers that chose both on the same connections: old software, or a configuration that was never renewed.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH
shown AS MATERIALIZED ( -- connections that the evidence is of
	SELECT DISTINCT i.issue_id, i.detector, p.flow_id
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE i.detector IN ('tls-weak-cipher', 'tls-old-version')
)
SELECT
	w.issue_id,
	v.issue_id AS cause_issue_id,
	0.6 AS confidence,
	c.symptoms AS why,
	'Old software, or an old configuration: the same connections use an obsolete version of TLS.' AS cause
FROM shown w
JOIN shown v ON v.flow_id = w.flow_id AND v.detector = 'tls-old-version'
JOIN issues c ON c.issue_id = v.issue_id
WHERE w.detector = 'tls-weak-cipher'
GROUP BY w.issue_id, v.issue_id;
