-- What happened in TCP conversations, and where Wireshark's word for it misleads.

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
	e.kind = 'out_of_order' AND e.value IS NOT NULL AS is_sent_again -- 1: out_of_order, and sent behind the segment that seems to have overtaken it (tcp_events.value)
FROM tcp_events e;

-- Sides of TCP conversations that sent two SYN-ACKs with different numbers. Wireshark goes by the second alone: where the
-- conversation goes on with the first, it takes all that the side sends for old or out of order.
CREATE VIEW renumbered_directions AS
SELECT
	e.flow_id,
	e.direction
FROM tcp_events e
JOIN packets p ON p.packet_id = e.packet_id
WHERE e.kind = 'reused_ports' AND p.tcp_flags & 18 = 18;
