-- OSPF neighbours have different MTUs.
--
-- Database descriptions between two routers that name different interface MTUs: the one with
-- the smaller MTU drops the other's, and the neighbours stay in ExStart or Exchange. An MTU of
-- 0 (virtual links) does not count. value is the difference in bytes.
--
-- Two routers are taken together if they speak within one flow, or if the hellos of one name
-- the other. Of a capture the first 500 different descriptions are compared.
--
-- severity: high
-- category: configuration
-- protocol: ospf
-- cause: One interface was set to another MTU (jumbo frames), or a tunnel or tag takes bytes from
--   it.
-- remedy: Set the same IP MTU on both interfaces. mtu-ignore only hides it: large packets will
--   still be lost.
-- source: RFC 2328, 10.6: a database description with a larger MTU than the interface's is
--   rejected.
--
-- column capture_id  The capture.
-- column ts_ns       The first description.
-- column flow_id     That of one router's descriptions.
-- column src         One router.
-- column dst         The other.
-- column value       Difference in bytes.
-- column symptoms    What was seen.
-- column packets     A database description of each.
WITH
neighbors AS MATERIALIZED ( -- router ids in hellos
	SELECT DISTINCT capture_id, router_id, neighbors
	FROM routing
	WHERE protocol = 'ospf' AND type = 'hello'
),
descriptions AS ( -- those of one flow and router with one MTU
	SELECT
		r.capture_id,
		r.flow_id,
		r.router_id,
		r.area,
		r.mtu,
		iif(r.direction = 0, f.src, f.dst) AS address,
		min(r.ts_ns) AS ts_ns,
		min(r.packet_id) AS packet_id,
		count(*) AS sent
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'ospf' AND r.type = 'db_description' AND r.mtu > 0
	GROUP BY r.capture_id, r.flow_id, r.router_id, r.area, r.mtu, r.direction
),
speakers AS MATERIALIZED ( -- the first 500 of them
	SELECT *
	FROM (
		SELECT *, row_number() OVER (PARTITION BY capture_id ORDER BY packet_id) AS n
		FROM descriptions
	)
	WHERE n <= 500
),
pairs AS ( -- of neighbours with different MTUs; place: of the same two addresses
	SELECT
		a.*,
		b.address AS other_address,
		b.mtu AS other_mtu,
		b.packet_id AS other_packet_id,
		b.sent AS other_sent,
		row_number() OVER (
			PARTITION BY a.capture_id, a.address, b.address ORDER BY a.packet_id
		) AS place
	FROM speakers a
	JOIN speakers b
		ON b.capture_id = a.capture_id
		AND b.area = a.area
		AND b.router_id > a.router_id
		AND b.mtu <> a.mtu
	WHERE a.flow_id = b.flow_id
		OR EXISTS (
			SELECT 1
			FROM neighbors h
			WHERE h.capture_id = a.capture_id
				AND h.router_id = a.router_id
				AND instr(' ' || h.neighbors || ' ', ' ' || b.router_id || ' ') > 0
		)
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	address AS src,
	other_address AS dst,
	abs(mtu - other_mtu) AS value,
	printf('%s has an MTU of %d bytes, %s one of %d; they sent %d and %d database descriptions',
		address, mtu, other_address, other_mtu, sent, other_sent) AS symptoms,
	packet_id || ',' || other_packet_id AS packets
FROM pairs
WHERE place = 1
ORDER BY ts_ns;
