-- Certificate is not for the name that the client asked for.
--
-- Servers whose own certificate names neither the server name of the client hello (SNI) nor a
-- wildcard for it. A wildcard stands for one label: *.example.com is a.example.com, not
-- a.b.example.com. The subject's common name counts only where there are no alternative names.
-- value is the number of connections.
--
-- Severity: high where such a handshake was not completed, else medium.
--
-- severity: medium
-- category: security
-- protocol: tls
-- cause: A server with several names that chose the wrong certificate, or a default one; a name
--   that was forgotten in it.
-- cause: Somebody in between who shows a certificate of his own.
-- remedy: Add the name to the certificate, or the certificate to the server's configuration for
--   that name.
-- remedy: Compare the fingerprint with the one that the server's administrator knows.
-- source: RFC 9525, 6.3: how names are matched.
--
-- column capture_id  The capture.
-- column ts_ns       Client hello of the first connection.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         Who sent the certificate.
-- column value       See the description.
-- column symptoms    What was seen.
-- column packets     Client hello and certificate of the first connections.
-- column severity    How bad it is.
WITH certificates AS (
	SELECT
		k.*,
		t.capture_id,
		t.flow_id,
		t.server_name,
		t.finished_packet_id,
		t.client_hello_packet_id,
		t.client_hello_ts_ns,
		iif(t.direction = 0, f.src, f.dst) AS client,
		iif(k.direction = 0, f.src, f.dst) AS owner,
		iif(k.direction = 0, f.src_port, f.dst_port) AS port,
		p.ts_ns,
		ifnull(k.common_name, k.subject) AS who,
		row_number() OVER (
			PARTITION BY t.capture_id, iif(k.direction = 0, f.src, f.dst), k.sha256
			ORDER BY k.tls_certificate_id
		) AS n
	FROM tls_certificates k
	JOIN tls t ON t.tls_id = k.tls_id
	JOIN flows f ON f.flow_id = t.flow_id
	JOIN packets p ON p.packet_id = k.packet_id
	WHERE k.position = 0
		AND k.direction <> t.direction
		AND t.server_name IS NOT NULL
		AND ifnull(k.names, k.common_name) IS NOT NULL
		AND instr(lower(' ' || ifnull(k.names, k.common_name) || ' '),
			lower(' ' || t.server_name || ' ')) = 0
		AND (instr(t.server_name, '.') = 0
			OR instr(lower(' ' || ifnull(k.names, k.common_name) || ' '),
				lower(' *' || substr(t.server_name, instr(t.server_name, '.')) || ' ')) = 0)
)
SELECT
	capture_id,
	min(ifnull(client_hello_ts_ns, ts_ns)) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('asked for %s, %s sent a certificate for %s; in %d %s, %d of them completed',
		min(server_name), owner, substr(ifnull(names, common_name), 1, 100)
		|| iif(length(ifnull(names, common_name)) > 100, '...', ''), count(DISTINCT tls_id),
		iif(count(DISTINCT tls_id) = 1, 'connection', 'connections'),
		count(DISTINCT iif(finished_packet_id IS NOT NULL, tls_id, NULL))) AS symptoms,
	group_concat(iif(n <= 20, ifnull(client_hello_packet_id || ',', '') || packet_id, NULL))
		AS packets,
	iif(count(finished_packet_id) < count(*), 'high', 'medium') AS severity
FROM certificates
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
