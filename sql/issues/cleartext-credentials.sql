-- Credentials were sent in the clear.
--
-- HTTP requests with an Authorization of the scheme Basic, which is the name and the password in Base64,
-- over connections that are not encrypted; and OSPF packets with a simple password. Anybody on the way can
-- read and use them. Only that they were sent is kept, never what they are. Client, server and protocol
-- together. value is the number of requests or packets.
--
-- severity: high
-- category: security
-- protocol: http
-- cause: A site, device or API that is used over http:// instead of https://.
-- cause: A routing protocol without cryptographic authentication.
-- remedy: Change these passwords: they have been on the wire.
-- remedy: Serve it by TLS only, and redirect http:// before credentials are asked for.
-- remedy: OSPF: cryptographic authentication (RFC 5709, RFC 7474).
-- source: RFC 7617, 4: Basic is not secure without TLS; RFC 2328, D.3.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          Who sent them.
-- column dst          To whom.
-- column value        Requests or packets.
-- column symptoms     What was seen.
-- column packets      They.
-- column title        In a few words.
WITH sent AS (
	SELECT
		capture_id,
		flow_id,
		direction,
		request_ts_ns AS ts_ns,
		request_packet_id AS packet_id,
		'HTTP Basic' AS scheme,
		host AS place
	FROM http
	WHERE credentials = 'basic' AND request_packet_id NOT NULL
	UNION ALL
	SELECT capture_id, flow_id, direction, ts_ns, packet_id, 'OSPF simple password', area
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
		iif(s.direction, f.src, f.dst), counted(count(*), 'time'), ifnull(', for ' || s.place, '')) AS symptoms,
	group_concat(s.packet_id) AS packets,
	'Credentials in the clear: ' || s.scheme AS title
FROM sent s
JOIN flows f ON f.flow_id = s.flow_id
GROUP BY s.capture_id, iif(s.direction, f.dst, f.src), iif(s.direction, f.src, f.dst), s.scheme
ORDER BY count(*) DESC;
