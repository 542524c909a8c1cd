-- OSPF neighbours are in different areas.
--
-- Hellos of two routers on one link with different area ids: they do not become neighbours.
-- Two routers count as on one link if the address of one is within the network of the other's
-- hello; with IPv6, always. Of a capture the first 500 different hellos are compared. value is
-- always 1.
--
-- severity: high
-- category: configuration
-- protocol: ospf
-- cause: An interface was put into the wrong area.
-- remedy: Put both interfaces of the link into the same area.
-- source: RFC 2328, 8.2: packets of another area than the interface's are dropped.
--
-- column capture_id  The capture.
-- column ts_ns       The first hello that differs.
-- column flow_id     The hellos of one router.
-- column src         One router.
-- column dst         The other.
-- column value       Always 1.
-- column symptoms    What was seen.
-- column packets     A hello of each.
WITH RECURSIVE prefixes (length, mask) AS (
	SELECT 0, '0.0.0.0'
	UNION ALL
	SELECT
		length + 1,
		printf('%d.%d.%d.%d',
			255 & ~(255 >> max(0, min(8, length + 1))),
			255 & ~(255 >> max(0, min(8, length - 7))),
			255 & ~(255 >> max(0, min(8, length - 15))),
			255 & ~(255 >> max(0, min(8, length - 23))))
	FROM prefixes
	WHERE length < 32
),
hellos AS (
	SELECT
		r.*,
		iif(r.direction = 0, f.src, f.dst) AS address,
		f.ip_version,
		iif(r.direction = 0, f.src, f.dst) || '/' || p.length AS prefix,
		row_number() OVER (
			PARTITION BY r.capture_id, iif(r.direction = 0, f.src, f.dst), r.area,
				r.hello_interval_s, r.dead_interval_s, r.network_mask, r.auth_type, r.router_id
			ORDER BY r.routing_id
		) AS n
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	LEFT JOIN prefixes p ON p.mask = r.network_mask
	WHERE r.protocol = 'ospf' AND r.type = 'hello'
),
speakers AS MATERIALIZED (
	SELECT *
	FROM (
		SELECT *, row_number() OVER (PARTITION BY capture_id ORDER BY routing_id) AS place
		FROM hellos
		WHERE n = 1
	)
	WHERE place <= 500
),
pairs AS (
	SELECT
		a.capture_id,
		max(a.ts_ns, b.ts_ns) AS ts_ns,
		a.flow_id,
		a.address AS src,
		b.address AS dst,
		printf('%s is in area %s, %s in area %s', a.address, a.area, b.address, b.area) AS symptoms,
		a.packet_id || ',' || b.packet_id AS packets,
		row_number() OVER (
			PARTITION BY a.capture_id, a.address, b.address ORDER BY max(a.ts_ns, b.ts_ns)
		) AS place
	FROM speakers a
	JOIN speakers b ON b.capture_id = a.capture_id AND b.address > a.address AND b.version = a.version
	WHERE (a.ip_version = 6 OR ip_in(b.address, a.prefix) OR ip_in(a.address, b.prefix))
		AND (a.area <> b.area)
)
SELECT capture_id, ts_ns, flow_id, src, dst, 1 AS value, symptoms, packets
FROM pairs
WHERE place = 1
ORDER BY ts_ns;
