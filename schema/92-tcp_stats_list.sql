-- What tcptrace tells of each TCP connection, under its names.

-- tcptrace's long output (tcptrace -l -r -n -W), a row a line of it. Where there is no value, tcptrace prints 0 or NA.
-- The report tcp-stats prints it as tcptrace does; docs/differences.md says which numbers differ on purpose.
CREATE VIEW tcp_stats_list (
	flow_id, -- the flow
	number, -- of the line, from 1
	name, -- tcptrace's: 'unique bytes sent', 'RTT avg' ...
	unit, -- bytes, pkts, ms ...; empty for most counts
	src, -- the value for what src sent, and for the ACKs that dst sent for it
	dst -- the same for what dst sent
) AS
WITH lines (number, name, unit) AS (
	VALUES (1, 'total packets', ''),
		(2, 'resets sent', ''),
		(3, 'ack pkts sent', ''),
		(4, 'pure acks sent', ''),
		(5, 'sack pkts sent', ''),
		(6, 'dsack pkts sent', ''),
		(7, 'max sack blks/ack', ''),
		(8, 'unique bytes sent', ''),
		(9, 'actual data pkts', ''),
		(10, 'actual data bytes', ''),
		(11, 'rexmt data pkts', ''),
		(12, 'rexmt data bytes', ''),
		(13, 'zwnd probe pkts', ''),
		(14, 'zwnd probe bytes', ''),
		(15, 'outoforder pkts', ''),
		(16, 'pushed data pkts', ''),
		(17, 'SYN/FIN pkts sent', ''),
		(18, 'req 1323 ws/ts', ''),
		(19, 'adv wind scale', ''),
		(20, 'req sack', ''),
		(21, 'sacks sent', ''),
		(22, 'urgent data pkts', 'pkts'),
		(23, 'urgent data bytes', 'bytes'),
		(24, 'mss requested', 'bytes'),
		(25, 'max segm size', 'bytes'),
		(26, 'min segm size', 'bytes'),
		(27, 'avg segm size', 'bytes'),
		(28, 'max win adv', 'bytes'),
		(29, 'min win adv', 'bytes'),
		(30, 'zero win adv', 'times'),
		(31, 'avg win adv', 'bytes'),
		(32, 'max owin', 'bytes'),
		(33, 'min non-zero owin', 'bytes'),
		(34, 'avg owin', 'bytes'),
		(35, 'initial window', 'bytes'),
		(36, 'initial window', 'pkts'),
		(37, 'ttl stream length', 'bytes'),
		(38, 'missed data', 'bytes'),
		(39, 'truncated data', 'bytes'),
		(40, 'truncated packets', 'pkts'),
		(41, 'data xmit time', 'secs'),
		(42, 'idletime max', 'ms'),
		(43, 'hardware dups', 'segs'),
		(44, 'throughput', 'Bps'),
		(45, 'RTT samples', ''),
		(46, 'RTT min', 'ms'),
		(47, 'RTT max', 'ms'),
		(48, 'RTT avg', 'ms'),
		(49, 'RTT stdev', 'ms'),
		(50, 'RTT from 3WHS', 'ms'),
		(51, 'RTT full_sz smpls', ''),
		(52, 'RTT full_sz min', 'ms'),
		(53, 'RTT full_sz max', 'ms'),
		(54, 'RTT full_sz avg', 'ms'),
		(55, 'RTT full_sz stdev', 'ms'),
		(56, 'post-loss acks', ''),
		(57, 'ambiguous acks', ''),
		(58, 'RTT min (last)', 'ms'),
		(59, 'RTT max (last)', 'ms'),
		(60, 'RTT avg (last)', 'ms'),
		(61, 'RTT sdv (last)', 'ms'),
		(62, 'segs cum acked', ''),
		(63, 'duplicate acks', ''),
		(64, 'triple dupacks', ''),
		(65, 'max # retrans', ''),
		(66, 'min retr time', 'ms'),
		(67, 'max retr time', 'ms'),
		(68, 'avg retr time', 'ms'),
		(69, 'sdv retr time', 'ms')
)
SELECT
	f.flow_id,
	l.number,
	l.name,
	l.unit,
	CASE l.number
		WHEN 1 THEN f.src_packets
		WHEN 2 THEN f.src_rsts
		WHEN 3 THEN s.ack_packets
		WHEN 4 THEN s.pure_acks
		WHEN 5 THEN s.sack_packets
		WHEN 6 THEN s.dsack_packets
		WHEN 7 THEN s.max_sack_blocks
		WHEN 8 THEN f.src_unique_bytes
		WHEN 9 THEN s.data_packets
		WHEN 10 THEN f.src_payload_bytes
		WHEN 11 THEN f.src_retransmitted_packets
		WHEN 12 THEN f.src_retransmitted_bytes
		WHEN 13 THEN s.zero_window_probes
		WHEN 14 THEN s.zero_window_probe_bytes
		WHEN 15 THEN s.out_of_order
		WHEN 16 THEN s.pushed_packets
		WHEN 17 THEN f.src_syns || '/' || f.src_fins
		WHEN 18 THEN iif(f.src_window_scale IS NULL, 'N/', 'Y/') || iif(f.src_timestamps, 'Y', 'N')
		WHEN 19 THEN iif(
			f.dst_window_scale IS NULL AND f.src_packets + f.dst_packets > f.src_syns + f.dst_syns,
			0,
			f.src_window_scale
		)
		WHEN 20 THEN iif(f.src_sack, 'Y', 'N')
		WHEN 21 THEN s.sack_packets
		WHEN 22 THEN s.urgent_packets
		WHEN 23 THEN s.urgent_bytes
		WHEN 24 THEN f.src_mss
		WHEN 25 THEN s.max_segment
		WHEN 26 THEN s.min_segment
		WHEN 27 THEN f.src_payload_bytes / nullif(s.data_packets, 0)
		WHEN 28 THEN f.src_max_scaled_window
		WHEN 29 THEN f.src_min_scaled_window
		WHEN 30 THEN s.zero_windows
		WHEN 31 THEN CAST(f.src_mean_scaled_window AS INTEGER)
		WHEN 32 THEN s.owin_max
		WHEN 33 THEN s.owin_min
		WHEN 34 THEN s.owin_mean
		WHEN 35 THEN s.initial_window_bytes
		WHEN 36 THEN s.initial_window_packets
		WHEN 37 THEN iif(f.src_syns AND f.src_fins, f.src_unique_bytes + f.src_missed_bytes, NULL)
		WHEN 38 THEN iif(f.src_syns AND f.src_fins, f.src_missed_bytes, NULL)
		WHEN 39 THEN s.truncated_bytes
		WHEN 40 THEN s.truncated_packets
		WHEN 41 THEN s.data_ns / 1e9
		WHEN 42 THEN f.src_idle_max_ns / 1e6
		WHEN 43 THEN s.hardware_duplicates
		WHEN 44 THEN f.src_unique_bytes * 1e9 / nullif(f.last_ts_ns - f.first_ts_ns, 0)
		WHEN 45 THEN f.src_rtt_karn_count
		WHEN 46 THEN f.src_rtt_karn_min_ns / 1e6
		WHEN 47 THEN f.src_rtt_karn_max_ns / 1e6
		WHEN 48 THEN f.src_rtt_karn_mean_ns / 1e6
		WHEN 49 THEN f.src_rtt_karn_stdev_ns / 1e6
		WHEN 50 THEN s.rtt_handshake_ns / 1e6
		WHEN 51 THEN s.rtt_full_count
		WHEN 52 THEN s.rtt_full_min_ns / 1e6
		WHEN 53 THEN s.rtt_full_max_ns / 1e6
		WHEN 54 THEN s.rtt_full_mean_ns / 1e6
		WHEN 55 THEN s.rtt_full_stdev_ns / 1e6
		WHEN 56 THEN s.post_loss_acks
		WHEN 57 THEN s.ambiguous_acks
		WHEN 58 THEN s.rtt_last_min_ns / 1e6
		WHEN 59 THEN s.rtt_last_max_ns / 1e6
		WHEN 60 THEN s.rtt_last_mean_ns / 1e6
		WHEN 61 THEN s.rtt_last_stdev_ns / 1e6
		WHEN 62 THEN s.cumulative_acks
		WHEN 63 THEN s.duplicate_acks
		WHEN 64 THEN s.triple_duplicate_acks
		WHEN 65 THEN s.max_repeats
		WHEN 66 THEN s.retransmission_min_ns / 1e6
		WHEN 67 THEN s.retransmission_max_ns / 1e6
		WHEN 68 THEN s.retransmission_mean_ns / 1e6
		WHEN 69 THEN s.retransmission_stdev_ns / 1e6 END,
	CASE l.number
		WHEN 1 THEN f.dst_packets
		WHEN 2 THEN f.dst_rsts
		WHEN 3 THEN d.ack_packets
		WHEN 4 THEN d.pure_acks
		WHEN 5 THEN d.sack_packets
		WHEN 6 THEN d.dsack_packets
		WHEN 7 THEN d.max_sack_blocks
		WHEN 8 THEN f.dst_unique_bytes
		WHEN 9 THEN d.data_packets
		WHEN 10 THEN f.dst_payload_bytes
		WHEN 11 THEN f.dst_retransmitted_packets
		WHEN 12 THEN f.dst_retransmitted_bytes
		WHEN 13 THEN d.zero_window_probes
		WHEN 14 THEN d.zero_window_probe_bytes
		WHEN 15 THEN d.out_of_order
		WHEN 16 THEN d.pushed_packets
		WHEN 17 THEN f.dst_syns || '/' || f.dst_fins
		WHEN 18 THEN iif(f.dst_window_scale IS NULL, 'N/', 'Y/') || iif(f.dst_timestamps, 'Y', 'N')
		WHEN 19 THEN iif(
			f.src_window_scale IS NULL AND f.src_packets + f.dst_packets > f.src_syns + f.dst_syns,
			0,
			f.dst_window_scale
		)
		WHEN 20 THEN iif(f.dst_sack, 'Y', 'N')
		WHEN 21 THEN d.sack_packets
		WHEN 22 THEN d.urgent_packets
		WHEN 23 THEN d.urgent_bytes
		WHEN 24 THEN f.dst_mss
		WHEN 25 THEN d.max_segment
		WHEN 26 THEN d.min_segment
		WHEN 27 THEN f.dst_payload_bytes / nullif(d.data_packets, 0)
		WHEN 28 THEN f.dst_max_scaled_window
		WHEN 29 THEN f.dst_min_scaled_window
		WHEN 30 THEN d.zero_windows
		WHEN 31 THEN CAST(f.dst_mean_scaled_window AS INTEGER)
		WHEN 32 THEN d.owin_max
		WHEN 33 THEN d.owin_min
		WHEN 34 THEN d.owin_mean
		WHEN 35 THEN d.initial_window_bytes
		WHEN 36 THEN d.initial_window_packets
		WHEN 37 THEN iif(f.dst_syns AND f.dst_fins, f.dst_unique_bytes + f.dst_missed_bytes, NULL)
		WHEN 38 THEN iif(f.dst_syns AND f.dst_fins, f.dst_missed_bytes, NULL)
		WHEN 39 THEN d.truncated_bytes
		WHEN 40 THEN d.truncated_packets
		WHEN 41 THEN d.data_ns / 1e9
		WHEN 42 THEN f.dst_idle_max_ns / 1e6
		WHEN 43 THEN d.hardware_duplicates
		WHEN 44 THEN f.dst_unique_bytes * 1e9 / nullif(f.last_ts_ns - f.first_ts_ns, 0)
		WHEN 45 THEN f.dst_rtt_karn_count
		WHEN 46 THEN f.dst_rtt_karn_min_ns / 1e6
		WHEN 47 THEN f.dst_rtt_karn_max_ns / 1e6
		WHEN 48 THEN f.dst_rtt_karn_mean_ns / 1e6
		WHEN 49 THEN f.dst_rtt_karn_stdev_ns / 1e6
		WHEN 50 THEN d.rtt_handshake_ns / 1e6
		WHEN 51 THEN d.rtt_full_count
		WHEN 52 THEN d.rtt_full_min_ns / 1e6
		WHEN 53 THEN d.rtt_full_max_ns / 1e6
		WHEN 54 THEN d.rtt_full_mean_ns / 1e6
		WHEN 55 THEN d.rtt_full_stdev_ns / 1e6
		WHEN 56 THEN d.post_loss_acks
		WHEN 57 THEN d.ambiguous_acks
		WHEN 58 THEN d.rtt_last_min_ns / 1e6
		WHEN 59 THEN d.rtt_last_max_ns / 1e6
		WHEN 60 THEN d.rtt_last_mean_ns / 1e6
		WHEN 61 THEN d.rtt_last_stdev_ns / 1e6
		WHEN 62 THEN d.cumulative_acks
		WHEN 63 THEN d.duplicate_acks
		WHEN 64 THEN d.triple_duplicate_acks
		WHEN 65 THEN d.max_repeats
		WHEN 66 THEN d.retransmission_min_ns / 1e6
		WHEN 67 THEN d.retransmission_max_ns / 1e6
		WHEN 68 THEN d.retransmission_mean_ns / 1e6
		WHEN 69 THEN d.retransmission_stdev_ns / 1e6 END
FROM flows f
LEFT JOIN tcp_stats s ON s.tcp_stats_id = 2 * f.flow_id
LEFT JOIN tcp_stats d ON d.tcp_stats_id = 2 * f.flow_id + 1
CROSS JOIN lines l
WHERE f.status IS NOT NULL;
