-- HTTP/1.0 and 1.1: requests and their responses.

-- One row a request and its final response; responses without a request in the capture, and interim ones (1xx), have
-- rows of their own. Responses belong to requests in their order (RFC 9112, 9.3), pipelined or not.
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
	request_version          TEXT, -- 1.0 or 1.1
	response_version         TEXT, -- the same
	request_packet_id        INTEGER REFERENCES packets, -- the packet with the request's last byte (Wireshark's http.request)
	request_first_packet_id  INTEGER REFERENCES packets, -- the packet with its first byte
	response_first_packet_id INTEGER REFERENCES packets, -- the packet with the response's first byte
	response_packet_id       INTEGER REFERENCES packets, -- the packet with the response's last byte, as far as it is known; of one that the connection's end ends, the FIN's
	request_ts_ns            INTEGER, -- of request_packet_id, ns since 1970 UTC
	response_ts_ns           INTEGER, -- of response_packet_id
	first_byte_ns            INTEGER, -- last byte of the request to first byte of the response
	last_byte_ns             INTEGER, -- last byte of the request to last byte of the response (Wireshark's http.time)
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
	keep_alive               INTEGER, -- 1: the connection stays open behind the response
	chunked                  INTEGER, -- 1: the response's body is chunked
	pipelined                INTEGER, -- 1: sent before the request before it was answered
	response_complete        INTEGER, -- 0: the response ends before its length says; NULL: no response
	missing_bytes            INTEGER -- bytes of both that the capture lost
);
