-- HTTP.
--
-- What was asked of web servers, and how they answered.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section as bars: Responses
-- column answer         Status and its words; no response where there was none.
-- column transactions   Requests that were answered so.
SELECT
	ifnull(h.status || ifnull(' ' || nullif(max(h.reason), ''), ''), 'no response') AS answer,
	count(*) AS transactions
FROM http h
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR h.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY h.status
ORDER BY 2 DESC, h.status
LIMIT 15;

-- section: Hosts
-- column host            Host header, or else the server's address.
-- column requests        Requests.
-- column client_errors   Responses with a status from 400 to 499.
-- column server_errors   Responses with a status from 500 on.
-- column unanswered      Requests without a response.
-- column body_bytes      Bodies of the responses.
-- column server          What the server calls itself.
SELECT
	ifnull(h.host, iif(h.direction, f.src, f.dst)) AS host,
	count(h.method) AS requests,
	sum(h.status BETWEEN 400 AND 499) AS client_errors,
	sum(h.status >= 500) AS server_errors,
	sum(h.status IS NULL) AS unanswered,
	sum(h.response_body_bytes) AS body_bytes,
	max(h.server) AS server
FROM http h
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR h.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 12;

-- section: Requests that failed
-- column status         Status; empty where there was no response.
-- column method         Method.
-- column host           Host header, or else the server's address.
-- column target         What was asked for, without what stands behind a question mark.
-- column times          Such requests.
-- column first_number   The first of them.
WITH found AS ( -- failed requests with one status, method, host and target
	SELECT
		h.status,
		h.method,
		ifnull(h.host, iif(h.direction, f.src, f.dst)) AS host,
		substr(substr(h.target, 1, instr(h.target || '?', '?') - 1), 1, 80)
			|| iif(instr(h.target, '?'), '?...', '') AS target,
		count(*) AS times,
		min(h.request_packet_id) AS packet_id
	FROM http h
	JOIN flows f USING (flow_id)
	WHERE h.method IS NOT NULL
		AND (h.status >= 400 OR h.status IS NULL)
		AND (:capture IS NULL OR h.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY 1, 2, 3, 4
	ORDER BY 5 DESC, 1 DESC, 6
	LIMIT 12
)
SELECT
	status,
	method,
	host,
	target,
	times,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
