-- Packets have wrong checksums.
--
-- IP, TCP, UDP or ICMP checksums that do not fit. Medium where packets of a sender were damaged: it had to
-- send at least half as many TCP segments again as have wrong checksums, and most of its packets are right.
-- Else nobody missed them, or nearly all of a sender's are wrong (:offload_percent): its network card was
-- to fill them in, and the capture was made before it did. That is low, and all senders of a capture
-- together. value is the share of the senders' packets in percent.
--
-- severity: medium
-- category: connectivity
-- protocol: ip
-- cause: A bad cable, transceiver, memory or network card on the way damages packets.
-- cause: The capture was made on the sender, whose network card computes checksums (offloading).
-- cause: A device on the way rewrites packets without correcting the checksum.
-- remedy: Look for devices on the way with errors in their counters; capture on both sides of them.
-- remedy: To rule out offloading: ethtool -K IFACE tx off, or capture at the receiver.
-- source: RFC 1071, RFC 9293, 3.1: a receiver drops a segment with a wrong checksum, so that it has to be
--    sent again.
--
-- param :offload_percent number 1..100 = 50   Share of the sender's packets from which on it is taken for
--                                             offloading, percent.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: several.
-- column src          The sender, if it is one only.
-- column dst          NULL: several.
-- column value        Share of wrong packets, percent.
-- column symptoms     What was seen.
-- column packets      Some of the packets.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
sides AS MATERIALIZED (
	SELECT
		capture_id,
		flow_id,
		src AS sender,
		0 AS direction,
		src_wrong_checksums AS wrong,
		ifnull(src_retransmissions + src_fast_retransmissions
			+ min(src_spurious_retransmissions, src_retransmitted_packets), 0) AS again
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_checksums AND src_wrong_checksums > 0
	UNION ALL
	SELECT
		capture_id,
		flow_id,
		dst,
		1,
		dst_wrong_checksums,
		ifnull(dst_retransmissions + dst_fast_retransmissions
			+ min(dst_spurious_retransmissions, dst_retransmitted_packets), 0)
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_checksums AND dst_wrong_checksums > 0
),
senders AS (
	SELECT
		s.capture_id,
		s.sender,
		sum(s.wrong) AS wrong,
		sum(s.again) AS again,
		min(s.flow_id) AS flow_id,
		s.direction
	FROM sides s
	GROUP BY s.capture_id, s.sender
),
sent AS MATERIALIZED (
	SELECT
		s.*,
		h.packets_sent AS sent,
		s.again * 2 >= s.wrong AND s.wrong * 100.0 < h.packets_sent * :offload_percent AS is_damage
	FROM hosts h
	JOIN senders s ON s.capture_id = h.capture_id AND s.sender = h.address
),
evidence AS (
	SELECT
		s.*,
		(
			SELECT group_concat(packet_id)
			FROM (
				SELECT p.packet_id
				FROM flow_packets fp
				CROSS JOIN packets p ON p.packet_id = fp.packet_id
				WHERE fp.flow_id = s.flow_id
					AND p.direction = s.direction
					AND (p.l4_checksum_ok = 0 OR p.ip_checksum_ok = 0)
				LIMIT 10
			)
		) AS packets
	FROM sent s
)
SELECT
	e.capture_id,
	min(p.ts_ns) AS ts_ns,
	NULL AS flow_id,
	iif(count(*) = 1, e.sender, NULL) AS src,
	NULL AS dst,
	sum(e.wrong) * 100.0 / sum(e.sent) AS value,
	printf('%d of %s of %s %s a wrong checksum; %s', sum(e.wrong), counted(sum(e.sent), 'packet'),
		iif(count(*) = 1, e.sender, counted(count(*), 'sender')), iif(sum(e.wrong) = 1, 'has', 'have'),
		counted(sum(e.again), 'segment') || ' in these flows had to be sent again') AS symptoms,
	group_concat(e.packets) AS packets,
	iif(e.is_damage, 'medium', 'low') AS severity,
	iif(e.is_damage, 'Packets were damaged', 'Checksums are wrong, but nobody missed the packets') AS title,
	iif(e.is_damage, 'A device or link on the way damages packets.',
		'The capture was made on the sender, whose network card computes checksums.') AS cause,
	iif(e.is_damage, 0.5, 0.8) AS confidence
FROM evidence e
JOIN packets p ON p.packet_id = CAST(e.packets AS INTEGER)
GROUP BY e.capture_id, e.is_damage, iif(e.is_damage, e.sender, NULL)
ORDER BY e.is_damage DESC, sum(e.wrong) DESC;
