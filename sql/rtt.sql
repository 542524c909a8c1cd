-- The round trips of one flow over time, a row each, for a plot: what was sent, and how long its ACK took.
--
-- topic: tcp
--
-- side says whose segment it is: src opened the flow, and what src sent is answered by dst. A time runs from the segment
-- to its ACK as both pass the capture point. It is the way from there to the side that answers and back, and what that
-- side waited before it sent the ACK (often 40 ms, up to 500 ms). Of a capture made at one side, the rows of that
-- side's segments have the network in them, and those of the other side's only its own delay.
--
-- param :flow required
-- param :side one of src|dst   Only for what this side sent.
-- param :karn one of yes|no = no   yes: leave out segments that were seen more than once, whose ACK may answer any copy.
-- param :since
-- param :until
-- param :limit
--
-- column time_s         Time of the segment, seconds since the flow's first packet.
-- column rtt_ms         Milliseconds until its ACK.
-- column side           Who sent the segment; the other one answered.
-- column kind           handshake: SYN or SYN-ACK; data: all others.
-- column number         Packet number of the segment.
-- column ack_number     Packet number of the ACK.
-- column seq            Number behind the last byte of the segment, which was acknowledged; relative.
-- column sent_again     1: a segment that ends there was seen more than once; the time is that since the first.
-- column sender         Address that sent the segment.
-- column answered_by    Address that answered.
--
-- plot title   Round trips: from a segment to its ACK, at the capture point
-- plot x time_s   Time since the flow's first packet (s)
-- plot left   Round-trip time (ms)
-- plot points rtt_ms by=side   Segments of
-- plot marks rtt_ms when=sent_again:1   Segment seen more than once
WITH
again AS ( -- ends of segments seen more than once; the last bit is who acknowledges them
	SELECT 2 * (p.seq + p.payload_len + (p.tcp_flags & 3 <> 0)) + 1 - p.direction AS acknowledged
	FROM flow_packets fp
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE fp.flow_id = :flow AND (p.payload_len > 0 OR p.tcp_flags & 3)
	GROUP BY acknowledged
	HAVING count(*) > 1
),
samples AS ( -- ACKs that measure a round trip; side: whose segment they acknowledge
	SELECT
		p.*,
		f.src,
		f.dst,
		f.first_ts_ns,
		p.ts_ns - p.ack_rtt_ns AS sent_ns,
		iif(p.direction, 'src', 'dst') AS side,
		p.ack = 1 AND iif(p.direction, f.src_syns, f.dst_syns) > 0 AS of_syn,
		2 * p.ack + p.direction IN (SELECT acknowledged FROM again) AS sent_again
	FROM flow_packets fp
	JOIN flows f ON f.flow_id = fp.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE fp.flow_id = :flow AND p.acks IS NOT NULL
)
SELECT
	(sent_ns - first_ts_ns) / 1e9 AS time_s,
	ack_rtt_ns / 1e6 AS rtt_ms,
	side,
	iif(of_syn OR tcp_flags & 2, 'handshake', 'data') AS kind,
	acks AS number,
	number AS ack_number,
	ack AS seq,
	sent_again,
	iif(direction, src, dst) AS sender,
	iif(direction, dst, src) AS answered_by
FROM samples
WHERE (:side IS NULL OR side = :side)
	AND (:karn = 'no' OR NOT sent_again)
	AND (:since IS NULL OR sent_ns >= :since)
	AND (:until IS NULL OR sent_ns < :until)
ORDER BY sent_ns, acks
LIMIT ifnull(:limit, -1);
