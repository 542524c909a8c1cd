-- Summary.
--
-- The first chapter of `pcapdex report`: what the case is, what was found, and what to do first. A finding is all issues
-- of one detector with one severity; those that explain others come first among their like.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it, and their issues.
-- param :capture
WITH chapter_issues AS ( -- of the capture and protocol asked for
	SELECT i.*
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
)

-- section as text:
WITH
chosen AS ( -- all captures asked for, in one row
	SELECT
		count(*) AS captures,
		min(name) AS name,
		sum(packets) AS packets,
		sum(bytes) AS bytes,
		min(first_ts_ns) AS first_ts_ns,
		(max(last_ts_ns) - min(first_ts_ns)) / 1e9 AS span_s
	FROM captures
	WHERE :capture IS NULL OR capture_id = :capture
),
talk AS ( -- all flows of the capture and protocol, in one row
	SELECT
		count(*) AS flows,
		sum(src_packets + dst_packets) AS packets,
		sum(src_bytes + dst_bytes) AS bytes
	FROM flows
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
),
told AS ( -- packets and bytes: of the captures, or with a protocol, of its flows
	SELECT
		c.captures,
		c.name,
		c.first_ts_ns,
		c.span_s,
		t.flows,
		iif(:protocol IS NULL, c.packets, t.packets) AS packets,
		iif(:protocol IS NULL, c.bytes, t.bytes) AS bytes
	FROM chosen c
	CROSS JOIN talk t
)
SELECT printf('%s: %,d %s (%s) in %,d %s%s.',
	iif(captures = 1, 'Capture ' || name, captures || ' captures'),
	ifnull(packets, 0),
	iif(packets = 1, 'packet', 'packets'),
	CASE
		WHEN bytes >= 1e9 THEN printf('%.1f GB', bytes / 1e9)
		WHEN bytes >= 1e6 THEN printf('%.1f MB', bytes / 1e6)
		WHEN bytes >= 1e3 THEN printf('%.1f kB', bytes / 1e3)
		ELSE printf('%d bytes', ifnull(bytes, 0))
	END,
	flows,
	iif(flows = 1, 'flow', 'flows'),
	ifnull(
		', from ' || replace(substr(iso_time(first_ts_ns), 1, 19), 'T', ' ') || ' UTC over '
			|| CASE
				WHEN span_s >= 172800 THEN printf('%.1f days', span_s / 86400)
				WHEN span_s >= 7200 THEN printf('%.1f hours', span_s / 3600)
				WHEN span_s >= 120 THEN printf('%.1f minutes', span_s / 60)
				ELSE printf('%.3g s', span_s)
			END,
		''
	)) AS line
FROM told;

-- section as text:
WITH
chosen AS ( -- all issues of the chapter
	SELECT i.*
	FROM chapter_issues i
),
looked AS (
	SELECT count(*) AS detectors
	FROM detectors
),
worst AS ( -- the host that most issues name
	SELECT host, count(*) AS issues
	FROM (
		SELECT issue_id, src AS host FROM chosen WHERE src IS NOT NULL
		UNION
		SELECT issue_id, dst FROM chosen WHERE dst IS NOT NULL
	)
	GROUP BY host
	ORDER BY 2 DESC, 1
	LIMIT 1
)
SELECT CASE
	WHEN l.detectors = 0
		THEN 'Nobody has looked for issues since the last capture was added: ingest does at its end, and pcapdex analyze.'
	WHEN (SELECT count(*) FROM chosen) = 0
		THEN printf('No issues were found; %d detectors looked for them.', l.detectors)
	ELSE printf('%d %s found by %d of %d detectors%s.',
		(SELECT count(*) FROM chosen),
		iif((SELECT count(*) FROM chosen) = 1, 'issue was', 'issues were'),
		(SELECT count(DISTINCT detector) FROM chosen),
		l.detectors,
		ifnull((
			SELECT printf('; %d of them concern %s', issues, host)
			FROM worst
			WHERE issues > 1 AND issues < (SELECT count(*) FROM chosen)
		), ''))
	END AS line
FROM looked l;

-- section as tiles:
-- column label      Severity.
-- column issues     Issues of it.
-- column severity   The same.
WITH
severities(severity, rank) AS (VALUES ('critical', 4), ('high', 3), ('medium', 2), ('low', 1)),
chosen AS ( -- severity of each issue of the chapter
	SELECT i.severity
	FROM chapter_issues i
)
SELECT
	s.severity AS label,
	(SELECT count(*) FROM chosen c WHERE c.severity = s.severity) AS issues,
	s.severity
FROM severities s
WHERE EXISTS (SELECT 1 FROM chosen)
ORDER BY s.rank DESC;

