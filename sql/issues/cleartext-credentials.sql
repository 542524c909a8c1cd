-- Credentials were sent in the clear.
--
-- Logins of FTP, mail and HTTP (table credentials) over connections that are not encrypted, with a method
-- that shows the password to anybody on the way; and OSPF packets with a simple password. Methods that do
-- not show it (CRAM-MD5, APOP, Digest ...) do not count. Only that they were sent is kept, never what they
-- are. Client, server and method together. value is the number of logins or packets. Low where all were
-- anonymous.
--
-- severity: high
-- category: security
-- protocol: ip
-- cause: A site, server or device that is used without TLS: http:// instead of https://, FTP, mail without
--    STARTTLS.
-- cause: A routing protocol without cryptographic authentication.
-- remedy: Change these passwords: they have been on the wire.
-- remedy: Serve it by TLS only, and refuse logins before (HTTPS, FTPS or SFTP, STARTTLS).
-- remedy: OSPF: cryptographic authentication (RFC 5709, RFC 7474).
-- source: RFC 7617, 4: Basic is not secure without TLS; RFC 2228, 1; RFC 8314, 3; RFC 2328, D.3.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          Who sent them.
-- column dst          To whom.
-- column value        Logins or packets.
-- column symptoms     What was seen.
-- column packets      They.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column remedy       What to do first.
WITH sent AS ( -- logins and OSPF packets that show a password
	SELECT
		c.capture_id,
		c.flow_id,
		p.direction,
		c.ts_ns,
		c.packet_id,
		upper(c.protocol) || ' ' || c.method AS scheme,
		c.accepted,
		lower(c.user) IN ('anonymous', 'ftp') AS is_anonymous
	FROM credentials c
	JOIN packets p ON p.packet_id = c.packet_id
	WHERE c.method IN ('user', 'login', 'plain', 'basic')
	UNION ALL
	SELECT capture_id, flow_id, direction, ts_ns, packet_id, 'OSPF simple password', NULL, 0
	FROM routing
	WHERE auth_type = 1
)
SELECT
	s.capture_id,
	min(s.ts_ns) AS ts_ns,
	iif(count(DISTINCT s.flow_id) = 1, s.flow_id, NULL) AS flow_id,
	iif(s.direction, f.dst, f.src) AS src,
	iif(s.direction, f.src, f.dst) AS dst,
	count(*) AS value,
	printf('%s sent credentials (%s) to %s %s in the clear%s', iif(s.direction, f.dst, f.src), s.scheme,
		iif(s.direction, f.src, f.dst), counted(count(*), 'time'), CASE
			WHEN min(s.is_anonymous) THEN ', all of them anonymous'
			WHEN sum(s.accepted) > 0 THEN printf(', %d of them accepted', sum(s.accepted))
			ELSE ''
		END) AS symptoms,
	group_concat(s.packet_id) AS packets,
	iif(min(s.is_anonymous), 'low', 'high') AS severity,
	'Credentials in the clear: ' || s.scheme AS title,
	iif(s.scheme LIKE 'OSPF%', 'OSPF: cryptographic authentication (RFC 5709, RFC 7474).', NULL) AS remedy
FROM sent s
JOIN flows f ON f.flow_id = s.flow_id
GROUP BY s.capture_id, iif(s.direction, f.dst, f.src), iif(s.direction, f.src, f.dst), s.scheme
ORDER BY min(s.is_anonymous), count(*) DESC;
