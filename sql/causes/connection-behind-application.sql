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
WITH
troubles AS MATERIALIZED ( -- issues that may have their cause in another one
	SELECT issue_id, capture_id, detector, flow_id, src, dst
	FROM issues
	WHERE detector IN ('http-incomplete', 'http-unanswered', 'tls-handshake-unfinished', 'dns-truncated',
		'tcp-reset-mid-stream', 'tcp-idle-reset', 'udp-unanswered', 'udp-one-way')
),
causes AS MATERIALIZED ( -- issues that may be that cause
	SELECT issue_id, capture_id, detector, flow_id, src, dst, symptoms
	FROM issues
	WHERE detector IN ('tcp-reset-mid-stream', 'tcp-reset-in-handshake', 'tcp-retransmissions',
		'tcp-half-open', 'tcp-incomplete-handshake', 'tcp-refused', 'tcp-mss', 'tls-alert',
		'dns-unanswered')
),
ends AS MATERIALIZED ( -- both hosts of each cause
	SELECT issue_id, capture_id, src AS host
	FROM causes
	UNION
	SELECT issue_id, capture_id, dst
	FROM causes
),
parties AS MATERIALIZED ( -- all these issues; flow_id NULL: of several flows
	SELECT issue_id, flow_id
	FROM troubles
	UNION
	SELECT issue_id, flow_id
	FROM causes
),
shown AS MATERIALIZED ( -- flows that they are about; where these are several, those of the evidence
	SELECT issue_id, flow_id
	FROM parties
	WHERE flow_id NOT NULL
	UNION
	SELECT i.issue_id, p.flow_id
	FROM parties i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE i.flow_id IS NULL
),
together AS ( -- of one flow, or where one of them is about several: of one host
	SELECT i.issue_id, c.issue_id AS cause_issue_id
	FROM shown i
	JOIN shown c ON c.flow_id = i.flow_id
	WHERE i.issue_id IN (SELECT issue_id FROM troubles) AND c.issue_id IN (SELECT issue_id FROM causes)
	UNION
	SELECT i.issue_id, c.issue_id
	FROM troubles i
	JOIN ends e ON e.capture_id = i.capture_id AND e.host = i.dst
	JOIN causes c ON c.issue_id = e.issue_id
	WHERE (i.flow_id IS NULL OR c.flow_id IS NULL)
		AND (i.src IS NULL OR c.src IS NULL OR i.src IN (c.src, c.dst))
)
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	CASE
		WHEN c.detector = 'tls-alert' THEN 0.9
		WHEN c.detector LIKE 'tcp-reset%' THEN 0.7
		ELSE 0.6
	END AS confidence,
	c.symptoms AS why
FROM together t
JOIN troubles i ON i.issue_id = t.issue_id
JOIN causes c ON c.issue_id = t.cause_issue_id
WHERE c.issue_id <> i.issue_id
	AND ((i.detector IN ('http-incomplete', 'http-unanswered', 'tls-handshake-unfinished', 'dns-truncated')
			AND c.detector IN ('tcp-reset-mid-stream', 'tcp-reset-in-handshake', 'tcp-retransmissions',
				'tcp-half-open', 'tcp-incomplete-handshake', 'tcp-refused', 'tcp-mss'))
		OR (i.detector IN ('tcp-reset-mid-stream', 'tcp-idle-reset') AND c.detector = 'tls-alert')
		OR (i.detector IN ('udp-unanswered', 'udp-one-way') AND c.detector = 'dns-unanswered'));
