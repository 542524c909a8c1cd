-- TLS.
--
-- Versions and ciphers that were agreed on, certificates in the clear, and alerts.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section: Versions and ciphers
-- column version       Negotiated version; no server hello: the handshake did not get so far.
-- column cipher        Negotiated cipher suite.
-- column connections   Connections with both.
-- column finished      Of them, those whose handshake was finished.
-- column server        One of the servers.
SELECT
	ifnull(t.version, 'no server hello') AS version,
	t.cipher_name AS cipher,
	count(*) AS connections,
	count(t.finished_ns) AS finished,
	max(ifnull(t.server_name, iif(t.direction, f.src, f.dst))) AS server
FROM tls t
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR t.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1, 2
ORDER BY 3 DESC, 1
LIMIT 12;

-- section: Certificates of servers, those that end first first
-- column common_name   Of the subject.
-- column issuer        Who signed it.
-- column not_after     End of its validity.
-- column days_left     Days from the connection to that end; negative: it had ended.
-- column key           Kind and size of the key.
-- column remark        What is unusual about it.
-- column connections   Connections that showed it.
-- column number        The first packet that completes it.
WITH
shown AS ( -- each time that a server sent its own certificate; place: of the same one
	SELECT
		x.*,
		p.ts_ns,
		count(*) OVER (PARTITION BY x.sha256) AS connections,
		row_number() OVER (PARTITION BY x.sha256 ORDER BY x.packet_id) AS place
	FROM tls_certificates x
	JOIN tls t USING (tls_id)
	JOIN flows f USING (flow_id)
	JOIN packets p ON p.packet_id = x.packet_id
	WHERE x.position = 0
		AND x.direction <> t.direction
		AND (:capture IS NULL OR t.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
)
SELECT
	ifnull(common_name, subject) AS common_name,
	issuer,
	substr(iso_time(not_after_ts_ns), 1, 10) AS not_after,
	(not_after_ts_ns - ts_ns) / 86400000000000 AS days_left,
	key_type || ' ' || key_bits AS "key",
	nullif(ltrim(
		iif(not_after_ts_ns < ts_ns, ', expired', '')
			|| iif(not_before_ts_ns > ts_ns, ', not yet valid', '')
			|| iif(self_signed, ', self-signed', '')
			|| iif(key_type = 'RSA' AND key_bits < 2048, ', short key', '')
			|| iif(signature_algorithm LIKE '%sha1%' OR signature_algorithm LIKE '%md5%', ', weak signature', ''),
		', '
	), '') AS remark,
	connections,
	(SELECT label FROM packet_labels l WHERE l.packet_id = shown.packet_id) AS number
FROM shown
WHERE place = 1
ORDER BY not_after_ts_ns, packet_id
LIMIT 15;

-- section: Alerts in the clear
-- column alert          Name of the alert.
-- column level          warning or fatal.
-- column sent_by        client or server.
-- column server         Server name, or else the server's address.
-- column alerts         How many.
-- column first_number   The first of them.
WITH found AS ( -- alerts of one name, level, sender and server
	SELECT
		a.name AS alert,
		a.level,
		iif(a.direction = t.direction, 'client', 'server') AS sent_by,
		ifnull(t.server_name, iif(t.direction, f.src, f.dst)) AS server,
		count(*) AS alerts,
		min(a.packet_id) AS packet_id
	FROM tls_alerts a
	JOIN tls t USING (tls_id)
	JOIN flows f USING (flow_id)
	WHERE a.name IS NOT NULL
		AND (:capture IS NULL OR t.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY 1, 2, 3, 4
	ORDER BY a.level = 'fatal' DESC, 5 DESC, 6
	LIMIT 12
)
SELECT
	alert,
	level,
	sent_by,
	server,
	alerts,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
