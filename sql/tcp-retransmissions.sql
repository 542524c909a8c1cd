-- Segments sent again: how many by each flow and direction, the most first; with --flow each single one.
--
-- topic: tcp
--
-- The kinds are Wireshark's. A fast retransmission answers duplicate ACKs and costs little time. A spurious one sends
-- what was acknowledged already: it was late, or its ACK was lost. What is only called a retransmission mostly waited for
-- a timer; its RTO is the time since the oldest segment that was not acknowledged. A segment that was lost before it came
-- to the capture point, and is sent again within a round trip, is out_of_order or follows a lost_segment: see tcp-events.
--
-- A packet that the capture holds more than once (duplicates) was not sent again: such copies are left out, which
-- Wireshark takes for retransmissions. --copies yes counts them as it does.
--
-- param :flow        Only this flow: its flow_id; one row a segment.
-- param :kind one of retransmission|fast_retransmission|spurious_retransmission   Only this kind.
-- param :copies one of no|yes = no   Whether packets count that are copies of others.
-- param :side one of src|dst   Only what this side of the flow sent: src opened it, dst is the other one.
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- section without :flow: Flows
-- column segments          Segments that were sent again.
-- column percent           Share of the data, SYN and FIN segments of this direction that were, of all kinds, in the whole
--                          flow, without copies.
-- column retransmission    Of the segments: after a timeout, mostly.
-- column fast              After duplicate ACKs.
-- column spurious          Though they had been acknowledged.
-- column bytes             Payload bytes of the segments.
-- column rto_max_ms        Longest time that one waited, milliseconds.
-- column first_number      Packet number of the first one.
-- column last_number       Packet number of the last one.
-- column first_s           Time of the first one, seconds since the capture's first packet.
-- column sender            Address that sent them.
-- column sender_port       Its port.
-- column receiver          Address that they were sent to.
-- column receiver_port     Its port.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
WITH
resent AS MATERIALIZED ( -- all that one direction sent again
	SELECT
		e.capture_id,
		e.flow_id,
		e.direction,
		count(*) AS segments,
		sum(e.kind = 'retransmission') AS retransmission,
		sum(e.kind = 'fast_retransmission') AS fast,
		sum(e.kind = 'spurious_retransmission') AS spurious,
		sum(p.payload_len) AS bytes,
		max(iif(e.kind = 'retransmission', e.value, NULL)) AS rto_max_ns,
		min(e.packet_id) AS first_packet_id,
		max(e.packet_id) AS last_packet_id,
		min(e.ts_ns) AS first_ts_ns
	FROM tcp_events e
	JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission')
		AND (:copies = 'yes' OR p.duplicate_of IS NULL)
		AND (:kind IS NULL OR e.kind = :kind)
		AND (:side IS NULL OR e.direction = (:side = 'dst'))
		AND (:capture IS NULL OR e.capture_id = :capture)
		AND (:since IS NULL OR e.ts_ns >= :since)
		AND (:until IS NULL OR e.ts_ns < :until)
	GROUP BY e.flow_id, e.direction
)
SELECT
	r.segments,
	round(100 * iif(r.direction, f.dst_retransmission_rate, f.src_retransmission_rate), 3) AS percent,
	r.retransmission,
	r.fast,
	r.spurious,
	r.bytes,
	r.rto_max_ns / 1e6 AS rto_max_ms,
	r.first_packet_id - c.first_packet_id + 1 AS first_number,
	r.last_packet_id - c.first_packet_id + 1 AS last_number,
	(r.first_ts_ns - c.first_ts_ns) / 1e9 AS first_s,
	iif(r.direction, f.dst, f.src) AS sender,
	iif(r.direction, f.dst_port, f.src_port) AS sender_port,
	iif(r.direction, f.src, f.dst) AS receiver,
	iif(r.direction, f.src_port, f.dst_port) AS receiver_port,
	r.flow_id,
	c.name AS capture
FROM resent r
JOIN flows f ON f.flow_id = r.flow_id
JOIN captures c ON c.capture_id = r.capture_id
WHERE :host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host)
ORDER BY r.segments DESC, r.first_packet_id
LIMIT ifnull(:limit, -1);

-- section with :flow: Segments
-- column time_s          Seconds since the capture's first packet.
-- column number          Packet number.
-- column kind            retransmission, fast_retransmission or spurious_retransmission.
-- column rto_ms          retransmission: milliseconds since the oldest segment that was not acknowledged then.
-- column rto_number      Packet number of that segment.
-- column seq             First sequence number, relative.
-- column next_seq        The number behind the last one.
-- column len             Payload bytes.
-- column flags           TCP flags as tcpdump prints them; '.' is ACK.
-- column copy_number     Packet number of the last segment before with the same first number; empty: the capture has
--                        none, because it was lost before, or was cut in another way.
-- column copy_ms         Milliseconds since that one.
-- column side            Who sent it: src or dst.
-- column sender          Its address.
-- column sender_port     Its port.
-- column receiver        Address that it was sent to.
-- column receiver_port   Its port.
-- column capture         Name of the capture.
WITH
resent AS ( -- segments of the flow that were sent again
	SELECT packet_id, kind, related_packet_id, value
	FROM tcp_events
	WHERE flow_id = :flow
		AND kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission')
		AND (:kind IS NULL OR kind = :kind)
	GROUP BY packet_id -- is a row already; so SQLite makes an index
),
segments AS ( -- of the flow, with data, SYN or FIN
	SELECT
		p.*,
		e.kind,
		e.related_packet_id,
		e.value,
		lag(p.packet_id) OVER same AS copy_id,
		lag(p.ts_ns) OVER same AS copy_ts_ns
	FROM flow_packets fp
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	LEFT JOIN resent e ON e.packet_id = fp.packet_id
	WHERE fp.flow_id = :flow AND (p.payload_len > 0 OR p.tcp_flags & 3)
	WINDOW same AS (PARTITION BY p.direction, p.seq ORDER BY p.packet_id)
)
SELECT
	(s.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	s.number,
	s.kind,
	iif(s.kind = 'retransmission', s.value / 1e6, NULL) AS rto_ms,
	s.related_packet_id - c.first_packet_id + 1 AS rto_number,
	s.seq,
	s.seq + s.payload_len + (s.tcp_flags & 3 <> 0) AS next_seq,
	s.payload_len AS len,
	tcp_flags(s.tcp_flags) AS flags,
	s.copy_id - c.first_packet_id + 1 AS copy_number,
	(s.ts_ns - s.copy_ts_ns) / 1e6 AS copy_ms,
	iif(s.direction, 'dst', 'src') AS side,
	iif(s.direction, f.dst, f.src) AS sender,
	iif(s.direction, f.dst_port, f.src_port) AS sender_port,
	iif(s.direction, f.src, f.dst) AS receiver,
	iif(s.direction, f.src_port, f.dst_port) AS receiver_port,
	c.name AS capture
FROM segments s
JOIN flows f ON f.flow_id = s.flow_id
JOIN captures c ON c.capture_id = s.capture_id
WHERE s.kind IS NOT NULL
	AND (:copies = 'yes' OR s.duplicate_of IS NULL)
	AND (:side IS NULL OR s.direction = (:side = 'dst'))
	AND (:capture IS NULL OR s.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR s.ts_ns >= :since)
	AND (:until IS NULL OR s.ts_ns < :until)
ORDER BY s.packet_id
LIMIT ifnull(:limit, -1);
