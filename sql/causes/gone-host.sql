-- Retransmissions to a host that has gone.
--
-- Segments that one side sent again, on a connection whose other side went silent for good (tcp-half-open): they are
-- not answered because nobody is there, not because packets are lost.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH
gone AS MATERIALIZED ( -- direction: of the side that is left; last_id: the last packet of the other one
	SELECT DISTINCT
		i.issue_id,
		p.flow_id,
		p.direction,
		(
			SELECT fp.packet_id
			FROM flow_packets fp
			CROSS JOIN packets o ON o.packet_id = fp.packet_id
			WHERE fp.flow_id = p.flow_id AND o.direction <> p.direction
			ORDER BY fp.packet_id DESC
			LIMIT 1
		) AS last_id
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE i.detector = 'tcp-half-open' AND i.title LIKE '% went silent %'
),
again AS MATERIALIZED ( -- issues about retransmissions there; behind: segments sent after last_id
	SELECT
		i.issue_id,
		g.issue_id AS cause_issue_id,
		i.src,
		i.dst,
		count(*) AS segments,
		sum(p.packet_id > g.last_id) AS behind
	FROM gone g
	JOIN issues i ON i.flow_id = g.flow_id AND i.detector = 'tcp-retransmissions'
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	WHERE p.direction = g.direction
	GROUP BY i.issue_id, g.issue_id
)
SELECT
	issue_id,
	cause_issue_id,
	0.7 AS confidence,
	printf('%d of %s of %s were sent behind the last packet of %s', behind, counted(segments, 'retransmission'), src,
		dst) AS why,
	printf('%s has gone, or cannot be reached any more: nothing came from it afterwards.', dst) AS cause
FROM again
WHERE behind * 2 > segments;
