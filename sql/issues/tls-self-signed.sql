-- Certificate is signed by itself.
--
-- Servers whose own certificate (the first they send) is signed with its own key. value is the
-- number of connections with it.
--
-- Severity: low; clients that know the certificate may well trust it. An alert behind it tells
-- of one that does not.
--
-- severity: low
-- category: security
-- protocol: tls
-- cause: A default certificate, or a test set-up; within an organisation also on purpose.
-- remedy: Get a certificate from an authority that the clients trust, or give them this one to
--   trust.
-- source: RFC 5280, 6.1: a path of certificates begins at an authority that the client trusts.
--
-- column capture_id  The capture.
-- column ts_ns       Client hello of the first connection.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         Who sent the certificate.
-- column value       See the description.
-- column symptoms    What was seen.
-- column packets     Client hello and certificate of the first connections.
WITH certificates AS (
	SELECT
		k.tls_id,
		k.packet_id,
		k.sha256,
		t.capture_id,
		t.flow_id,
		t.client_hello_packet_id,
		t.client_hello_ts_ns,
		iif(t.direction = 0, f.src, f.dst) AS client,
		iif(k.direction = 0, f.src, f.dst) AS owner,
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
	WHERE k.position = 0 AND k.self_signed = 1 AND k.direction <> t.direction
)
SELECT
	capture_id,
	min(ifnull(client_hello_ts_ns, ts_ns)) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('%s sent a certificate of %s that is signed by itself, in %d %s', owner, who,
		count(DISTINCT tls_id),
		iif(count(DISTINCT tls_id) = 1, 'connection', 'connections')) AS symptoms,
	group_concat(iif(n <= 20, ifnull(client_hello_packet_id || ',', '') || packet_id, NULL))
		AS packets
FROM certificates
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
