-- A host tried the same on many others.
--
-- One host tried the same TCP port of at least :hosts others in connections that carried no data, or the
-- same UDP port without an answer, or sent pings to as many, or asked by ARP for as many that did not
-- answer. Ports that most of these hosts accepted, or that the host had from as many others what it asked for,
-- are left out: so do browsers, resolvers and proxies; and so are ports that it tried more often than :tries
-- times a host, as a client does that cannot reach what it wants. value is the number of hosts. High for ports, medium for
-- pings, low where most were answered, as monitoring systems do, low for ARP, as routers do so.
--
-- severity: high
-- category: security
-- protocol: ip
-- cause: A worm or somebody in the network looks for hosts with a certain service.
-- cause: A vulnerability scanner, an inventory or a monitoring system of your own.
-- remedy: Find out whether the host is yours to do so; if not, isolate it.
-- remedy: See which hosts answered (report scans).
-- source: Zeek's policy/misc/scan.zeek: 25 hosts (addr_scan_threshold).
--
-- param :hosts integer 2..1000000 = 25     Hosts from which on it is a sweep.
-- param :max_packets integer 1..1000 = 8   Connections of which the host sent more packets do not count.
-- param :tries number 1..1000 = 6          Connections to a host, on average, up to which it is a sweep.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: many.
-- column src          Who tried.
-- column dst          NULL: many.
-- column value        Hosts tried.
-- column symptoms     What was seen.
-- column packets      The first packets.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
WITH
askers AS MATERIALIZED ( -- hosts with flows enough
	SELECT capture_id, address
	FROM hosts
	WHERE flows >= :hosts
),
candidates AS MATERIALIZED ( -- probes of these hosts
	SELECT flow_id, capture_id, src, dst_port, protocol
	FROM probes
	WHERE (protocol = 'udp' OR src_packets <= :max_packets) AND (capture_id, src) IN askers
),
busy AS MATERIALIZED ( -- ports that a source tried often enough
	SELECT capture_id, src, dst_port, protocol
	FROM candidates
	GROUP BY capture_id, src, dst_port, protocol
	HAVING count(*) >= :hosts
),
tries AS MATERIALIZED ( -- probes of these ports
	SELECT p.*
	FROM (SELECT 1 FROM busy LIMIT 1) -- if none, no more is read
	CROSS JOIN candidates c
	CROSS JOIN probes p ON p.flow_id = c.flow_id
	WHERE (c.capture_id, c.src, c.dst_port, c.protocol) IN busy
),
ports AS MATERIALIZED ( -- ports that it tried at many hosts, of which few accepted
	SELECT
		capture_id,
		src,
		dst_port,
		protocol,
		min(first_ts_ns) AS ts_ns,
		max(last_ts_ns) AS last_ts_ns,
		count_distinct(dst) AS hosts,
		count_distinct(iif(is_open, dst, NULL)) AS answering,
		group_concat(first_packet_id) AS packets
	FROM tries
	WHERE kind NOT NULL
	GROUP BY capture_id, src, protocol, dst_port
	HAVING count_distinct(dst) >= max(:hosts, 2 * count_distinct(iif(is_accepted, dst, NULL)))
		AND count(*) <= :tries * count_distinct(dst)
),
served AS MATERIALIZED ( -- how many hosts it talked with, at the same port
	SELECT f.capture_id, f.src, f.dst_port, f.protocol, count(DISTINCT f.dst) AS hosts
	FROM (SELECT 1 FROM ports LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	WHERE f.src_payload_bytes > 0
		AND f.dst_payload_bytes > 0
		AND (f.capture_id, f.src, f.dst_port, f.protocol) IN (SELECT capture_id, src, dst_port, protocol FROM ports)
	GROUP BY f.capture_id, f.src, f.dst_port, f.protocol
),
sweeps AS ( -- of a port, by ping, or by ARP
	SELECT p.*
	FROM ports p
	LEFT JOIN served s USING (capture_id, src, dst_port, protocol)
	WHERE p.hosts > ifnull(s.hosts, 0)
	UNION ALL
	SELECT
		capture_id,
		src,
		NULL,
		'icmp',
		min(request_ts_ns),
		max(request_ts_ns),
		count_distinct(dst),
		count_distinct(iif(kind = 'answered', dst, NULL)),
		group_concat(request_packet_id)
	FROM (SELECT 1 FROM askers LIMIT 1) -- if none, no more is read
	CROSS JOIN icmp_pairs
	WHERE (capture_id, src) IN askers AND kind IN ('answered', 'unanswered')
	GROUP BY capture_id, src
	HAVING count_distinct(dst) >= :hosts
	UNION ALL
	SELECT
		capture_id,
		ifnull(sender_address, sender_mac),
		NULL,
		'arp',
		min(request_ts_ns),
		max(request_ts_ns),
		count_distinct(target_address),
		count_distinct(iif(reply_packet_id NOT NULL, target_address, NULL)),
		group_concat(request_packet_id)
	FROM arp
	WHERE kind = 'request' AND protocol = 'arp'
	GROUP BY capture_id, sender_mac
	HAVING count_distinct(iif(reply_packet_id IS NULL, target_address, NULL)) >= :hosts
)
SELECT
	capture_id,
	ts_ns,
	NULL AS flow_id,
	src,
	NULL AS dst,
	hosts AS value,
	printf('%s %s %s in %.1f s; %d answered', src, CASE protocol
			WHEN 'icmp' THEN 'pinged'
			WHEN 'arp' THEN 'asked by ARP for'
			ELSE printf('tried %s port %d of', upper(protocol), dst_port)
		END, counted(hosts, 'host'), (last_ts_ns - ts_ns) / 1e9, answering) AS symptoms,
	packets,
	CASE protocol
		WHEN 'icmp' THEN iif(answering * 2 > hosts, 'low', 'medium')
		WHEN 'arp' THEN 'low'
		ELSE 'high'
	END AS severity,
	CASE protocol
		WHEN 'icmp' THEN 'Ping sweep'
		WHEN 'arp' THEN 'ARP sweep'
		ELSE printf('Sweep of %s port %d', upper(protocol), dst_port)
	END AS title
FROM sweeps
ORDER BY dst_port IS NULL, hosts DESC;