-- section as list: Key findings
-- column severity    Severity.
-- column title       The kind of issue.
-- column line        What was seen, for the first of several issues; low ones only where there is nothing worse.
-- column issue_ids   The issues, the first five.
WITH
links AS MATERIALIZED ( -- issues and what is behind them
	SELECT DISTINCT issue_id, cause_issue_id
	FROM issue_links
	WHERE issue_id IN (SELECT issue_id FROM chapter_issues)
),
effects AS ( -- issues that explain others, and how many
	SELECT cause_issue_id AS issue_id, count(*) AS explains
	FROM links
	GROUP BY cause_issue_id
),
ranked AS ( -- place: within its detector and severity, those that explain most first
	SELECT
		i.*,
		ifnull(e.explains, 0) AS explains,
		row_number() OVER (
			PARTITION BY i.detector, i.severity
			ORDER BY ifnull(e.explains, 0) DESC, i.issue_id
		) AS place,
		max(i.rank) OVER () AS rank_most
	FROM chapter_issues i
	LEFT JOIN effects e USING (issue_id)
),
groups AS ( -- a finding: all issues of one detector and severity
	SELECT
		detector,
		severity,
		count(*) AS alike,
		group_concat(iif(place <= 5, issue_id, NULL), ' ') AS issue_ids
	FROM ranked
	GROUP BY detector, severity
),
explained AS ( -- issues behind which a finding is
	SELECT r.detector, r.severity, count(DISTINCT l.issue_id) AS issues
	FROM ranked r
	JOIN links l ON l.cause_issue_id = r.issue_id
	GROUP BY r.detector, r.severity
)
SELECT
	r.severity,
	rtrim(r.title, '.') AS title,
	printf('%s%s%s%s%s%s%s',
		upper(substr(r.symptoms, 1, 1)),
		substr(r.symptoms, 2),
		iif(r.src IS NOT NULL AND r.dst IS NOT NULL AND instr(r.symptoms, r.src) + instr(r.symptoms, r.dst) = 0,
			printf(', between %s and %s', r.src, r.dst), ''),
		iif(r.symptoms LIKE '%.', '', '.'),
		ifnull(' First seen in packet ' || (
			SELECT label
			FROM packet_labels
			WHERE packet_id = (SELECT min(packet_id) FROM issue_packets p WHERE p.issue_id = r.issue_id)
		) || '.', ''),
		iif(g.alike > 1, printf(' %d more like it.', g.alike - 1), ''),
		iif(x.issues, printf(' It is behind %s.', counted(x.issues, 'other issue')), '')
	) AS line,
	g.issue_ids
FROM ranked r
JOIN groups g ON g.detector = r.detector AND g.severity = r.severity
LEFT JOIN explained x ON x.detector = r.detector AND x.severity = r.severity
WHERE r.place = 1 AND (r.rank > 1 OR r.rank_most = 1)
ORDER BY r.rank DESC, x.issues DESC, g.alike DESC, r.detector
LIMIT 8;

-- section as list: What to do first
-- column severity    Worst severity of the issues that it helps with.
-- column title       The kind of issue.
-- column line        What to do.
-- column issue_ids   The issues, the first five.
WITH
effects AS ( -- issues that explain others, and how many
	SELECT cause_issue_id AS issue_id, count(*) AS explains
	FROM issue_links
	GROUP BY cause_issue_id
),
ranked AS ( -- place: within its detector, the worst first
	SELECT
		i.*,
		ifnull(e.explains, 0) AS explains,
		EXISTS (SELECT 1 FROM issue_links l WHERE l.issue_id = i.issue_id) AS is_explained,
		row_number() OVER (
			PARTITION BY i.detector
			ORDER BY i.rank DESC, ifnull(e.explains, 0) DESC, i.issue_id
		) AS place
	FROM chapter_issues i
	LEFT JOIN effects e USING (issue_id)
),
groups AS ( -- issues of one detector; is_explained: others explain all of them
	SELECT
		detector,
		sum(explains) AS explains,
		min(is_explained) AS is_explained,
		count(*) AS issues,
		group_concat(iif(place <= 5, issue_id, NULL), ' ') AS issue_ids
	FROM ranked
	GROUP BY detector
)
SELECT
	r.severity,
	rtrim(r.title, '.') AS title,
	substr(r.remedies, 1, instr(r.remedies || char(10), char(10)) - 1) AS line,
	g.issue_ids
FROM ranked r
JOIN groups g USING (detector)
WHERE r.place = 1 AND r.rank > 1 AND r.remedies <> ''
ORDER BY r.rank DESC, g.is_explained, g.explains DESC, g.issues DESC, r.detector
LIMIT 5;
