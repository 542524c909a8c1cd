-- Packets have wrong checksums.
--
-- IP, TCP, UDP or ICMP checksums that do not fit. Medium where packets of a sender were damaged: it had to
-- send at least half as many TCP segments again as have wrong checksums, and most of its packets are right.
-- Else nobody missed them, or nearly all of a sender's are wrong (:offload_percent): its network card was
-- to fill them in, and the capture was made before it did. That is low, and all senders of a capture
-- together. So are segments that are longer than the receiver takes (its MSS, else 1,460 bytes): its network card
-- joined them. value is the share of the senders' packets in percent.
--
-- severity: medium
-- category: connectivity
-- protocol: ip
-- cause: A bad cable, transceiver, memory or network card on the way damages packets.
-- cause: The capture was made on the sender, whose network card computes checksums (offloading).
-- cause: The receiver's network card or driver joined segments (LRO, GRO) and left the checksum of the first.
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
-- column remedy       What to do first, where it is not damage.
WITH
sides AS ( -- directions of flows with wrong checksums
	SELECT
		capture_id,
		flow_id,
		direction,
		ifnull(iif(direction, src_mss, dst_mss), 1460) AS mss,
		CAST(iif(direction, dst, src) AS TEXT) AS sender,
		iif(direction, dst_wrong_checksums, src_wrong_checksums) AS wrong,
		ifnull(
			iif(
				direction,
				dst_retransmissions + dst_fast_retransmissions
					+ min(dst_spurious_retransmissions, dst_retransmitted_packets),
				src_retransmissions + src_fast_retransmissions
					+ min(src_spurious_retransmissions, src_retransmitted_packets)
			),
			0
		) AS again
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	CROSS JOIN (SELECT 0 AS direction UNION ALL SELECT 1)
	WHERE has_checksums AND iif(direction, dst_wrong_checksums, src_wrong_checksums) > 0
),
told AS ( -- whether all that are wrong are too long for the receiver
	SELECT
		s.*,
		ifnull(t.max_segment > s.mss, 0) AND NOT EXISTS (
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = s.flow_id
				AND p.direction = s.direction
				AND (p.l4_checksum_ok = 0 OR p.ip_checksum_ok = 0)
				AND p.payload_len <= s.mss
		) AS is_joined
	FROM sides s
	LEFT JOIN tcp_stats t ON t.tcp_stats_id = 2 * s.flow_id + s.direction
),
senders AS ( -- all such directions of one sender, joined or not; flow_id, direction: the first of them
	SELECT
		capture_id,
		sender,
		is_joined,
		sum(wrong) AS wrong,
		sum(again) AS again,
		min(flow_id) AS flow_id,
		direction
	FROM told
	GROUP BY capture_id, sender, is_joined
),
judged AS ( -- damage: few of the packets are wrong, and they were sent again
	SELECT
		s.*,
		h.packets_sent AS sent,
		NOT s.is_joined
			AND s.again * 2 >= s.wrong
			AND s.wrong * 100.0 < h.packets_sent * :offload_percent AS is_damage
	FROM hosts h
	CROSS JOIN senders s ON s.capture_id = h.capture_id AND s.sender = h.address
),
found AS ( -- damage a sender each, all others together
	SELECT
		capture_id,
		is_damage,
		is_joined,
		iif(count(*) = 1, sender, NULL) AS sender,
		count(*) AS senders,
		sum(wrong) AS wrong,
		sum(again) AS again,
		sum(sent) AS sent,
		first_few(2 * flow_id + direction, flow_id, 200) AS flows -- with the direction as the last bit
	FROM judged
	GROUP BY capture_id, is_damage, is_joined, iif(is_damage, sender, NULL)
),
evidence AS MATERIALIZED ( -- up to ten packets of each flow
	SELECT
		f.*,
		(
			SELECT group_concat((
				SELECT group_concat(packet_id)
				FROM (
					SELECT p.packet_id
					FROM flow_packets fp
					CROSS JOIN packets p ON p.packet_id = fp.packet_id
					WHERE fp.flow_id = j.value / 2
						AND p.direction = j.value % 2
						AND (p.l4_checksum_ok = 0 OR p.ip_checksum_ok = 0)
					LIMIT 10
				)
			))
			FROM json_each('[' || f.flows || ']') j
		) AS packets
	FROM found f
)
SELECT
	capture_id,
	(
		SELECT min(p.ts_ns)
		FROM json_each('[' || packets || ']') j
		CROSS JOIN packets p ON p.packet_id = j.value
	) AS ts_ns,
	NULL AS flow_id,
	sender AS src,
	NULL AS dst,
	wrong * 100.0 / sent AS value,
	printf('%d of %s of %s %s a wrong checksum; %s in these flows had to be sent again', wrong,
		counted(sent, 'packet'), ifnull(sender, counted(senders, 'sender')), iif(wrong = 1, 'has', 'have'),
		counted(again, 'segment')) AS symptoms,
	packets,
	iif(is_damage, 'medium', 'low') AS severity,
	CASE
		WHEN is_damage THEN 'Packets were damaged'
		WHEN is_joined THEN 'Segments that were joined have wrong checksums'
		ELSE 'Checksums are wrong, but nobody missed the packets'
	END AS title,
	CASE
		WHEN is_damage THEN 'A device or link on the way damages packets.'
		WHEN is_joined THEN 'The receiver''s network card or driver joined segments (LRO, GRO) and left the checksum of the first.'
		ELSE 'The capture was made on the sender, whose network card computes checksums.'
	END AS cause,
	iif(is_damage, 0.5, 0.8) AS confidence,
	CASE
		WHEN is_damage THEN NULL
		WHEN is_joined THEN 'To rule it out: ethtool -K IFACE lro off gro off where the capture is made.'
		ELSE 'To rule out offloading: ethtool -K IFACE tx off, or capture at the receiver.'
	END AS remedy
FROM evidence
ORDER BY is_damage DESC, wrong DESC;
