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
	announced        INTEGER, -- BGP UPDATE: prefixes announced, those in MP_REACH_NLRI too; each path of one counts (RFC 7911)
	withdrawn        INTEGER, -- BGP UPDATE: prefixes withdrawn, those in MP_UNREACH_NLRI too
	prefixes         TEXT, -- the first of them, separated by blanks, withdrawn ones with a minus sign: 192.0.2.0/24 -198.51.100.0/24; IPv4 and IPv6, not those of VPNs and of other families
	next_hop         TEXT, -- BGP UPDATE: NEXT_HOP, or the first of MP_REACH_NLRI
	as_path          TEXT, -- BGP UPDATE: AS numbers, sets in braces, sequences of a confederation in parentheses, its sets in brackets
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
	lsa_types        TEXT -- their types, each once: router network summary asbr_summary external nssa ...; others as a number
);

-- Two OSPF routers on one link, a row for each two different hellos of theirs: the address of one is within the network
-- of the other's hello; with IPv6, both are of one interface of the capture, which is not Linux's any (that has many
-- links in one), and of one VLAN. Hellos of a virtual link (RFC 2328, 9.5: to the neighbour itself, with no mask; RFC
-- 5340, 4.2.1.1: from a global address) only are on one link with the neighbour's to them. Of a capture the first 500
-- different hellos are compared.
CREATE VIEW ospf_hello_pairs AS
WITH
sent AS ( -- OSPF hellos; virtual_link: the flow, where the link is one
	SELECT
		r.*,
		iif(r.direction, f.dst, f.src) AS address,
		f.ip_version,
		iif(
			f.dst NOT GLOB '22[4-9].*' AND r.network_mask = '0.0.0.0'
				OR f.dst NOT LIKE 'ff%:%' AND f.src LIKE '%:%' AND f.src NOT LIKE 'fe80:%',
			r.flow_id,
			NULL
		) AS virtual_link
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'ospf' AND r.type = 'hello' AND NOT r.malformed
),
hellos AS ( -- n 1: the first of those that are the same
	SELECT
		*,
		iif(ip_version = 4, '[' || replace(address, '.', ',') || ']', '[]') AS octets,
		'[' || replace(network_mask, '.', ',') || ']' AS mask_octets,
		max(dr <> '0.0.0.0') OVER (PARTITION BY capture_id, address, virtual_link) AS has_dr,
		row_number() OVER (
			PARTITION BY capture_id, address, area, hello_interval_s, dead_interval_s, network_mask, auth_type,
				router_id, virtual_link
			ORDER BY routing_id
		) AS n
	FROM sent
),
speakers AS MATERIALIZED ( -- the first 500 different hellos of a capture
	SELECT
		*,
		(SELECT sum(value << 24 - 8 * key) FROM json_each(octets)) AS number,
		(SELECT sum(value << 24 - 8 * key) FROM json_each(mask_octets)) AS mask,
		(
			SELECT printf('%s %s', p.interface_id, p.vlan_id)
			FROM packets p
			JOIN protocol_stacks k ON k.stack_id = p.stack_id
			WHERE p.packet_id = first.packet_id AND k.stack NOT LIKE 'sll:%'
		) AS link -- NULL: not known
	FROM (
		SELECT *, row_number() OVER (PARTITION BY capture_id ORDER BY routing_id) AS place
		FROM hellos
		WHERE n = 1
	) first
	WHERE place <= 500
)
SELECT
	a.capture_id,
	max(a.ts_ns, b.ts_ns) AS ts_ns, -- the later of both, ns since 1970 UTC
	a.flow_id, -- of the one's hello
	a.packet_id || ',' || b.packet_id AS packets, -- the two hellos
	a.address, -- one router, the one with the smaller address; what follows is in its hello
	a.router_id,
	a.area,
	a.hello_interval_s,
	a.dead_interval_s,
	a.network_mask,
	a.auth_type,
	b.address AS other_address, -- the other router
	b.router_id AS other_router_id, -- its router id
	b.area AS other_area, -- its area
	b.hello_interval_s AS other_hello_interval_s, -- seconds
	b.dead_interval_s AS other_dead_interval_s, -- seconds
	b.network_mask AS other_network_mask, -- of the link; NULL with IPv6
	b.auth_type AS other_auth_type, -- as in routing
	a.has_dr OR b.has_dr AS has_dr -- 1: a hello of either names a designated router: the link is not point to point
FROM speakers a
JOIN speakers b ON b.capture_id = a.capture_id AND b.address > a.address AND b.version = a.version
	AND b.virtual_link IS a.virtual_link
WHERE a.ip_version = 6 AND a.link = b.link
	OR a.number & a.mask = b.number & a.mask
	OR a.number & b.mask = b.number & b.mask;
