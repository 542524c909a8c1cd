-- TLS cipher suite is weak.
--
-- Connections whose server chose a cipher suite without encryption or authentication, or with
-- export ciphers, RC2, RC4, DES or 3DES, or MD5, by server and suite. value is the number of
-- connections.
--
-- Severity: high for NULL, anonymous, export and DES suites; medium for the others.
--
-- severity: medium
-- category: security
-- protocol: tls
-- cause: An old server or client, or a configuration that allows old suites.
-- remedy: Leave these suites out of the server's configuration; see first which clients offer
--   nothing better.
-- source: RFC 9325, 4.1 (recommendations for TLS), RFC 7465 (RC4 must not be used).
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Connections.
-- column symptoms    What was seen.
-- column packets     Hellos of the first connections.
-- column severity    How bad it is.
WITH connections AS ( -- those with a weak cipher suite
	SELECT
		t.*,
		iif(t.direction = 0, f.src, f.dst) AS client,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port
	FROM tls t
	JOIN flows f ON f.flow_id = t.flow_id
	WHERE t.cipher_name LIKE '%\_NULL\_%' ESCAPE '\'
		OR t.cipher_name LIKE '%\_anon\_%' ESCAPE '\'
		OR t.cipher_name LIKE '%EXPORT%'
		OR t.cipher_name LIKE '%RC4%'
		OR t.cipher_name LIKE '%RC2%'
		OR t.cipher_name LIKE '%DES%'
		OR t.cipher_name LIKE '%\_MD5' ESCAPE '\'
)
SELECT
	capture_id,
	min(client_hello_ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	server AS dst,
	count(*) AS value,
	printf('%s to %s port %d%s used %s (%s)', counted(count(*), 'connection'), server, port,
		ifnull(' (' || max(server_name) || ')', ''), cipher_name, max(version)) AS symptoms,
	first_few(ifnull(client_hello_packet_id || ',', '') || server_hello_packet_id, tls_id, 20) AS packets,
	iif(cipher_name LIKE '%NULL%' OR cipher_name LIKE '%anon%' OR cipher_name LIKE '%EXPORT%'
		OR cipher_name LIKE '%\_DES\_%' ESCAPE '\', 'high', 'medium') AS severity
FROM connections
GROUP BY capture_id, server, port, cipher_name
ORDER BY value DESC;
