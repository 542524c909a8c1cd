-- Conversations in the order of their first packets: ends, times, packets and bytes, and how TCP fared.
--
-- topic: traffic
--
-- param :capture
-- param :flow
-- param :host
-- param :protocol    Only flows of this protocol, or that were found to carry it: tcp, udp, icmp, http ...
-- param :port port   Only flows with this port at either end.
-- param :since       Only flows with packets from this time on.
-- param :until       Only flows with packets before this time.
-- param :limit
--
-- column flow_id           Number of the flow: for --flow of other reports.
-- column capture           Name of the capture.
-- column protocol          Protocol.
-- column src               Address of the side that opened the flow (sent the SYN, or else the first packet).
-- column src_port          Its port.
-- column dst               Address of the other side.
-- column dst_port          Its port.
-- column start_s           Time of the first packet, seconds since the capture's first.
-- column duration_s        Seconds from the first packet to the last.
-- column packets           Packets both ways.
-- column bytes             Bytes on the wire both ways.
-- column src_bytes         Bytes on the wire sent by src.
-- column dst_bytes         Bytes on the wire sent by dst.
-- column status            TCP: number of SYNs and FINs both ways, and R if there was a RST.
-- column syn_rtt_ms        TCP: first SYN to first SYN-ACK, milliseconds.
-- column retransmissions   TCP: segments sent again, both ways.
SELECT
	f.flow_id,
	c.name AS capture,
	f.protocol,
	f.src,
	f.src_port,
	f.dst,
	f.dst_port,
	(f.first_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
	(f.last_ts_ns - f.first_ts_ns) / 1e9 AS duration_s,
	f.src_packets + f.dst_packets AS packets,
	f.src_bytes + f.dst_bytes AS bytes,
	f.src_bytes,
	f.dst_bytes,
	f.status,
	f.syn_rtt_ns / 1e6 AS syn_rtt_ms,
	f.src_retransmissions + f.src_fast_retransmissions + f.src_spurious_retransmissions
		+ f.dst_retransmissions + f.dst_fast_retransmissions + f.dst_spurious_retransmissions
		AS retransmissions
FROM flows f
JOIN captures c USING (capture_id)
WHERE (:capture IS NULL OR f.capture_id = :capture)
	AND (:flow IS NULL OR f.flow_id = :flow)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	AND (:port IS NULL OR :port IN (f.src_port, f.dst_port))
	AND (:since IS NULL OR f.last_ts_ns >= :since)
	AND (:until IS NULL OR f.first_ts_ns < :until)
ORDER BY f.flow_id
LIMIT ifnull(:limit, -1);
