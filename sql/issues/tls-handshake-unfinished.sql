-- TLS handshake is never finished.
--
-- Connections with a client hello whose handshake was not completed, without an alert that
-- tells why: the connection ended, or nothing came for :wait_s until the capture ended. Only
-- connections whose begin is in the capture, with packets of both sides and none missing,
-- count. value is the number of connections of a server.
--
-- Severity: high where no handshake of the server was completed and there were at least two,
-- else medium; low where at least four of five were.
--
-- severity: medium
-- category: connectivity
-- protocol: tls
-- cause: A server that is overloaded, or a box on the way that ends handshakes it does not like
--   (by server name or version).
-- cause: Large packets that are lost (path MTU): the certificate does not get through, small
--   packets do.
-- cause: A client that went away: a scanner, a health check.
-- remedy: See who ended the connection, and at which step: without a server hello, or behind it.
-- remedy: Try with openssl s_client from another network.
-- remedy: Compare with packets of the certificate's size: ping -M do -s 1472 SERVER.
-- source: RFC 8446, 2: a handshake ends with both sides' Finished. 10 s: the limit of attention
--   (Nielsen, Usability Engineering, 1993, 5).
--
-- param :wait_s number 0..3600 = 10   Time that a handshake must have had, seconds.
--
-- column capture_id  The capture.
-- column ts_ns       The first client hello.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Connections.
-- column symptoms    What was seen.
-- column packets     Hellos, and ends of the connections.
-- column severity    How bad it is.
-- column cause       Of those that all were answered in plain HTTP.
-- column confidence  Of that cause, 0 to 1.
WITH
lost AS MATERIALIZED ( -- unfinished handshakes with one server
	SELECT
		t.capture_id,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port,
		min(t.client_hello_ts_ns) AS ts_ns,
		only(t.flow_id) AS flow_id,
		only(iif(t.direction = 0, f.src, f.dst)) AS client,
		count(*) AS lost,
		max(t.server_name) AS server_name,
		sum(t.server_hello_packet_id IS NULL) AS without_hello,
		sum(f.src_rsts + f.dst_rsts > 0) AS was_reset,
		sum(ifnull(f.application, '') = 'http') AS in_clear,
		first_few(t.client_hello_packet_id || ',' || ifnull(t.server_hello_packet_id || ',', '') || f.last_packet_id,
			t.tls_id, 20) AS packets
	FROM tls t
	CROSS JOIN flows f ON f.flow_id = t.flow_id
	CROSS JOIN captures c ON c.capture_id = t.capture_id
	WHERE t.transport = 'tcp'
		AND t.client_hello_packet_id IS NOT NULL
		AND t.finished_packet_id IS NULL
		AND ifnull(t.closed_by_alert, 0) = 0
		AND f.completeness & 3 = 3
		AND f.src_missed_bytes + f.dst_missed_bytes = 0
		AND (f.src_rsts + f.dst_rsts + f.src_fins + f.dst_fins > 0
			OR (c.last_ts_ns - t.client_hello_ts_ns > :wait_s * 1e9
				AND f.last_ts_ns - t.client_hello_ts_ns < c.last_ts_ns - f.last_ts_ns))
	GROUP BY t.capture_id, server, port
),
totals AS ( -- all handshakes with these servers
	SELECT
		t.capture_id,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port,
		count(*) AS handshakes,
		sum(t.finished_packet_id IS NOT NULL) AS finished
	FROM (SELECT 1 FROM lost LIMIT 1) -- if none, no more is read
	CROSS JOIN tls t
	CROSS JOIN flows f ON f.flow_id = t.flow_id
	WHERE iif(t.direction = 0, f.dst, f.src) IN (SELECT server FROM lost)
	GROUP BY t.capture_id, server, port
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	server AS dst,
	lost AS value,
	printf('%d of %s with %s port %d%s %s not finished: %s%s%s',
		lost, counted(handshakes, 'handshake'), server, port, ifnull(' (' || server_name || ')', ''),
		iif(lost = 1, 'was', 'were'),
		iif(without_hello, printf('%d without a server hello', without_hello), 'the server hello came'),
		iif(was_reset, printf(', %d reset', was_reset), ''),
		iif(in_clear, printf(', %d answered in plain HTTP', in_clear), '')) AS symptoms,
	packets,
	CASE
		WHEN finished = 0 AND lost > 1 THEN 'high'
		WHEN finished >= 4 * lost THEN 'low'
		ELSE 'medium'
	END AS severity,
	iif(in_clear = lost, 'A firewall refuses the connection with a page of its own, or the port is not one for TLS.', NULL)
		AS cause,
	iif(in_clear = lost, 0.8, NULL) AS confidence
FROM lost
CROSS JOIN totals USING (capture_id, server, port)
ORDER BY value DESC;
