-- Connections whose SYN-ACK took longer than a limit: the first row is the first that did.
--
-- topic: tcp
--
-- The time runs from the first SYN to the first SYN-ACK, so that lost SYNs count. A server that is slow now and then
-- shows rows without retransmissions; a network that loses packets shows times near 1, 3 or 7 s with them.
--
-- param :min_ms = 300   Only where it took longer than this, in milliseconds.
-- param :dst            Only connections to this server address, or to this prefix.
-- param :port port   Only connections to this port.
-- param :order one of time|rtt = time   In time order, or the slowest first.
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s              Time of the SYN, seconds since the capture's first packet.
-- column rtt_ms              First SYN to first SYN-ACK, milliseconds.
-- column syn_number          Packet number of the SYN.
-- column syn_ack_number      Packet number of the SYN-ACK.
-- column syns_again          SYNs that the client had to repeat.
-- column syn_acks_again      SYN-ACKs that the server repeated.
-- column flow_id             Number of the flow.
-- column src                 Client address.
-- column src_port            Client port.
-- column dst                 Server address.
-- column dst_port            Server port.
-- column time                Time of the SYN, UTC.
-- column capture             Name of the capture.
SELECT
	(e.ts_ns - e.value - c.first_ts_ns) / 1e9 AS time_s,
	e.value / 1e6 AS rtt_ms,
	e.related_packet_id - c.first_packet_id + 1 AS syn_number,
	e.packet_id - c.first_packet_id + 1 AS syn_ack_number,
	f.src_syns - 1 AS syns_again,
	f.dst_syns - 1 AS syn_acks_again,
	f.flow_id,
	f.src,
	f.src_port,
	f.dst,
	f.dst_port,
	iso_time(e.ts_ns - e.value) AS time,
	c.name AS capture
FROM tcp_events e
JOIN flows f ON f.flow_id = e.flow_id
JOIN captures c ON c.capture_id = e.capture_id
WHERE e.kind = 'syn_ack'
	AND e.value > :min_ms * 1e6
	AND (:dst IS NULL OR ip_in(f.dst, :dst))
	AND (:port IS NULL OR f.dst_port = :port)
	AND (:capture IS NULL OR e.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR e.ts_ns - e.value >= :since)
	AND (:until IS NULL OR e.ts_ns - e.value < :until)
ORDER BY iif(:order = 'rtt', -e.value, e.ts_ns - e.value), e.packet_id
LIMIT ifnull(:limit, -1);
