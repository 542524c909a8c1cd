-- HTTP request is not answered.
--
-- Requests without a response: the connection ended (FIN or RST of the server, RST of the
-- client), or nothing came for :wait_s until the capture ended, and the server sent no byte
-- after the request. Connections of which the capture has only the client's packets, or not
-- all, are left out. value is the number of such requests of a server.
--
-- Severity: high where a server answers no request at all, of at least two; else medium.
--
-- severity: medium
-- category: connectivity
-- protocol: http
-- cause: The application hangs, or the server closed the connection while the request was on its
--   way (a keep-alive time-out).
-- cause: A firewall or proxy swallows the request or the response.
-- remedy: See who ended the connection (resets), and after how long: a round number of seconds is
--   a time-out.
-- remedy: Look whether the request is in the server's log.
-- source: RFC 9112, 9.3: each request is answered. 10 s: the limit of attention (Nielsen,
--   Usability Engineering, 1993, 5).
--
-- param :wait_s number 0..3600 = 10   Time that a request must have had for its response,
--                                       seconds.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Requests without a response.
-- column symptoms    What was seen.
-- column packets     The requests, and the ends of their connections.
-- column severity    How bad it is.
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
),
totals AS (
	SELECT capture_id, peer, port, sum(status IS NOT NULL) AS answers
	FROM exchanges
	GROUP BY capture_id, peer, port
),
lost AS (
	SELECT
		e.*,
		f.src_rsts + f.dst_rsts > 0 AS was_reset,
		f.last_packet_id,
		row_number() OVER (PARTITION BY e.capture_id, peer, port ORDER BY request_ts_ns) AS n
	FROM exchanges e
	JOIN flows f ON f.flow_id = e.flow_id
	JOIN captures c ON c.capture_id = e.capture_id
	WHERE e.status IS NULL
		AND e.request_packet_id IS NOT NULL
		AND ifnull(e.upgrade, '') = ''
		AND min(f.src_packets, f.dst_packets) > 0
		AND f.src_missed_bytes + f.dst_missed_bytes = 0
		AND (f.src_rsts + f.dst_rsts > 0
			OR iif(e.direction = 0, f.dst_fins, f.src_fins) > 0
			OR c.last_ts_ns - e.request_ts_ns > :wait_s * 1e9)
		AND NOT EXISTS (
			SELECT 1
			FROM flow_packets fp
			JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = e.flow_id
				AND fp.packet_id > e.request_packet_id
				AND p.direction <> e.direction
				AND p.payload_len > 0
		)
)
SELECT
	capture_id,
	min(request_ts_ns) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	peer AS dst,
	count(*) AS value,
	printf('%s port %d gave no response to %d of %d %s (%d of these connections were reset): %s%s',
		peer, port, count(*), count(*) + answers,
		iif(count(*) + answers = 1, 'request', 'requests'), sum(was_reset),
		group_concat(iif(n <= 3, request, NULL), ', '),
		iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')) AS symptoms,
	group_concat(iif(n <= 20, request_packet_id || ',' || last_packet_id, NULL)) AS packets,
	iif(answers = 0 AND count(*) > 1, 'high', 'medium') AS severity
FROM lost
JOIN totals USING (capture_id, peer, port)
GROUP BY capture_id, peer, port
ORDER BY value DESC;
