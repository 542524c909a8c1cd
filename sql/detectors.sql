-- What the detectors looked for, with their thresholds, and what they found.
--
-- topic: overview
--
-- `pcapdex analyze CASE.db --set DETECTOR.THRESHOLD=VALUE` runs them again with other thresholds.
--
-- param :category one of connectivity|performance|configuration|security|compliance|compatibility
--                     Only detectors of this category.
-- param :protocol     Only detectors of this protocol.
--
-- column detector     Name.
-- column title        What it finds.
-- column severity     Severity of what it finds.
-- column category     Kind of trouble.
-- column protocol     Protocol.
-- column issues       Issues found.
-- column thresholds   Thresholds with their values.
-- column source       Where the thresholds come from.
-- column description  How it recognises the trouble.
SELECT
	detector,
	title,
	severity,
	category,
	protocol,
	issues,
	thresholds,
	source,
	trim(replace(replace(description, char(10) || char(10), char(10)), char(10), ' ')) AS description
FROM detectors
WHERE (:category IS NULL OR category = :category)
	AND (:protocol IS NULL OR protocol = :protocol)
ORDER BY detector;
