-- Summary.
--
-- The first chapter of `pcapdex report`: what the case is, what was found, and what to do first. A finding is all issues
-- of one detector with one severity; those that explain others come first among their like.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it, and their issues.
-- param :capture
--
-- section as text:
WITH
chosen AS (
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
talk AS (
	SELECT
		count(*) AS flows,
		sum(src_packets + dst_packets) AS packets,
		sum(src_bytes + dst_bytes) AS bytes
	FROM flows
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
),
told AS (
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
SELECT printf('%s: %,d packets (%s) in %,d flows%s.',
	iif(captures = 1, 'Capture ' || name, captures || ' captures'),
	ifnull(packets, 0),
	CASE
		WHEN bytes >= 1e9 THEN printf('%.1f GB', bytes / 1e9)
		WHEN bytes >= 1e6 THEN printf('%.1f MB', bytes / 1e6)
		WHEN bytes >= 1e3 THEN printf('%.1f kB', bytes / 1e3)
		ELSE printf('%d bytes', ifnull(bytes, 0))
	END,
	flows,
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
chosen AS (
	SELECT i.*
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
),
looked AS (
	SELECT count(*) AS detectors
	FROM detectors
),
worst AS (
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
		THEN 'Nobody has looked for issues in this case yet: pcapdex analyze does.'
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
chosen AS (
	SELECT i.severity
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
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
-- column line        What was seen, for the first of several issues.
-- column issue_ids   The issues, the first five.
WITH
chosen AS (
	SELECT
		i.*,
		(SELECT count(*) FROM issue_links l WHERE l.cause_issue_id = i.issue_id) AS explains,
		(SELECT min(packet_id) FROM issue_packets p WHERE p.issue_id = i.issue_id) AS packet_id
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
),
ranked AS (
	SELECT
		*,
		row_number() OVER within AS place,
		count(*) OVER (PARTITION BY detector, severity) AS alike,
		max(explains) OVER (PARTITION BY detector, severity) AS explains_most
	FROM chosen
	WINDOW within AS (PARTITION BY detector, severity ORDER BY explains DESC, issue_id)
),
groups AS (
	SELECT
		detector,
		severity,
		group_concat(issue_id, ' ') AS issue_ids
	FROM ranked
	WHERE place <= 5
	GROUP BY detector, severity
)
SELECT
	r.severity,
	printf('%s%s %s%s%s',
		r.title,
		iif(substr(r.title, -1) IN ('.', '?', '!'), '', '.'),
		upper(substr(r.symptoms, 1, 1)) || substr(r.symptoms, 2),
		iif(substr(r.symptoms, -1) = '.', '', '.'),
		ifnull(' First seen in packet ' || p.label || '.', '')
		|| iif(r.alike > 1, printf(' %d more like it.', r.alike - 1), '')
	) AS line,
	g.issue_ids
FROM ranked r
JOIN groups g ON g.detector = r.detector AND g.severity = r.severity
LEFT JOIN packet_labels p ON p.packet_id = r.packet_id
WHERE r.place = 1
ORDER BY r.rank DESC, r.explains_most DESC, r.alike DESC, r.detector
LIMIT 8;

-- section as list: What to do first
-- column severity    Severity of the issues that it helps with.
-- column line        What to do, and against what.
-- column issue_ids   The issues, the first five.
WITH
chosen AS (
	SELECT
		i.*,
		(SELECT count(*) FROM issue_links l WHERE l.cause_issue_id = i.issue_id) AS explains,
		EXISTS (SELECT 1 FROM issue_links l WHERE l.issue_id = i.issue_id) AS is_explained
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
),
ranked AS (
	SELECT *, row_number() OVER (PARTITION BY detector ORDER BY rank DESC, explains DESC, issue_id) AS place
	FROM chosen
),
groups AS (
	SELECT
		detector,
		max(rank) AS rank,
		sum(explains) AS explains,
		min(is_explained) AS is_explained,
		count(*) AS issues
	FROM ranked
	GROUP BY detector
)
SELECT
	r.severity,
	printf('%s (%s%s)',
		iif(instr(r.remedies, char(10)), substr(r.remedies, 1, instr(r.remedies, char(10)) - 1), r.remedies),
		lower(substr(r.title, 1, 1)) || substr(r.title, 2),
		iif(g.explains > 0, printf('; behind %d other issue%s', g.explains, iif(g.explains = 1, '', 's')), '')
	) AS line,
	(
		SELECT group_concat(issue_id, ' ')
		FROM ranked x
		WHERE x.detector = r.detector AND x.place <= 5
	) AS issue_ids
FROM ranked r
JOIN groups g USING (detector)
WHERE r.place = 1 AND r.rank >= 2 AND r.remedies <> ''
ORDER BY r.rank DESC, g.is_explained, g.explains DESC, g.issues DESC, r.detector
LIMIT 5;
