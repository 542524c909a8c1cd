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
askers AS MATERIALIZED ( -- hosts with flows enough
	SELECT capture_id, address
	FROM hosts
	WHERE flows >= min(:ports, :odd_ports)
),
candidates AS MATERIALIZED ( -- probes of these hosts
	SELECT flow_id, capture_id, src, dst, protocol
	FROM probes
	WHERE (protocol = 'udp' OR src_packets <= :max_packets) AND (capture_id, src) IN askers
),
busy AS MATERIALIZED ( -- hosts that a source tried often enough
	SELECT capture_id, src, dst, protocol
	FROM candidates
	GROUP BY capture_id, src, dst, protocol
	HAVING count(*) >= min(:ports, :odd_ports)
),
tries AS MATERIALIZED ( -- probes of these hosts by that source
	SELECT p.*
	FROM (SELECT 1 FROM busy LIMIT 1) -- if none, no more is read
	CROSS JOIN candidates c
	CROSS JOIN probes p ON p.flow_id = c.flow_id
	WHERE (c.capture_id, c.src, c.dst, c.protocol) IN busy
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	count_distinct(dst_port) AS value,
	printf('%s tried %s of %s in %.1f s: %d open, %d closed, %d without an answer; kinds: %s', src,
		counted(count_distinct(dst_port), iif(protocol = 'udp', 'UDP port', 'TCP port')), dst,
		(max(last_ts_ns) - min(first_ts_ns)) / 1e9, count_distinct(iif(is_open, dst_port, NULL)),
		count_distinct(iif(is_closed, dst_port, NULL)),
		count_distinct(dst_port) - count_distinct(iif(is_open OR is_closed, dst_port, NULL)),
		replace(group_concat(DISTINCT kind), ',', ', ')) AS symptoms,
	first_few(first_packet_id, first_packet_id, 200) AS packets,
	'Port scan (' || replace(group_concat(DISTINCT kind), ',', ', ') || ')' AS title
FROM tries
WHERE kind NOT NULL
GROUP BY capture_id, src, dst, protocol
HAVING count_distinct(dst_port) >= max(:ports, 2 * count_distinct(iif(is_accepted, dst_port, NULL)))
	OR count_distinct(iif(kind IN ('NULL', 'FIN', 'XMAS'), dst_port, NULL)) >= :odd_ports
ORDER BY value DESC;
