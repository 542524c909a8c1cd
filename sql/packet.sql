-- One packet, field by field and byte by byte, dissected afresh from the capture file.
--
-- topic: traffic
--
--   tcp, 20 bytes at 34
--       34  tcp.srcport   50182
--
-- In front of each field's name stands where it begins in the frame. Names and values of fields are Wireshark's; a TCP
-- sequence number is as in the header. Of protocols that pcapdex only knows by name, and of what they carry, only the
-- length is shown. The capture file must be as it was ingested; --source-dir DIR says where else to look for it.
--
-- Messages above TCP and UDP may be of several packets. Those that this packet completes are told from the case's tables,
-- by their columns: dns, http, tls, routing, dhcp. Of a datagram in fragments, the packet that completes it is followed by
-- the numbers of its packets, and by what the datagram carries above its innermost header.
--
-- In a case with several captures, the packets with this number of all of them are shown, unless --capture names one.
--
-- param :number packet required   Number of the packet in the capture: Wireshark's frame.number.
-- param :capture
WITH chosen AS MATERIALIZED ( -- packets with this number, one of each capture
	SELECT
		p.*,
		c.name AS capture,
		i.link_type,
		i.fcs_len,
		packet_bytes(p.packet_id) AS bytes
	FROM captures c
	JOIN packets p ON p.packet_id = c.first_packet_id + :number - 1 AND p.capture_id = c.capture_id
	JOIN interfaces i USING (interface_id)
	WHERE :capture IS NULL OR c.capture_id = :capture
)

