-- Packets ran out of hops.
--
-- ICMP time exceeded in transit, the two hosts of the original packets together. A traceroute asks for it:
-- errors of at least :min_routers routers about pings, or UDP or TCP of few bytes, or about packets that
-- left with a TTL below :least_ttl, or fewer than :min_errors about pings. That is low. Without these signs the packets went round in a loop, or
-- their TTL was too small: high, and medium below :min_errors errors. value is the number of errors.
--
-- severity: high
-- category: connectivity
-- protocol: icmp
-- cause: A routing loop: two or more routers send the packets to each other.
-- cause: A sender whose TTL is too small for the distance.
-- cause: A traceroute, which does this on purpose.
-- remedy: Compare the routes of the routers that reported: the next hop of one is the other.
-- remedy: Run traceroute to the destination: in a loop the same routers repeat.
-- source: RFC 792, RFC 1812, 5.2.7.3; RFC 1122, 3.2.1.7 and IANA recommend a TTL of 64 for what one sends;
--    the longest paths have some 30 hops.
--
-- param :least_ttl integer 1..255 = 32       Originals that were captured with a TTL below it are taken for
--                                            a traceroute's.
-- param :min_errors integer 1..1000000 = 3   Errors below which the severity is medium.
-- param :min_routers integer 1..255 = 3      Reporting routers from which on they are taken for a
--                                            traceroute's.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow that the errors are about, if there is one only.
-- column src          Whose packets did not arrive.
-- column dst          Where they were to go.
-- column value        Errors.
-- column symptoms     What was seen.
-- column packets      The errors, with the packets that they are about.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH found AS ( -- errors about packets from one host to another
	SELECT
		e.capture_id,
		min(e.ts_ns) AS ts_ns,
		count(DISTINCT e.original_flow_id) AS flows,
		e.original_flow_id,
		e.original_src,
		e.original_dst,
		count(*) AS errors,
		count(DISTINCT e.src) AS routers,
		max(p.ttl) AS ttl_max,
		min(p.ttl) AS ttl_min,
		sum(ifnull(e.original_protocol NOT IN (1, 58), 0)) AS others,
		sum(ifnull(e.original_protocol = 17 AND e.original_dst_port BETWEEN 33434 AND 33534, 0)) AS probes,
		e.src AS reporter,
		group_concat(ifnull(e.original_packet_id || ' ', '') || e.packet_id) AS packets
	FROM icmp_errors e
	LEFT JOIN packets p ON p.packet_id = e.original_packet_id
	WHERE (e.ip_version = 4 AND e.type = 11 AND e.code = 0)
		OR (e.ip_version = 6 AND e.type = 3 AND e.code = 0)
	GROUP BY e.capture_id, e.original_src, e.original_dst
),
judged AS (
	SELECT
		*,
		ifnull(ttl_max < :least_ttl, routers >= :min_routers OR probes = errors
			OR (others = 0 AND errors < :min_errors)) AS is_traceroute,
		errors < :min_errors AS is_rare
	FROM found
)
SELECT
	capture_id,
	ts_ns,
	iif(flows = 1, original_flow_id, NULL) AS flow_id,
	original_src AS src,
	original_dst AS dst,
	errors AS value,
	printf('%s of %s to %s ran out of hops at %s (%s%s)%s', counted(errors, 'packet'), original_src, original_dst,
		counted(routers, 'router'), reporter, iif(routers > 1, ' and others', ''), CASE
			WHEN ttl_max IS NULL THEN '; they are not in the capture'
			WHEN ttl_min = ttl_max THEN printf('; the capture has them with a TTL of %d', ttl_max)
			ELSE printf('; the capture has them with a TTL of %d to %d', ttl_min, ttl_max)
		END) AS symptoms,
	packets,
	CASE
		WHEN is_traceroute THEN 'low'
		WHEN is_rare THEN 'medium'
		ELSE 'high'
	END AS severity,
	CASE
		WHEN is_traceroute THEN 'A traceroute, or packets with few hops to go'
		WHEN is_rare THEN 'Packets ran out of hops'
		ELSE 'Packets go round in a loop'
	END AS title,
	iif(is_traceroute, 'A traceroute, which does this on purpose.', 'A routing loop.') AS cause,
	iif(is_traceroute, 0.8, 0.5) AS confidence
FROM judged
ORDER BY is_traceroute, errors DESC;
