-- OSPF neighbours are in different areas.
--
-- Hellos of two routers on one link with different area ids: they do not become neighbours.
-- Two routers count as on one link if the address of one is within the network of the other's
-- hello; with IPv6, where both hellos are of one interface and VLAN (not of Linux's any). Of a
-- capture the first 500 different hellos are compared. value is always 1.
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
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	flow_id,
	address AS src,
	other_address AS dst,
	1 AS value,
	printf('%s is in area %s, %s in area %s', address, area, other_address, other_area) AS symptoms,
	packets
FROM ospf_hello_pairs
WHERE area <> other_area
GROUP BY capture_id, address, other_address
ORDER BY ts_ns;
