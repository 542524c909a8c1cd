-- Security at a glance: what was looked for and found, who did it, and to whom.
--
-- topic: overview
--
-- The issues of category security that the detectors found with their thresholds (report detectors). Nothing found
-- means that nothing reached them in the packets captured, not that nothing happened.
--
-- param :capture
-- param :host      Only issues that this address or prefix takes part in.
--
-- section: What was looked for
-- column detector   Name of the detector.
-- column title      What it looks for.
-- column found      Issues that it found.
-- column worst      Their worst severity; NULL none.
-- column first      When the first of them began, UTC.
-- column thresholds Its thresholds.
SELECT
	d.detector,
	d.title,
	count(i.issue_id) AS found,
	CASE max(i.rank) WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' WHEN 4 THEN 'critical' END AS worst,
	iso_time(min(i.ts_ns)) AS first,
	d.thresholds
FROM detectors d
LEFT JOIN issues i ON i.detector = d.detector
	AND (:capture IS NULL OR i.capture_id = :capture)
	AND (:host IS NULL OR ip_in(i.src, :host) OR ip_in(i.dst, :host))
WHERE d.category = 'security'
GROUP BY d.detector
ORDER BY max(i.rank) DESC NULLS LAST, d.detector;

-- section: What was found
-- column severity   low, medium, high or critical.
-- column issue_id   Number of the issue.
-- column title      In a few words.
-- column symptoms   What was seen.
-- column src        Who did it; of amplification and credentials who is affected.
-- column dst        To whom.
-- column time       When it was seen first, UTC.
-- column cause      Most likely cause.
-- column capture    Name of the capture.
SELECT
	i.severity,
	i.issue_id,
	i.title,
	i.symptoms,
	i.src,
	i.dst,
	iso_time(i.ts_ns) AS time,
	i.cause,
	c.name AS capture
FROM issues i
JOIN captures c ON c.capture_id = i.capture_id
WHERE i.category = 'security'
	AND (:capture IS NULL OR i.capture_id = :capture)
	AND (:host IS NULL OR ip_in(i.src, :host) OR ip_in(i.dst, :host))
ORDER BY i.rank DESC, i.ts_ns, i.issue_id;

-- section: Hosts in it
-- column host       Address.
-- column issues     Security issues that it takes part in.
-- column as_src     Of these, those that name it as the one who did it or is affected.
-- column worst      Their worst severity.
-- column titles     What they are.
SELECT
	host,
	count(DISTINCT issue_id) AS issues,
	count(DISTINCT iif(is_src, issue_id, NULL)) AS as_src,
	CASE max(rank) WHEN 1 THEN 'low' WHEN 2 THEN 'medium' WHEN 3 THEN 'high' ELSE 'critical' END AS worst,
	group_concat(DISTINCT title) AS titles
FROM (
	SELECT issue_id, capture_id, src AS host, 1 AS is_src, rank, title
	FROM issues
	WHERE category = 'security' AND src NOT NULL
	UNION ALL
	SELECT issue_id, capture_id, dst, 0, rank, title
	FROM issues
	WHERE category = 'security' AND dst NOT NULL
)
WHERE (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(host, :host))
GROUP BY host
ORDER BY max(rank) DESC, count(DISTINCT issue_id) DESC, host;
