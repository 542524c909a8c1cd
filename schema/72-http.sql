-- HTTP/1.0 and 1.1: requests and their responses.

-- One row a request and its final response; responses without a request in the capture, and interim ones (1xx), have
-- rows of their own. Responses belong to requests in their order (RFC 9112, 9.3), pipelined or not; where the capture
-- lost bytes, sequence and acknowledgment numbers tell which ones are lost.
CREATE TABLE http (
	http_id                  INTEGER PRIMARY KEY, -- in the order in which the transactions ended
	capture_id               INTEGER NOT NULL REFERENCES captures, -- the capture
	flow_id                  INTEGER NOT NULL REFERENCES flows, -- the connection
	direction                INTEGER NOT NULL, -- of the request: 0 from the flow's src
	method                   TEXT, -- GET, POST ...; NULL: the request is not in the capture
	host                     TEXT, -- Host header; NULL none
	target                   TEXT, -- as in the request line: a path, an URI, an authority; the first 8192 bytes
	status                   INTEGER, -- 200; NULL: no response
	reason                   TEXT, -- the words behind the status
	request_version          TEXT, -- 1.0, 1.1; as it says
	response_version         TEXT, -- the same
	request_packet_id        INTEGER REFERENCES packets, -- the packet with the request's last byte (Wireshark's http.request), as far as it was sent; it may come behind the response
	request_first_packet_id  INTEGER REFERENCES packets, -- the packet with its first byte
	response_first_packet_id INTEGER REFERENCES packets, -- the packet with the response's first byte
	response_packet_id       INTEGER REFERENCES packets, -- the packet with the response's last byte, as far as it was captured; of one that the connection's end ends, the FIN's
	request_ts_ns            INTEGER, -- of request_packet_id, ns since 1970 UTC
	response_ts_ns           INTEGER, -- of response_packet_id
	first_byte_ns            INTEGER, -- last byte of the request to first byte of the response; NULL: that came before the request had ended
	last_byte_ns             INTEGER, -- last byte of the request to last byte of the response (Wireshark's http.time); NULL: the same, or the last byte is not in the capture
	request_header_bytes     INTEGER, -- request line and header fields, with the empty line
	request_body_bytes       INTEGER, -- as sent: with chunk sizes
	response_header_bytes    INTEGER, -- the same for the response
	response_body_bytes      INTEGER, -- as sent
	content_type             TEXT, -- of the response
	request_content_type     TEXT, -- of the request
	user_agent               TEXT, -- of the request
	server                   TEXT, -- of the response
	location                 TEXT, -- of the response
	referer                  TEXT, -- of the request
	credentials              TEXT, -- scheme of the request's Authorization: basic, digest, bearer ...; never what follows it
	upgrade                  TEXT, -- what the connection became: connect (a tunnel), or the Upgrade header of a 101 response
	keep_alive               INTEGER, -- 1: the connection stays open behind the response; 0 also where only its end ends the response
	chunked                  INTEGER, -- 1: the response's body is chunked
	pipelined                INTEGER, -- 1: sent before the request before it was answered
	response_complete        INTEGER, -- 0: the response ends before its length says, or a reset ends one without a length; NULL: no response, or the capture lacks what says where it ends
	missing_bytes            INTEGER -- bytes of both that the capture lost, or among which a response that is not there may have been
);

-- HTTP transactions as detectors look at them: the row of http, both ends, and how the request is shown.
CREATE VIEW http_exchanges AS
SELECT
	h.http_id,
	h.capture_id,
	h.flow_id,
	h.direction,
	h.host,
	h.target,
	h.status,
	h.reason,
	h.request_packet_id,
	h.response_first_packet_id,
	h.response_packet_id,
	h.request_ts_ns,
	h.response_ts_ns,
	h.first_byte_ns,
	h.credentials,
	h.upgrade,
	h.response_complete,
	h.missing_bytes,
	iif(h.direction, f.dst, f.src) AS client, -- who asks
	iif(h.direction, f.src, f.dst) AS peer, -- the server's address
	iif(h.direction, f.src_port, f.dst_port) AS port, -- the server's
	printf('%s %s', ifnull(h.method, '?'), CASE
		WHEN h.target IS NULL OR instr(h.target, '@') > 0 THEN '(target not shown)'
		WHEN instr(h.target, '?') > 0
			THEN substr(h.target, 1, min(60, instr(h.target, '?') - 1)) || '?...'
		ELSE substr(h.target, 1, 60) || iif(length(h.target) > 60, '...', '')
	END) AS request, -- method and target: at most 60 characters, and nothing that may be private
	min(f.src_packets, f.dst_packets) > 0 AS has_both_sides, -- 1: the capture has packets of both ends
	f.src_missed_bytes + f.dst_missed_bytes AS missed_bytes, -- of the connection, that the capture lost
	f.src_rsts + f.dst_rsts > 0 AS was_reset, -- the connection, by either side
	iif(h.direction, f.src_fins, f.dst_fins) > 0 AS peer_closed, -- the connection, by a FIN
	iif(h.direction, f.dst_fins + f.dst_rsts, f.src_fins + f.src_rsts) > 0
		AND iif(h.direction, f.src_fins + f.src_rsts, f.dst_fins + f.dst_rsts) = 0 AS client_left, -- the client alone ended the connection
	f.last_ts_ns, -- last packet of the connection, ns since 1970 UTC
	f.last_packet_id -- last packet of the connection
FROM http h
CROSS JOIN flows f ON f.flow_id = h.flow_id;
