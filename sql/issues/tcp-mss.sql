-- The two sides of a connection offer different segment sizes.
--
-- The MSS options of the two SYNs differ by at least :difference, or one is below :least. Not every
-- difference is trouble; it tells of a tunnel, a VPN or a device that clamps the MSS, and of where large
-- packets may get lost. Server, port and sizes together. value is the smaller MSS in bytes.
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
-- param :difference integer = 100   Difference from which on a connection is listed, bytes.
-- param :least integer = 1200       MSS below which it is listed, bytes.
-- param :min_bytes integer = 0      Connections with less data both ways are left out.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Smaller MSS, bytes.
-- column symptoms     What was seen.
-- column packets      The SYNs.
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	iif(count(DISTINCT src) = 1, src, NULL) AS src,
	dst,
	min(src_mss, dst_mss) AS value,
	printf('%s to port %d of %s: the client offers an MSS of %d bytes, the server one of %d',
		counted(count(*), 'connection'), dst_port, dst, src_mss, dst_mss) AS symptoms,
	group_concat(first_packet_id) AS packets
FROM flows
WHERE protocol = 'tcp'
	AND (abs(src_mss - dst_mss) >= :difference OR min(src_mss, dst_mss) < :least)
	AND src_payload_bytes + dst_payload_bytes >= :min_bytes
GROUP BY capture_id, dst, dst_port, src_mss, dst_mss
ORDER BY count(*) DESC;
