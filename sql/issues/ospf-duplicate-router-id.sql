-- Two OSPF routers have the same router id.
--
-- Hellos with the same router id from two addresses on one link: the routers do not become
-- neighbours, and elsewhere in the area their link states replace each other again and again.
-- Two routers count as on one link if the address of one is within the network of the other's
-- hello; with IPv6, where both hellos are of one interface and VLAN (not of Linux's any). Of a
-- capture the first 500 different hellos are compared. value is always 1.
--
-- severity: critical
-- category: configuration
-- protocol: ospf
-- cause: A router id that was copied with a configuration, or chosen from the same loopback
--   address.
-- remedy: Give each router an id of its own and restart its OSPF process.
-- source: RFC 2328, 1.2: a router id names one router within the autonomous system.
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
	printf('%s and %s both say that they are router %s', address, other_address, router_id) AS symptoms,
	packets
FROM ospf_hello_pairs
WHERE router_id = other_router_id
GROUP BY capture_id, address, other_address
ORDER BY ts_ns;
