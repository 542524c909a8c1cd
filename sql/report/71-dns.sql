-- DNS.
--
-- What was asked, and how it was answered.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section as bars: Answers
-- column answer         Response code; unanswered where there was none.
-- column transactions   Queries that ended so.
-- column variant        dns, mdns or llmnr.
SELECT
	iif(d.kind = 'unanswered', 'no answer', ifnull(d.rcode_name, d.kind))
		|| iif(d.variant = 'dns', '', ' (' || d.variant || ')') AS answer,
	count(*) AS transactions,
	d.variant
FROM dns d
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR d.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1
ORDER BY 2 DESC
LIMIT 12;

-- section: Names that were not resolved
-- column name           The name that was asked for.
-- column type           Kind of record.
-- column answer         Response code; no answer where there was none.
-- column times          Queries.
-- column clients        Clients that asked.
-- column server         The server, or one of them.
-- column first_number   The first query.
WITH found AS ( -- failed queries for one name and type, with one answer or none
	SELECT
		d.name,
		d.type_name AS type,
		iif(d.kind = 'unanswered', 'no answer', d.rcode_name) AS answer,
		count(*) AS times,
		count(DISTINCT iif(d.direction, f.dst, f.src)) AS clients,
		max(iif(d.direction, f.src, f.dst)) AS server,
		min(d.query_packet_id) AS packet_id
	FROM dns d
	JOIN flows f USING (flow_id)
	WHERE d.variant = 'dns'
		AND (d.kind = 'unanswered' OR d.kind = 'answered' AND d.rcode <> 0)
		AND (:capture IS NULL OR d.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY d.name, d.type_name, 3
	ORDER BY 4 DESC, 1
	LIMIT 12
)
SELECT
	name,
	type,
	answer,
	times,
	clients,
	server,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;

-- section: Names asked for most
-- column name      The name.
-- column queries   Queries for it.
-- column clients   Clients that asked.
-- column types     Kinds of record.
SELECT
	d.name,
	count(*) AS queries,
	count(DISTINCT iif(d.direction, f.dst, f.src)) AS clients,
	replace(group_concat(DISTINCT d.type_name), ',', ', ') AS types
FROM dns d
JOIN flows f USING (flow_id)
WHERE d.kind IN ('answered', 'unanswered')
	AND d.variant = 'dns'
	AND (:capture IS NULL OR d.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY d.name
ORDER BY 2 DESC, 1
LIMIT 10;
