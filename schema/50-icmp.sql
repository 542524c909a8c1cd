-- Pings, and the errors that routers and hosts report.

-- Echo requests and replies of ICMP and ICMPv6. src asked, dst answers. A row of kind
--   answered    a request and the first reply to it (Wireshark's icmp.resp_to)
--   unanswered  a request without a reply
--   duplicate   one more reply to a request that was answered before
--   unrequested a reply to a request that is not in the capture, or that was given up for newer ones
CREATE TABLE icmp_pairs (
	icmp_pair_id       INTEGER PRIMARY KEY,
	capture_id         INTEGER NOT NULL REFERENCES captures,
	flow_id            INTEGER NOT NULL REFERENCES flows,
	kind               TEXT NOT NULL, -- answered, unanswered, duplicate, unrequested
	src                TEXT NOT NULL, -- who asked
	dst                TEXT NOT NULL, -- who was asked
	ident              INTEGER NOT NULL,
	seq                INTEGER NOT NULL,
	request_packet_id  INTEGER REFERENCES packets,
	reply_packet_id    INTEGER REFERENCES packets,
	request_ts_ns      INTEGER, -- ns since 1970 UTC
	reply_ts_ns        INTEGER,
	rtt_ns             INTEGER, -- request to reply
	request_bytes      INTEGER, -- frame, on the wire
	reply_bytes        INTEGER,
	request_data_bytes INTEGER, -- behind the 8 bytes of ICMP header
	reply_data_bytes   INTEGER,
	request_ttl        INTEGER, -- as captured; IPv6: hop limit
	reply_ttl          INTEGER
);

-- ICMP and ICMPv6 errors, with the packet that they complain about as far as they quote it.
CREATE TABLE icmp_errors (
	icmp_error_id      INTEGER PRIMARY KEY,
	capture_id         INTEGER NOT NULL REFERENCES captures,
	packet_id          INTEGER NOT NULL REFERENCES packets,
	flow_id            INTEGER NOT NULL REFERENCES flows, -- of the error itself
	ts_ns              INTEGER NOT NULL, -- ns since 1970 UTC
	ip_version         INTEGER NOT NULL, -- 4: ICMP, 6: ICMPv6
	type               INTEGER NOT NULL,
	code               INTEGER NOT NULL,
	src                TEXT NOT NULL, -- who reports the error
	dst                TEXT NOT NULL, -- to whom
	mtu                INTEGER, -- fragmentation needed, packet too big: MTU of the next hop
	original_protocol  INTEGER, -- IANA protocol number of the quoted packet
	original_src       TEXT,
	original_src_port  INTEGER,
	original_dst       TEXT,
	original_dst_port  INTEGER,
	original_ip_id     INTEGER,
	original_flow_id   INTEGER REFERENCES flows,   -- NULL: not in the capture before the error
	original_packet_id INTEGER REFERENCES packets  -- the latest packet of that flow with that IP identification
);
