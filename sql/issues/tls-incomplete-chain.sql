-- Certificate chain is incomplete.
--
-- Servers that send their own certificate without the one that signed it: it is not signed by
-- itself, and no other certificate of the message has its issuer as subject. value is the
-- number of connections. A certificate that a root signs directly looks the same. An issuer
-- without a name is none of a public chain: the two ends know each other.
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
issuers AS MATERIALIZED ( -- certificates behind the first of a message
	SELECT tls_id, subject
	FROM tls_certificates
	WHERE position > 0
),
certificates AS ( -- of servers, sent without that of their issuer
	SELECT *
	FROM tls_certificates_sent k
	WHERE position = 0
		AND self_signed = 0
		AND by_server
		AND issuer <> ''
		AND NOT EXISTS (
			SELECT 1
			FROM issuers s
			WHERE s.tls_id = k.tls_id AND s.subject = k.issuer
		)
)
SELECT
	capture_id,
	min(begun_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('%s sent a certificate of %s without that of its issuer, %s; in %s', owner, who,
		substr(max(issuer), max(0, instr(max(issuer), 'CN=')), 80),
		counted(count(DISTINCT tls_id), 'connection')) AS symptoms,
	first_few(packets, tls_certificate_id, 20) AS packets
FROM certificates
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
