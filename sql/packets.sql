-- Packets in the order of the capture, as a packet list shows them; with --flow, those of one flow.
--
-- topic: traffic
--
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column capture       Name of the capture.
-- column number        Packet number in the capture: Wireshark's frame.number.
-- column time_s        Seconds since the capture's first packet.
-- column src           Address of the sender; empty: a frame without addresses.
-- column src_port      Its port.
-- column dst           Address of the receiver.
-- column dst_port      Its port.
-- column protocol      Protocol of the flow.
-- column wire_len      Bytes on the wire.
-- column payload_len   Bytes above the innermost header that was decoded; TCP: segment length.
-- column flags         TCP flags as tcpdump prints them; '.' is ACK.
-- column seq           TCP sequence number, relative.
-- column ack           TCP acknowledgment number, relative.
-- column window        TCP window as in the header, not scaled.
-- column ack_rtt_ms    Milliseconds since the segment that this ACK acknowledges.
-- column flow_id       The flow it belongs to.
-- column errors        What is wrong with its headers; the words are in table packet_errors.
SELECT
	c.name AS capture,
	p.number,
	(p.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	iif(p.direction, f.dst, f.src) AS src,
	iif(p.direction, f.dst_port, f.src_port) AS src_port,
	iif(p.direction, f.src, f.dst) AS dst,
	iif(p.direction, f.src_port, f.dst_port) AS dst_port,
	f.protocol,
	p.wire_len,
	p.payload_len,
	tcp_flags(p.tcp_flags) AS flags,
	p.seq,
	p.ack,
	p.window,
	p.ack_rtt_ns / 1e6 AS ack_rtt_ms,
	p.flow_id,
	iif(
		p.errors,
		(SELECT group_concat(e.name, ', ') FROM packet_errors e WHERE p.errors >> e.bit & 1),
		NULL
	) AS errors
FROM packets p
JOIN captures c USING (capture_id)
LEFT JOIN flows f USING (flow_id)
WHERE p.packet_id >= max(
		ifnull((SELECT first_packet_id FROM flows WHERE flow_id = :flow), 0),
		ifnull(
			(SELECT min(first_packet_id) FROM time_buckets WHERE start_ts_ns > :since - 100000000),
			0
		)
	)
	AND p.packet_id <= min(
		ifnull((SELECT last_packet_id FROM flows WHERE flow_id = :flow), 9e18),
		ifnull((SELECT max(last_packet_id) FROM time_buckets WHERE start_ts_ns < :until), 9e18)
	)
	AND (:flow IS NULL OR p.flow_id = :flow)
	AND (:capture IS NULL OR p.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR p.ts_ns >= :since)
	AND (:until IS NULL OR p.ts_ns < :until)
ORDER BY p.packet_id
LIMIT ifnull(:limit, -1);