-- section[table,text]: Packet
WITH
messages(packet_id, place, message, fields) AS ( -- that the packet completes
	SELECT
		c.packet_id,
		1e9 + d.dns_id * 2 + r.is_response,
		d.variant || iif(r.is_response, ' response', ' query') || ', dns_id ' || d.dns_id,
		iif(
			r.is_response,
			json_object(
				'transaction_id', d.transaction_id, 'name', d.name, 'type_name', d.type_name,
				'rcode_name', d.rcode_name, 'authoritative', d.authoritative, 'truncated', d.truncated,
				'answers', d.answers, 'addresses', d.addresses, 'cname', d.cname, 'ttl_min', d.ttl_min,
				'query_number', (SELECT q.number FROM packets q WHERE q.packet_id = d.query_packet_id)
			),
			json_object(
				'transaction_id', d.transaction_id, 'name', d.name, 'type_name', d.type_name, 'class', d.class,
				'recursion_desired', d.recursion_desired, 'edns_udp_size', d.edns_udp_size,
				'answer_number', (SELECT a.number FROM packets a WHERE a.packet_id = d.answer_packet_id)
			)
		)
	FROM (SELECT 0 AS is_response UNION ALL SELECT 1) r
	CROSS JOIN chosen c
	CROSS JOIN dns d ON c.packet_id = iif(r.is_response, d.answer_packet_id, d.query_packet_id)
	UNION ALL
	SELECT
		c.packet_id,
		2e9 + h.http_id * 2 + r.is_response,
		iif(r.is_response, 'http response', 'http request') || ', http_id ' || h.http_id,
		iif(
			r.is_response,
			json_object(
				'status', h.status, 'reason', h.reason, 'server', h.server, 'content_type', h.content_type,
				'location', h.location, 'response_header_bytes', h.response_header_bytes,
				'response_body_bytes', h.response_body_bytes, 'response_complete', h.response_complete,
				'request_number', (SELECT q.number FROM packets q WHERE q.packet_id = h.request_packet_id)
			),
			json_object(
				'method', h.method, 'host', h.host, 'target', h.target, 'user_agent', h.user_agent,
				'request_content_type', h.request_content_type, 'referer', h.referer,
				'request_header_bytes', h.request_header_bytes, 'request_body_bytes', h.request_body_bytes,
				'response_number', (SELECT a.number FROM packets a WHERE a.packet_id = h.response_packet_id)
			)
		)
	FROM (SELECT 0 AS is_response UNION ALL SELECT 1) r
	CROSS JOIN chosen c
	CROSS JOIN http h ON c.packet_id = iif(r.is_response, h.response_packet_id, h.request_packet_id)
	UNION ALL
	SELECT
		c.packet_id,
		3e9 + t.tls_id * 2 + r.is_server,
		iif(r.is_server, 'tls server hello', 'tls client hello') || ', tls_id ' || t.tls_id,
		iif(
			r.is_server,
			json_object(
				'version', t.version, 'cipher_name', t.cipher_name, 'alpn', t.alpn, 'resumed', t.resumed,
				'ja3s', t.ja3s
			),
			json_object(
				'client_version', t.client_version, 'server_name', t.server_name,
				'alpn_offered', t.alpn_offered, 'quic_version', t.quic_version, 'ja3', t.ja3, 'ja4', t.ja4
			)
		)
	FROM (SELECT 0 AS is_server UNION ALL SELECT 1) r
	CROSS JOIN chosen c
	CROSS JOIN tls t ON c.packet_id = iif(r.is_server, t.server_hello_packet_id, t.client_hello_packet_id)
	UNION ALL
	SELECT
		c.packet_id,
		4e9 + t.tls_certificate_id,
		'tls certificate, tls_certificate_id ' || t.tls_certificate_id,
		json_object(
			'position', t.position, 'subject', t.subject, 'issuer', t.issuer, 'names', t.names,
			'not_before', iso_time(t.not_before_ts_ns), 'not_after', iso_time(t.not_after_ts_ns),
			'key_type', t.key_type, 'key_bits', t.key_bits
		)
	FROM chosen c
	CROSS JOIN tls_certificates t ON t.packet_id = c.packet_id
	UNION ALL
	SELECT
		c.packet_id,
		5e9 + t.tls_alert_id,
		'tls alert, tls_alert_id ' || t.tls_alert_id,
		json_object('level', t.level, 'name', t.name)
	FROM chosen c
	CROSS JOIN tls_alerts t ON t.packet_id = c.packet_id
	UNION ALL
	SELECT
		c.packet_id,
		6e9 + r.routing_id,
		r.protocol || ' ' || r.type || ', routing_id ' || r.routing_id,
		json_object(
			'router_id', r.router_id, 'as_number', r.as_number, 'hold_time_s', r.hold_time_s,
			'announced', r.announced, 'withdrawn', r.withdrawn, 'prefixes', r.prefixes, 'next_hop', r.next_hop,
			'as_path', r.as_path, 'reason', r.reason, 'communication', r.communication, 'area', r.area,
			'hello_interval_s', r.hello_interval_s, 'dead_interval_s', r.dead_interval_s, 'dr', r.dr,
			'bdr', r.bdr, 'neighbors', r.neighbors, 'mtu', r.mtu, 'lsas', r.lsas, 'lsa_types', r.lsa_types
		)
	FROM chosen c
	CROSS JOIN routing r ON r.packet_id = c.packet_id
	UNION ALL
	SELECT
		c.packet_id,
		7e9 + d.dhcp_id,
		'dhcp ' || d.message || ', dhcp_id ' || d.dhcp_id,
		json_object(
			'transaction_id', d.transaction_id, 'client_mac', d.client_mac, 'client_address', d.client_address,
			'your_address', d.your_address, 'requested_address', d.requested_address, 'server_id', d.server_id,
			'lease_s', d.lease_s, 'subnet_mask', d.subnet_mask, 'routers', d.routers,
			'dns_servers', d.dns_servers, 'domain', d.domain, 'host_name', d.host_name, 'error', d.error
		)
	FROM chosen c
	CROSS JOIN dhcp d ON d.packet_id = c.packet_id
),
pieces(packet_id, first_packet_id, piece_id, previous_packet_id) AS ( -- of the datagrams that the packet completes
	SELECT c.packet_id, f.first_packet_id, f.packet_id, f.previous_packet_id
	FROM chosen c
	JOIN fragments f ON f.fragment_id BETWEEN 4 * c.packet_id AND 4 * c.packet_id + 3
	WHERE f.completes
	UNION
	SELECT s.packet_id, s.first_packet_id, f.packet_id, f.previous_packet_id
	FROM pieces s
	JOIN fragments f ON f.fragment_id BETWEEN 4 * s.previous_packet_id AND 4 * s.previous_packet_id + 3
	WHERE f.first_packet_id = s.first_packet_id
),
datagrams AS MATERIALIZED ( -- those that the packets complete; numbers: of all their packets
	SELECT
		s.packet_id,
		(
			SELECT group_concat(p.number, ' ')
			FROM (SELECT DISTINCT piece_id FROM pieces WHERE packet_id = s.packet_id ORDER BY piece_id) d
			JOIN packets p ON p.packet_id = d.piece_id
		) AS numbers,
		packet_payload(s.packet_id) AS payload
	FROM pieces s
	GROUP BY s.packet_id
),
lines(packet_id, part, place, line) AS ( -- part: 1 title, 2 fields, 3 messages, 4 bytes, 5 datagram
	SELECT
		packet_id,
		1,
		0,
		printf(
			'packet %d of %s: %s, %d bytes on the wire, %d captured',
			number,
			replace(capture, char(10), '\n'),
			iso_time(ts_ns),
			wire_len,
			captured_len
		)
	FROM chosen
	UNION ALL
	SELECT
		c.packet_id,
		2,
		f.key,
		iif(
			f.value ->> 'field' IS NULL,
			printf(
				'%s, %d bytes at %d%s',
				f.value ->> 'layer',
				f.value ->> 'length',
				f.value ->> 'offset',
				ifnull(' (' || (f.value ->> 'meaning') || ')', '')
			),
			printf(
				'  %6d  %-28s  %s%s',
				f.value ->> 'offset',
				f.value ->> 'field',
				f.value ->> 'value',
				ifnull(' (' || (f.value ->> 'meaning') || ')', '')
			)
		)
	FROM chosen c, json_each(packet_fields(c.bytes, c.link_type, c.wire_len, c.fcs_len)) f
	UNION ALL
	SELECT
		m.packet_id,
		3,
		m.place || printf(' %06d', f.id),
		iif(f.key IS NULL, char(10) || m.message, printf('          %-26s  %s', f.key, f.atom))
	FROM messages m, json_tree(m.fields) f
	WHERE f.key IS NULL OR f.atom IS NOT NULL
	UNION ALL
	SELECT packet_id, 4, 0, char(10) || hex_dump(bytes)
	FROM chosen
	WHERE captured_len > 0
	UNION ALL
	SELECT
		packet_id,
		5,
		0,
		printf('%spayload of the datagram in packets %s, %d bytes', char(10), numbers, length(payload))
			|| iif(length(payload) > 0, char(10) || char(10) || hex_dump(payload), '')
	FROM datagrams
)
SELECT line
FROM lines
ORDER BY packet_id, part, place;

