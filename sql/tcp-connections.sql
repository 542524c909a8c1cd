-- TCP connections as networking courses count them: state, times, packets, data, round trips, windows; and totals.
--
-- topic: tcp
--
-- In --format text this is the course's report, sections A to D. Its definitions:
--
-- A connection is all that passes between two endpoints (address and port); one that uses the ports again is not a new
-- one, which in the report flows it is. Its source opened the first of its flows. Times are seconds since the capture's
-- first packet. SYN-ACKs count as SYNs. A connection is complete with at least one SYN and one FIN, reset with at least
-- one RST, and open at the end without a FIN; it lasts from the first SYN to the last FIN.
-- Data bytes are what TCP carried, every copy counted. Windows are as in the header, not scaled, both ways.
-- Round trips are those of the source's segments with data, SYN or FIN: to the first later ACK with exactly the
-- segment's last number. A segment without one, and an ACK that comes behind a higher one, measure nothing.
-- In a capture that was ingested with --flow-timeout, each flow counts as a connection.
--
-- param :capture
-- param :host
-- param :limit   At most so many connections are listed; totals are of all.
--
-- section: Connections
-- column connection        Number of the connection, from 1, in the order of first packets.
-- column src               Source address.
-- column src_port          Source port.
-- column dst               Destination address.
-- column dst_port          Destination port.
-- column status            Number of SYNs and FINs, both ways, and R if there was a RST.
-- column complete          1: at least one SYN and one FIN.
-- column start_s           First SYN, seconds since the capture's first packet.
-- column end_s             Last FIN, seconds since the capture's first packet.
-- column duration_s        From first SYN to last FIN, seconds.
-- column src_packets       Packets sent by the source.
-- column dst_packets       Packets sent by the destination.
-- column src_data_bytes    Data bytes sent by the source.
-- column dst_data_bytes    Data bytes sent by the destination.
-- column rtts              Round trips measured.
-- column rtt_min_ms        The shortest, milliseconds.
-- column rtt_mean_ms       The mean, milliseconds.
-- column rtt_max_ms        The longest, milliseconds.
-- column window_min        Smallest receive window, bytes, both ways.
-- column window_mean       Mean receive window.
-- column window_max        Largest receive window.
-- column flows             Flows that it consists of: more than 1 where the ports were used again.
-- column flow_id           The first of them.
-- column capture           Name of the capture.
SELECT
	row_number() OVER (ORDER BY t.connection_id) AS connection,
	t.src,
	t.src_port,
	t.dst,
	t.dst_port,
	printf('S%dF%d%s', t.syns, t.fins, iif(t.rsts, '/R', '')) AS status,
	t.syns > 0 AND t.fins > 0 AS complete,
	(t.first_syn_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
	(t.last_fin_ts_ns - c.first_ts_ns) / 1e9 AS end_s,
	(t.last_fin_ts_ns - t.first_syn_ts_ns) / 1e9 AS duration_s,
	t.src_packets,
	t.dst_packets,
	t.src_payload_bytes AS src_data_bytes,
	t.dst_payload_bytes AS dst_data_bytes,
	t.rtt_count AS rtts,
	t.rtt_min_ns / 1e6 AS rtt_min_ms,
	t.rtt_sum_ns / 1e6 / nullif(t.rtt_count, 0) AS rtt_mean_ms,
	t.rtt_max_ns / 1e6 AS rtt_max_ms,
	t.min_window AS window_min,
	t.window_sum / (t.src_packets + t.dst_packets) AS window_mean,
	t.max_window AS window_max,
	t.flows,
	t.connection_id AS flow_id,
	c.name AS capture
FROM tcp_connections t
JOIN captures c USING (capture_id)
WHERE (:capture IS NULL OR t.capture_id = :capture)
	AND (:host IS NULL OR ip_in(t.src, :host) OR ip_in(t.dst, :host))
ORDER BY t.connection_id
LIMIT ifnull(:limit, -1);

-- section: Totals
-- column quantity   connections, complete, reset, open: their number. Of the complete connections duration_s and rtt_s,
--                   in seconds, packets of a connection, and window_bytes.
-- column count      How many there are: connections, round trips, or packets that carried a window.
-- column minimum    The smallest.
-- column mean       The mean over all of them.
-- column maximum    The largest.
WITH
connections AS ( -- those asked for
	SELECT
		*,
		syns > 0 AND fins > 0 AS complete,
		src_packets + dst_packets AS packets,
		(last_fin_ts_ns - first_syn_ts_ns) / 1e9 AS duration_s
	FROM tcp_connections
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(src, :host) OR ip_in(dst, :host))
),
totals AS MATERIALIZED ( -- all of them in one row
	SELECT
		count(*) AS connections,
		count(*) FILTER (WHERE complete) AS complete,
		count(*) FILTER (WHERE rsts) AS reset,
		count(*) FILTER (WHERE fins = 0) AS open,
		min(duration_s) AS duration_min,
		avg(duration_s) AS duration_mean,
		max(duration_s) AS duration_max,
		sum(rtt_count) FILTER (WHERE complete) AS rtts,
		min(rtt_min_ns) FILTER (WHERE complete) / 1e9 AS rtt_min,
		sum(rtt_sum_ns) FILTER (WHERE complete) / 1e9 AS rtt_sum,
		max(rtt_max_ns) FILTER (WHERE complete) / 1e9 AS rtt_max,
		min(packets) FILTER (WHERE complete) AS packets_min,
		avg(packets) FILTER (WHERE complete) AS packets_mean,
		max(packets) FILTER (WHERE complete) AS packets_max,
		sum(packets) FILTER (WHERE complete) AS windows,
		min(min_window) FILTER (WHERE complete) AS window_min,
		sum(window_sum) FILTER (WHERE complete) AS window_sum,
		max(max_window) FILTER (WHERE complete) AS window_max
	FROM connections
)
SELECT 'connections' AS quantity, connections AS count, NULL AS minimum, NULL AS mean, NULL AS maximum
FROM totals
UNION ALL
SELECT 'complete', complete, NULL, NULL, NULL FROM totals
UNION ALL
SELECT 'reset', reset, NULL, NULL, NULL FROM totals
UNION ALL
SELECT 'open', open, NULL, NULL, NULL FROM totals
UNION ALL
SELECT 'duration_s', complete, duration_min, duration_mean, duration_max FROM totals
UNION ALL
SELECT 'rtt_s', ifnull(rtts, 0), rtt_min, rtt_sum / rtts, rtt_max FROM totals
UNION ALL
SELECT 'packets', complete, packets_min, packets_mean, packets_max FROM totals
UNION ALL
SELECT 'window_bytes', ifnull(windows, 0), window_min, window_sum / windows, window_max FROM totals;

