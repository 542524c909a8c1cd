-- Address resolution: ARP (RFC 826), probes and announcements (RFC 5227), RARP (RFC 903), InARP (RFC 2390).

-- One row a request with its reply, and one a reply that nobody asked for. kind says
--   request       who has target_address? A request again within five seconds, before its answer, is counted in repeats
--   probe         a request without a sender's address: is target_address free?
--   announcement  a request for the sender's own address, target MAC zero: this address is mine
--   gratuitous    a request or reply for the sender's own address otherwise
--   unsolicited   a reply to no request of the last ten seconds
--   duplicate     one more reply to a request that was answered
-- Of a reply without its request, sender_... is who replies and target_... who is told. At most 1024 requests are waited on.
CREATE TABLE arp (
	arp_id                 INTEGER PRIMARY KEY, -- in the order in which they ended
	capture_id             INTEGER NOT NULL REFERENCES captures, -- the capture
	flow_id                INTEGER REFERENCES flows, -- of the request, or of a reply without one; NULL: a link without addresses
	protocol               TEXT NOT NULL, -- arp, rarp, drarp or inarp
	kind                   TEXT NOT NULL, -- request, probe, announcement, gratuitous, unsolicited, duplicate; a message of another operation has that number
	sender_mac             TEXT, -- sender's hardware address in the message; hex without colons where not of Ethernet
	sender_address         TEXT, -- sender's IPv4 address; hex where it is of another protocol
	target_mac             TEXT, -- target's hardware address in the message; NULL: zero
	target_address         TEXT, -- target's address
	reply_mac              TEXT, -- hardware address of the reply's sender: that of target_address
	request_packet_id      INTEGER REFERENCES packets, -- the request, or the message of another operation
	last_request_packet_id INTEGER REFERENCES packets, -- its last repetition, or the same
	reply_packet_id        INTEGER REFERENCES packets, -- the reply; NULL none
	request_ts_ns          INTEGER, -- ns since 1970 UTC
	reply_ts_ns            INTEGER, -- ns since 1970 UTC
	rtt_ns                 INTEGER, -- first request to reply; NULL without both
	repeats                INTEGER -- times that the request was sent again; NULL without a request
);

-- One row a message that says an address is at another MAC than the first one seen with it. Addresses beyond the
-- first 65536 of a capture are not watched.
CREATE TABLE arp_conflicts (
	arp_conflict_id INTEGER PRIMARY KEY, -- in the order of packets
	capture_id      INTEGER NOT NULL REFERENCES captures, -- the capture
	packet_id       INTEGER NOT NULL REFERENCES packets, -- the message
	ts_ns           INTEGER NOT NULL, -- ns since 1970 UTC
	address         TEXT NOT NULL, -- IPv4 address that both use
	mac             TEXT NOT NULL, -- who uses it in this message
	other_mac       TEXT NOT NULL, -- who used it first in the capture
	other_packet_id INTEGER NOT NULL REFERENCES packets, -- the last message before in which that one used it (Wireshark's arp.duplicate-address-frame)
	other_ts_ns     INTEGER NOT NULL -- its time
);