-- section: Packet
-- column capture   Name of the capture.
-- column number    Packet number in the capture.
-- column layer     Protocol, as in the packet's stack; first frame, last payload and trailer.
-- column field     Name of the field; empty: the row is the layer.
-- column value     Its value.
-- column meaning   What the value means, in words, where there is one; of a layer: what is wrong with it.
-- column offset    Where it begins in the frame, bytes.
-- column length    Bytes that it is in.
-- column bytes     These bytes, as hex digits.
WITH fields AS ( -- fields and layers; place: their order, -1 the whole frame
	SELECT
		packet_id,
		-1 AS place,
		'frame' AS layer,
		NULL AS field,
		NULL AS value,
		NULL AS meaning,
		0 AS offset,
		captured_len AS length
	FROM chosen
	UNION ALL
	SELECT
		c.packet_id,
		f.key,
		f.value ->> 'layer',
		f.value ->> 'field',
		f.value ->> 'value',
		f.value ->> 'meaning',
		f.value ->> 'offset',
		f.value ->> 'length'
	FROM chosen c, json_each(packet_fields(c.bytes, c.link_type, c.wire_len, c.fcs_len)) f
)
SELECT
	c.capture,
	c.number,
	f.layer,
	f.field,
	f.value,
	f.meaning,
	f.offset,
	f.length,
	lower(hex(substr(c.bytes, f.offset + 1, f.length))) AS bytes
FROM chosen c
JOIN fields f USING (packet_id)
ORDER BY packet_id, f.place;
