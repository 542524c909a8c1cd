-- How TCP flows begin to send data.

-- One row a direction of a TCP flow with its SYN and SYN-ACK in the capture that sent data: the first data, its first ACK,
-- and the round trip from end to end. Of a capture made near the receiver, ACKs pass before the sender can know of them.
CREATE VIEW tcp_starts (
	capture_id, -- the capture
	flow_id, -- the flow
	direction, -- of the data: 0 sent by the flow's src, 1 by its dst
	payload_bytes, -- sent in this direction in the whole flow
	rtt_ns, -- round trip from end to end: the shortest ones of both directions together, or the initial one if that is less
	near_sender, -- 1: at least half of it lies between the capture point and the receiver
	first_packet_id, -- first segment with data
	first_ts_ns, -- its time
	first_seq, -- its first byte
	ack_packet_id -- first ACK of data of this direction; NULL none
) AS
WITH
sides AS ( -- directions with data; there_ns: from the capture point to the receiver and back
	SELECT
		capture_id,
		flow_id,
		0 AS direction,
		src_payload_bytes AS payload_bytes,
		initial_rtt_ns,
		src_rtt_min_ns AS there_ns,
		dst_rtt_min_ns AS back_ns
	FROM flows
	WHERE completeness & 3 = 3 AND src_payload_bytes > 0
	UNION ALL
	SELECT
		capture_id,
		flow_id,
		1,
		dst_payload_bytes,
		initial_rtt_ns,
		dst_rtt_min_ns,
		src_rtt_min_ns
	FROM flows
	WHERE completeness & 3 = 3 AND dst_payload_bytes > 0
),
firsts AS ( -- each with its first segment with data
	SELECT
		s.*,
		(
			SELECT p.packet_id
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = s.flow_id AND p.direction = s.direction AND p.payload_len > 0
			ORDER BY fp.packet_id
			LIMIT 1
		) AS first_packet_id
	FROM sides s
)
SELECT
	f.capture_id,
	f.flow_id,
	f.direction,
	f.payload_bytes,
	min(f.initial_rtt_ns, ifnull(f.there_ns + f.back_ns, f.initial_rtt_ns)),
	ifnull(f.there_ns >= f.back_ns, 1),
	p.packet_id,
	p.ts_ns,
	p.seq,
	(
		SELECT a.packet_id
		FROM flow_packets fp
		CROSS JOIN packets a ON a.packet_id = fp.packet_id
		WHERE fp.flow_id = f.flow_id
			AND fp.packet_id > p.packet_id
			AND a.direction <> f.direction
			AND a.ack > p.seq
		ORDER BY fp.packet_id
		LIMIT 1
	)
FROM firsts f
CROSS JOIN packets p ON p.packet_id = f.first_packet_id;
