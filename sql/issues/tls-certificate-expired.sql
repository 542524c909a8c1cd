-- Certificate has expired.
--
-- Certificates whose time was over when they were sent, by the capture's clock; of a chain,
-- each but the root. value is the number of days since. Certificates of TLS 1.3 are encrypted
-- and cannot be seen.
--
-- Severity: high; medium for one that is signed by itself, which nobody accepts who checks.
--
-- severity: high
-- category: configuration
-- protocol: tls
-- cause: The certificate was not renewed, or the renewed one was not put in place (a server that
--   was not reloaded).
-- remedy: Renew it and reload the server; look at every server behind a load balancer.
-- remedy: Check the clock of the capturing host if everything seems expired.
-- source: RFC 5280, 4.1.2.5: validity ends with notAfter.
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
	max(ts_ns - not_after_ts_ns) / 86400e9 AS value,
	printf('%s sent a certificate of %s that expired on %s, %.1f days before; in %s%s', owner,
		who, substr(iso_time(not_after_ts_ns), 1, 10), max(ts_ns - not_after_ts_ns) / 86400e9,
		counted(count(DISTINCT tls_id), 'connection'),
		iif(self_signed, '; it is signed by itself', '')) AS symptoms,
	first_few(packets, tls_certificate_id, 20) AS packets,
	iif(self_signed, 'medium', 'high') AS severity
FROM tls_certificates_sent
WHERE not_after_ts_ns < ts_ns AND (position = 0 OR NOT ifnull(self_signed, 0))
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
