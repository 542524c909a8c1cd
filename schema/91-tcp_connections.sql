-- TCP connections as networking courses count them, by their endpoints alone.

-- One row a pair of TCP endpoints, however often the ports were used again; in flows each use is a row. src opened the
-- first of its flows. With ingest --flow-timeout, each flow is a connection. Bytes and round trips count every copy of
-- a segment; docs/definitions.md says more.
CREATE VIEW tcp_connections (
	connection_id, -- flow_id of its first flow
	capture_id, -- the capture it is in
	src, -- IP address that opened its first flow: sent the SYN, or else the first packet
	src_port, -- its port
	dst, -- the other address
	dst_port, -- its port
	flows, -- flows that it consists of: more than 1 where the ports were used again
	syns, -- segments with SYN, SYN-ACKs too, both ways
	fins, -- segments with FIN, both ways
	rsts, -- segments with RST, both ways
	first_syn_ts_ns, -- first segment with SYN, either way; NULL none
	last_fin_ts_ns, -- latest segment with FIN, either way; NULL none
	src_packets, -- packets sent by src
	dst_packets, -- packets sent by dst
	src_payload_bytes, -- TCP data sent by src
	dst_payload_bytes, -- TCP data sent by dst
	rtt_count, -- segments of src with data, SYN or FIN that an ACK of exactly their end followed
	rtt_sum_ns, -- sum of the times from each to the first such ACK
	rtt_min_ns, -- the shortest; NULL none
	rtt_max_ns, -- the longest; NULL none
	min_window, -- smallest raw window field, both ways
	max_window, -- largest
	window_sum -- sum of the raw window fields of all packets
) AS
WITH parts (flow_id, connection_id, reversed) AS ( -- where there are several flows; reversed: src is dst
	SELECT f.flow_id, first.flow_id, f.src <> first.src OR f.src_port <> first.src_port
	FROM flows f
	JOIN flows first ON first.flow_id = f.connection_id
	JOIN captures c ON c.capture_id = f.capture_id
	WHERE f.connection_id IN (SELECT connection_id FROM flows WHERE connection_id <> flow_id)
		AND f.protocol = 'tcp'
		AND c.flow_timeout_ns IS NULL
),
several AS ( -- what such connections add up to
	SELECT
		p.connection_id,
		count(*) AS flows,
		sum(f.src_syns + f.dst_syns) AS syns,
		sum(f.src_fins + f.dst_fins) AS fins,
		sum(f.src_rsts + f.dst_rsts) AS rsts,
		min(f.first_syn_ts_ns) AS first_syn_ts_ns,
		max(f.last_fin_ts_ns) AS last_fin_ts_ns,
		sum(iif(p.reversed, f.dst_packets, f.src_packets)) AS src_packets,
		sum(iif(p.reversed, f.src_packets, f.dst_packets)) AS dst_packets,
		sum(iif(p.reversed, f.dst_payload_bytes, f.src_payload_bytes)) AS src_payload_bytes,
		sum(iif(p.reversed, f.src_payload_bytes, f.dst_payload_bytes)) AS dst_payload_bytes,
		sum(iif(p.reversed, f.dst_rtt_count, f.src_rtt_count)) AS rtt_count,
		sum(iif(
			p.reversed,
			f.dst_rtt_count * f.dst_rtt_mean_ns,
			f.src_rtt_count * f.src_rtt_mean_ns
		)) AS rtt_sum_ns,
		min(iif(p.reversed, f.dst_rtt_min_ns, f.src_rtt_min_ns)) AS rtt_min_ns,
		max(iif(p.reversed, f.dst_rtt_max_ns, f.src_rtt_max_ns)) AS rtt_max_ns,
		min(coalesce(min(f.src_min_window, f.dst_min_window), f.src_min_window, f.dst_min_window))
			AS min_window,
		max(coalesce(max(f.src_max_window, f.dst_max_window), f.src_max_window, f.dst_max_window))
			AS max_window,
		total(f.src_mean_window * f.src_packets) + total(f.dst_mean_window * f.dst_packets)
			AS window_sum
	FROM parts p
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	GROUP BY p.connection_id
),
resent AS ( -- where segments of the connection's src end that it may have sent more than once
	SELECT DISTINCT
		e.flow_id,
		e.direction,
		CAST(ifnull(p.connection_id, e.flow_id) AS INTEGER) AS connection_id, -- typed for the join
		s.seq + s.payload_len + (s.tcp_flags & 3 <> 0) AS end_seq
	FROM tcp_events e
	LEFT JOIN parts p ON p.flow_id = e.flow_id
	JOIN packets s ON s.packet_id = e.packet_id
	WHERE e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',
			'out_of_order', 'keep_alive', 'zero_window_probe')
		AND e.direction = ifnull(p.reversed, 0)
		AND (s.payload_len > 0 OR s.tcp_flags & 3)
),
copies AS ( -- all segments that end there, and all ACKs of that number; next_ack_id: the first one behind
	SELECT
		r.connection_id,
		p.ts_ns,
		p.ack_rtt_ns,
		p.direction = r.direction AS is_segment,
		min(iif(p.direction = r.direction, NULL, p.packet_id)) OVER (
			PARTITION BY r.flow_id, r.end_seq
			ORDER BY p.packet_id DESC
		) AS next_ack_id
	FROM (SELECT DISTINCT flow_id, direction FROM resent) side
	CROSS JOIN flow_packets fp ON fp.flow_id = side.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	CROSS JOIN resent r ON r.flow_id = side.flow_id
		AND r.end_seq = iif(
			p.direction = side.direction,
			p.seq + p.payload_len + (p.tcp_flags & 3 <> 0),
			p.ack
		)
	WHERE p.direction <> side.direction OR p.payload_len > 0 OR p.tcp_flags & 3
),
more_rtts AS ( -- what these add to the round trips in flows, where an ACK measures one segment only
	SELECT
		c.connection_id,
		sum(iif(is_segment, a.packet_id IS NOT NULL, -(c.ack_rtt_ns IS NOT NULL))) AS rtt_count,
		sum(iif(is_segment, a.ts_ns - c.ts_ns, -c.ack_rtt_ns)) AS rtt_sum_ns,
		min(iif(is_segment, a.ts_ns - c.ts_ns, NULL)) AS rtt_min_ns,
		max(iif(is_segment, a.ts_ns - c.ts_ns, NULL)) AS rtt_max_ns
	FROM copies c
	LEFT JOIN packets a ON a.packet_id = c.next_ack_id
	GROUP BY c.connection_id
)
SELECT
	f.flow_id,
	f.capture_id,
	f.src,
	f.src_port,
	f.dst,
	f.dst_port,
	ifnull(s.flows, 1),
	coalesce(s.syns, f.src_syns + f.dst_syns, 0),
	coalesce(s.fins, f.src_fins + f.dst_fins, 0),
	coalesce(s.rsts, f.src_rsts + f.dst_rsts, 0),
	ifnull(s.first_syn_ts_ns, f.first_syn_ts_ns),
	coalesce(s.last_fin_ts_ns, f.last_fin_ts_ns),
	ifnull(s.src_packets, f.src_packets),
	ifnull(s.dst_packets, f.dst_packets),
	ifnull(s.src_payload_bytes, f.src_payload_bytes),
	ifnull(s.dst_payload_bytes, f.dst_payload_bytes),
	coalesce(s.rtt_count, f.src_rtt_count, 0) + ifnull(m.rtt_count, 0),
	coalesce(s.rtt_sum_ns, f.src_rtt_count * f.src_rtt_mean_ns, 0) + ifnull(m.rtt_sum_ns, 0),
	nullif(min(
		coalesce(s.rtt_min_ns, f.src_rtt_min_ns, 9e18),
		ifnull(m.rtt_min_ns, 9e18)
	), 9e18),
	nullif(max(
		coalesce(s.rtt_max_ns, f.src_rtt_max_ns, -1),
		ifnull(m.rtt_max_ns, -1)
	), -1),
	coalesce(
		s.min_window,
		min(f.src_min_window, f.dst_min_window),
		f.src_min_window,
		f.dst_min_window
	),
	coalesce(
		s.max_window,
		max(f.src_max_window, f.dst_max_window),
		f.src_max_window,
		f.dst_max_window
	),
	coalesce(
		s.window_sum,
		f.src_mean_window * f.src_packets + f.dst_mean_window * f.dst_packets,
		f.src_mean_window * f.src_packets,
		f.dst_mean_window * f.dst_packets
	)
FROM flows f
LEFT JOIN several s ON s.connection_id = f.flow_id
LEFT JOIN more_rtts m ON m.connection_id = f.flow_id
WHERE f.protocol = 'tcp'
	AND f.flow_id NOT IN (SELECT flow_id FROM parts WHERE flow_id <> connection_id);
