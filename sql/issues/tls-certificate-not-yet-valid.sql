-- Certificate is not valid yet.
--
-- Certificates whose time had not begun when they were sent, by the capture's clock. value is
-- the number of days until then. Low where the capture is older than TLS by its clock (before
-- 1995), and a client finished a handshake all the same: then it is that clock which is wrong.
--
-- severity: high
-- category: configuration
-- protocol: tls
-- cause: A clock that is wrong: of the host that made the certificate, or of the capturing host.
-- cause: A certificate put in place too early.
-- remedy: Compare the clocks; set them with NTP.
-- remedy: Put the former certificate back until the new one is valid.
-- source: RFC 5280, 4.1.2.5: validity begins with notBefore.
--
-- column capture_id  The capture.
-- column ts_ns       Client hello of the first connection.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         Who sent the certificate.
-- column value       See the description.
-- column symptoms    What was seen.
-- column packets     Client hello and certificate of the first connections.
-- column severity    low, medium, high or critical.
-- column cause       What usually causes it; NULL: as above.
SELECT
	capture_id,
	min(begun_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	owner AS dst,
	max(not_before_ts_ns - ts_ns) / 86400e9 AS value,
	printf('%s sent a certificate of %s that is valid from %s on, %.1f days later; in %s', owner,
		who, substr(iso_time(not_before_ts_ns), 1, 10), max(not_before_ts_ns - ts_ns) / 86400e9,
		counted(count(DISTINCT tls_id), 'connection')) AS symptoms,
	first_few(packets, tls_certificate_id, 20) AS packets,
	iif(max(ts_ns) < 788918400e9 AND count(finished_packet_id) > 0, 'low', 'high') AS severity,
	iif(
		max(ts_ns) < 788918400e9 AND count(finished_packet_id) > 0,
		'The capture''s clock was not set, or its times were made anew.',
		NULL
	) AS cause
FROM tls_certificates_sent
WHERE not_before_ts_ns > ts_ns AND (position = 0 OR NOT ifnull(self_signed, 0))
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
