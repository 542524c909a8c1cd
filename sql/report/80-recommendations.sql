-- Recommendations.
--
-- What to do against each kind of issue that was found, worst first.
--
-- param :protocol   Only for issues of this protocol, or of flows that have it or carry it.
-- param :capture
--
-- section as cards:
-- column title       The kind of issue.
-- column severity    Worst severity of them.
-- column what_to_do  In this order.
-- column how_many    Issues that it is for.
-- column issue_ids   Their numbers, the first ten.
-- column hosts       Where, the hosts that most of them name.
WITH
chosen AS ( -- of the capture and protocol asked for; place: within its detector, the worst first
	SELECT
		i.*,
		row_number() OVER (PARTITION BY i.detector ORDER BY i.rank DESC, i.issue_id) AS place
	FROM issues i
	LEFT JOIN flows f ON f.flow_id = i.flow_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
),
kinds AS ( -- issues of one detector
	SELECT
		detector,
		max(rank) AS rank,
		count(*) AS issues,
		group_concat(iif(place <= 10, issue_id, NULL), ' ') AS issue_ids
	FROM chosen
	GROUP BY detector
),
places AS ( -- host: dst of issues, or else src; place: within the detector, the most frequent first
	SELECT
		detector,
		host,
		row_number() OVER (PARTITION BY detector ORDER BY count(*) DESC, host) AS place
	FROM (
		SELECT detector, issue_id, dst AS host FROM chosen WHERE dst IS NOT NULL
		UNION
		SELECT detector, issue_id, src FROM chosen WHERE src IS NOT NULL AND dst IS NULL
	)
	GROUP BY detector, host
)
SELECT
	ifnull(d.title, i.title) AS title,
	i.severity,
	i.remedies AS what_to_do,
	k.issues AS how_many,
	k.issue_ids,
	(
		SELECT group_concat(host, ', ')
		FROM places p
		WHERE p.detector = k.detector AND p.place <= 4
	) AS hosts
FROM kinds k
JOIN chosen i ON i.detector = k.detector AND i.place = 1
LEFT JOIN detectors d ON d.detector = k.detector
WHERE i.remedies <> ''
ORDER BY k.rank DESC, k.issues DESC, k.detector;
