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
SELECT
	capture_id,
	min(begun_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	owner AS dst,
	count(DISTINCT tls_id) AS value,
	printf('%s sent a certificate of %s that is signed by itself, in %s', owner, who,
		counted(count(DISTINCT tls_id), 'connection')) AS symptoms,
	first_few(packets, tls_certificate_id, 20) AS packets
FROM tls_certificates_sent
WHERE position = 0 AND self_signed = 1 AND by_server
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
