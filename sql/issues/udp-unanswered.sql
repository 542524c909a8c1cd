-- UDP requests were not answered.
--
-- A client sent requests to a port where services answer (:ports), at least :min_packets, and nothing came
-- back until :wait_ms after the last; server and port together. DNS is left to its own detectors, and so is
-- what a port scan, a sweep or an ICMP error explains. value is the number of packets. Low where the client asked
-- once a flow; broadcast and multicast do not count.
--
-- severity: medium
-- category: connectivity
-- protocol: udp
-- cause: The service is not running, or does not know the client (SNMP community, RADIUS key: it stays
--    silent then).
-- cause: A firewall on the way drops requests or answers in silence.
-- remedy: Capture at the server: does the request arrive, and does an answer leave?
-- remedy: Look into the service's log: many do not answer what they refuse.
-- source: Ports by IANA; clients of these protocols send again after 1 to 5 s (RFC 2865, RFC 5905, RFC
--    3261: 0.5 s).
--
-- param :ports text = 69 111 123 161 389 443 500 623 1812 1813 2049 3478 4500 5060 5683   Ports of services
--                                                                                         that answer,
--                                                                                         separated by
--                                                                                         blanks.
-- param :min_packets integer 1..1000000 = 2                                               Packets from
--                                                                                         which on it is
--                                                                                         listed.
-- param :wait_ms number 0..60000 = 1000                                                   How long an
--                                                                                         answer may take,
--                                                                                         milliseconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Packets that were not answered.
-- column symptoms     What was seen.
-- column packets      First packets of the flows.
-- column severity     low, medium, high or critical.
WITH
scans AS MATERIALIZED ( -- of these, other detectors tell
	SELECT capture_id, src, dst, title
	FROM issues
	WHERE detector IN ('port-scan', 'host-sweep')
),
asked AS ( -- flows to such ports without an answer, but for scans and ICMP errors
	SELECT f.capture_id, f.flow_id, f.src, f.dst, f.dst_port, f.src_packets, f.first_ts_ns, f.first_packet_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	JOIN captures c ON c.capture_id = f.capture_id
	WHERE g.has_one_side
		AND f.protocol = 'udp'
		AND f.dst_port < f.src_port
		AND instr(' ' || :ports || ' ', ' ' || f.dst_port || ' ')
		AND ifnull(f.application, '') <> 'dns'
		AND f.last_ts_ns <= c.last_ts_ns - :wait_ms * 1e6
		AND NOT ip_in(f.dst, '224.0.0.0/4')
		AND NOT ip_in(f.dst, 'ff00::/8')
		AND f.dst NOT LIKE '%.255'
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = f.capture_id
				AND i.src = f.src
				AND (i.dst = f.dst OR i.title = 'Sweep of UDP port ' || f.dst_port)
		)
		AND f.flow_id NOT IN (SELECT original_flow_id FROM icmp_errors WHERE original_flow_id NOT NULL)
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	iif(count(DISTINCT src) = 1, src, NULL) AS src,
	dst,
	sum(src_packets) AS value,
	printf('%s of %s to UDP port %d of %s, in %s, got no answer', counted(sum(src_packets), 'packet'),
		counted(count(DISTINCT src), 'client'), dst_port, dst, counted(count(*), 'flow')) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(max(src_packets) > 1, 'medium', 'low') AS severity
FROM asked
GROUP BY capture_id, dst, dst_port
HAVING sum(src_packets) >= :min_packets
ORDER BY value DESC;
