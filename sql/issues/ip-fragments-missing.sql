-- Fragments of IP packets are missing.
--
-- Datagrams of which the capture has fragments, but not all: the first or the last one is missing, or there
-- is a hole between. Fragments of the same hosts, protocol and identification within :seconds belong together.
-- Sender and receiver together. value is the share of datagrams that are not complete, in percent. Medium where
-- others of them are complete or where at least :min_count are not.
--
-- severity: medium
-- category: connectivity
-- protocol: ip
-- cause: A fragment was lost on the way; then all of the datagram is lost.
-- cause: A firewall or NAT drops fragments behind the first, because they have no ports.
-- cause: The capture filter asked for ports, which only first fragments have; or the capture begins or ends
--    within a datagram.
-- remedy: Avoid fragments: make datagrams smaller than the path MTU (for DNS: EDNS buffer size 1232).
-- remedy: Let fragments pass the firewall, or let it reassemble them.
-- remedy: Capture without a port filter, or with "or ip[6:2] & 0x1fff != 0".
-- source: RFC 791, 3.2; RFC 8200, 4.5: what is not complete within 60 s is discarded; Linux waits 30 s.
--
-- param :seconds number 0..3600 = 30        Time between two fragments of a datagram at most, seconds.
-- param :min_count integer 1..1000000 = 2   Incomplete datagrams from which on the severity is medium.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: fragments have no ports.
-- column src          The sender.
-- column dst          The receiver.
-- column value        Incomplete datagrams, percent.
-- column symptoms     What was seen.
-- column packets      Fragments of incomplete datagrams.
-- column severity     low, medium, high or critical.
WITH
fragments AS MATERIALIZED (
	SELECT
		p.packet_id,
		p.capture_id,
		iif(p.direction, f.dst, f.src) AS src,
		iif(p.direction, f.src, f.dst) AS dst,
		f.protocol,
		p.ip_id,
		p.ts_ns,
		p.fragment_offset AS begins,
		p.fragment_offset + p.payload_len AS ends,
		p.more_fragments
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN flow_packets fp ON fp.flow_id = g.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE g.has_fragments
		AND p.fragment_offset NOT NULL
		AND (p.fragment_offset > 0 OR p.more_fragments)
),
timed AS (
	SELECT
		*,
		ts_ns - lag(ts_ns, 1, ts_ns) OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id
			ORDER BY packet_id
		) > :seconds * 1e9 AS is_new
	FROM fragments
),
numbered AS (
	SELECT
		*,
		sum(is_new) OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id
			ORDER BY packet_id
			ROWS UNBOUNDED PRECEDING
		) AS turn
	FROM timed
),
laid AS (
	SELECT
		*,
		lead(begins) OVER (
			PARTITION BY capture_id, src, dst, protocol, ip_id, turn
			ORDER BY begins, packet_id
		) AS next_begins
	FROM numbered
),
datagrams AS (
	SELECT
		capture_id,
		src,
		dst,
		min(ts_ns) AS ts_ns,
		min(begins) > 0 AS lacks_first,
		min(more_fragments) AS lacks_last,
		max(ifnull(next_begins > ends, 0)) AS has_hole,
		group_concat(packet_id) AS packets
	FROM laid
	GROUP BY capture_id, src, dst, protocol, ip_id, turn
)
SELECT
	capture_id,
	min(iif(lacks_first OR lacks_last OR has_hole, ts_ns, NULL)) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	sum(lacks_first OR lacks_last OR has_hole) * 100.0 / count(*) AS value,
	printf('%d of %s of %s to %s %s not complete; missing: %s, %s, %s',
		sum(lacks_first OR lacks_last OR has_hole), counted(count(*), 'fragmented datagram'), src, dst,
		iif(sum(lacks_first OR lacks_last OR has_hole) = 1, 'is', 'are'), counted(sum(lacks_first), 'first fragment'),
		counted(sum(lacks_last), 'last one'), counted(sum(has_hole), 'one') || ' between') AS symptoms,
	group_concat(iif(lacks_first OR lacks_last OR has_hole, packets, NULL)) AS packets,
	iif(sum(lacks_first OR lacks_last OR has_hole) BETWEEN :min_count AND count(*), 'medium', 'low') AS severity
FROM datagrams
GROUP BY capture_id, src, dst
HAVING sum(lacks_first OR lacks_last OR has_hole) > 0
ORDER BY severity DESC, value DESC;
