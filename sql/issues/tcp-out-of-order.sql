-- Segments arrived out of order.
--
-- A direction of a connection where at least :percent of the packets are Wireshark's out-of-order, and at
-- least :min_count, without copies and without those that were sent again (marked_tcp_events.is_sent_again). value is that
-- percentage. Medium where it also led to fast or spurious retransmissions, else low.
--
-- severity: low
-- category: performance
-- protocol: tcp
-- cause: Packets of a connection take several paths (per-packet load balancing, link aggregation, several
--    queues).
-- cause: Packets were lost before the capture point and sent again faster than the rule for retransmissions
--    allows.
-- cause: The capture itself has packets in another order than the wire (several interfaces or queues).
-- remedy: Balance by flow, not by packet.
-- remedy: Compare with a capture at the other side: is the order lost on the way, or in the capture?
-- source: RFC 5681, 3.2: three duplicate ACKs make a sender send again; RFC 4737 defines reordering. 1 % is
--    where senders begin to slow down.
--
-- param :percent number 0..100 = 1          Share of the packets from which on it is listed, percent.
-- param :min_count integer 1..1000000 = 5   Segments below which it is not.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection.
-- column src          Who sent them.
-- column dst          The receiver.
-- column value        Segments out of order, percent.
-- column symptoms     What was seen.
-- column packets      The segments.
-- column severity     low, medium, high or critical.
WITH
sides AS ( -- directions; late: Wireshark's out-of-order, copies and all
	SELECT
		flow_id,
		capture_id,
		iif(direction, dst, src) AS src,
		iif(direction, src, dst) AS dst,
		direction,
		iif(direction, dst_out_of_order, src_out_of_order) AS late,
		iif(direction, dst_packets, src_packets) AS packets,
		iif(
			direction,
			dst_fast_retransmissions + dst_spurious_retransmissions,
			src_fast_retransmissions + src_spurious_retransmissions
		) AS again
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	CROSS JOIN (SELECT 0 AS direction UNION ALL SELECT 1)
	WHERE is_out_of_order
),
suspects AS MATERIALIZED ( -- directions with enough of them
	SELECT *
	FROM sides
	WHERE late >= :min_count AND late * 100.0 / packets >= :percent
		AND (flow_id, direction) NOT IN renumbered_directions
),
found AS ( -- the same directions, without copies and what was sent again
	SELECT
		s.capture_id,
		min(e.ts_ns) AS ts_ns,
		s.flow_id,
		s.src,
		s.dst,
		count(*) AS late,
		s.packets AS of_packets,
		s.again,
		group_concat(e.packet_id) AS packets
	FROM (SELECT 1 FROM suspects LIMIT 1) -- if none, no more is read
	CROSS JOIN marked_tcp_events e
	CROSS JOIN suspects s ON s.flow_id = e.flow_id AND s.direction = e.direction
	WHERE e.kind = 'out_of_order'
		AND NOT e.is_copy
		AND NOT e.is_sent_again
	GROUP BY s.flow_id, s.direction
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	src,
	dst,
	late * 100.0 / of_packets AS value,
	printf('%d of %d packets that %s sent came out of order; it sent %s again that had arrived, or that duplicate '
		|| 'ACKs asked for', late, of_packets, src, counted(again, 'segment')) AS symptoms,
	packets,
	iif(again > 0, 'medium', 'low') AS severity
FROM found
WHERE late >= :min_count AND late * 100.0 / of_packets >= :percent
ORDER BY value DESC;
