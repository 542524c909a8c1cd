-- TLS handshake fails with an alert.
--
-- Alerts in the clear, other than close_notify, by server and name. Most stand where a
-- handshake failed; encrypted alerts (the usual way to close, and all of TLS 1.3 after the
-- server hello) have no name and do not count. value is the number of connections with the
-- alert.
--
-- Severity: high where no handshake of the server was completed; medium where at least half
-- were not; else low; low for warnings, behind which the handshake goes on. A connection without
-- a client hello, which began before the capture or is cut by its snap length, counts as completed
-- there unless it has such an alert.
--
-- severity: medium
-- category: connectivity
-- protocol: tls
-- cause: Client and server have no version or cipher suite in common, or one of them rejects the
--   other's certificate.
-- remedy: See who sent the alert: that side has an entry in its log.
-- remedy: Repeat it with openssl s_client -connect SERVER:PORT -servername NAME.
-- remedy: For certificate alerts check the chain, the names and the time; for handshake_failure
--   and protocol_version compare what the client offers with what the server allows.
-- source: RFC 8446, 6.2 and RFC 5246, 7.2.2: meaning of the alerts; a fatal one ends the
--   connection.
--
-- column capture_id  The capture.
-- column ts_ns       The first alert.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Connections with the alert.
-- column symptoms    What was seen.
-- column packets     Hellos and alerts of the first connections.
-- column severity    How bad it is.
-- column title       What it is, in a few words.
-- column cause       Most likely cause.
WITH
alerts AS ( -- those that count, each with its connection
	SELECT
		t.capture_id,
		t.tls_id,
		t.flow_id,
		t.client_hello_packet_id,
		t.server_hello_packet_id,
		t.server_name,
		t.client_version,
		t.version,
		iif(t.direction = 0, f.src, f.dst) AS client,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port,
		a.packet_id,
		a.ts_ns,
		a.name,
		a.level,
		iif(a.direction = t.direction, 'client', 'server') AS sender
	FROM tls_alerts a
	CROSS JOIN tls t ON t.tls_id = a.tls_id
	CROSS JOIN flows f ON f.flow_id = t.flow_id
	WHERE a.name IS NOT NULL AND a.name <> 'close_notify'
),
judged AS MATERIALIZED ( -- alerts of one name and sender at one server
	SELECT
		capture_id,
		server,
		port,
		name,
		sender,
		max(level) AS level,
		min(ts_ns) AS ts_ns,
		count(DISTINCT tls_id) AS connections,
		only(client) AS client,
		only(flow_id) AS flow_id,
		max(server_name) AS server_name,
		max(client_version) AS client_version,
		max(version) AS version,
		first_few(ifnull(client_hello_packet_id || ',', '') || ifnull(server_hello_packet_id || ',', '') || packet_id,
			ts_ns, 20) AS packets,
		sum(level = 'fatal') > 0 AS is_fatal
	FROM alerts
	GROUP BY capture_id, server, port, name, sender
),
totals AS ( -- connections to these servers; not_known: whether completed
	SELECT
		t.capture_id,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port,
		count(*) AS handshakes,
		sum(t.finished_packet_id IS NOT NULL) AS finished,
		sum(t.finished_packet_id IS NULL
			AND t.client_hello_packet_id IS NULL
			AND t.tls_id NOT IN (SELECT tls_id FROM alerts)) AS not_known
	FROM (SELECT 1 FROM judged LIMIT 1) -- if none, no more is read
	CROSS JOIN tls t
	CROSS JOIN flows f ON f.flow_id = t.flow_id
	WHERE iif(t.direction = 0, f.dst, f.src) IN (SELECT server FROM judged)
	GROUP BY t.capture_id, server, port
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	server AS dst,
	connections AS value,
	printf('the %s sent the alert %s in %d of %s to %s port %d%s; %s with it %s completed%s (%s)',
		sender, name, connections, counted(handshakes, 'TLS connection'), server, port,
		ifnull(' (' || server_name || ')', ''), counted(finished, 'handshake'),
		iif(finished = 1, 'was', 'were'), iif(not_known, printf(', of %d it is not known', not_known), ''),
		coalesce('version ' || version,
		'the client offers up to ' || client_version, 'no hello in the capture')) AS symptoms,
	packets,
	CASE
		WHEN NOT is_fatal THEN 'low'
		WHEN finished + not_known = 0 THEN 'high'
		WHEN (finished + not_known) * 2 <= handshakes THEN 'medium'
		ELSE 'low'
	END AS severity,
	printf('TLS alert %s from the %s', name, sender) AS title,
	CASE
		WHEN name = 'certificate_expired'
			THEN 'The certificate is out of date, or the clock is wrong.'
		WHEN name = 'unknown_ca'
			THEN 'The ' || sender || ' does not trust who signed the certificate.'
		WHEN name IN ('bad_certificate', 'certificate_unknown', 'certificate_revoked',
			'unsupported_certificate') THEN 'The ' || sender || ' rejects the certificate.'
		WHEN name = 'protocol_version' THEN 'Client and server have no TLS version in common.'
		WHEN name IN ('handshake_failure', 'insufficient_security')
			THEN 'No cipher suite, group or client certificate that suits both sides.'
		WHEN name = 'unrecognized_name' THEN 'The server does not know the name asked for.'
		WHEN name = 'certificate_required' THEN 'The server wants a certificate of the client.'
	END AS cause
FROM judged
CROSS JOIN totals USING (capture_id, server, port)
ORDER BY is_fatal DESC, connections DESC;
