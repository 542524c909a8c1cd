-- A closed window stands for an application that does not read.
--
-- A zero window whose connection lost next to nothing in that direction: the receiver
-- acknowledged what came, but its application did not take it. Slow responses, resets and
-- silence on the same connection are linked to it.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH closed AS ( -- issues of tcp-zero-window; sent, again: to the side that closed its window
	SELECT
		i.*,
		iif(i.dst = f.src, f.src_retransmissions + f.src_fast_retransmissions,
			f.dst_retransmissions + f.dst_fast_retransmissions) AS again,
		iif(i.dst = f.src, f.src_packets, f.dst_packets) AS sent,
		iif(i.dst = f.src, f.dst_zero_windows, f.src_zero_windows) AS zero_windows
	FROM issues i
	JOIN flows f ON f.flow_id = i.flow_id
	WHERE i.detector = 'tcp-zero-window'
)
SELECT
	issue_id,
	NULL AS cause_issue_id,
	iif(again * 50 <= sent, 0.8, 0.5) AS confidence,
	printf('%s; %d of %s to it were sent again', counted(zero_windows, 'zero window'), again,
		counted(sent, 'packet')) AS why,
	printf('The application at %s reads more slowly than %s sends: it closed its window for %d ms, and '
		|| 'only %d of %d packets to it were sent again.', src, dst, round(value), again, sent) AS cause
FROM closed
WHERE again * 10 <= sent
UNION ALL
SELECT
	i.issue_id,
	c.issue_id,
	0.6,
	printf('%s kept its window closed for %d ms on this connection', c.src, round(c.value)),
	NULL
FROM issues i
JOIN closed c ON c.capture_id = i.capture_id AND c.issue_id <> i.issue_id
WHERE (c.flow_id = i.flow_id
		OR (i.flow_id IS NULL AND EXISTS (
			SELECT 1
			FROM issue_packets ip
			CROSS JOIN packets p ON p.packet_id = ip.packet_id
			WHERE ip.issue_id = i.issue_id AND p.flow_id = c.flow_id
		)))
	AND i.detector IN ('tcp-reset-mid-stream', 'tcp-idle-reset', 'tcp-half-open', 'http-incomplete',
	'http-unanswered');
