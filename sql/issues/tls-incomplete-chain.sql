-- Certificate chain is incomplete.
--
-- Servers that send their own certificate without the one that signed it: it is not signed by
-- itself, and no other certificate of the message has its issuer as subject. value is the
-- number of connections. A certificate that a root signs directly looks the same.
--
-- severity: medium
-- category: configuration
-- protocol: tls
-- cause: The server's configuration has its own certificate alone, without the intermediate ones.
-- remedy: Put the intermediate certificates behind the server's own into its chain file; browsers
--   that know them hide the fault, other clients fail.
-- source: RFC 5246, 7.4.2: each certificate must be certified by the one that follows; only the
--   root may be left out.
--
-- column capture_id  The capture.
-- column ts_ns       Client hello of the first connection.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         Who sent the certificate.
-- column value       See the description.
-- column symptoms    What was seen.
-- column packets     Client hello and certificate of the first connections.
WITH
issuers AS MATERIALIZED (
	SELECT tls_id, subject
	FROM tls_certificates
	WHERE position > 0
),
certificates AS (
	SELECT
		k.tls_id,
		k.packet_id,
		k.sha256,
		k.issuer,
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
	WHERE k.position = 0
		AND k.self_signed = 0
		AND k.direction <> t.direction
		AND NOT EXISTS (
			SELECT 1
			FROM issuers s
			WHERE s.tls_id = k.tls_id AND s.subject = k.issuer
		)
)
SELECT
	capture_id,
	min(ifnull(client_hello_ts_ns, ts_ns)) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('%s sent a certificate of %s without that of its issuer, %s; in %d %s', owner, who,
		substr(max(issuer), max(0, instr(max(issuer), 'CN=')), 80), count(DISTINCT tls_id),
		iif(count(DISTINCT tls_id) = 1, 'connection', 'connections')) AS symptoms,
	group_concat(iif(n <= 20, ifnull(client_hello_packet_id || ',', '') || packet_id, NULL))
		AS packets
FROM certificates
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
