-- Fragments of IP packets are missing.
--
-- Datagrams of which the capture has fragments, but not all: the first or the last one is missing, or there
-- is a hole between. A datagram is waited for 120 s. Sender and receiver together. value is the share of datagrams that are not complete, in percent. Medium where
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
laid AS ( -- fragments; is_behind_hole: bytes in front of it are missing
	SELECT
		*,
		ifnull(start > max(stop) OVER (
			PARTITION BY datagram_id
			ORDER BY start, packet_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		), 0) AS is_behind_hole
	FROM datagram_fragments
),
datagrams AS (
	SELECT
		capture_id,
		src,
		dst,
		min(ts_ns) AS ts_ns,
		max(completed) IS NULL AS is_missing,
		max(completed) IS NULL AND min(start) > 0 AS lacks_first,
		max(completed) IS NULL AND min(more_fragments) AS lacks_last,
		max(completed) IS NULL AND max(is_behind_hole) AS has_hole,
		group_concat(packet_id) AS packets
	FROM laid
	GROUP BY datagram_id
)
SELECT
	capture_id,
	min(iif(is_missing, ts_ns, NULL)) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	sum(is_missing) * 100.0 / count(*) AS value,
	printf('%d of %s of %s to %s %s not complete; missing: %s',
		sum(is_missing), counted(count(*), 'fragmented datagram'), src, dst,
		iif(sum(is_missing) = 1, 'is', 'are'),
		ltrim(iif(sum(lacks_first), ', ' || counted(sum(lacks_first), 'first fragment'), '')
			|| iif(sum(lacks_last), ', ' || counted(sum(lacks_last), 'last fragment'), '')
			|| iif(sum(has_hole), ', ' || counted(sum(has_hole), 'fragment') || ' between', ''), ', ')) AS symptoms,
	group_concat(iif(is_missing, packets, NULL)) AS packets,
	iif(sum(is_missing) BETWEEN :min_count AND count(*), 'medium', 'low') AS severity
FROM datagrams
GROUP BY capture_id, src, dst
HAVING sum(is_missing) > 0
ORDER BY severity DESC, value DESC;
