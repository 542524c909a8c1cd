-- HTTP response ends before it is complete.
--
-- Responses that end before the length that they announce, or within their chunks, because the
-- connection ended (FIN or RST). Responses that went on when the capture ended, or of which
-- the capture lost bytes, are left out. value is the number of such responses of a server.
--
-- Severity: medium; low where it was the client alone that ended these connections.
--
-- severity: medium
-- category: connectivity
-- protocol: http
-- cause: The server, or a proxy before it, gave up while it was sending: a crash, a time-out, a
--   worker that was killed.
-- cause: The client or its user went away: then the client's reset comes first.
-- remedy: See who ended the connection (resets), and look there.
-- remedy: Look for a time-out or a size limit at which responses end.
-- source: RFC 9112, 8: a response that is shorter than it says is incomplete and must not be used
--   as whole; 9.5: a client may close a connection at any time.
--
-- column capture_id  The capture.
-- column ts_ns       The first request.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Responses that are incomplete.
-- column symptoms    What was seen.
-- column severity    How bad it is.
-- column cause       Most likely cause.
-- column packets     Request, begin of the response, end of the connection.
WITH exchanges AS (
	SELECT
		h.http_id,
		h.capture_id,
		h.flow_id,
		h.direction,
		h.status,
		h.reason,
		h.host,
		h.target,
		h.upgrade,
		h.first_byte_ns,
		h.request_ts_ns,
		h.response_ts_ns,
		h.request_packet_id,
		h.response_packet_id,
		h.response_first_packet_id,
		iif(h.direction = 0, f.dst_fins + f.dst_rsts, f.src_fins + f.src_rsts) = 0 AS client_left,
		iif(h.direction = 0, f.src, f.dst) AS client,
		iif(h.direction = 0, f.dst, f.src) AS peer,
		iif(h.direction = 0, f.dst_port, f.src_port) AS port,
		printf('%s %s', ifnull(h.method, '?'), CASE
			WHEN h.target IS NULL OR instr(h.target, '@') > 0 THEN '(target not shown)'
			WHEN instr(h.target, '?') > 0
				THEN substr(h.target, 1, min(60, instr(h.target, '?') - 1)) || '?...'
			ELSE substr(h.target, 1, 60) || iif(length(h.target) > 60, '...', '')
		END) AS request
	FROM http h
	JOIN flows f ON f.flow_id = h.flow_id
	WHERE h.response_complete = 0
		AND ifnull(h.missing_bytes, 0) = 0
		AND f.src_missed_bytes + f.dst_missed_bytes = 0
		AND (iif(h.direction = 0, f.dst_fins, f.src_fins) > 0 OR f.src_rsts + f.dst_rsts > 0)
),
ranked AS (
	SELECT
		e.*,
		f.src_rsts + f.dst_rsts > 0 AS was_reset,
		f.last_packet_id,
		row_number() OVER (PARTITION BY e.capture_id, peer, port ORDER BY request_ts_ns) AS n
	FROM exchanges e
	JOIN flows f ON f.flow_id = e.flow_id
)
SELECT
	capture_id,
	min(ifnull(request_ts_ns, response_ts_ns)) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	peer AS dst,
	count(*) AS value,
	printf('%d %s of %s port %d ended too early, %d of the connections with a reset: %s%s',
		count(*), iif(count(*) = 1, 'response', 'responses'), peer, port, sum(was_reset),
		group_concat(iif(n <= 3, request, NULL), ', '),
		iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')) AS symptoms,
	iif(min(client_left), 'low', 'medium') AS severity,
	iif(min(client_left), 'The client or its user went away while the response was on its way.', NULL) AS cause,
	group_concat(iif(n <= 20, ifnull(request_packet_id || ',', '')
		|| ifnull(response_first_packet_id || ',', '') || last_packet_id, NULL)) AS packets
FROM ranked
GROUP BY capture_id, peer, port
ORDER BY value DESC;
