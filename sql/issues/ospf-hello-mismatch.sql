-- OSPF neighbours do not agree on the hello's parameters.
--
-- Hellos of two routers on one link that differ in hello interval, dead interval, network mask or kind of
-- authentication: such routers ignore each other's hellos and never become neighbours. Masks do not matter
-- on a point-to-point link, where no hello names a designated router. Two routers count as on one link if
-- the address of one is within the network of the other's hello; with IPv6, where both hellos are of one
-- interface and VLAN (not of Linux's any). Of a capture the first 500 different hellos are compared. value
-- is always 1.
--
-- severity: high
-- category: configuration
-- protocol: ospf
-- cause: Timers, mask or authentication were configured on one side only.
-- remedy: Set the same hello and dead interval, mask and authentication on both interfaces.
-- source: RFC 2328, 10.5 and 8.2: hellos whose interval, dead interval, mask or authentication
--   differ are dropped; masks are not compared on point-to-point networks.
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
	printf('%s says hello %d s, dead %d s%s%s; %s says hello %d s, dead %d s%s%s', address,
		hello_interval_s, dead_interval_s, ifnull(', mask ' || network_mask, ''),
		ifnull(', authentication ' || auth_type, ''), other_address, other_hello_interval_s,
		other_dead_interval_s, ifnull(', mask ' || other_network_mask, ''),
		ifnull(', authentication ' || other_auth_type, '')) AS symptoms,
	packets
FROM ospf_hello_pairs
WHERE hello_interval_s <> other_hello_interval_s
	OR dead_interval_s <> other_dead_interval_s
	OR network_mask <> other_network_mask AND has_dr
	OR auth_type <> other_auth_type
GROUP BY capture_id, address, other_address
ORDER BY ts_ns;
