-- Destinations are unreachable, routers and hosts say.
--
-- ICMP destination unreachable (types 3 and ICMPv6 1, without fragmentation needed), sender, reporter and
-- kind together; the title says which kind. A port that a traceroute asks for on purpose (UDP to
-- 33434..33534, or where ICMP also reported a TTL exceeded about the same two hosts) is left out. Low where
-- only ICMP was concerned, as with pings: they are there to try; and where the errors are answers that came after their
-- asker had closed its port, or multicast, or quote no packet. Else medium; high where two errors or more are about
-- TCP connections. value is the number of errors, copies left out.
--
-- severity: medium
-- category: connectivity
-- protocol: icmp
-- cause: Port: no program listens on the UDP port, or it had stopped to wait for the answer. Of TCP a firewall says
--    so, or somebody forges the errors.
-- cause: Host or address: the destination is off, or its address is not in use; the last router got no
--    answer to its ARP.
-- cause: Network or no route: a router has no route to the destination.
-- cause: Prohibited: a firewall or an access list forbids it.
-- remedy: Ask the reporter: it is the device that gave up. See its routes, its ARP table or its access
--    lists.
-- remedy: For ports: see whether the service runs and on which address it listens (ss -lun).
-- source: RFC 792, RFC 1122, 3.2.2.1, RFC 1812, 5.2.7.1, RFC 4443, 3.1. One such error is enough: what it
--    is about did not arrive.
--
-- param :min_count integer 1..1000000 = 1   Errors from which on it is listed.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow that the errors are about, if there is one only.
-- column src          Whose packets did not arrive.
-- column dst          The destination that is unreachable, if there is one only.
-- column value        Errors.
-- column symptoms     What was seen.
-- column packets      The errors, with the packets that they are about.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
routes AS MATERIALIZED ( -- of traceroutes
	SELECT DISTINCT capture_id, original_src, original_dst
	FROM icmp_errors
	WHERE ip_version = 4 AND type = 11 AND code = 0
		OR ip_version = 6 AND type = 3 AND code = 0
),
errors AS ( -- but for the ports that traceroutes end at
	SELECT
		e.*,
		CASE
			WHEN ip_version = 6 THEN CASE code
				WHEN 0 THEN 'no route'
				WHEN 1 THEN 'prohibited'
				WHEN 2 THEN 'beyond scope'
				WHEN 3 THEN 'address'
				WHEN 4 THEN 'port'
				WHEN 5 THEN 'source address policy'
				WHEN 6 THEN 'reject route'
				ELSE 'code ' || code
			END
			ELSE CASE code
				WHEN 0 THEN 'network'
				WHEN 1 THEN 'host'
				WHEN 2 THEN 'protocol'
				WHEN 3 THEN 'port'
				WHEN 5 THEN 'source route'
				WHEN 6 THEN 'network unknown'
				WHEN 7 THEN 'host unknown'
				WHEN 9 THEN 'network prohibited'
				WHEN 10 THEN 'host prohibited'
				WHEN 11 THEN 'network for this type of service'
				WHEN 12 THEN 'host for this type of service'
				WHEN 13 THEN 'prohibited'
				ELSE 'code ' || code
			END
		END AS kind
	FROM icmp_errors e
	JOIN captures c USING (capture_id)
	WHERE (ip_version = 4 AND type = 3 AND code <> 4 OR ip_version = 6 AND type = 1)
		AND NOT (
			original_protocol = 17
			AND code = iif(ip_version = 6, 4, 3)
			AND (original_dst_port BETWEEN 33434 AND 33534
				OR (capture_id, original_src, original_dst) IN (SELECT * FROM routes))
		)
		AND NOT (c.duplicates > 0
			AND EXISTS (SELECT 1 FROM packets p WHERE p.packet_id = e.packet_id AND p.duplicate_of NOT NULL))
),
found AS ( -- errors of one kind and reporter about one sender's packets
	SELECT
		e.capture_id,
		min(e.ts_ns) AS ts_ns,
		count(DISTINCT e.original_flow_id) AS flows,
		e.original_flow_id,
		e.original_src,
		e.original_dst,
		count(DISTINCT e.original_dst) AS destinations,
		e.original_dst_port,
		count(DISTINCT e.original_dst_port) AS ports,
		e.src AS reporter,
		e.kind,
		e.code,
		e.ip_version,
		count(*) AS errors,
		sum(ifnull(e.original_protocol = 6, 0)) AS tcp,
		sum(ifnull(e.original_protocol IN (1, 58), 0)) AS icmp,
		sum(e.kind = 'port' AND ifnull(e.original_src_port, 65535) IN (53, 123, 137, 161, 5353)) AS answers,
		sum(ip_in(e.original_dst, '224.0.0.0/4') OR ip_in(e.original_dst, 'ff00::/8')) AS multicast,
		group_concat(ifnull(e.original_packet_id || ' ', '') || e.packet_id) AS packets
	FROM errors e
	GROUP BY e.capture_id, e.original_src, e.src, e.kind, e.ip_version
)
SELECT
	capture_id,
	ts_ns,
	iif(flows = 1, original_flow_id, NULL) AS flow_id,
	original_src AS src,
	iif(destinations = 1, original_dst, NULL) AS dst,
	errors AS value,
	iif(original_src IS NULL, printf('%s said %s that something is unreachable (%s), and not what', reporter,
		counted(errors, 'time'), kind), printf('%s told %s %s that %s unreachable (%s%s)%s', reporter, original_src,
		counted(errors, 'time'),
		iif(destinations = 1, original_dst || ' is', destinations || ' destinations are'), kind, CASE
			WHEN kind <> 'port' OR ports = 0 THEN ''
			WHEN ports = 1 THEN ' ' || original_dst_port
			ELSE ', ' || counted(ports, 'port')
		END, CASE
			WHEN icmp = errors THEN '; all about ICMP'
			WHEN tcp > 0 THEN '; about TCP: ' || tcp
			ELSE ''
		END)) AS symptoms,
	packets,
	CASE
		WHEN original_src IS NULL OR icmp = errors OR answers = errors OR multicast = errors THEN 'low'
		WHEN tcp > 1 THEN 'high'
		ELSE 'medium'
	END AS severity,
	'Unreachable: ' || kind AS title,
	CASE
		WHEN answers = errors THEN 'The answer came after its asker had stopped to wait for it.'
		WHEN kind = 'port' AND tcp = errors THEN 'A firewall rejects the connections: a host answers TCP with RST.'
		WHEN kind = 'port' THEN 'No program listens on that UDP port.'
		WHEN kind LIKE '%prohibited' OR kind = 'source address policy' THEN 'A firewall or an access list forbids it.'
		WHEN kind IN ('network', 'no route', 'network unknown', 'reject route') THEN 'The reporter has no route.'
		WHEN kind IN ('host', 'address', 'host unknown') THEN
			'The destination is off, or its address is not in use: the last router got no answer from it.'
		ELSE 'The reporter cannot deliver the packet.'
	END AS cause,
	0.6 AS confidence
FROM found
WHERE errors >= :min_count
ORDER BY tcp DESC, errors DESC;
