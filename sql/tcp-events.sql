-- What happened in TCP conversations, in time order: handshakes, ends, and all that Wireshark's analysis flags.
--
-- topic: tcp
--
-- One row a packet and kind; a packet may be of several. docs/definitions.md says how each kind is recognised.
-- tcp-anomalies shows which flows have how many.
--
-- param :kind one of syn|syn_ack|established|fin|rst|retransmission|fast_retransmission|spurious_retransmission|out_of_order|lost_segment|ack_lost_segment|duplicate_ack|keep_alive|keep_alive_ack|zero_window|zero_window_probe|zero_window_probe_ack|window_update|window_full|reused_ports   Only this kind.
-- param :side one of src|dst   Only packets that this side of the flow sent: src opened it, dst is the other one.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s           Seconds since the capture's first packet.
-- column number           Packet number.
-- column kind             What happened.
-- column flow_id          Number of the flow.
-- column sender           Address that sent the packet.
-- column sender_port      Its port.
-- column receiver         Address that it was sent to.
-- column receiver_port    Its port.
-- column related_number   Packet number of: the SYN that a syn_ack answers, the SYN-ACK of established, the ACK that a
--                         duplicate_ack repeats, the packet that the time of a retransmission is measured from.
-- column after_ms         Milliseconds since: the first SYN (syn_ack, established), that packet (retransmission: RTO).
-- column nth              duplicate_ack: its number in the run, from 1.
-- column flags            TCP flags as tcpdump prints them; '.' is ACK.
-- column seq              Sequence number, relative.
-- column ack              Acknowledgment number, relative.
-- column len              Payload bytes.
-- column window           Window as in the header, not scaled.
-- column capture          Name of the capture.
SELECT
	(e.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	p.number,
	e.kind,
	e.flow_id,
	iif(e.direction, f.dst, f.src) AS sender,
	iif(e.direction, f.dst_port, f.src_port) AS sender_port,
	iif(e.direction, f.src, f.dst) AS receiver,
	iif(e.direction, f.src_port, f.dst_port) AS receiver_port,
	e.related_packet_id - c.first_packet_id + 1 AS related_number,
	iif(e.kind IN ('duplicate_ack', 'out_of_order'), NULL, e.value / 1e6) AS after_ms,
	iif(e.kind = 'duplicate_ack', e.value, NULL) AS nth,
	tcp_flags(p.tcp_flags) AS flags,
	p.seq,
	p.ack,
	p.payload_len AS len,
	p.window,
	c.name AS capture
FROM tcp_events e
JOIN flows f ON f.flow_id = e.flow_id
JOIN packets p ON p.packet_id = e.packet_id
JOIN captures c ON c.capture_id = e.capture_id
WHERE (:kind IS NULL OR e.kind = :kind)
	AND (:side IS NULL OR e.direction = (:side = 'dst'))
	AND (:flow IS NULL OR e.flow_id = :flow)
	AND (:capture IS NULL OR e.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR e.ts_ns >= :since)
	AND (:until IS NULL OR e.ts_ns < :until)
ORDER BY e.event_id
LIMIT ifnull(:limit, -1);
