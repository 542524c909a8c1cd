-- The two sides of a connection offer different segment sizes.
--
-- The MSS options of the two SYNs differ by at least :difference, or one is below :least. Not every
-- difference is trouble; it tells of a tunnel, a VPN or a device that clamps the MSS, and of where large
-- packets may get lost. Those with the same two sizes together. value is the smaller
-- MSS in bytes.
--
-- severity: low
-- category: configuration
-- protocol: tcp
-- cause: A tunnel or VPN with a smaller MTU, or a router or firewall that clamps the MSS for it.
-- cause: Jumbo frames on one side only.
-- remedy: If large answers hang: look for ICMP fragmentation needed, and clamp the MSS where the tunnel
--    begins.
-- remedy: Make the MTU the same on all hosts of a network segment.
-- source: RFC 9293, 3.7.1: 536 bytes where nothing is said (IPv4), 1,220 (IPv6); 1,460 is Ethernet's (RFC
--    6691).
--
-- param :difference integer 1..65535 = 100   Difference from which on a connection is listed, bytes.
-- param :least integer 0..1440 = 1200        MSS below which it is listed, bytes.
-- param :min_bytes integer = 0               Connections with less data both ways are left out.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Smaller MSS, bytes.
-- column symptoms     What was seen.
-- column packets      The SYNs.
-- column title        What it is; NULL: the sizes differ.
-- column cause        What usually causes it; NULL: what usually makes the sizes differ.
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	iif(count(DISTINCT src) = 1, src, NULL) AS src,
	iif(count(DISTINCT dst) = 1, dst, NULL) AS dst,
	min(src_mss, dst_mss) AS value,
	printf('%s to %s: %s an MSS of %d bytes, %s one of %d', counted(count(*), 'connection'), CASE
			WHEN count(DISTINCT dst) > 1 THEN counted(count(DISTINCT dst), 'server')
			WHEN count(DISTINCT dst_port) > 1 THEN counted(count(DISTINCT dst_port), 'port') || ' of ' || dst
			ELSE printf('port %d of %s', dst_port, dst)
		END, iif(count(DISTINCT src) = 1, 'the client offers', counted(count(DISTINCT src), 'client') || ' offer'), src_mss,
		iif(count(DISTINCT dst) = 1, 'the server', 'the servers'), dst_mss) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(abs(src_mss - dst_mss) < :difference, 'Both sides of a connection offer small segments', NULL) AS title,
	iif(abs(src_mss - dst_mss) < :difference, 'A small MTU that both hosts know of, or TCPs that say 536 bytes to whom '
		|| 'they do not share a link with, as routers do.', NULL) AS cause
FROM flow_signs
CROSS JOIN flows USING (flow_id)
WHERE has_odd_mss
	AND (abs(src_mss - dst_mss) >= :difference OR min(src_mss, dst_mss) < :least)
	AND src_payload_bytes + dst_payload_bytes >= :min_bytes
GROUP BY capture_id, src_mss, dst_mss
ORDER BY count(*) DESC;
