-- A router tells a host to use another router.
--
-- ICMP redirect (IPv4), router and host together. On a network with two routers that is how hosts learn the
-- better way; from a host that is no router it is an attack, so it is worth a look. value is the number of
-- redirects.
--
-- severity: low
-- category: configuration
-- protocol: icmp
-- cause: The host's route or default gateway is not the best one for that destination.
-- cause: Two routers in one network, or a router with one interface in it (router on a stick).
-- cause: Somebody wants to get into the path (ICMP redirect attack).
-- remedy: Give the host the right route.
-- remedy: Check that the sender of the redirects is a router; switch redirects off
--    (net.ipv4.conf.all.accept_redirects=0).
-- source: RFC 792, RFC 1122, 3.2.2.2, RFC 4861, 8.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow of the redirects.
-- column src          Who was told.
-- column dst          Who told it.
-- column value        Redirects.
-- column symptoms     What was seen.
-- column packets      The redirects.
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	flow_id,
	dst AS src,
	src AS dst,
	count(*) AS value,
	printf('%s sent %s %s, about %s', src, dst, counted(count(*), 'redirect'),
		counted(count(DISTINCT original_dst), 'destination'))
		AS symptoms,
	group_concat(packet_id) AS packets
FROM icmp_errors
WHERE ip_version = 4 AND type = 5
GROUP BY capture_id, src, dst
ORDER BY count(*) DESC;
