-- Routing protocols: BGP-4 (RFC 4271) and OSPF (versions 2 and 3: RFC 2328, RFC 5340).

-- One row a message. What a kind of message does not have is NULL.
CREATE TABLE routing (
	routing_id       INTEGER PRIMARY KEY, -- in the order of packets
	capture_id       INTEGER NOT NULL REFERENCES captures, -- the capture
	packet_id        INTEGER REFERENCES packets, -- the packet that completes the message
	flow_id          INTEGER NOT NULL REFERENCES flows, -- its flow
	direction        INTEGER NOT NULL, -- of the message: 0 sent by the flow's src
	ts_ns            INTEGER NOT NULL, -- ns since 1970 UTC
	protocol         TEXT NOT NULL, -- bgp or ospf
	version          INTEGER, -- BGP 4 (in OPEN), OSPF 2 or 3
	type             TEXT NOT NULL, -- BGP: OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE-REFRESH; OSPF: hello, db_description, ls_request, ls_update, ls_acknowledge; else the number
	router_id        TEXT, -- OSPF: of the sender; BGP OPEN: its identifier
	malformed        INTEGER, -- 1: the message ends before what it announces
	as_number        INTEGER, -- BGP OPEN: the sender's AS, of four bytes where it says so (RFC 6793)
	hold_time_s      INTEGER, -- BGP OPEN: seconds
	capabilities     TEXT, -- BGP OPEN: their codes, separated by blanks (RFC 5492)
	announced        INTEGER, -- BGP UPDATE: prefixes announced, those in MP_REACH_NLRI too
	withdrawn        INTEGER, -- BGP UPDATE: prefixes withdrawn, those in MP_UNREACH_NLRI too
	prefixes         TEXT, -- the first of them, separated by blanks, withdrawn ones with a minus sign: 192.0.2.0/24 -198.51.100.0/24
	next_hop         TEXT, -- BGP UPDATE: NEXT_HOP, or the first of MP_REACH_NLRI
	as_path          TEXT, -- BGP UPDATE: AS numbers, sets in braces
	code             INTEGER, -- BGP NOTIFICATION: error code
	subcode          INTEGER, -- its subcode
	reason           TEXT, -- both by name (IANA): Cease/Administrative Shutdown
	communication    TEXT, -- the words that a Cease carries (RFC 9003)
	area             TEXT, -- OSPF: area id as an address
	auth_type        INTEGER, -- OSPFv2: 0 none, 1 password, 2 cryptographic
	hello_interval_s INTEGER, -- OSPF hello
	dead_interval_s  INTEGER, -- OSPF hello
	network_mask     TEXT, -- OSPFv2 hello
	priority         INTEGER, -- OSPF hello
	options          INTEGER, -- OSPF hello and database description: options field
	dr               TEXT, -- OSPF hello: designated router
	bdr              TEXT, -- OSPF hello: backup designated router
	neighbors        TEXT, -- OSPF hello: router ids heard from, separated by blanks
	mtu              INTEGER, -- OSPF database description: interface MTU
	dd_flags         TEXT, -- OSPF database description: of I (init), M (more), MS (master), those set
	lsas             INTEGER, -- OSPF: LSAs, LSA headers or requests in the message
	lsa_types        TEXT -- their types, each once: router network summary asbr_summary external nssa ...
);
