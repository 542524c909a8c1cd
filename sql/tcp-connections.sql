-- TCP connections as networking courses count them: state, times, packets, data, round trips, windows; and totals.
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
-- column end_s             Last FIN.
-- column duration_s        From start to end.
-- column src_packets       Packets sent by the source.
-- column dst_packets       Packets sent by the destination.
-- column src_data_bytes    Data bytes sent by the source.
-- column dst_data_bytes    Data bytes sent by the destination.
-- column rtts              Round trips measured.
-- column rtt_min_ms        The shortest, milliseconds.
-- column rtt_mean_ms       The mean.
-- column rtt_max_ms        The longest.
-- column window_min        Smallest receive window, bytes, both ways.
-- column window_mean       Mean receive window.
-- column window_max        Largest receive window.
-- column flows             Flows that it consists of: more than 1 where the ports were used again.
-- column flow_id           The first of them.
-- column capture           Name of the capture.
WITH
again AS ( -- flows that go on with the endpoints of an earlier one
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND started <> 'new'
		AND capture_id IN (SELECT capture_id FROM captures WHERE flow_timeout_ns IS NULL)
),
owners AS ( -- that earlier flow, the first one, and whether it runs the other way
	SELECT a.flow_id, f.flow_id AS connection_id, 0 AS reversed
	FROM again a
	JOIN flows f USING (capture_id, protocol, src, src_port, dst, dst_port)
	WHERE f.started = 'new'
	UNION ALL
	SELECT a.flow_id, f.flow_id, 1
	FROM again a
	JOIN flows f ON f.capture_id = a.capture_id
		AND f.protocol = a.protocol
		AND f.src = a.dst
		AND f.src_port = a.dst_port
		AND f.dst = a.src
		AND f.dst_port = a.src_port
	WHERE f.started = 'new' AND (f.src <> f.dst OR f.src_port <> f.dst_port)
),
fins AS ( -- last FIN of each flow
	SELECT flow_id, max(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind = 'fin'
	GROUP BY flow_id
),
syns AS ( -- first SYN of the flows that do not begin with theirs
	SELECT flow_id, min(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind IN ('syn', 'syn_ack')
		AND flow_id IN (SELECT flow_id FROM flows WHERE completeness & 1 = 0)
	GROUP BY flow_id
),
copied AS ( -- where segments end that a client may have sent more than once
	SELECT DISTINCT
		e.flow_id,
		e.direction,
		p.seq + p.payload_len + (p.tcp_flags & 3 <> 0) AS end_seq
	FROM tcp_events e
	JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',
			'out_of_order', 'keep_alive', 'zero_window_probe')
		AND (e.direction = 0 OR e.flow_id IN (SELECT flow_id FROM again))
),
copies AS ( -- all segments that end there, and all ACKs with that number
	SELECT
		c.flow_id,
		c.direction,
		c.end_seq,
		p.packet_id,
		p.ts_ns,
		p.direction = c.direction AS is_segment,
		p.ack_rtt_ns
	FROM (SELECT DISTINCT flow_id, direction FROM copied) side
	CROSS JOIN flow_packets fp ON fp.flow_id = side.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	CROSS JOIN copied c ON c.flow_id = side.flow_id
		AND c.direction = side.direction
		AND c.end_seq = iif(
			p.direction = side.direction,
			p.seq + p.payload_len + (p.tcp_flags & 3 <> 0),
			p.ack
		)
	WHERE p.direction <> side.direction OR p.payload_len > 0 OR p.tcp_flags & 3
),
answered AS ( -- with the first ACK behind each
	SELECT
		*,
		min(iif(is_segment, NULL, packet_id)) OVER (
			PARTITION BY flow_id, direction, end_seq
			ORDER BY packet_id DESC
		) AS ack_packet_id
	FROM copies
),
copy_rtts AS ( -- what these add to the round trips in flows, where an ACK has one segment only
	SELECT
		a.flow_id,
		a.direction,
		sum(iif(is_segment, k.packet_id IS NOT NULL, -(a.ack_rtt_ns IS NOT NULL))) AS rtt_count,
		sum(iif(is_segment, k.ts_ns - a.ts_ns, -a.ack_rtt_ns)) AS rtt_sum_ns,
		min(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_min_ns,
		max(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_max_ns
	FROM answered a
	LEFT JOIN packets k ON k.packet_id = a.ack_packet_id
	GROUP BY a.flow_id, a.direction
),
later AS ( -- what the later flows of a connection add to its first
	SELECT
		o.connection_id,
		count(*) AS flows,
		sum(f.src_syns + f.dst_syns) AS syns,
		sum(f.src_fins + f.dst_fins) AS fins,
		sum(f.src_rsts + f.dst_rsts) AS rsts,
		min(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns)) AS syn_ts_ns,
		max(e.ts_ns) AS fin_ts_ns,
		sum(iif(o.reversed, f.dst_packets, f.src_packets)) AS src_packets,
		sum(iif(o.reversed, f.src_packets, f.dst_packets)) AS dst_packets,
		sum(iif(o.reversed, f.dst_payload_bytes, f.src_payload_bytes)) AS src_bytes,
		sum(iif(o.reversed, f.src_payload_bytes, f.dst_payload_bytes)) AS dst_bytes,
		sum(iif(o.reversed, f.dst_rtt_count, f.src_rtt_count) + ifnull(r.rtt_count, 0))
			AS rtt_count,
		total(iif(
			o.reversed,
			f.dst_rtt_count * f.dst_rtt_mean_ns,
			f.src_rtt_count * f.src_rtt_mean_ns
		)) + total(r.rtt_sum_ns) AS rtt_sum_ns,
		min(iif(o.reversed, f.dst_rtt_min_ns, f.src_rtt_min_ns)) AS rtt_min_ns,
		max(iif(o.reversed, f.dst_rtt_max_ns, f.src_rtt_max_ns)) AS rtt_max_ns,
		min(r.rtt_min_ns) AS copy_min_ns,
		max(r.rtt_max_ns) AS copy_max_ns,
		min(min(ifnull(f.src_min_window, 65536), ifnull(f.dst_min_window, 65536))) AS min_window,
		max(max(ifnull(f.src_max_window, 0), ifnull(f.dst_max_window, 0))) AS max_window,
		total(f.src_mean_window * f.src_packets) + total(f.dst_mean_window * f.dst_packets)
			AS window_sum
	FROM owners o
	CROSS JOIN flows f ON f.flow_id = o.flow_id
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = o.reversed
	GROUP BY o.connection_id
),
sums AS (
	SELECT
		f.flow_id,
		f.capture_id,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port,
		1 + ifnull(l.flows, 0) AS flows,
		ifnull(f.src_syns + f.dst_syns, 0) + ifnull(l.syns, 0) AS syns,
		ifnull(f.src_fins + f.dst_fins, 0) + ifnull(l.fins, 0) AS fins,
		ifnull(f.src_rsts + f.dst_rsts, 0) + ifnull(l.rsts, 0) AS rsts,
		coalesce(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns), l.syn_ts_ns) AS syn_ts_ns,
		max(ifnull(e.ts_ns, l.fin_ts_ns), ifnull(l.fin_ts_ns, e.ts_ns)) AS fin_ts_ns,
		f.src_packets + ifnull(l.src_packets, 0) AS src_packets,
		f.dst_packets + ifnull(l.dst_packets, 0) AS dst_packets,
		f.src_payload_bytes + ifnull(l.src_bytes, 0) AS src_bytes,
		f.dst_payload_bytes + ifnull(l.dst_bytes, 0) AS dst_bytes,
		ifnull(f.src_rtt_count, 0) + ifnull(r.rtt_count, 0) + ifnull(l.rtt_count, 0) AS rtt_count,
		ifnull(f.src_rtt_count * f.src_rtt_mean_ns, 0)
			+ ifnull(r.rtt_sum_ns, 0) + ifnull(l.rtt_sum_ns, 0) AS rtt_sum_ns,
		nullif(min(
			ifnull(f.src_rtt_min_ns, 9e18),
			ifnull(r.rtt_min_ns, 9e18),
			ifnull(l.rtt_min_ns, 9e18),
			ifnull(l.copy_min_ns, 9e18)
		), 9e18) AS rtt_min_ns,
		nullif(max(
			ifnull(f.src_rtt_max_ns, -1),
			ifnull(r.rtt_max_ns, -1),
			ifnull(l.rtt_max_ns, -1),
			ifnull(l.copy_max_ns, -1)
		), -1) AS rtt_max_ns,
		min(
			ifnull(f.src_min_window, 65536),
			ifnull(f.dst_min_window, 65536),
			ifnull(l.min_window, 65536)
		) AS min_window,
		max(
			ifnull(f.src_max_window, 0),
			ifnull(f.dst_max_window, 0),
			ifnull(l.max_window, 0)
		) AS max_window,
		ifnull(f.src_mean_window * f.src_packets, 0) + ifnull(f.dst_mean_window * f.dst_packets, 0)
			+ ifnull(l.window_sum, 0) AS window_sum
	FROM flows f
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = 0
	LEFT JOIN later l ON l.connection_id = f.flow_id
	WHERE f.protocol = 'tcp'
		AND f.flow_id NOT IN (SELECT flow_id FROM again)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
)
SELECT
	row_number() OVER (ORDER BY s.flow_id) AS connection,
	s.src,
	s.src_port,
	s.dst,
	s.dst_port,
	printf('S%dF%d%s', s.syns, s.fins, iif(s.rsts, '/R', '')) AS status,
	s.syns > 0 AND s.fins > 0 AS complete,
	(s.syn_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
	(s.fin_ts_ns - c.first_ts_ns) / 1e9 AS end_s,
	(s.fin_ts_ns - s.syn_ts_ns) / 1e9 AS duration_s,
	s.src_packets,
	s.dst_packets,
	s.src_bytes AS src_data_bytes,
	s.dst_bytes AS dst_data_bytes,
	s.rtt_count AS rtts,
	s.rtt_min_ns / 1e6 AS rtt_min_ms,
	s.rtt_sum_ns / 1e6 / nullif(s.rtt_count, 0) AS rtt_mean_ms,
	s.rtt_max_ns / 1e6 AS rtt_max_ms,
	s.min_window AS window_min,
	s.window_sum / (s.src_packets + s.dst_packets) AS window_mean,
	s.max_window AS window_max,
	s.flows,
	s.flow_id,
	c.name AS capture
FROM sums s
JOIN captures c USING (capture_id)
ORDER BY s.flow_id;

-- section: Totals
-- column quantity   connections, complete, reset, open: their number. Of the complete connections duration_s and rtt_s,
--                   in seconds, packets of a connection, and window_bytes.
-- column count      How many there are: connections, round trips, or packets that carried a window.
-- column minimum    The smallest.
-- column mean       The mean over all of them.
-- column maximum    The largest.
WITH
again AS ( -- flows that go on with the endpoints of an earlier one
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND started <> 'new'
		AND capture_id IN (SELECT capture_id FROM captures WHERE flow_timeout_ns IS NULL)
),
owners AS ( -- that earlier flow, the first one, and whether it runs the other way
	SELECT a.flow_id, f.flow_id AS connection_id, 0 AS reversed
	FROM again a
	JOIN flows f USING (capture_id, protocol, src, src_port, dst, dst_port)
	WHERE f.started = 'new'
	UNION ALL
	SELECT a.flow_id, f.flow_id, 1
	FROM again a
	JOIN flows f ON f.capture_id = a.capture_id
		AND f.protocol = a.protocol
		AND f.src = a.dst
		AND f.src_port = a.dst_port
		AND f.dst = a.src
		AND f.dst_port = a.src_port
	WHERE f.started = 'new' AND (f.src <> f.dst OR f.src_port <> f.dst_port)
),
fins AS ( -- last FIN of each flow
	SELECT flow_id, max(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind = 'fin'
	GROUP BY flow_id
),
syns AS ( -- first SYN of the flows that do not begin with theirs
	SELECT flow_id, min(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind IN ('syn', 'syn_ack')
		AND flow_id IN (SELECT flow_id FROM flows WHERE completeness & 1 = 0)
	GROUP BY flow_id
),
copied AS ( -- where segments end that a client may have sent more than once
	SELECT DISTINCT
		e.flow_id,
		e.direction,
		p.seq + p.payload_len + (p.tcp_flags & 3 <> 0) AS end_seq
	FROM tcp_events e
	JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',
			'out_of_order', 'keep_alive', 'zero_window_probe')
		AND (e.direction = 0 OR e.flow_id IN (SELECT flow_id FROM again))
),
copies AS ( -- all segments that end there, and all ACKs with that number
	SELECT
		c.flow_id,
		c.direction,
		c.end_seq,
		p.packet_id,
		p.ts_ns,
		p.direction = c.direction AS is_segment,
		p.ack_rtt_ns
	FROM (SELECT DISTINCT flow_id, direction FROM copied) side
	CROSS JOIN flow_packets fp ON fp.flow_id = side.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	CROSS JOIN copied c ON c.flow_id = side.flow_id
		AND c.direction = side.direction
		AND c.end_seq = iif(
			p.direction = side.direction,
			p.seq + p.payload_len + (p.tcp_flags & 3 <> 0),
			p.ack
		)
	WHERE p.direction <> side.direction OR p.payload_len > 0 OR p.tcp_flags & 3
),
answered AS ( -- with the first ACK behind each
	SELECT
		*,
		min(iif(is_segment, NULL, packet_id)) OVER (
			PARTITION BY flow_id, direction, end_seq
			ORDER BY packet_id DESC
		) AS ack_packet_id
	FROM copies
),
copy_rtts AS ( -- what these add to the round trips in flows, where an ACK has one segment only
	SELECT
		a.flow_id,
		a.direction,
		sum(iif(is_segment, k.packet_id IS NOT NULL, -(a.ack_rtt_ns IS NOT NULL))) AS rtt_count,
		sum(iif(is_segment, k.ts_ns - a.ts_ns, -a.ack_rtt_ns)) AS rtt_sum_ns,
		min(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_min_ns,
		max(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_max_ns
	FROM answered a
	LEFT JOIN packets k ON k.packet_id = a.ack_packet_id
	GROUP BY a.flow_id, a.direction
),
later AS ( -- what the later flows of a connection add to its first
	SELECT
		o.connection_id,
		count(*) AS flows,
		sum(f.src_syns + f.dst_syns) AS syns,
		sum(f.src_fins + f.dst_fins) AS fins,
		sum(f.src_rsts + f.dst_rsts) AS rsts,
		min(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns)) AS syn_ts_ns,
		max(e.ts_ns) AS fin_ts_ns,
		sum(iif(o.reversed, f.dst_packets, f.src_packets)) AS src_packets,
		sum(iif(o.reversed, f.src_packets, f.dst_packets)) AS dst_packets,
		sum(iif(o.reversed, f.dst_payload_bytes, f.src_payload_bytes)) AS src_bytes,
		sum(iif(o.reversed, f.src_payload_bytes, f.dst_payload_bytes)) AS dst_bytes,
		sum(iif(o.reversed, f.dst_rtt_count, f.src_rtt_count) + ifnull(r.rtt_count, 0))
			AS rtt_count,
		total(iif(
			o.reversed,
			f.dst_rtt_count * f.dst_rtt_mean_ns,
			f.src_rtt_count * f.src_rtt_mean_ns
		)) + total(r.rtt_sum_ns) AS rtt_sum_ns,
		min(iif(o.reversed, f.dst_rtt_min_ns, f.src_rtt_min_ns)) AS rtt_min_ns,
		max(iif(o.reversed, f.dst_rtt_max_ns, f.src_rtt_max_ns)) AS rtt_max_ns,
		min(r.rtt_min_ns) AS copy_min_ns,
		max(r.rtt_max_ns) AS copy_max_ns,
		min(min(ifnull(f.src_min_window, 65536), ifnull(f.dst_min_window, 65536))) AS min_window,
		max(max(ifnull(f.src_max_window, 0), ifnull(f.dst_max_window, 0))) AS max_window,
		total(f.src_mean_window * f.src_packets) + total(f.dst_mean_window * f.dst_packets)
			AS window_sum
	FROM owners o
	CROSS JOIN flows f ON f.flow_id = o.flow_id
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = o.reversed
	GROUP BY o.connection_id
),
sums AS (
	SELECT
		f.flow_id,
		f.capture_id,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port,
		1 + ifnull(l.flows, 0) AS flows,
		ifnull(f.src_syns + f.dst_syns, 0) + ifnull(l.syns, 0) AS syns,
		ifnull(f.src_fins + f.dst_fins, 0) + ifnull(l.fins, 0) AS fins,
		ifnull(f.src_rsts + f.dst_rsts, 0) + ifnull(l.rsts, 0) AS rsts,
		coalesce(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns), l.syn_ts_ns) AS syn_ts_ns,
		max(ifnull(e.ts_ns, l.fin_ts_ns), ifnull(l.fin_ts_ns, e.ts_ns)) AS fin_ts_ns,
		f.src_packets + ifnull(l.src_packets, 0) AS src_packets,
		f.dst_packets + ifnull(l.dst_packets, 0) AS dst_packets,
		f.src_payload_bytes + ifnull(l.src_bytes, 0) AS src_bytes,
		f.dst_payload_bytes + ifnull(l.dst_bytes, 0) AS dst_bytes,
		ifnull(f.src_rtt_count, 0) + ifnull(r.rtt_count, 0) + ifnull(l.rtt_count, 0) AS rtt_count,
		ifnull(f.src_rtt_count * f.src_rtt_mean_ns, 0)
			+ ifnull(r.rtt_sum_ns, 0) + ifnull(l.rtt_sum_ns, 0) AS rtt_sum_ns,
		nullif(min(
			ifnull(f.src_rtt_min_ns, 9e18),
			ifnull(r.rtt_min_ns, 9e18),
			ifnull(l.rtt_min_ns, 9e18),
			ifnull(l.copy_min_ns, 9e18)
		), 9e18) AS rtt_min_ns,
		nullif(max(
			ifnull(f.src_rtt_max_ns, -1),
			ifnull(r.rtt_max_ns, -1),
			ifnull(l.rtt_max_ns, -1),
			ifnull(l.copy_max_ns, -1)
		), -1) AS rtt_max_ns,
		min(
			ifnull(f.src_min_window, 65536),
			ifnull(f.dst_min_window, 65536),
			ifnull(l.min_window, 65536)
		) AS min_window,
		max(
			ifnull(f.src_max_window, 0),
			ifnull(f.dst_max_window, 0),
			ifnull(l.max_window, 0)
		) AS max_window,
		ifnull(f.src_mean_window * f.src_packets, 0) + ifnull(f.dst_mean_window * f.dst_packets, 0)
			+ ifnull(l.window_sum, 0) AS window_sum
	FROM flows f
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = 0
	LEFT JOIN later l ON l.connection_id = f.flow_id
	WHERE f.protocol = 'tcp'
		AND f.flow_id NOT IN (SELECT flow_id FROM again)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
),
connections AS (
	SELECT
		*,
		syns > 0 AND fins > 0 AS is_complete,
		src_packets + dst_packets AS packets,
		(fin_ts_ns - syn_ts_ns) / 1e9 AS duration_s
	FROM sums
),
totals AS MATERIALIZED (
	SELECT
		count(*) AS connections,
		count(*) FILTER (WHERE is_complete) AS complete,
		count(*) FILTER (WHERE rsts) AS reset,
		count(*) FILTER (WHERE fins = 0) AS open,
		min(duration_s) AS duration_min,
		avg(duration_s) AS duration_mean,
		max(duration_s) AS duration_max,
		sum(rtt_count) FILTER (WHERE is_complete) AS rtts,
		min(rtt_min_ns) FILTER (WHERE is_complete) / 1e9 AS rtt_min,
		sum(rtt_sum_ns) FILTER (WHERE is_complete) AS rtt_sum_ns,
		max(rtt_max_ns) FILTER (WHERE is_complete) / 1e9 AS rtt_max,
		sum(packets) FILTER (WHERE is_complete) AS packets,
		min(packets) FILTER (WHERE is_complete) AS packets_min,
		avg(packets) FILTER (WHERE is_complete) AS packets_mean,
		max(packets) FILTER (WHERE is_complete) AS packets_max,
		min(min_window) FILTER (WHERE is_complete) AS window_min,
		sum(window_sum) FILTER (WHERE is_complete) AS window_sum,
		max(max_window) FILTER (WHERE is_complete) AS window_max
	FROM connections
)
SELECT 'connections' AS quantity, connections AS count, NULL AS minimum, NULL AS mean, NULL AS maximum
FROM totals
UNION ALL
SELECT 'complete', complete, NULL, NULL, NULL
FROM totals
UNION ALL
SELECT 'reset', reset, NULL, NULL, NULL
FROM totals
UNION ALL
SELECT 'open', open, NULL, NULL, NULL
FROM totals
UNION ALL
SELECT 'duration_s', complete, duration_min, duration_mean, duration_max
FROM totals
UNION ALL
SELECT 'rtt_s', ifnull(rtts, 0), rtt_min, rtt_sum_ns / 1e9 / rtts, rtt_max
FROM totals
UNION ALL
SELECT 'packets', complete, packets_min, packets_mean, packets_max
FROM totals
UNION ALL
SELECT 'window_bytes', ifnull(packets, 0), window_min, window_sum / packets, window_max
FROM totals;

-- section[text]: TCP connections
WITH
again AS ( -- flows that go on with the endpoints of an earlier one
	SELECT *
	FROM flows
	WHERE protocol = 'tcp'
		AND started <> 'new'
		AND capture_id IN (SELECT capture_id FROM captures WHERE flow_timeout_ns IS NULL)
),
owners AS ( -- that earlier flow, the first one, and whether it runs the other way
	SELECT a.flow_id, f.flow_id AS connection_id, 0 AS reversed
	FROM again a
	JOIN flows f USING (capture_id, protocol, src, src_port, dst, dst_port)
	WHERE f.started = 'new'
	UNION ALL
	SELECT a.flow_id, f.flow_id, 1
	FROM again a
	JOIN flows f ON f.capture_id = a.capture_id
		AND f.protocol = a.protocol
		AND f.src = a.dst
		AND f.src_port = a.dst_port
		AND f.dst = a.src
		AND f.dst_port = a.src_port
	WHERE f.started = 'new' AND (f.src <> f.dst OR f.src_port <> f.dst_port)
),
fins AS ( -- last FIN of each flow
	SELECT flow_id, max(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind = 'fin'
	GROUP BY flow_id
),
syns AS ( -- first SYN of the flows that do not begin with theirs
	SELECT flow_id, min(ts_ns) AS ts_ns
	FROM tcp_events
	WHERE kind IN ('syn', 'syn_ack')
		AND flow_id IN (SELECT flow_id FROM flows WHERE completeness & 1 = 0)
	GROUP BY flow_id
),
copied AS ( -- where segments end that a client may have sent more than once
	SELECT DISTINCT
		e.flow_id,
		e.direction,
		p.seq + p.payload_len + (p.tcp_flags & 3 <> 0) AS end_seq
	FROM tcp_events e
	JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',
			'out_of_order', 'keep_alive', 'zero_window_probe')
		AND (e.direction = 0 OR e.flow_id IN (SELECT flow_id FROM again))
),
copies AS ( -- all segments that end there, and all ACKs with that number
	SELECT
		c.flow_id,
		c.direction,
		c.end_seq,
		p.packet_id,
		p.ts_ns,
		p.direction = c.direction AS is_segment,
		p.ack_rtt_ns
	FROM (SELECT DISTINCT flow_id, direction FROM copied) side
	CROSS JOIN flow_packets fp ON fp.flow_id = side.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	CROSS JOIN copied c ON c.flow_id = side.flow_id
		AND c.direction = side.direction
		AND c.end_seq = iif(
			p.direction = side.direction,
			p.seq + p.payload_len + (p.tcp_flags & 3 <> 0),
			p.ack
		)
	WHERE p.direction <> side.direction OR p.payload_len > 0 OR p.tcp_flags & 3
),
answered AS ( -- with the first ACK behind each
	SELECT
		*,
		min(iif(is_segment, NULL, packet_id)) OVER (
			PARTITION BY flow_id, direction, end_seq
			ORDER BY packet_id DESC
		) AS ack_packet_id
	FROM copies
),
copy_rtts AS ( -- what these add to the round trips in flows, where an ACK has one segment only
	SELECT
		a.flow_id,
		a.direction,
		sum(iif(is_segment, k.packet_id IS NOT NULL, -(a.ack_rtt_ns IS NOT NULL))) AS rtt_count,
		sum(iif(is_segment, k.ts_ns - a.ts_ns, -a.ack_rtt_ns)) AS rtt_sum_ns,
		min(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_min_ns,
		max(iif(is_segment, k.ts_ns - a.ts_ns, NULL)) AS rtt_max_ns
	FROM answered a
	LEFT JOIN packets k ON k.packet_id = a.ack_packet_id
	GROUP BY a.flow_id, a.direction
),
later AS ( -- what the later flows of a connection add to its first
	SELECT
		o.connection_id,
		count(*) AS flows,
		sum(f.src_syns + f.dst_syns) AS syns,
		sum(f.src_fins + f.dst_fins) AS fins,
		sum(f.src_rsts + f.dst_rsts) AS rsts,
		min(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns)) AS syn_ts_ns,
		max(e.ts_ns) AS fin_ts_ns,
		sum(iif(o.reversed, f.dst_packets, f.src_packets)) AS src_packets,
		sum(iif(o.reversed, f.src_packets, f.dst_packets)) AS dst_packets,
		sum(iif(o.reversed, f.dst_payload_bytes, f.src_payload_bytes)) AS src_bytes,
		sum(iif(o.reversed, f.src_payload_bytes, f.dst_payload_bytes)) AS dst_bytes,
		sum(iif(o.reversed, f.dst_rtt_count, f.src_rtt_count) + ifnull(r.rtt_count, 0))
			AS rtt_count,
		total(iif(
			o.reversed,
			f.dst_rtt_count * f.dst_rtt_mean_ns,
			f.src_rtt_count * f.src_rtt_mean_ns
		)) + total(r.rtt_sum_ns) AS rtt_sum_ns,
		min(iif(o.reversed, f.dst_rtt_min_ns, f.src_rtt_min_ns)) AS rtt_min_ns,
		max(iif(o.reversed, f.dst_rtt_max_ns, f.src_rtt_max_ns)) AS rtt_max_ns,
		min(r.rtt_min_ns) AS copy_min_ns,
		max(r.rtt_max_ns) AS copy_max_ns,
		min(min(ifnull(f.src_min_window, 65536), ifnull(f.dst_min_window, 65536))) AS min_window,
		max(max(ifnull(f.src_max_window, 0), ifnull(f.dst_max_window, 0))) AS max_window,
		total(f.src_mean_window * f.src_packets) + total(f.dst_mean_window * f.dst_packets)
			AS window_sum
	FROM owners o
	CROSS JOIN flows f ON f.flow_id = o.flow_id
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = o.reversed
	GROUP BY o.connection_id
),
sums AS (
	SELECT
		f.flow_id,
		f.capture_id,
		f.src,
		f.src_port,
		f.dst,
		f.dst_port,
		1 + ifnull(l.flows, 0) AS flows,
		ifnull(f.src_syns + f.dst_syns, 0) + ifnull(l.syns, 0) AS syns,
		ifnull(f.src_fins + f.dst_fins, 0) + ifnull(l.fins, 0) AS fins,
		ifnull(f.src_rsts + f.dst_rsts, 0) + ifnull(l.rsts, 0) AS rsts,
		coalesce(iif(f.completeness & 1, f.first_ts_ns, s.ts_ns), l.syn_ts_ns) AS syn_ts_ns,
		max(ifnull(e.ts_ns, l.fin_ts_ns), ifnull(l.fin_ts_ns, e.ts_ns)) AS fin_ts_ns,
		f.src_packets + ifnull(l.src_packets, 0) AS src_packets,
		f.dst_packets + ifnull(l.dst_packets, 0) AS dst_packets,
		f.src_payload_bytes + ifnull(l.src_bytes, 0) AS src_bytes,
		f.dst_payload_bytes + ifnull(l.dst_bytes, 0) AS dst_bytes,
		ifnull(f.src_rtt_count, 0) + ifnull(r.rtt_count, 0) + ifnull(l.rtt_count, 0) AS rtt_count,
		ifnull(f.src_rtt_count * f.src_rtt_mean_ns, 0)
			+ ifnull(r.rtt_sum_ns, 0) + ifnull(l.rtt_sum_ns, 0) AS rtt_sum_ns,
		nullif(min(
			ifnull(f.src_rtt_min_ns, 9e18),
			ifnull(r.rtt_min_ns, 9e18),
			ifnull(l.rtt_min_ns, 9e18),
			ifnull(l.copy_min_ns, 9e18)
		), 9e18) AS rtt_min_ns,
		nullif(max(
			ifnull(f.src_rtt_max_ns, -1),
			ifnull(r.rtt_max_ns, -1),
			ifnull(l.rtt_max_ns, -1),
			ifnull(l.copy_max_ns, -1)
		), -1) AS rtt_max_ns,
		min(
			ifnull(f.src_min_window, 65536),
			ifnull(f.dst_min_window, 65536),
			ifnull(l.min_window, 65536)
		) AS min_window,
		max(
			ifnull(f.src_max_window, 0),
			ifnull(f.dst_max_window, 0),
			ifnull(l.max_window, 0)
		) AS max_window,
		ifnull(f.src_mean_window * f.src_packets, 0) + ifnull(f.dst_mean_window * f.dst_packets, 0)
			+ ifnull(l.window_sum, 0) AS window_sum
	FROM flows f
	LEFT JOIN syns s ON s.flow_id = f.flow_id
	LEFT JOIN fins e ON e.flow_id = f.flow_id
	LEFT JOIN copy_rtts r ON r.flow_id = f.flow_id AND r.direction = 0
	LEFT JOIN later l ON l.connection_id = f.flow_id
	WHERE f.protocol = 'tcp'
		AND f.flow_id NOT IN (SELECT flow_id FROM again)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
),
connections AS MATERIALIZED (
	SELECT
		s.*,
		s.syns > 0 AND s.fins > 0 AS complete,
		(s.syn_ts_ns - c.first_ts_ns) / 1e9 AS start_s,
		(s.fin_ts_ns - c.first_ts_ns) / 1e9 AS end_s,
		(s.fin_ts_ns - s.syn_ts_ns) / 1e9 AS duration_s,
		row_number() OVER (ORDER BY s.flow_id) AS number
	FROM sums s
	JOIN captures c USING (capture_id)
),
rule AS (
	SELECT '________________________________________________' AS line
)
SELECT 'A) Total number of connections: ' || count(*) || char(10) || (SELECT line FROM rule) || char(10)
	|| char(10) || 'B) Connections'' details:' || char(10) AS line
FROM connections
UNION ALL
SELECT * FROM (
	SELECT
		printf('Connection %d:', number) || char(10)
		|| 'Source Address: ' || src || char(10)
		|| 'Destination address: ' || dst || char(10)
		|| 'Source Port: ' || src_port || char(10)
		|| 'Destination Port: ' || dst_port || char(10)
		|| printf('Status: S%dF%d%s', syns, fins, iif(rsts, '/R', '')) || char(10)
		|| iif(NOT complete, '', printf('Start time: %.6f seconds', start_s) || char(10)
			|| printf('End Time: %.6f seconds', end_s) || char(10)
			|| printf('Duration: %.6f seconds', duration_s) || char(10)
			|| 'Number of packets sent from Source to Destination: ' || src_packets || char(10)
			|| 'Number of packets sent from Destination to Source: ' || dst_packets || char(10)
			|| 'Total number of packets: ' || (src_packets + dst_packets) || char(10)
			|| 'Number of data bytes sent from Source to Destination: ' || src_bytes || char(10)
			|| 'Number of data bytes sent from Destination to Source: ' || dst_bytes || char(10)
			|| 'Total number of data bytes: ' || (src_bytes + dst_bytes) || char(10))
		|| 'END' || char(10) || '++++++++++++++++++++++++++++++++'
	FROM connections
	ORDER BY number
)
UNION ALL
SELECT line || char(10) || char(10) || 'C) General' || char(10) FROM rule
UNION ALL
SELECT 'Total number of complete TCP connections: ' || count(nullif(complete, 0)) || char(10)
	|| 'Number of reset TCP connections: ' || count(nullif(rsts, 0)) || char(10)
	|| 'Number of TCP connections that were still open when the trace capture ended: '
	|| count(nullif(fins > 0, 1))
FROM connections
UNION ALL
SELECT line || char(10) || char(10) || 'D) Complete TCP connections' || char(10) FROM rule
UNION ALL
SELECT iif(count(*) = 0, 'none',
	printf('Minimum time duration: %.6f seconds', min(duration_s)) || char(10)
	|| printf('Mean time duration: %.6f seconds', avg(duration_s)) || char(10)
	|| printf('Maximum time duration: %.6f seconds', max(duration_s)) || char(10) || char(10)
	|| iif(sum(rtt_count) = 0, 'RTT value: none' || char(10),
		printf('Minimum RTT value: %.6f', min(rtt_min_ns) / 1e9) || char(10)
		|| printf('Mean RTT value: %.6f', sum(rtt_sum_ns) / 1e9 / sum(rtt_count)) || char(10)
		|| printf('Maximum RTT value: %.6f', max(rtt_max_ns) / 1e9) || char(10)) || char(10)
	|| 'Minimum number of packets including both send/received: '
		|| min(src_packets + dst_packets) || char(10)
	|| 'Mean number of packets including both send/received: '
		|| round(avg(src_packets + dst_packets), 6) || char(10)
	|| 'Maximum number of packets including both send/received: '
		|| max(src_packets + dst_packets) || char(10) || char(10)
	|| printf('Minimum receive window size including both send/received: %d bytes', min(min_window))
		|| char(10)
	|| printf('Mean receive window size including both send/received: %.6f bytes',
		sum(window_sum) / sum(src_packets + dst_packets)) || char(10)
	|| printf('Maximum receive window size including both send/received: %d bytes', max(max_window)))
FROM connections
WHERE complete
UNION ALL
SELECT line FROM rule;
