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
laid AS ( -- what begins within another one reaches back
	SELECT
		first_packet_id,
		start < max(start + length) OVER (
			PARTITION BY first_packet_id
			ORDER BY start
			GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		) AS is_within
	FROM fragments
),
overlapping AS MATERIALIZED ( -- datagrams with such a fragment
	SELECT first_packet_id
	FROM laid
	GROUP BY first_packet_id
	HAVING max(is_within)
),
few AS MATERIALIZED ( -- each is compared with all of its datagram
	SELECT *
	FROM (
		SELECT
			g.packet_id,
			g.first_packet_id,
			g.start,
			g.start + g.length AS stop,
			p.ts_ns,
			ifnull( -- a packet that shows the header, and not that of what a tunnel carries
				max(iif(g.start > 0 AND g.completes IS NOT 1, g.packet_id, NULL)) OVER (PARTITION BY g.first_packet_id),
				g.first_packet_id
			) AS header_packet_id,
			row_number() OVER (PARTITION BY g.first_packet_id ORDER BY g.packet_id) AS place
		FROM fragments g
		JOIN packets p ON p.packet_id = g.packet_id
		WHERE g.first_packet_id IN (SELECT first_packet_id FROM overlapping)
			AND p.duplicate_of IS NULL
	)
	WHERE place <= 256
),
pairs AS ( -- two fragments that overlap
	SELECT
		h.capture_id,
		iif(h.direction, f.dst, f.src) AS src,
		iif(h.direction, f.src, f.dst) AS dst,
		a.first_packet_id,
		min(a.ts_ns, b.ts_ns) AS ts_ns,
		a.packet_id,
		b.packet_id AS other_id
	FROM few a
	JOIN few b ON b.first_packet_id = a.first_packet_id
	JOIN packets h ON h.packet_id = a.header_packet_id
	JOIN flows f ON f.flow_id = h.flow_id
	WHERE b.start > a.start
		AND b.start < a.stop
		AND abs(b.ts_ns - a.ts_ns) <= :seconds * 1e9
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	NULL AS flow_id,
	src,
	dst,
	count(DISTINCT first_packet_id) AS value,
	printf('fragments of %s of %s to %s overlap',
		counted(count(DISTINCT first_packet_id), 'datagram'), src, dst) AS symptoms,
	group_concat(packet_id || ' ' || other_id) AS packets
FROM pairs
GROUP BY capture_id, src, dst
ORDER BY value DESC;
