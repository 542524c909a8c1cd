-- Round trips of each server, from handshakes and from data: percentiles, the highest p90 first.
--
-- topic: tcp
--
-- answered_by tells the two halves of a path apart. server: what clients sent, and the server acknowledged, is the way
-- from the capture point to the server and back. client: what the server sent, and clients acknowledged, is the way from
-- the capture point to the clients and back. Their sum is the way from end to end; of a capture made at one end, the half
-- of that end is near zero, and says nothing of the network.
--
-- Handshakes measure best: SYN-ACKs are sent at once (server), and so are the ACKs of SYN-ACKs (client). Data has the
-- delay of ACKs in it (often 40 ms, up to 500 ms), and queues. Of segments that were sent more than once, the time is
-- that since the first copy. The server is the side that did not open the flow.
--
-- param :samples one of handshake|data        Only from handshakes, or only from data.
-- param :answered_by one of server|client     Only what this side answered.
-- param :server                              Only this server address, or this prefix.
-- param :port port                           Only servers with this port.
-- param :min_count integer = 1               Only of at least so many round trips.
-- param :host
-- param :capture
-- param :since
-- param :until
-- param :limit
--
-- column server         Address of the server.
-- column port           Its port.
-- column answered_by    Who answered: server or client.
-- column samples        handshake or data.
-- column count          Round trips.
-- column p50_ms         Median round trip, milliseconds.
-- column p90_ms         90th percentile, milliseconds.
-- column p99_ms         99th percentile, milliseconds.
-- column min_ms         The shortest, milliseconds.
-- column max_ms         The longest, milliseconds.
-- column max_number     Packet number of the ACK of the longest.
-- column flows          Flows that they are from.
-- column capture        Name of the capture.
WITH samples AS ( -- ACKs that measure a round trip; dst: the server
	SELECT
		f.capture_id,
		f.dst,
		f.dst_port,
		iif(p.direction, 'server', 'client') AS answered_by,
		iif(
			p.ack = 1 AND iif(p.direction, f.src_syns, f.dst_syns) > 0 OR p.tcp_flags & 2,
			'handshake',
			'data'
		) AS samples,
		p.ack_rtt_ns,
		p.flow_id,
		p.number
	FROM packets p
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE p.acks IS NOT NULL
		AND (
			:samples IS NULL
			OR (p.ack = 1 AND iif(p.direction, f.src_syns, f.dst_syns) > 0 OR p.tcp_flags & 2 <> 0)
				= (:samples = 'handshake')
		)
		AND (:answered_by IS NULL OR p.direction = (:answered_by = 'server'))
		AND (:server IS NULL OR ip_in(f.dst, :server))
		AND (:port IS NULL OR f.dst_port = :port)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
		AND (:capture IS NULL OR p.capture_id = :capture)
		AND (:since IS NULL OR p.ts_ns - p.ack_rtt_ns >= :since)
		AND (:until IS NULL OR p.ts_ns - p.ack_rtt_ns < :until)
),
servers AS ( -- samples of one server, side and kind
	SELECT
		capture_id,
		dst,
		dst_port,
		answered_by,
		samples,
		count(*) AS count,
		round(percentile(ack_rtt_ns, 50)) / 1e6 AS p50_ms,
		round(percentile(ack_rtt_ns, 90)) / 1e6 AS p90_ms,
		round(percentile(ack_rtt_ns, 99)) / 1e6 AS p99_ms,
		round(percentile(ack_rtt_ns, 0)) / 1e6 AS min_ms,
		max(ack_rtt_ns) / 1e6 AS max_ms,
		number AS max_number, -- of the row that has the maximum, which is the only one asked for
		count(DISTINCT flow_id) AS flows
	FROM samples
	GROUP BY dst, dst_port, answered_by, samples, capture_id
	HAVING count(*) >= :min_count
)
SELECT
	s.dst AS server,
	s.dst_port AS port,
	s.answered_by,
	s.samples,
	s.count,
	s.p50_ms,
	s.p90_ms,
	s.p99_ms,
	s.min_ms,
	s.max_ms,
	s.max_number,
	s.flows,
	c.name AS capture
FROM servers s
JOIN captures c ON c.capture_id = s.capture_id
ORDER BY s.p90_ms DESC, s.dst, s.dst_port, s.answered_by, s.samples
LIMIT ifnull(:limit, -1);
