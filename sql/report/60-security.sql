-- Security.
--
-- What the detectors of this category found, and what went over the wire in the clear.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it, and their issues.
-- param :capture
--
-- section as list: Findings
-- column severity    Severity.
-- column line        What was seen.
-- column issue_ids   The issue.
SELECT
	i.severity,
	printf('%s%s %s%s',
		i.title,
		iif(substr(i.title, -1) IN ('.', '?', '!'), '', '.'),
		upper(substr(i.symptoms, 1, 1)) || substr(i.symptoms, 2),
		iif(substr(i.symptoms, -1) = '.', '', '.')
	) AS line,
	i.issue_id AS issue_ids
FROM issues i
LEFT JOIN flows f ON f.flow_id = i.flow_id
WHERE i.category = 'security'
	AND (:capture IS NULL OR i.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
ORDER BY i.rank DESC, i.ts_ns, i.issue_id
LIMIT 20;

-- section as text:
SELECT printf('No security issue was found; %d detectors of this category looked for them.', count(*)) AS line
FROM detectors
WHERE category = 'security'
	AND NOT EXISTS (
		SELECT 1
		FROM issues i
		LEFT JOIN flows f ON f.flow_id = i.flow_id
		WHERE i.category = 'security'
			AND (:capture IS NULL OR i.capture_id = :capture)
			AND (:protocol IS NULL OR :protocol IN (i.protocol, f.protocol, f.application))
	)
HAVING count(*) > 0;

-- section as text:
WITH
carried AS (
	SELECT
		application,
		src_payload_bytes + dst_payload_bytes AS bytes
	FROM flows
	WHERE protocol IN ('tcp', 'udp', 'sctp')
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
),
summed AS (
	SELECT
		sum(bytes) AS bytes,
		sum(iif(application IN ('tls', 'quic', 'ssh'), bytes, 0)) AS hidden,
		sum(iif(application IS NULL, bytes, 0)) AS unknown
	FROM carried
)
SELECT printf('Of the payload of TCP and UDP %.3g %% was encrypted (TLS), %.3g %% was sent in protocols that can be read'
	|| ' on the way, and of %.3g %% it is not known.',
	100.0 * hidden / bytes, 100.0 * (bytes - hidden - unknown) / bytes, 100.0 * unknown / bytes) AS line
FROM summed
WHERE bytes > 0;

-- section: Credentials that HTTP requests carried
-- column host           Host header.
-- column server         Address and port of the server.
-- column scheme         Scheme of the Authorization header; basic is readable by everyone on the way.
-- column requests       Requests with it.
-- column first_number   The first of them.
WITH found AS (
	SELECT
		h.host,
		iif(h.direction, f.src || ' port ' || f.src_port, f.dst || ' port ' || f.dst_port) AS server,
		h.credentials AS scheme,
		count(*) AS requests,
		min(h.request_packet_id) AS packet_id
	FROM http h
	JOIN flows f USING (flow_id)
	WHERE h.credentials IS NOT NULL
		AND (:capture IS NULL OR h.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY 1, 2, 3
	ORDER BY 4 DESC
	LIMIT 20
)
SELECT
	host,
	server,
	scheme,
	requests,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
