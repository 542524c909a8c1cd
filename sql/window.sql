-- The receive windows of one TCP connection over time, with what each side has acknowledged.
--
-- topic: tcp
--
-- What a sender may have sent at most is limit_seq: its peer's ack and window together. A window is in bytes: scaled
-- once both SYNs offered scaling; that of a SYN never is (RFC 7323); of a connection whose SYNs are not in the capture
-- it is as in the header. A RST offers none.
--
-- param :flow required
-- param :side one of src|dst   Only what this side sent.
-- param :since
-- param :until
-- param :limit
--
-- column time_s       Seconds since the flow's first packet.
-- column number       Packet number in the capture.
-- column side         Who offers the window: src opened the connection, dst is the other side.
-- column window       Receive window, bytes.
-- column ack          Acknowledgment number, relative.
-- column limit_seq    Up to where the peer may send: ack and window together.
-- column raw_window   The window field as in the header.
-- column flags        TCP flags as tcpdump prints them.
--
-- plot title   Receive window and acknowledgments
-- plot x time_s   Time since the flow's first packet (s)
-- plot left   Receive window (bytes)
-- plot right   Acknowledgment number, relative (bytes)
-- plot steps window by=side   Window of
-- plot steps ack right by=side   ACK of
-- plot marks window when=window:0   Zero window
WITH offers AS ( -- packets with a window; scaled: in bytes
	SELECT
		p.*,
		f.first_ts_ns,
		iif(p.direction, 'dst', 'src') AS side,
		iif(p.tcp_flags & 4, NULL, p.window) << iif(
			p.tcp_flags & 2 OR f.src_window_scale IS NULL OR f.dst_window_scale IS NULL,
			0,
			min(14, iif(p.direction, f.dst_window_scale, f.src_window_scale))
		) AS scaled
	FROM flow_packets fp
	JOIN flows f ON f.flow_id = fp.flow_id
	JOIN packets p ON p.packet_id = fp.packet_id
	WHERE fp.flow_id = :flow AND p.window IS NOT NULL
)
SELECT
	(ts_ns - first_ts_ns) / 1e9 AS time_s,
	number,
	side,
	scaled AS window,
	ack,
	ack + scaled AS limit_seq,
	window AS raw_window,
	tcp_flags(tcp_flags) AS flags
FROM offers
WHERE (:side IS NULL OR side = :side)
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
ORDER BY packet_id
LIMIT ifnull(:limit, -1);
