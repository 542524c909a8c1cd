-- What happened in TCP conversations, and whether it happened to a copy of a packet.

-- The rows of tcp_events, which are Wireshark's: to it, a segment that a capture holds twice is a retransmission, and one that
-- was sent again within a round trip is out of order.
CREATE VIEW marked_tcp_events AS
SELECT
	e.event_id, -- as all columns but the last two: that of tcp_events
	e.packet_id,
	e.flow_id,
	e.direction,
	e.ts_ns,
	e.kind,
	e.related_packet_id,
	e.value,
	e.capture_id,
	EXISTS (
		SELECT 1
		FROM captures c
		CROSS JOIN packets p
		WHERE c.capture_id = e.capture_id
			AND c.duplicates > 0
			AND p.packet_id = e.packet_id
			AND p.duplicate_of NOT NULL
	) AS is_copy, -- 1: the packet is a copy of another (packets.duplicate_of)
	e.kind = 'out_of_order' AND EXISTS (
		SELECT 1
		FROM packets p
		CROSS JOIN (
			SELECT packet_id
			FROM flow_packets
			WHERE flow_id = e.flow_id AND packet_id < e.packet_id
			ORDER BY packet_id DESC
			LIMIT 100
		) before
		CROSS JOIN packets b ON b.packet_id = before.packet_id
		WHERE p.packet_id = e.packet_id
			AND b.direction = e.direction
			AND b.seq > p.seq
			AND iif(
				b.tsval NOT NULL AND p.tsval NOT NULL AND b.tsval <> p.tsval,
				(p.tsval - b.tsval) & 0xffffffff < 0x80000000,
				b.ip_id > 0 AND p.ip_id > 0 AND (p.ip_id - b.ip_id) & 0xffff BETWEEN 1 AND 1000
			)
	) AS is_sent_again -- 1: out_of_order, and sent behind one that it seems overtaken by: so its TCP timestamp tells, or where that does not, its IP identification (of the sender's packets among the 100 before in this flow)
FROM tcp_events e;
