-- Certificate is not valid yet.
--
-- Certificates whose time had not begun when they were sent, by the capture's clock. value is
-- the number of days until then.
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
WITH certificates AS (
	SELECT
		k.tls_id,
		k.packet_id,
		k.sha256,
		k.not_before_ts_ns,
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
	WHERE k.not_before_ts_ns > p.ts_ns AND (k.position = 0 OR NOT ifnull(k.self_signed, 0))
)
SELECT
	capture_id,
	min(ifnull(client_hello_ts_ns, ts_ns)) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	owner AS dst,
	max(not_before_ts_ns - ts_ns) / 86400e9 AS value,
	printf('%s sent a certificate of %s that is valid from %s on, %.1f days later; in %d %s', owner,
		who, substr(iso_time(not_before_ts_ns), 1, 10), max(not_before_ts_ns - ts_ns) / 86400e9,
		count(DISTINCT tls_id),
		iif(count(DISTINCT tls_id) = 1, 'connection', 'connections')) AS symptoms,
	group_concat(iif(n <= 20, ifnull(client_hello_packet_id || ',', '') || packet_id, NULL))
		AS packets
FROM certificates
GROUP BY capture_id, owner, sha256
ORDER BY value DESC;
