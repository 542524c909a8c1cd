-- Pings, and the errors that routers and hosts report.

-- Echo requests and replies of ICMP and ICMPv6. src asked, dst answers. A row of kind
--   answered    a request and the first reply to it (Wireshark's icmp.resp_to)
--   unanswered  a request without a reply
--   duplicate   one more reply to a request that was answered before
--   unrequested a reply to a request that is not in the capture, or that was given up for newer ones
CREATE TABLE icmp_pairs (
	icmp_pair_id       INTEGER PRIMARY KEY, -- in the order of replies
	flow_id            INTEGER NOT NULL REFERENCES flows, -- the flow of both packets
	src                TEXT NOT NULL, -- who asked
	dst                TEXT NOT NULL, -- who was asked
	ident              INTEGER NOT NULL, -- identifier of the echo message
	seq                INTEGER NOT NULL, -- its sequence number
	request_packet_id  INTEGER REFERENCES packets, -- NULL: unrequested
	request_ts_ns      INTEGER, -- ns since 1970 UTC
	request_bytes      INTEGER, -- frame, on the wire; where it came in fragments, the frames of all
	request_data_bytes INTEGER, -- behind the 8 bytes of ICMP header
	request_ttl        INTEGER, -- as captured; IPv6: hop limit
	reply_packet_id    INTEGER REFERENCES packets, -- NULL: unanswered
	reply_ts_ns        INTEGER, -- ns since 1970 UTC
	rtt_ns             INTEGER, -- request to reply
	reply_bytes        INTEGER, -- frame, on the wire; where it came in fragments, the frames of all
	reply_data_bytes   INTEGER, -- behind the ICMP header
	reply_ttl          INTEGER, -- as captured
	kind               TEXT NOT NULL DEFAULT 'answered', -- answered, unanswered, duplicate, unrequested
	capture_id         INTEGER NOT NULL DEFAULT 1 REFERENCES captures -- the capture
);

-- ICMP and ICMPv6 errors, with the packet that they complain about as far as they quote it.
CREATE TABLE icmp_errors (
	icmp_error_id      INTEGER PRIMARY KEY, -- in the order of packets
	packet_id          INTEGER NOT NULL REFERENCES packets, -- the error
	flow_id            INTEGER NOT NULL REFERENCES flows, -- of the error itself
	ts_ns              INTEGER NOT NULL, -- ns since 1970 UTC
	type               INTEGER NOT NULL, -- ICMP or ICMPv6 type
	code               INTEGER NOT NULL, -- its code
	src                TEXT NOT NULL, -- who reports the error
	dst                TEXT NOT NULL, -- to whom
	original_protocol  INTEGER, -- IANA protocol number of the quoted packet
	original_src       TEXT, -- its source: as the sender of the error saw it
	original_dst       TEXT, -- its destination
	original_src_port  INTEGER, -- NULL: a protocol without ports, or not quoted
	original_dst_port  INTEGER, -- as for the source
	original_ip_id     INTEGER, -- its IPv4 identification
	original_flow_id   INTEGER REFERENCES flows, -- NULL: not in the capture before the error
	original_packet_id INTEGER REFERENCES packets, -- the packet of that flow with that IP identification, or else the latest one in that direction
	mtu                INTEGER, -- fragmentation needed, packet too big: MTU of the next hop
	ip_version         INTEGER NOT NULL DEFAULT 4, -- 4: ICMP, 6: ICMPv6
	capture_id         INTEGER NOT NULL DEFAULT 1 REFERENCES captures -- the capture
);
