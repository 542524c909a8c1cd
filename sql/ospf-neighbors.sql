-- OSPF routers that share a link, two by two: do they hear each other, and do they agree on what they must agree on?
--
-- topic: network
--
-- Routers are on one link when one lists the other in its hellos or sends to its address, when their addresses are in one
-- network by the mask of either (version 2), or when both send from link-local addresses in the same VLAN (version 3). A
-- router without another has a row of its own. Neighbours do not come up when area, hello or dead interval, mask, or kind
-- of authentication differ, and stop while they exchange databases when the MTU does (RFC 2328, 10.5 and 10.6).
--
-- param :capture
-- param :host
-- param :limit
--
-- column router          Router id.
-- column address         Its address on the link.
-- column area            Its area, as its last hello says.
-- column neighbor        Router id of the other; NULL: no other.
-- column neighbor_address   Its address.
-- column neighbor_area   The same of the neighbor.
-- column hearing         both, router (only the router lists the neighbor), neighbor (only the neighbor lists the router), none;
--                        NULL: the capture has no hellos of either.
-- column mismatch        What differs, each as router/neighbor: hello 10/5, dead 40/20; NULL nothing.
-- column hello_s         Hello interval of the router, seconds.
-- column dead_s          Its dead interval, seconds.
-- column dr              Designated router as the router says last; 0.0.0.0 none.
-- column bdr             Backup designated router likewise.
-- column mtu             MTU in its database descriptions; NULL: none seen.
-- column neighbor_mtu    The same of the neighbor.
-- column hellos          Hellos of the router.
-- column neighbor_hellos Hellos of the neighbor.
-- column version         2 or 3.
-- column first_s         Time of the first packet of either, seconds since the capture's first packet.
-- column last_s          Time of the last packet of either, seconds since the capture's first packet.
-- column capture         Name of the capture.
WITH
messages AS MATERIALIZED ( -- of OSPF, with the address and VLAN of the sender
	SELECT r.*, iif(r.direction, f.dst, f.src) AS address, iif(r.direction, f.src, f.dst) AS sent_to, p.vlan_id
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	JOIN packets p ON p.packet_id = r.packet_id
	WHERE r.protocol = 'ospf'
		AND (:capture IS NULL OR r.capture_id = :capture)
),
latest AS ( -- the last whole hello of each
	SELECT *, max(routing_id)
	FROM messages
	WHERE type = 'hello' AND NOT malformed
	GROUP BY capture_id, version, router_id, address
),
routers AS MATERIALIZED ( -- heard: router ids in its hellos; network: address and prefix length
	SELECT
		m.capture_id,
		m.version,
		m.router_id,
		m.address,
		ifnull(l.area, max(m.area)) AS area,
		ifnull(l.auth_type, max(m.auth_type)) AS auth_type,
		ifnull(l.vlan_id, max(m.vlan_id)) AS vlan_id,
		min(m.ts_ns) AS first_ts_ns,
		max(m.ts_ns) AS last_ts_ns,
		sum(m.type = 'hello') AS hellos,
		max(m.mtu) AS mtu,
		' ' || ifnull(group_concat(m.neighbors, ' '), '') || ' ' AS heard,
		',' || group_concat(DISTINCT m.sent_to) || ',' AS told,
		l.hello_interval_s AS hello_s,
		l.dead_interval_s AS dead_s,
		l.network_mask,
		l.dr,
		l.bdr,
		m.address || '/' || (
			WITH RECURSIVE bits(n, rest) AS (
				SELECT 0, l.network_mask || '.'
				WHERE l.network_mask IS NOT NULL
				UNION ALL
				SELECT
					n + CASE substr(rest, 1, instr(rest, '.') - 1)
						WHEN '255' THEN 8 WHEN '254' THEN 7 WHEN '252' THEN 6 WHEN '248' THEN 5
						WHEN '240' THEN 4 WHEN '224' THEN 3 WHEN '192' THEN 2 WHEN '128' THEN 1 ELSE 0
					END,
					substr(rest, instr(rest, '.') + 1)
				FROM bits
				WHERE rest <> ''
			)
			SELECT max(n) FROM bits
		) AS network
	FROM messages m
	LEFT JOIN latest l
		ON l.capture_id = m.capture_id AND l.version = m.version
		AND l.router_id = m.router_id AND l.address = m.address
	GROUP BY m.capture_id, m.version, m.router_id, m.address
),
pairs AS ( -- two routers on one link; neighbor NULL: a router without another
	SELECT
		a.capture_id,
		a.version,
		a.router_id AS router,
		a.address,
		b.router_id AS neighbor,
		b.address AS neighbor_address,
		ifnull(instr(a.heard, ' ' || b.router_id || ' ') > 0, 0) AS a_hears,
		ifnull(instr(b.heard, ' ' || a.router_id || ' ') > 0, 0) AS b_hears
	FROM routers a
	JOIN routers b
		ON b.capture_id = a.capture_id AND b.version = a.version
		AND b.router_id > a.router_id
		AND a.vlan_id IS b.vlan_id
		AND (
			ip_in(b.address, a.network) OR ip_in(a.address, b.network)
			OR (a.version = 3 AND ip_in(a.address, 'fe80::/10') AND ip_in(b.address, 'fe80::/10'))
			OR instr(a.heard, ' ' || b.router_id || ' ') OR instr(b.heard, ' ' || a.router_id || ' ')
			OR instr(a.told, ',' || b.address || ',') OR instr(b.told, ',' || a.address || ',')
		)
	UNION ALL
	SELECT a.capture_id, a.version, a.router_id, a.address, NULL, NULL, 0, 0
	FROM routers a
	WHERE NOT EXISTS (
		SELECT 1
		FROM routers b
		WHERE b.capture_id = a.capture_id AND b.version = a.version AND b.router_id <> a.router_id
			AND a.vlan_id IS b.vlan_id
			AND (
				ip_in(b.address, a.network) OR ip_in(a.address, b.network)
				OR (a.version = 3 AND ip_in(a.address, 'fe80::/10') AND ip_in(b.address, 'fe80::/10'))
				OR instr(a.heard, ' ' || b.router_id || ' ') OR instr(b.heard, ' ' || a.router_id || ' ')
				OR instr(a.told, ',' || b.address || ',') OR instr(b.told, ',' || a.address || ',')
			)
	)
)
SELECT
	p.router,
	p.address,
	a.area,
	p.neighbor,
	p.neighbor_address,
	b.area AS neighbor_area,
	CASE
		WHEN p.neighbor IS NULL OR a.hellos + b.hellos = 0 THEN NULL
		WHEN p.a_hears AND p.b_hears THEN 'both'
		WHEN p.a_hears THEN 'router'
		WHEN p.b_hears THEN 'neighbor'
		ELSE 'none'
	END AS hearing,
	nullif(rtrim(
		iif(a.area <> b.area, 'area ' || a.area || '/' || b.area || ', ', '')
		|| iif(a.hello_s <> b.hello_s, 'hello ' || a.hello_s || '/' || b.hello_s || ', ', '')
		|| iif(a.dead_s <> b.dead_s, 'dead ' || a.dead_s || '/' || b.dead_s || ', ', '')
		|| iif(a.network_mask <> b.network_mask,
			'mask ' || a.network_mask || '/' || b.network_mask || ', ', '')
		|| iif(a.auth_type <> b.auth_type, 'authentication ' || a.auth_type || '/' || b.auth_type || ', ', '')
		|| iif(a.mtu <> b.mtu, 'mtu ' || a.mtu || '/' || b.mtu || ', ', ''),
	', '), '') AS mismatch,
	a.hello_s,
	a.dead_s,
	a.dr,
	a.bdr,
	a.mtu,
	b.mtu AS neighbor_mtu,
	a.hellos,
	b.hellos AS neighbor_hellos,
	p.version,
	(min(a.first_ts_ns, ifnull(b.first_ts_ns, a.first_ts_ns)) - c.first_ts_ns) / 1e9 AS first_s,
	(max(a.last_ts_ns, ifnull(b.last_ts_ns, a.last_ts_ns)) - c.first_ts_ns) / 1e9 AS last_s,
	c.name AS capture
FROM pairs p
JOIN captures c ON c.capture_id = p.capture_id
JOIN routers a
	ON a.capture_id = p.capture_id AND a.version = p.version
	AND a.router_id = p.router AND a.address = p.address
LEFT JOIN routers b
	ON b.capture_id = p.capture_id AND b.version = p.version
	AND b.router_id = p.neighbor AND b.address = p.neighbor_address
WHERE :host IS NULL OR ip_in(p.address, :host) OR ip_in(p.neighbor_address, :host)
ORDER BY p.capture_id, first_s, p.router, p.neighbor, p.address
LIMIT ifnull(:limit, -1);
