-- Tables as people read them: seconds, names, no ids to look up.

-- Packets as Wireshark's packet list shows them.
CREATE VIEW packet_list AS
SELECT
	p.packet_id,
	c.name AS capture, -- name of its capture
	p.number, -- Wireshark's frame.number
	strftime('%Y-%m-%dT%H:%M:%S', p.ts_ns / 1000000000, 'unixepoch')
		|| printf('.%09dZ', p.ts_ns % 1000000000) AS time, -- UTC
	(p.ts_ns - c.first_ts_ns) / 1e9 AS time_s, -- since the capture's first packet
	iif(p.direction, f.dst, f.src) AS src, -- who sent the packet, an end of its flow; NULL without a flow
	iif(p.direction, f.dst_port, f.src_port) AS src_port, -- its port
	iif(p.direction, f.src, f.dst) AS dst, -- who it was sent to
	iif(p.direction, f.src_port, f.dst_port) AS dst_port, -- its port
	f.protocol,
	s.stack,
	p.wire_len,
	p.payload_len,
	iif(p.tcp_flags IS NULL, NULL,
		iif(p.tcp_flags & 1, 'F', '') || iif(p.tcp_flags & 2, 'S', '') || iif(p.tcp_flags & 4, 'R', '')
		|| iif(p.tcp_flags & 8, 'P', '') || iif(p.tcp_flags & 16, '.', '') || iif(p.tcp_flags & 32, 'U', '')
		|| iif(p.tcp_flags & 64, 'E', '') || iif(p.tcp_flags & 128, 'W', '') || iif(p.tcp_flags & 256, 'e', '')) AS flags, -- as tcpdump prints them
	p.seq,
	p.ack,
	p.window, -- raw
	p.ttl,
	p.vlan_id,
	p.ack_rtt_ns / 1e6 AS ack_rtt_ms, -- time since the segment that it acknowledges
	p.flow_id,
	p.duplicate_of, -- number of the packet that it is a copy of
	p.errors
FROM packets p
JOIN captures c USING (capture_id)
JOIN protocol_stacks s USING (stack_id)
LEFT JOIN flows f USING (flow_id);

-- Flows as people read them: seconds, milliseconds, millions of bits per second, and Wireshark's words.
CREATE VIEW flow_list AS
SELECT
	f.flow_id,
	c.name AS capture, -- name of its capture
	f.protocol,
	f.src,
	f.src_port,
	f.dst,
	f.dst_port,
	strftime('%Y-%m-%dT%H:%M:%S', f.first_ts_ns / 1000000000, 'unixepoch')
		|| printf('.%09dZ', f.first_ts_ns % 1000000000) AS start, -- UTC
	(f.first_ts_ns - c.first_ts_ns) / 1e9 AS start_s, -- since the capture's first packet
	(f.last_ts_ns - f.first_ts_ns) / 1e9 AS duration_s, -- from its first to its last packet
	f.src_packets + f.dst_packets AS packets, -- both ways
	f.src_bytes + f.dst_bytes AS bytes, -- on the wire, both ways
	f.src_packets,
	f.dst_packets,
	f.src_bytes,
	f.dst_bytes,
	f.src_payload_bytes,
	f.dst_payload_bytes,
	f.src_throughput_bps / 1e6 AS src_mbit_per_s, -- on the wire
	f.dst_throughput_bps / 1e6 AS dst_mbit_per_s, -- on the wire
	f.src_goodput_bps / 1e6 AS src_goodput_mbit_per_s, -- payload, each byte once
	f.dst_goodput_bps / 1e6 AS dst_goodput_mbit_per_s, -- payload, each byte once
	f.state, -- Zeek's conn_state
	f.status, -- TCP, as all below but community_id: SYNs and FINs of both sides, /R if reset
	f.completeness,
	CASE
		WHEN f.completeness IS NULL THEN NULL
		WHEN f.completeness = 1 THEN 'Incomplete, SYN_SENT'
		WHEN f.completeness = 3 THEN 'Incomplete, CLIENT_ESTABLISHED'
		WHEN f.completeness = 7 THEN 'Incomplete, ESTABLISHED'
		WHEN f.completeness = 15 THEN 'Incomplete, DATA'
		WHEN f.completeness IN (31, 47, 63) THEN 'Complete, WITH_DATA'
		WHEN f.completeness IN (23, 39, 55) THEN 'Complete, NO_DATA'
		ELSE 'Incomplete'
	END AS completeness_text, -- Wireshark's words for completeness
	f.syn_rtt_ns / 1e6 AS syn_rtt_ms, -- from the SYN to the SYN-ACK
	f.handshake_ns / 1e6 AS handshake_ms, -- from the SYN to the ACK of the SYN-ACK
	f.initial_rtt_ns / 1e6 AS initial_rtt_ms, -- Wireshark's initial RTT
	f.src_rtt_mean_ns / 1e6 AS src_rtt_mean_ms, -- of what src sent, answered by dst
	f.src_rtt_max_ns / 1e6 AS src_rtt_max_ms, -- the longest of them
	f.dst_rtt_mean_ns / 1e6 AS dst_rtt_mean_ms, -- of what dst sent, answered by src
	f.dst_rtt_max_ns / 1e6 AS dst_rtt_max_ms, -- the longest of them
	f.src_retransmissions + f.src_fast_retransmissions + f.src_spurious_retransmissions
		+ f.dst_retransmissions + f.dst_fast_retransmissions + f.dst_spurious_retransmissions
		AS retransmissions, -- of any kind, both ways
	100 * f.src_retransmission_rate AS src_retransmission_percent, -- of its data, SYN and FIN segments
	100 * f.dst_retransmission_rate AS dst_retransmission_percent, -- of its data, SYN and FIN segments
	f.idle_max_ns / 1e6 AS idle_max_ms, -- longest time without a packet
	f.community_id
