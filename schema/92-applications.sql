-- What is above TCP and UDP, as people read it: who asked whom, packet numbers, milliseconds.

-- DNS transactions. The client is who asked, or was to get the response.
CREATE VIEW dns_list AS
SELECT
	d.dns_id,
	d.capture_id,
	c.name AS capture, -- name of its capture
	d.flow_id,
	ifnull(d.query_ts_ns, d.answer_ts_ns) AS ts_ns, -- of the query, or of a response without one
	(ifnull(d.query_ts_ns, d.answer_ts_ns) - c.first_ts_ns) / 1e9 AS time_s, -- since the capture's first packet
	d.variant,
	d.transport,
	d.kind,
	d.name,
	d.type_name,
	d.rcode,
	d.rcode_name,
	d.truncated,
	d.addresses,
	d.cname,
	d.ttl_min,
	d.rtt_ns,
	d.rtt_ns / 1e6 AS rtt_ms, -- from the query to its answer
	d.retransmissions,
	d.query_packet_id - c.first_packet_id + 1 AS query_number, -- packet number
	d.answer_packet_id - c.first_packet_id + 1 AS answer_number, -- packet number
	d.answer_ts_ns,
	iif(d.direction, f.dst, f.src) AS client, -- who asks
	iif(d.direction, f.dst_port, f.src_port) AS client_port, -- its port
	iif(d.direction, f.src, f.dst) AS server, -- who is asked
	iif(d.direction, f.src_port, f.dst_port) AS server_port, -- its port
	d.malformed
FROM dns d
JOIN flows f ON f.flow_id = d.flow_id
JOIN captures c ON c.capture_id = d.capture_id;

-- Truncated answers over UDP, and whether their client asked that server again over TCP (RFC 7766, 5).
CREATE VIEW dns_retries AS
WITH
asked AS ( -- truncated answers over UDP, and queries over TCP
	SELECT capture_id, client, server, lower(name) AS name, type_name, dns_id, answer_ts_ns AS ts_ns,
		NULL AS query_number, NULL AS query_ts_ns
	FROM dns_list
	WHERE truncated AND transport = 'udp'
	UNION ALL
	SELECT d.capture_id, d.client, d.server, lower(d.name), d.type_name, NULL, d.ts_ns, d.query_number, d.ts_ns
	FROM (SELECT 1 FROM dns WHERE truncated LIMIT 1) -- if none, no more is read
	CROSS JOIN dns_list d
	WHERE d.transport = 'tcp' AND d.query_number NOT NULL
),
followed AS ( -- both, each with the first query over TCP behind it
	SELECT dns_id, ts_ns, min(query_number) OVER later AS query_number, min(query_ts_ns) OVER later AS query_ts_ns
	FROM asked
	WINDOW later AS (PARTITION BY capture_id, client, server, name, type_name ORDER BY ts_ns DESC)
)
SELECT
	dns_id, -- of the truncated answer
	query_number AS retry_number, -- packet number of the first query over TCP behind it; NULL: none came
	(query_ts_ns - ts_ns) / 1e6 AS retry_ms -- from the answer to that query
FROM followed
WHERE dns_id NOT NULL;

-- HTTP requests with their responses.
CREATE VIEW http_list AS
SELECT
	h.http_id,
	h.capture_id,
	c.name AS capture, -- name of its capture
	h.flow_id,
	ifnull(h.request_ts_ns, h.response_ts_ns) AS ts_ns, -- of the request, or of a response without one
	(ifnull(h.request_ts_ns, h.response_ts_ns) - c.first_ts_ns) / 1e9 AS time_s, -- since the capture's first packet
	h.method,
	h.host,
	h.target,
	h.status,
	h.reason,
	h.first_byte_ns / 1e6 AS first_byte_ms, -- from the end of the request to the first byte of the response
	h.last_byte_ns / 1e6 AS last_byte_ms, -- to its last byte
	h.request_body_bytes,
	h.response_body_bytes,
	h.content_type,
	h.user_agent,
	h.server AS software, -- the response's Server header
	h.request_packet_id - c.first_packet_id + 1 AS request_number, -- packet number
	h.response_packet_id - c.first_packet_id + 1 AS response_number, -- packet number
	iif(h.direction, f.dst, f.src) AS client, -- who asks
	iif(h.direction, f.dst_port, f.src_port) AS client_port, -- its port
	iif(h.direction, f.src, f.dst) AS server, -- who is asked
	iif(h.direction, f.src_port, f.dst_port) AS server_port, -- its port
	h.pipelined,
	h.response_complete,
	h.missing_bytes,
	h.upgrade
FROM http h
JOIN flows f ON f.flow_id = h.flow_id
JOIN captures c ON c.capture_id = h.capture_id;

-- TLS connections.
CREATE VIEW tls_list AS
SELECT
	t.tls_id,
	t.capture_id,
	c.name AS capture, -- name of its capture
	t.flow_id,
	ifnull(t.client_hello_ts_ns, f.first_ts_ns) AS ts_ns, -- of the client hello, or of the flow's first packet
	(ifnull(t.client_hello_ts_ns, f.first_ts_ns) - c.first_ts_ns) / 1e9 AS time_s, -- since the capture's first packet
	iif(t.direction, f.dst, f.src) AS client, -- who asks
	iif(t.direction, f.dst_port, f.src_port) AS client_port, -- its port
	iif(t.direction, f.src, f.dst) AS server, -- who is asked
	iif(t.direction, f.src_port, f.dst_port) AS server_port, -- its port
	t.server_name,
	t.version,
	t.client_version,
	t.cipher_name,
	t.alpn,
	t.resumed,
	t.server_hello_ns / 1e6 AS server_hello_ms, -- from the client hello to the server hello
	t.finished_ns / 1e6 AS finished_ms, -- from the client hello to the end of the handshake
	t.client_hello_packet_id - c.first_packet_id + 1 AS client_hello_number, -- packet number
	t.server_hello_packet_id - c.first_packet_id + 1 AS server_hello_number, -- packet number
	t.finished_packet_id - c.first_packet_id + 1 AS finished_number, -- packet number
	t.alert,
	iif(t.alert_direction IS NULL, NULL, iif(t.alert_direction = t.direction, 'client', 'server')) AS alert_by, -- client or server
	t.ja3,
	t.ja3s,
	t.ja4
FROM tls t
JOIN flows f ON f.flow_id = t.flow_id
JOIN captures c ON c.capture_id = t.capture_id;
