-- Losses of the capture that look like losses of the network.
--
-- Issues about missing, late or repeated packets on connections with ACKs of data that the
-- capture does not hold: the network carried these packets, the capture lost them.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	iif(f.src_ack_lost_segments + f.dst_ack_lost_segments >= 3, 0.7, 0.5) AS confidence,
	printf('%s of this connection %s data that is not in the capture; missing: %s',
		counted(f.src_ack_lost_segments + f.dst_ack_lost_segments, 'ACK'),
		iif(f.src_ack_lost_segments + f.dst_ack_lost_segments = 1, 'acknowledges', 'acknowledge'),
		counted(f.src_missed_bytes + f.dst_missed_bytes, 'byte')) AS why
FROM issues i
JOIN flows f ON f.flow_id = i.flow_id
JOIN issues c ON c.capture_id = i.capture_id AND c.detector = 'tcp-capture-loss'
WHERE f.src_ack_lost_segments + f.dst_ack_lost_segments > 0
	AND i.detector IN ('tcp-retransmissions', 'tcp-out-of-order', 'tcp-half-open',
		'http-unanswered', 'http-incomplete', 'http-slow', 'tls-handshake-unfinished');