FROM flows f
JOIN captures c USING (capture_id);

-- Every pair of packets that measures a round trip: kind tcp_handshake (SYN, SYN-ACK), tcp_data (segment, ACK), icmp
-- (echo request, reply), dns (query, first response), http (end of the request, end of the response). Casts give a
-- column the same affinity in each part: only then does SQLite ask the parts that a WHERE is about, and keep their order.
CREATE VIEW rtt_pairs AS
SELECT
	'tcp_handshake' AS kind, -- what is paired
	e.capture_id,
	e.flow_id,
	e.related_packet_id AS packet_id, -- the packet that asks
	e.packet_id AS answer_packet_id, -- the one that answers
	e.value AS rtt_ns, -- the time between
	p.ts_ns, -- of the packet that asks
	p.direction -- of the packet that asks: 0 sent by the flow's src, 1 by its dst
FROM tcp_events e
JOIN packets p ON p.packet_id = e.related_packet_id
WHERE e.kind = 'syn_ack'
UNION ALL
SELECT
	'tcp_data',
	capture_id,
	flow_id,
	CAST(packet_id - number + acks AS INTEGER),
	packet_id,
	ack_rtt_ns,
	CAST(ts_ns - ack_rtt_ns AS INTEGER),
	CAST(1 - direction AS INTEGER)
FROM packets
WHERE acks IS NOT NULL
UNION ALL
SELECT
	'icmp',
	i.capture_id,
	i.flow_id,
	i.request_packet_id,
	i.reply_packet_id,
	i.rtt_ns,
	i.request_ts_ns,
	CAST(i.src <> f.src AS INTEGER)
FROM icmp_pairs i
JOIN flows f USING (flow_id)
WHERE i.kind = 'answered'
UNION ALL
SELECT
	'dns',
	capture_id,
	flow_id,
	query_packet_id,
	answer_packet_id,
	rtt_ns,
	query_ts_ns,
	direction
FROM dns
WHERE kind = 'answered'
UNION ALL
SELECT
	'http',
	capture_id,
	flow_id,
	request_packet_id,
	response_packet_id,
	last_byte_ns,
	request_ts_ns,
	direction
FROM http
WHERE last_byte_ns IS NOT NULL;