-- section[text]: TCP connections
WITH connections AS MATERIALIZED ( -- those asked for, numbered
	SELECT
		row_number() OVER (ORDER BY t.connection_id) AS number,
		t.*,
		t.syns > 0 AND t.fins > 0 AS complete,
		t.src_packets + t.dst_packets AS packets,
		(t.first_syn_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
		(t.last_fin_ts_ns - c.first_ts_ns) / 1e9 AS end_s,
		(t.last_fin_ts_ns - t.first_syn_ts_ns) / 1e9 AS duration_s
	FROM tcp_connections t
	JOIN captures c USING (capture_id)
	WHERE (:capture IS NULL OR t.capture_id = :capture)
		AND (:host IS NULL OR ip_in(t.src, :host) OR ip_in(t.dst, :host))
)
SELECT printf('A) Total number of connections: %d
________________________________________________

B) Connections'' details:
', count(*)) AS line
FROM connections
UNION ALL
SELECT * FROM (
	SELECT printf('Connection %d:
Source Address: %s
Destination address: %s
Source Port: %s
Destination Port: %s
Status: S%dF%d%s
%sEND
++++++++++++++++++++++++++++++++',
		number, replace(src, char(10), '\n'), replace(dst, char(10), '\n'), src_port, dst_port,
		syns, fins, iif(rsts, '/R', ''),
		iif(complete, printf('Start time: %.6f seconds
End Time: %.6f seconds
Duration: %.6f seconds
Number of packets sent from Source to Destination: %d
Number of packets sent from Destination to Source: %d
Total number of packets: %d
Number of data bytes sent from Source to Destination: %d
Number of data bytes sent from Destination to Source: %d
Total number of data bytes: %d
',
			start_s, end_s, duration_s, src_packets, dst_packets, packets,
			src_payload_bytes, dst_payload_bytes, src_payload_bytes + dst_payload_bytes), ''))
	FROM connections
	WHERE :limit IS NULL OR number <= :limit
	ORDER BY number
)
UNION ALL
SELECT printf('________________________________________________

C) General

Total number of complete TCP connections: %d
Number of reset TCP connections: %d
Number of TCP connections that were still open when the trace capture ended: %d
________________________________________________

D) Complete TCP connections
',
	count(*) FILTER (WHERE complete), count(*) FILTER (WHERE rsts), count(*) FILTER (WHERE fins = 0))
FROM connections
UNION ALL
SELECT iif(count(*) = 0, 'none', printf('Minimum time duration: %.6f seconds
Mean time duration: %.6f seconds
Maximum time duration: %.6f seconds

%s
Minimum number of packets including both send/received: %d
Mean number of packets including both send/received: %s
Maximum number of packets including both send/received: %d

Minimum receive window size including both send/received: %d bytes
Mean receive window size including both send/received: %.6f bytes
Maximum receive window size including both send/received: %d bytes',
	min(duration_s), avg(duration_s), max(duration_s),
	iif(sum(rtt_count) = 0, 'RTT value: none
', printf('Minimum RTT value: %.6f
Mean RTT value: %.6f
Maximum RTT value: %.6f
',
		min(rtt_min_ns) / 1e9, sum(rtt_sum_ns) / 1e9 / sum(rtt_count), max(rtt_max_ns) / 1e9)),
	min(packets), round(avg(packets), 6), max(packets),
	min(min_window), sum(window_sum) / sum(packets), max(max_window)))
FROM connections
WHERE complete
UNION ALL
SELECT '________________________________________________';
