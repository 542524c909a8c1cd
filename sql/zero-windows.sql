-- Stalls by a closed receive window: who closed it, for how long, and who had to wait; longest first.
--
-- topic: tcp
--
-- A receiver whose program does not read fast enough announces a window of 0, and its peer must not send. A stall lasts
-- from the first such segment to the next one of the same side with another window, which Wireshark calls a window
-- update if nothing else changed. It may end with a RST instead, or not at all while the capture lasts. The network has
-- no part in this: look at the receiver's program.
--
-- param :min_ms number   Only stalls of at least so many milliseconds.
-- param :flow
-- param :capture
-- param :host
-- param :since       Only stalls that end at this time or later.
-- param :until       Only stalls that begin before this time.
-- param :limit
--
-- column stalled_ms      How long the window was closed, milliseconds.
-- column receiver        Address that closed its window.
-- column receiver_port   Its port.
-- column ended           opened: the window; reset: a RST of either side; end of capture: closed to the flow's last packet.
-- column probes          Times that the sender asked: zero-window probes, and keep-alives, which many send for them.
-- column zero_windows    Segments that announced a window of 0.
-- column time_s          Time of the first of them, seconds since the capture's first packet.
-- column first_number    Its packet number.
-- column last_number     Packet number of the segment that opened the window, of the RST, or of the flow's last packet.
-- column sender          Address that had to wait.
-- column sender_port     Its port.
-- column flow_id         Number of the flow.
-- column capture         Name of the capture.
SELECT
	max(0, z.last_ts_ns - z.first_ts_ns) / 1e6 AS stalled_ms,
	iif(z.direction, f.dst, f.src) AS receiver,
	iif(z.direction, f.dst_port, f.src_port) AS receiver_port,
	z.ended,
	z.probes,
	z.zero_windows,
	(z.first_ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	z.first_packet_id - c.first_packet_id + 1 AS first_number,
	z.last_packet_id - c.first_packet_id + 1 AS last_number,
	iif(z.direction, f.src, f.dst) AS sender,
	iif(z.direction, f.src_port, f.dst_port) AS sender_port,
	z.flow_id,
	c.name AS capture
FROM zero_window_stalls z
JOIN flows f ON f.flow_id = z.flow_id
JOIN captures c ON c.capture_id = z.capture_id
WHERE (:min_ms IS NULL OR z.last_ts_ns - z.first_ts_ns >= :min_ms * 1e6)
	AND (:flow IS NULL OR z.flow_id = :flow)
	AND (:capture IS NULL OR z.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	AND (:since IS NULL OR z.last_ts_ns >= :since)
	AND (:until IS NULL OR z.first_ts_ns < :until)
ORDER BY z.last_ts_ns - z.first_ts_ns DESC, z.first_packet_id
LIMIT ifnull(:limit, -1);
