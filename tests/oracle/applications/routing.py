"""BGP and OSPF: messages."""

BGP = """
SELECT p.number,
	CASE r.type WHEN 'OPEN' THEN 1 WHEN 'UPDATE' THEN 2 WHEN 'NOTIFICATION' THEN 3 WHEN 'KEEPALIVE' THEN 4
		WHEN 'ROUTE-REFRESH' THEN 5 ELSE r.type END,
	r.hold_time_s, r.router_id, r.code
FROM routing r JOIN packets p USING (packet_id) WHERE r.protocol = 'bgp'"""

# A value for each prefix, and for each AS number
BGP_ROUTES = """
WITH RECURSIVE words(packet_id, word, rest, announced) AS (
	SELECT packet_id, NULL, prefixes || ' ', announced FROM routing WHERE protocol = 'bgp' AND prefixes IS NOT NULL
	UNION ALL
	SELECT packet_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1), announced
	FROM words WHERE rest <> ''
)
SELECT p.number,
	iif(word LIKE '-%', NULL, substr(word, 1, instr(word, '/') - 1)),
	iif(word LIKE '-%', substr(word, 2, instr(word, '/') - 2), NULL)
FROM words JOIN packets p USING (packet_id) WHERE word IS NOT NULL"""

OSPF = """
SELECT p.number,
	CASE r.type WHEN 'hello' THEN 1 WHEN 'db_description' THEN 2 WHEN 'ls_request' THEN 3 WHEN 'ls_update' THEN 4
		WHEN 'ls_acknowledge' THEN 5 ELSE CAST(r.type AS INTEGER) END,
	r.version, r.router_id, r.area, r.hello_interval_s, r.dead_interval_s, r.dr, r.bdr, r.mtu
FROM routing r JOIN packets p USING (packet_id) WHERE r.protocol = 'ospf'"""

OSPF_NEIGHBORS = """
WITH RECURSIVE words(packet_id, word, rest) AS (
	SELECT packet_id, NULL, neighbors || ' ' FROM routing WHERE neighbors <> ''
	UNION ALL
	SELECT packet_id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
	FROM words WHERE rest <> ''
)
SELECT p.number, word FROM words JOIN packets p USING (packet_id) WHERE word IS NOT NULL"""

COMPARISONS = [
    {
        "name": "bgp",
        "when": "bgp",
        "sql": BGP,
        "fields": [
            ("type", "bgp.type", "integer"),
            ("hold_time_s", "bgp.open.holdtime", "integer"),
            ("router_id", "bgp.open.identifier", "text"),
            ("code", "bgp.notify.major_error", "integer"),
        ],
    },
    {
        "name": "bgp.update",
        "when": "bgp.nlri_prefix || bgp.withdrawn_prefix",
        "sql": BGP_ROUTES,
        "fields": [
            ("announced", "bgp.nlri_prefix", "text"),
            ("withdrawn", "bgp.withdrawn_prefix", "text"),
        ],
    },
    {
        "name": "ospf",
        "when": "ospf",
        "sql": OSPF,
        "fields": [
            ("type", "ospf.msg", "integer"),
            ("version", "ospf.version", "integer"),
            ("router_id", "ospf.srcrouter", "text"),
            ("area", "ospf.area_id", "text"),
            ("hello_interval_s", "ospf.hello.hello_interval", "integer"),
            ("dead_interval_s", "ospf.hello.router_dead_interval", "integer"),
            ("dr", "ospf.hello.designated_router", "text"),
            ("bdr", "ospf.hello.backup_designated_router", "text"),
            ("mtu", "ospf.db.interface_mtu", "integer"),
        ],
    },
    {
        "name": "ospf.hello",
        "when": "ospf.hello.active_neighbor",
        "sql": OSPF_NEIGHBORS,
        "fields": [("neighbor", "ospf.hello.active_neighbor", "text")],
    },
]
