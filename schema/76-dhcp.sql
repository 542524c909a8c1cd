-- DHCP (RFC 2131, RFC 2132) and BOOTP (RFC 951).

-- One row a message. The report dhcp-transactions folds those of a transaction together.
CREATE TABLE dhcp (
	dhcp_id           INTEGER PRIMARY KEY, -- in the order of packets
	capture_id        INTEGER NOT NULL REFERENCES captures, -- the capture
	packet_id         INTEGER NOT NULL REFERENCES packets, -- the packet
	flow_id           INTEGER NOT NULL REFERENCES flows, -- its flow
	direction         INTEGER NOT NULL, -- of the message: 0 sent by the flow's src
	ts_ns             INTEGER NOT NULL, -- ns since 1970 UTC
	from_server       INTEGER NOT NULL, -- 1: a reply (op 2)
	message           TEXT NOT NULL, -- discover, offer, request, decline, ack, nak, release, inform ...; bootp without a message type, unknown where the message was cut before it
	transaction_id    INTEGER NOT NULL, -- xid, chosen by the client
	client_mac        TEXT, -- chaddr: the client's hardware address; hex without colons where not of Ethernet; NULL: of no length
	client_id         TEXT, -- option 61, hex
	request_packet_id INTEGER REFERENCES packets, -- of a server's message: the client's latest one of the transaction
	rtt_ns            INTEGER, -- from that to this one
	secs              INTEGER NOT NULL, -- seconds since the client began, as it says; multiples of 256 are taken for swapped bytes, as Wireshark does
	hops              INTEGER NOT NULL, -- relay agents passed
	broadcast         INTEGER NOT NULL, -- 1: the client wants replies by broadcast
	client_address    TEXT, -- ciaddr: the address that the client has; this and the next three: NULL where 0.0.0.0
	your_address      TEXT, -- yiaddr: the address offered or leased
	next_server       TEXT, -- siaddr: server of the next step of booting
	relay             TEXT, -- giaddr: the relay agent
	requested_address TEXT, -- option 50
	server_id         TEXT, -- option 54: the server meant, or speaking
	lease_s           INTEGER, -- option 51: seconds; 4294967295 is for ever
	renewal_s         INTEGER, -- option 58
	rebinding_s       INTEGER, -- option 59
	subnet_mask       TEXT, -- option 1
	routers           TEXT, -- option 3: addresses separated by blanks, the first eight
	dns_servers       TEXT, -- option 6: the same
	domain            TEXT, -- option 15
	host_name         TEXT, -- option 12
	fqdn              TEXT, -- option 81: the client's full name
	vendor_class      TEXT, -- option 60
	boot_file         TEXT, -- option 67, or the header's file field
	error             TEXT, -- option 56: what went wrong, in the sender's words
	malformed         INTEGER NOT NULL -- 1: the message ends within its header, or before its options do
);
