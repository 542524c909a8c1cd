-- What was looked for.
--
-- The detectors that ran, with their thresholds.
--
-- section: Detectors
-- column detector     Name, for `pcapdex analyze --set`.
-- column finds        What it finds.
-- column issues       Issues found, in the whole case.
-- column thresholds   Thresholds and their values.
-- column source       Where they come from.
SELECT
	detector,
	title AS finds,
	issues,
	thresholds,
	source
FROM detectors
ORDER BY issues DESC, detector;
