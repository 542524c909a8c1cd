-- Every pair of packets that measures a round trip, in the order of the answers.
--
-- topic: tcp
--
-- Kinds: tcp_handshake is SYN and SYN-ACK, tcp_data a segment and the ACK of its last byte, icmp a ping and its reply, dns
-- a query and its first response, http the last byte of a request and of its response. What is measured is the way from
-- the capture point to the answering side and back; with dns and http, also the time that the server needs.
--
-- param :kind one of tcp_handshake|tcp_data|icmp|dns|http   Only this kind.
-- param :min_ms number   Only round trips longer than this, in milliseconds.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s           Time of the packet, seconds since the capture's first packet.
-- column rtt_ms           Time until the answer, milliseconds.
-- column kind             What measures it.
-- column number           Packet number.
-- column answer_number    Packet number of the answer.
-- column flow_id          Number of the flow.
-- column asked            Address that sent the packet.
-- column answered         Address that answered.
-- column capture          Name of the capture.
WITH pairs AS (
	SELECT *
	FROM rtt_pairs
	WHERE (:kind IS NULL OR kind = :kind)
		AND (:min_ms IS NULL OR rtt_ns > :min_ms * 1e6)
		AND (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:since IS NULL OR ts_ns >= :since)
		AND (:until IS NULL OR ts_ns < :until)
	ORDER BY answer_packet_id
	LIMIT -1 -- with one, the order stays
)
SELECT
	(r.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	r.rtt_ns / 1e6 AS rtt_ms,
	r.kind,
	r.packet_id - c.first_packet_id + 1 AS number,
	r.answer_packet_id - c.first_packet_id + 1 AS answer_number,
	r.flow_id,
	iif(r.direction, f.dst, f.src) AS asked,
	iif(r.direction, f.src, f.dst) AS answered,
	c.name AS capture
FROM pairs r
CROSS JOIN flows f ON f.flow_id = r.flow_id
CROSS JOIN captures c ON c.capture_id = r.capture_id
WHERE :host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host)
LIMIT ifnull(:limit, -1);
