-- Issue analysis.
--
-- Where the issues are: in time, by protocol and kind, at which hosts, and which belong together.
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

-- section as stack: Issues over time, by when each was seen first
-- column time_s     Begin of the step, seconds since the first packet.
-- column critical   Critical issues that began in it.
-- column high       High ones.
-- column medium     Medium ones.
-- column low        Low ones.
WITH RECURSIVE
span AS ( -- from the first packet of the captures to the last
	SELECT min(first_ts_ns) AS first_ts_ns, max(last_ts_ns) - min(first_ts_ns) AS span_ns
	FROM captures
	WHERE :capture IS NULL OR capture_id = :capture
),
sizes(size_ns, digit) AS ( -- 1, 2, 5, 10 ... microseconds, until 40 steps are enough
	SELECT 1000, 1
	UNION ALL
	SELECT iif(digit = 2, size_ns / 2 * 5, size_ns * 2), iif(digit = 5, 1, iif(digit = 2, 5, 2))
	FROM sizes, span
	WHERE size_ns * 40 < span_ns
),
chart AS ( -- where steps begin, and how long one is
	SELECT first_ts_ns, span_ns, (SELECT max(size_ns) FROM sizes) AS step_ns
	FROM span
),
steps AS ( -- all of the chart, numbered from 0
	SELECT 0 AS step
	UNION ALL
	SELECT step + 1
	FROM steps, chart
	WHERE (step + 1) * step_ns <= span_ns
),
chosen AS ( -- issues with the step in which each was seen first
	SELECT
		(i.ts_ns - s.first_ts_ns) / s.step_ns AS step,
		i.severity
	FROM chart s
	CROSS JOIN chapter_issues i
	WHERE i.ts_ns IS NOT NULL
),
counted AS ( -- steps with issues
	SELECT
		step,
		sum(severity = 'critical') AS critical,
		sum(severity = 'high') AS high,
		sum(severity = 'medium') AS medium,
		sum(severity = 'low') AS low
	FROM chosen
	GROUP BY step
)
SELECT
	s.step * sp.step_ns / 1e9 AS time_s,
	ifnull(c.critical, 0) AS critical,
	ifnull(c.high, 0) AS high,
	ifnull(c.medium, 0) AS medium,
	ifnull(c.low, 0) AS low
FROM steps s
CROSS JOIN chart sp
LEFT JOIN counted c USING (step)
WHERE EXISTS (SELECT 1 FROM counted)
ORDER BY s.step;

-- section: Issues by kind
-- column severity   Worst severity of them.
-- column kind       What they have in common.
-- column category   Kind of trouble.
-- column protocol   Protocol.
-- column issues     How many.
-- column detector   Who found them.
SELECT
	CASE max(i.rank) WHEN 4 THEN 'critical' WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS severity,
	ifnull(d.title, i.title) AS kind,
	i.category,
	i.protocol,
	count(*) AS issues,
	i.detector
FROM chapter_issues i
LEFT JOIN detectors d USING (detector)
GROUP BY i.detector
ORDER BY max(i.rank) DESC, count(*) DESC, i.detector;

-- section: Issues by category
-- column category   Kind of trouble.
-- column critical   Critical issues.
-- column high       High ones.
-- column medium     Medium ones.
-- column low        Low ones.
-- column issues     All of them.
SELECT
	i.category,
	sum(i.severity = 'critical') AS critical,
	sum(i.severity = 'high') AS high,
	sum(i.severity = 'medium') AS medium,
	sum(i.severity = 'low') AS low,
	count(*) AS issues
FROM chapter_issues i
GROUP BY i.category
ORDER BY max(i.rank) DESC, count(*) DESC;

-- section: Issues by protocol
-- column protocol   Protocol.
-- column critical   Critical issues.
-- column high       High ones.
-- column medium     Medium ones.
-- column low        Low ones.
-- column issues     All of them.
SELECT
	i.protocol,
	sum(i.severity = 'critical') AS critical,
	sum(i.severity = 'high') AS high,
	sum(i.severity = 'medium') AS medium,
	sum(i.severity = 'low') AS low,
	count(*) AS issues
FROM chapter_issues i
GROUP BY i.protocol
ORDER BY max(i.rank) DESC, count(*) DESC;

-- section as bars: Affected endpoints
-- column host       Address, and the name that the capture tells of it.
-- column issues     Issues that name it.
-- column severity   The worst of them.
-- column kinds      How many detectors found them.
WITH
ends AS ( -- an issue and a host that it names
	SELECT i.issue_id, i.rank, i.detector, i.src AS address
	FROM chapter_issues i
	WHERE i.src IS NOT NULL
	UNION
	SELECT i.issue_id, i.rank, i.detector, i.dst
	FROM chapter_issues i
	WHERE i.dst IS NOT NULL
)
SELECT
	address || ifnull(' (' || (
		SELECT name
		FROM host_names n
		WHERE n.address = e.address
		ORDER BY count DESC, host_name_id
		LIMIT 1
	) || ')', '') AS host,
	count(*) AS issues,
	CASE max(rank) WHEN 4 THEN 'critical' WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS severity,
	count(DISTINCT detector) AS kinds
FROM ends e
GROUP BY address
ORDER BY max(rank) DESC, count(*) DESC, address
LIMIT 12;

-- section as list: Issues that explain others
-- column line        What explains what, and why.
-- column issue_ids   The issue behind them, then those that it explains, the first eight.
WITH
links AS ( -- to issues of the chapter; place: of one cause and rule, the surest first
	SELECT
		l.*,
		row_number() OVER (PARTITION BY l.cause_issue_id, l.rule ORDER BY l.confidence DESC, l.issue_id) AS place
	FROM issue_links l
	JOIN chapter_issues i ON i.issue_id = l.issue_id
)
SELECT
	printf('%s explains %s: %s (confidence %d %%).',
		b.title,
		counted(count(*), 'other issue'),
		max(iif(l.place = 1, rtrim(l.why, '.'), NULL)),
		round(100 * max(l.confidence))
	) AS line,
	b.issue_id || ' ' || group_concat(iif(l.place <= 8, l.issue_id, NULL), ' ') AS issue_ids
FROM links l
JOIN issues b ON b.issue_id = l.cause_issue_id
GROUP BY l.cause_issue_id, l.rule
ORDER BY count(*) DESC, b.rank DESC, b.issue_id
LIMIT 20;
