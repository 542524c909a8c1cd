-- A host tried many ports of another.
--
-- One host tried at least :ports TCP ports of another in connections that carried no data (SYN, connect,
-- FIN, NULL, XMAS and ACK scans; the title says which), or as many UDP ports without an answer. Hosts of
-- which most of these ports accepted are left out, as what load balancers and monitoring look after, and so are
-- traceroutes. value is the number of ports. The issues of tcp-refused, tcp-incomplete-handshake and
-- others leave out what a scan explains.
--
-- severity: high
-- category: security
-- protocol: tcp
-- cause: Somebody looks for services that can be attacked (nmap, masscan).
-- cause: A vulnerability scanner, an inventory or a monitoring system of your own.
-- cause: A program that tries ports one after the other to find its server.
-- remedy: Find out whether the scanner is yours; if not, isolate it and see what else it reached.
-- remedy: Look at the ports that answered (report scans): these are what the scanner knows now.
-- source: Zeek's policy/misc/scan.zeek: 15 ports of a host (port_scan_threshold).
--
-- param :ports integer 2..65535 = 15       Ports from which on it is a scan.
-- param :odd_ports integer 1..65535 = 2    Ports tried with segments that begin no connection (NULL, FIN,
--                                          XMAS), from which on it is a scan.
-- param :max_packets integer 1..1000 = 8   Connections of which the scanner sent more packets do not count.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: many.
-- column src          The scanner.
-- column dst          Whose ports were tried.
-- column value        Ports tried.
-- column symptoms     What was seen.
-- column packets      The first packets.
-- column title        In a few words.
WITH
closed AS MATERIALIZED ( -- UDP flows that a port unreachable answered
	SELECT original_flow_id AS flow_id
	FROM icmp_errors
	WHERE original_flow_id NOT NULL
		AND (ip_version = 4 AND type = 3 AND code = 3 OR ip_version = 6 AND type = 1 AND code = 4)
),
candidates AS MATERIALIZED ( -- flows in which src got nothing but an answer whether the port is open
	SELECT f.flow_id, f.capture_id, f.protocol, f.src, f.dst
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE (g.has_no_data AND f.src_packets <= :max_packets
			OR g.has_one_side
				AND f.protocol = 'udp'
				AND f.src_packets <= 2
				AND f.src_port >= 1024
				AND (f.src_ttl_max > 30 OR f.dst_port NOT BETWEEN 33434 AND 33534))
),
busy AS MATERIALIZED (
	SELECT capture_id, src, dst, protocol
	FROM candidates
	GROUP BY capture_id, src, dst, protocol
	HAVING count(*) >= min(:ports, :odd_ports)
),
tries AS (
	SELECT
		f.capture_id,
		f.protocol,
		f.src,
		f.dst,
		f.dst_port,
		f.flow_id,
		f.first_ts_ns,
		f.last_ts_ns,
		f.first_packet_id,
		ifnull(f.dst_syns > 0, 0) AS is_open,
		f.handshake_ns NOT NULL AS is_accepted,
		ifnull(f.dst_rsts > 0 AND f.dst_syns = 0, f.flow_id IN (SELECT flow_id FROM closed)) AS is_closed,
		CASE
			WHEN f.protocol = 'udp' THEN 'UDP'
			WHEN p.tcp_flags & 55 = 2 THEN 'SYN'
			WHEN p.tcp_flags & 55 = 0 THEN 'NULL'
			WHEN p.tcp_flags & 55 = 1 THEN 'FIN'
			WHEN p.tcp_flags & 63 = 41 THEN 'XMAS'
			WHEN p.tcp_flags & 55 = 16 AND f.src_packets = 1 THEN 'ACK'
		END AS kind
	FROM (SELECT 1 FROM busy LIMIT 1) -- if none, no more is read
	CROSS JOIN candidates c
	CROSS JOIN flows f ON f.flow_id = c.flow_id
	CROSS JOIN packets p ON p.packet_id = f.first_packet_id
	WHERE (c.capture_id, c.src, c.dst, c.protocol) IN busy
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	count(DISTINCT dst_port) AS value,
	printf('%s tried %s of %s in %.1f s: %d open, %d closed, %d without an answer; kinds: %s', src,
		counted(count(DISTINCT dst_port), iif(protocol = 'udp', 'UDP port', 'TCP port')), dst,
		(max(last_ts_ns) - min(first_ts_ns)) / 1e9, count(DISTINCT iif(is_open, dst_port, NULL)),
		count(DISTINCT iif(is_closed, dst_port, NULL)), count(DISTINCT iif(is_open OR is_closed, NULL, dst_port)),
		replace(group_concat(DISTINCT kind), ',', ', ')) AS symptoms,
	group_concat(first_packet_id) AS packets,
	'Port scan (' || replace(group_concat(DISTINCT kind), ',', ', ') || ')' AS title
FROM tries
WHERE kind NOT NULL
GROUP BY capture_id, src, dst, protocol
HAVING count(DISTINCT dst_port) >= max(:ports, 2 * count(DISTINCT iif(is_accepted, dst_port, NULL)))
	OR count(DISTINCT iif(kind IN ('NULL', 'FIN', 'XMAS'), dst_port, NULL)) >= :odd_ports
ORDER BY value DESC;
