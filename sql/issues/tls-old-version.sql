-- TLS version is obsolete.
--
-- Connections whose server chose SSL 3.0, TLS 1.0 or TLS 1.1, by server and version. value is
-- the number of connections.
--
-- Severity: high for SSL, medium for the others.
--
-- severity: medium
-- category: compliance
-- protocol: tls
-- cause: An old server or client, or a configuration that still allows old versions.
-- remedy: Allow TLS 1.2 and 1.3 alone, at the server and at the client; see first which clients
--   offer no more (tls.client_version).
-- source: RFC 7568 (SSL 3.0 must not be used), RFC 8996 (TLS 1.0 and 1.1 must not be used).
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
WITH connections AS ( -- those with an obsolete version
	SELECT
		t.*,
		iif(t.direction = 0, f.src, f.dst) AS client,
		iif(t.direction = 0, f.dst, f.src) AS server,
		iif(t.direction = 0, f.dst_port, f.src_port) AS port
	FROM tls t
	JOIN flows f ON f.flow_id = t.flow_id
	WHERE t.version IN ('SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1')
)
SELECT
	capture_id,
	min(client_hello_ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	server AS dst,
	count(*) AS value,
	printf('%s to %s port %d%s used %s; %s', counted(count(*), 'connection'), server, port,
		ifnull(' (' || max(server_name) || ')', ''), version,
		ifnull('the clients offered up to ' || max(client_version), 'no client hello was seen')) AS symptoms,
	first_few(ifnull(client_hello_packet_id || ',', '') || server_hello_packet_id, tls_id, 20) AS packets,
	iif(version LIKE 'SSL%', 'high', 'medium') AS severity
FROM connections
GROUP BY capture_id, server, port, version
ORDER BY value DESC;
