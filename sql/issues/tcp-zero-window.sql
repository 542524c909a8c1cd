-- A receiver closed its window.
--
-- A side announced a receive window of 0 and kept its peer waiting for at least :min_ms in all (view
-- zero_window_stalls). value is the time in milliseconds that it waited. High from :high_ms on, at once or in a tenth
-- of the connection's time; low where no stall was as long as :min_ms and all together took less than a hundredth
-- of it.
--
-- severity: medium
-- category: performance
-- protocol: tcp
-- cause: The receiver's program does not read fast enough: it is busy, blocked, paused, or waits for its
--    own disk or database.
-- cause: The receive buffer is small for the speed of the sender.
-- remedy: Look at the receiver's program at that time, not at the network: CPU, locks, what it waits for.
-- remedy: Raise the receive buffer (SO_RCVBUF, net.ipv4.tcp_rmem) if the program reads in bursts.
-- source: RFC 9293, 3.8.6.1: a sender probes a closed window after the retransmission time-out, 200 ms and
--    more (RFC 6298: 1 s), so what takes longer stalls it. A long transfer to a slower reader has many short
--    stalls: that is flow control at work.
--
-- param :min_ms number 0..3600000 = 200     Time in all from which on a connection is listed, milliseconds.
-- param :high_ms number 0..3600000 = 1000   Time in all from which on the severity is high, milliseconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection.
-- column src          The receiver that closed its window.
-- column dst          The sender that had to wait.
-- column value        Time that the sender waited, milliseconds.
-- column symptoms     What was seen.
-- column packets      First and last packets of the stalls.
-- column severity     low, medium, high or critical.
WITH stalls AS ( -- all stalls of one side of a flow
	SELECT
		capture_id,
		flow_id,
		direction,
		min(first_ts_ns) AS ts_ns,
		sum(last_ts_ns - first_ts_ns) AS stalled_ns,
		max(last_ts_ns - first_ts_ns) AS longest_ns,
		count(*) AS stalls,
		sum(zero_windows) AS zero_windows,
		sum(ended <> 'opened') AS unopened,
		group_concat(first_packet_id || ' ' || last_packet_id) AS packets
	FROM zero_window_stalls
	GROUP BY flow_id, direction
)
SELECT
	s.capture_id,
	s.ts_ns,
	s.flow_id,
	iif(s.direction, f.dst, f.src) AS src,
	iif(s.direction, f.src, f.dst) AS dst,
	s.stalled_ns / 1e6 AS value,
	printf('%s closed its window %s and kept %s waiting for %d ms%s; %s with window 0%s',
		iif(s.direction, f.dst, f.src), counted(s.stalls, 'time'), iif(s.direction, f.src, f.dst),
		round(s.stalled_ns / 1e6), iif(s.stalls > 1, printf(', %d ms at once', round(s.longest_ns / 1e6)), ''),
		counted(s.zero_windows, 'segment'), iif(s.unopened, '; it did not open again in the capture', '')
	) AS symptoms,
	s.packets,
	CASE
		WHEN s.longest_ns >= :high_ms * 1e6 THEN 'high'
		WHEN s.stalled_ns >= max(:high_ms * 1e6, (f.last_ts_ns - f.first_ts_ns) * 0.1) THEN 'high'
		WHEN s.longest_ns < :min_ms * 1e6 AND s.stalled_ns < (f.last_ts_ns - f.first_ts_ns) * 0.01 THEN 'low'
		ELSE 'medium'
	END AS severity
FROM stalls s
JOIN flows f ON f.flow_id = s.flow_id
WHERE s.stalled_ns >= :min_ms * 1e6
ORDER BY s.stalled_ns DESC;
