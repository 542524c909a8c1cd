-- BGP sessions and the TCP connections below them.
--
-- A hold timer that expired while the connection lost packets or stood still; sessions that
-- flap because of it; and resets that only follow a NOTIFICATION, which closes the session.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
WITH
troubles AS MATERIALIZED ( -- issues that may have their cause in another one
	SELECT issue_id, capture_id, detector, ts_ns, flow_id, src, dst
	FROM issues
	WHERE detector IN ('bgp-hold-timer', 'bgp-notification', 'bgp-flapping', 'tcp-reset-mid-stream',
		'tcp-idle-reset', 'tcp-reset-in-handshake')
),
causes AS MATERIALIZED ( -- issues that may be that cause
	SELECT issue_id, capture_id, detector, ts_ns, flow_id, src, dst, symptoms
	FROM issues
	WHERE detector IN ('bgp-hold-timer', 'bgp-notification', 'tcp-retransmissions', 'tcp-zero-window',
		'tcp-half-open', 'tcp-mss')
),
shown AS MATERIALIZED ( -- flows that the evidence is of, where an issue is about several
	SELECT DISTINCT i.issue_id, p.flow_id
	FROM (SELECT issue_id, flow_id FROM troubles UNION SELECT issue_id, flow_id FROM causes) i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE i.flow_id IS NULL
)
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	CASE
		WHEN c.detector LIKE 'bgp-%' AND i.detector LIKE 'tcp-%' THEN 0.9
		WHEN c.detector LIKE 'bgp-%' THEN 0.7
		ELSE 0.8
	END AS confidence,
	CASE
		WHEN c.detector LIKE 'bgp-%' AND i.detector LIKE 'tcp-%' AND i.flow_id IS NULL
			THEN printf('a NOTIFICATION closes the session between %s and %s, and a reset follows', c.src, c.dst)
		WHEN c.detector LIKE 'bgp-%' AND i.detector LIKE 'tcp-%'
			THEN printf('the reset follows a NOTIFICATION %.3f s before, which closes the session',
				abs(i.ts_ns - c.ts_ns) / 1e9)
		ELSE c.symptoms
	END AS why
FROM troubles i
JOIN causes c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE ((i.detector IN ('bgp-hold-timer', 'bgp-notification')
			AND c.detector IN ('tcp-retransmissions', 'tcp-zero-window', 'tcp-half-open', 'tcp-mss'))
		OR (i.detector = 'bgp-flapping' AND c.detector IN ('bgp-hold-timer', 'bgp-notification'))
		OR (i.detector IN ('tcp-reset-mid-stream', 'tcp-idle-reset', 'tcp-reset-in-handshake')
			AND c.detector IN ('bgp-notification', 'bgp-hold-timer')))
	AND (i.flow_id = c.flow_id
		OR (i.issue_id, c.flow_id) IN (SELECT issue_id, flow_id FROM shown)
		OR (c.issue_id, i.flow_id) IN (SELECT issue_id, flow_id FROM shown)
		OR ((i.flow_id IS NULL OR c.flow_id IS NULL)
			AND i.dst IN (c.src, c.dst)
			AND (i.src IS NULL OR c.src IS NULL OR i.src IN (c.src, c.dst))));
