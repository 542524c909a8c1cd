-- Issues and their evidence.
--
-- The worst issues, at most five of a detector and severity and a hundred of all, each with what was seen, the packets
-- that prove it, what usually causes it and what to do.
--
-- param :protocol   Only issues of this protocol, or of flows that have it or carry it.
-- param :capture
WITH chapter_issues AS ( -- of the capture and protocol asked for
	SELECT i.*
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
)

-- section as text:
SELECT 'Packet numbers are Wireshark''s: the display filter frame.number in {12, 14} shows such packets, and pcapdex'
	|| ' query CASE.db issue --id 7 --pcap issue.pcapng takes those of an issue out. Causes and remedies stand with the'
	|| ' first issue of a kind.' AS line
WHERE EXISTS (
	SELECT 1
	FROM chapter_issues i
);

-- section as cards:
-- column title          In a few words.
-- column severity       low, medium, high or critical.
-- column issue_id       Number of the issue.
-- column seen           What the packets show.
-- column where          The ends, the flow, the capture; when it began.
-- column packets        Numbers of the packets that prove it, the first twenty.
-- column explained_by   Issues behind it, and why.
-- column explains       Issues that it explains.
-- column likely_cause   What the correlation rules make of it, or else what usually causes it.
-- column other_causes   What else may cause it.
-- column what_to_do     In this order.
-- column found_by       Detector, category and protocol.
WITH
effects AS ( -- issues that explain others, and how many
	SELECT cause_issue_id AS issue_id, count(DISTINCT issue_id) AS explains
	FROM issue_links
	GROUP BY cause_issue_id
),
ranked AS ( -- place: within its detector and severity; explains_all: sum over these
	SELECT
		i.*,
		ifnull(e.explains, 0) AS explains,
		row_number() OVER alike AS place,
		first_value(i.cause) OVER alike AS first_cause,
		sum(ifnull(e.explains, 0)) OVER (PARTITION BY i.detector, i.severity) AS explains_all
	FROM chapter_issues i
	LEFT JOIN effects e USING (issue_id)
	WINDOW alike AS (
		PARTITION BY i.detector, i.severity
		ORDER BY ifnull(e.explains, 0) DESC, i.issue_id
	)
),
chosen AS ( -- at most five of a detector and severity, a hundred in all
	SELECT *
	FROM ranked
	WHERE place <= 5
	ORDER BY rank DESC, explains_all DESC, detector, place
	LIMIT 100
),
evidence AS ( -- a packet of an issue; total: how many the issue has
	SELECT
		c.issue_id,
		p.number,
		row_number() OVER (PARTITION BY c.issue_id ORDER BY p.packet_id) AS place,
		count(*) OVER (PARTITION BY c.issue_id) AS total
	FROM chosen c
	CROSS JOIN issue_packets ip ON ip.issue_id = c.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
),
numbers AS ( -- the first twenty packets of an issue, as a text
	SELECT
		issue_id,
		group_concat(number, ', ') || iif(max(total) > 20, printf(' and %d more', max(total) - 20), '') AS list
	FROM evidence
	WHERE place <= 20
	GROUP BY issue_id
)
SELECT
	i.title,
	i.severity,
	i.issue_id,
	upper(substr(i.symptoms, 1, 1)) || substr(i.symptoms, 2) || iif(i.symptoms LIKE '%.', '', '.') AS seen,
	ltrim(
		ifnull(i.src || iif(f.src = i.src, ifnull(' port ' || f.src_port, ''), ''), '')
			|| ifnull(iif(i.src IS NULL, '', ' to ') || i.dst
				|| iif(f.dst = i.dst, ifnull(' port ' || f.dst_port, ''), ''), '')
			|| ifnull(', flow ' || i.flow_id, '')
			|| iif((SELECT count(*) FROM captures) > 1, ', capture ' || c.name, '')
			|| ifnull(printf(', from %.3f s on', (i.ts_ns - c.first_ts_ns) / 1e9), ''),
		', '
	) AS "where",
	n.list AS packets,
	(
		SELECT group_concat(printf('Issue %d: %s', l.cause_issue_id, l.why), char(10))
		FROM issue_links l
		WHERE l.issue_id = i.issue_id
	) AS explained_by,
	(
		SELECT iif(i.explains = 1, 'Issue ', 'Issues ') || group_concat(issue_id, ', ')
			|| iif(i.explains > 20, printf(' and %d more', i.explains - 20), '')
		FROM (SELECT DISTINCT issue_id FROM issue_links l WHERE l.cause_issue_id = i.issue_id LIMIT 20)
	) AS explains,
	iif(i.place > 1 AND i.cause = i.first_cause, NULL,
		i.cause || iif(i.confidence > 0.3, printf(' (confidence %d %%)', round(100 * i.confidence)), '')
	) AS likely_cause,
	iif(i.place > 1, NULL, nullif(trim(replace(
		char(10) || d.causes || char(10),
		char(10) || i.cause || char(10),
		char(10)
	), char(10)), '')) AS other_causes,
	iif(i.place > 1, NULL, i.remedies) AS what_to_do,
	iif(i.place > 1, NULL, i.detector || ', ' || i.category || ', ' || i.protocol) AS found_by
FROM chosen i
JOIN captures c ON c.capture_id = i.capture_id
LEFT JOIN detectors d ON d.detector = i.detector
LEFT JOIN flows f ON f.flow_id = i.flow_id
LEFT JOIN numbers n ON n.issue_id = i.issue_id
ORDER BY i.rank DESC, i.explains_all DESC, i.detector, i.place;

-- section as list: Not shown here
-- column severity    Their severity.
-- column title       The kind of issue.
-- column line        How many more there are, and what lists them.
WITH
effects AS ( -- issues that explain others, and how many
	SELECT cause_issue_id AS issue_id, count(DISTINCT issue_id) AS explains
	FROM issue_links
	GROUP BY cause_issue_id
),
ranked AS MATERIALIZED ( -- place: within its detector and severity; explains_all: sum over these
	SELECT
		i.issue_id,
		i.rank,
		i.severity,
		i.detector,
		i.title,
		row_number() OVER (
			PARTITION BY i.detector, i.severity
			ORDER BY ifnull(e.explains, 0) DESC, i.issue_id
		) AS place,
		sum(ifnull(e.explains, 0)) OVER (PARTITION BY i.detector, i.severity) AS explains_all
	FROM chapter_issues i
	LEFT JOIN effects e USING (issue_id)
),
shown AS ( -- those of the section before
	SELECT issue_id
	FROM ranked
	WHERE place <= 5
	ORDER BY rank DESC, explains_all DESC, detector, place
	LIMIT 100
)
SELECT
	severity,
	title,
	printf('%,d more; pcapdex query CASE.db issues --detector %s lists them.', count(*), detector) AS line
FROM ranked
WHERE issue_id NOT IN (SELECT issue_id FROM shown)
GROUP BY detector, severity
ORDER BY rank DESC, count(*) DESC, detector;
