-- Security.
--
-- What the detectors of this category found, and what went over the wire in the clear.
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

-- section as list: Findings
-- column severity    Severity.
-- column title       In a few words.
-- column line        What was seen.
-- column issue_ids   The issue.
SELECT
	i.severity,
	rtrim(i.title, '.') AS title,
	upper(substr(i.symptoms, 1, 1)) || substr(i.symptoms, 2) || iif(i.symptoms LIKE '%.', '', '.') AS line,
	i.issue_id AS issue_ids
FROM chapter_issues i
WHERE i.category = 'security'
ORDER BY i.rank DESC, i.ts_ns, i.issue_id
LIMIT 20;

-- section as text:
SELECT printf('No security issue was found; %d detectors of this category looked for them.', count(*)) AS line
FROM detectors
WHERE category = 'security'
	AND NOT EXISTS (
		SELECT 1
		FROM chapter_issues i
		WHERE i.category = 'security'
	)
HAVING count(*) > 0;

-- section as text:
WITH
carried AS ( -- payload in one row; hidden: encrypted; unknown: of flows without an application
	SELECT
		sum(src_payload_bytes + dst_payload_bytes) AS bytes,
		sum(iif(application IN ('tls', 'quic', 'ssh'), src_payload_bytes + dst_payload_bytes, 0)) AS hidden,
		sum(iif(application IS NULL, src_payload_bytes + dst_payload_bytes, 0)) AS unknown
	FROM flows
	WHERE protocol IN ('tcp', 'udp', 'sctp')
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
)
SELECT printf('Of the payload above TCP and UDP, %.3g %% was encrypted (TLS, QUIC, SSH) and %.3g %% was in protocols that can'
	|| ' be read on the way%s.',
	100.0 * hidden / bytes,
	100.0 * (bytes - hidden - unknown) / bytes,
	iif(unknown, printf('; what the other %.3g %% was is not known', 100.0 * unknown / bytes), '')
	) AS line
FROM carried
WHERE bytes > unknown;

-- section: Logins in the clear
-- column protocol       ftp, smtp, imap, pop or http.
-- column method         How the client shows who it is.
-- column server         Address and port of the server.
-- column attempts       Attempts. Their secrets are neither in the case nor here.
-- column accepted       Of them, those that the server is known to have accepted.
-- column first_number   The packet of the first.
WITH found AS ( -- logins at one server with one protocol and method
	SELECT
		k.protocol,
		k.method,
		iif(p.direction, f.src || ifnull(' port ' || f.src_port, ''), f.dst || ifnull(' port ' || f.dst_port, '')) AS server,
		count(*) AS attempts,
		sum(k.accepted = 1) AS accepted,
		min(k.packet_id) AS packet_id
	FROM credentials k
	JOIN flows f ON f.flow_id = k.flow_id
	JOIN packets p ON p.packet_id = k.packet_id
	WHERE (:capture IS NULL OR k.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (k.protocol, f.protocol, f.application))
	GROUP BY k.protocol, k.method, server
	ORDER BY count(*) DESC, min(k.packet_id)
	LIMIT 20
)
SELECT
	protocol,
	method,
	server,
	attempts,
	accepted,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
