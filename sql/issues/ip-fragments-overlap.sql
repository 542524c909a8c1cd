-- Fragments of an IP packet overlap.
--
-- A fragment begins within another one of the same datagram (hosts, protocol, identification) that it does
-- not repeat. No sender makes them so: they hide content from firewalls, or are to crash the receiver
-- (teardrop). Sender and receiver together. value is the number of datagrams.
--
-- severity: high
-- category: security
-- protocol: ip
-- cause: An attack on the reassembly of the receiver or of a firewall (teardrop and its variants), or a
--    tool that tests it.
-- remedy: Drop overlapping fragments at the border, as RFC 8200 demands for IPv6 and RFC 5722 explains.
-- remedy: Look at what else the sender does.
-- source: RFC 1858 and RFC 3128; RFC 5722: overlapping fragments are forbidden in IPv6; CERT CA-1997-28
--    (teardrop).
--
-- param :seconds number 0..3600 = 30   Time between two fragments of a datagram at most, seconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: fragments have no ports.
-- column src          The sender.
-- column dst          The receiver.
-- column value        Datagrams.
-- column symptoms     What was seen.
-- column packets      Their fragments.
WITH
fragments AS (
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
		row_number() OVER (
			PARTITION BY p.capture_id, f.protocol, iif(p.direction, f.dst, f.src), iif(p.direction, f.src, f.dst), p.ip_id
			ORDER BY p.packet_id
		) AS place
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN flow_packets fp ON fp.flow_id = g.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE g.has_fragments
		AND p.fragment_offset NOT NULL
		AND p.duplicate_of IS NULL
		AND (p.fragment_offset > 0 OR p.more_fragments)
),
few AS MATERIALIZED ( -- each is compared with all of its identification
	SELECT *
	FROM fragments
	WHERE place <= 256
),
pairs AS ( -- a: not the last fragment to come, whose length may be that of the datagram that it completes
	SELECT a.*, b.packet_id AS other_id
	FROM few a
	JOIN few b ON b.capture_id = a.capture_id
		AND b.src = a.src
		AND b.dst = a.dst
		AND b.protocol = a.protocol
		AND b.ip_id = a.ip_id
	WHERE b.packet_id > a.packet_id
		AND b.begins > a.begins
		AND b.begins < a.ends
		AND b.ts_ns - a.ts_ns <= :seconds * 1e9
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	count(DISTINCT ip_id) AS value,
	printf('fragments of %s of %s to %s overlap', counted(count(DISTINCT ip_id), 'datagram'), src, dst) AS symptoms,
	group_concat(packet_id || ' ' || other_id) AS packets
FROM pairs
GROUP BY capture_id, src, dst
ORDER BY value DESC;
