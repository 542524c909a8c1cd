-- Answers that the capture does not have, because it has only one direction of a host's packets.
--
-- Unanswered requests of a host that received nothing at all in the capture, where TCP
-- connections of it acknowledge data that is not there either (tcp-one-direction).
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH one_sided AS MATERIALIZED ( -- hosts with connections of which only what they sent was captured
	SELECT f.capture_id, f.src, count(*) AS connections
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_one_side
		AND f.protocol = 'tcp'
		AND f.src_packets > f.src_syns + f.src_rsts
		AND f.capture_id IN (SELECT capture_id FROM issues WHERE detector = 'tcp-one-direction')
	GROUP BY f.capture_id, f.src
)
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	0.8 AS confidence,
	printf('%s sent %s and received none; in %s it acknowledged data that is not in the capture', h.address,
		counted(h.packets_sent, 'packet'), counted(o.connections, 'TCP connection')) AS why,
	'The capture has only one direction: the answers went another way, or past the capture point.' AS cause
FROM one_sided o
JOIN hosts h ON h.capture_id = o.capture_id AND h.address = o.src AND h.packets_received = 0
JOIN issues i ON i.capture_id = o.capture_id AND i.src = o.src
JOIN issues c ON c.capture_id = o.capture_id AND c.detector = 'tcp-one-direction'
WHERE i.detector IN ('dns-unanswered', 'udp-unanswered', 'udp-one-way', 'icmp-ping-loss', 'http-unanswered');
