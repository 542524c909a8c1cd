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
SELECT
	capture_id,
	min(begun_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('asked for %s, %s sent a certificate for %s; in %s, %d of them completed',
		min(server_name), owner, substr(ifnull(names, common_name), 1, 100)
		|| iif(length(ifnull(names, common_name)) > 100, '...', ''),
		counted(count(DISTINCT tls_id), 'connection'),
		count(DISTINCT iif(finished_packet_id IS NOT NULL, tls_id, NULL))) AS symptoms,
	first_few(packets, tls_certificate_id, 20) AS packets,
	iif(count(finished_packet_id) < count(*), 'high', 'medium') AS severity
FROM tls_certificates_sent
WHERE position = 0
	AND by_server
	AND server_name IS NOT NULL
	AND ifnull(names, common_name) IS NOT NULL
	AND instr(lower(' ' || ifnull(names, common_name) || ' '), lower(' ' || server_name || ' ')) = 0
	AND (instr(server_name, '.') = 0
		OR instr(lower(' ' || ifnull(names, common_name) || ' '),
			lower(' *' || substr(server_name, instr(server_name, '.')) || ' ')) = 0)
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
