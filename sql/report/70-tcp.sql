-- TCP.
--
-- How connections began and ended, and what happened within them.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section as bars: How connections went
-- column state    Zeek's connection state, in words.
-- column flows    TCP flows in it.
-- column code     Zeek's name of it.
SELECT
	coalesce(
		substr(s.meaning, 1, instr(s.meaning || '; UDP', '; UDP') - 1),
		f.state,
		'not known: all IP checksums are wrong'
	) AS state,
	count(*) AS flows,
	f.state AS code
FROM flows f
LEFT JOIN tcp_states s USING (state)
WHERE f.protocol = 'tcp'
	AND (:capture IS NULL OR f.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY f.state
ORDER BY 2 DESC;

-- section as bars: What happened in them
-- column event     Wireshark's name of it.
-- column packets   Packets with it.
WITH
counts AS ( -- all TCP flows in one row
	SELECT
		sum(src_retransmissions + dst_retransmissions) AS retransmission,
		sum(src_fast_retransmissions + dst_fast_retransmissions) AS fast,
		sum(src_spurious_retransmissions + dst_spurious_retransmissions) AS spurious,
		sum(src_out_of_order + dst_out_of_order) AS out_of_order,
		sum(src_duplicate_acks + dst_duplicate_acks) AS duplicate_acks,
		sum(src_lost_segments + dst_lost_segments) AS lost,
		sum(src_ack_lost_segments + dst_ack_lost_segments) AS ack_lost,
		sum(src_keep_alives + dst_keep_alives) AS keep_alives,
		sum(src_zero_windows + dst_zero_windows) AS zero_windows,
		sum(src_zero_window_probes + dst_zero_window_probes) AS probes,
		sum(src_window_fulls + dst_window_fulls) AS window_fulls,
		sum(src_rsts + dst_rsts) AS rsts
	FROM flows
	WHERE protocol = 'tcp'
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
),
named AS ( -- each count as a row
	SELECT 'retransmission' AS event, retransmission AS packets FROM counts
	UNION ALL SELECT 'fast retransmission', fast FROM counts
	UNION ALL SELECT 'spurious retransmission', spurious FROM counts
	UNION ALL SELECT 'out of order', out_of_order FROM counts
	UNION ALL SELECT 'duplicate ACK', duplicate_acks FROM counts
	UNION ALL SELECT 'a segment before was not captured', lost FROM counts
	UNION ALL SELECT 'ACK of a segment that was not captured', ack_lost FROM counts
	UNION ALL SELECT 'keep-alive', keep_alives FROM counts
	UNION ALL SELECT 'zero window', zero_windows FROM counts
	UNION ALL SELECT 'zero-window probe', probes FROM counts
	UNION ALL SELECT 'window full', window_fulls FROM counts
	UNION ALL SELECT 'RST', rsts FROM counts
)
SELECT event, packets
FROM named
WHERE packets > 0
ORDER BY packets DESC;

-- section: Receivers that closed their window, by the time that they kept the sender waiting
-- column receiver       Who closed its window.
-- column sender         Who waited.
-- column flow           The flow.
-- column stalls         How often.
-- column waited_s       Seconds that the sender waited, all stalls together.
-- column longest_s      Seconds of the longest stall.
-- column first_number   The first segment with window 0.
WITH found AS ( -- all stalls of one receiver in one flow
	SELECT
		iif(z.direction, f.dst || ' port ' || f.dst_port, f.src || ' port ' || f.src_port) AS receiver,
		iif(z.direction, f.src || ' port ' || f.src_port, f.dst || ' port ' || f.dst_port) AS sender,
		z.flow_id AS flow,
		count(*) AS stalls,
		sum(z.last_ts_ns - z.first_ts_ns) / 1e9 AS waited_s,
		max(z.last_ts_ns - z.first_ts_ns) / 1e9 AS longest_s,
		min(z.first_packet_id) AS packet_id
	FROM zero_window_stalls z
	JOIN flows f USING (flow_id)
	WHERE (:capture IS NULL OR z.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY z.flow_id, z.direction
	ORDER BY 5 DESC
	LIMIT 10
)
SELECT
	receiver,
	sender,
	flow,
	stalls,
	waited_s,
	longest_s,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
