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
SELECT
	capture_id,
	min(ifnull(request_ts_ns, response_ts_ns)) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	peer AS dst,
	count(*) AS value,
	printf('%s of %s port %d ended too early, %d of the connections with a reset: %s%s',
		counted(count(*), 'response'), peer, port, sum(was_reset),
		first_few(request, request_ts_ns, 3),
		iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')) AS symptoms,
	iif(min(client_left), 'low', 'medium') AS severity,
	iif(min(client_left), 'The client or its user went away while the response was on its way.', NULL) AS cause,
	first_few(ifnull(request_packet_id || ',', '') || ifnull(response_first_packet_id || ',', '') || last_packet_id,
		request_ts_ns, 20) AS packets
FROM http_exchanges
WHERE response_complete = 0
	AND ifnull(missing_bytes, 0) = 0
	AND missed_bytes = 0
	AND (peer_closed OR was_reset)
GROUP BY capture_id, peer, port
ORDER BY value DESC;
