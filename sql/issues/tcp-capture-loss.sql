-- The capture lacks packets that were there.
--
-- ACKs acknowledge data that the capture does not hold (Wireshark's ACKed unseen segment), of connections
-- of which both directions were captured. The network carried those packets; the capture lost them, or it
-- holds them behind their ACKs, so other findings about these connections may be wrong. Not the answer to a keep-alive
-- with which a connection begins here: it acknowledges one byte more than that showed. A capture together. value is
-- the number of such ACKs. Medium where the bytes that are missing are at least :percent of the data of these
-- connections.
--
-- severity: low
-- category: configuration
-- protocol: tcp
-- cause: The capturing host was too slow, or its buffer too small.
-- cause: A mirror port (SPAN) carries more than it can and drops.
-- cause: The capture does not see all paths: another link carries some packets.
-- remedy: Capture with a larger buffer (dumpcap -B), a filter, or a snap length; write to a fast disk.
-- remedy: Mirror one direction or fewer ports, or use a TAP.
-- source: Wireshark's tcp.analysis.ack_lost_segment.
--
-- param :min_acks integer 1..1000000 = 1   ACKs of unseen data from which on it is listed.
-- param :percent number 0..100 = 1         Share of the data that is missing from which on the severity is
--                                          medium, percent.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: several.
-- column src          NULL.
-- column dst          NULL.
-- column value        ACKs of data that is not there.
-- column symptoms     What was seen.
-- column packets      Such ACKs.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
WITH
unseen AS MATERIALIZED (
	SELECT
		e.capture_id,
		e.flow_id,
		e.packet_id,
		e.ts_ns,
		f.completeness & 3 = 0 AND p.ack = 2 AS is_kept -- answers the keep-alive with which the connection begins here
	FROM (SELECT 1 FROM flow_signs WHERE has_unseen LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events e
	CROSS JOIN packets p ON p.packet_id = e.packet_id
	CROSS JOIN flows f ON f.flow_id = e.flow_id
	WHERE e.kind = 'ack_lost_segment'
),
kept AS MATERIALIZED (
	SELECT flow_id, count(*) AS answers
	FROM unseen
	WHERE is_kept
	GROUP BY flow_id
),
lossy AS MATERIALIZED ( -- connections with ACKs of unseen data; late: segments behind their ACK
	SELECT
		capture_id,
		flow_id,
		src_ack_lost_segments + dst_ack_lost_segments - ifnull(answers, 0) AS acks,
		max(ifnull(src_missed_bytes, 0) + ifnull(dst_missed_bytes, 0) - ifnull(answers, 0), 0) AS missed,
		ifnull(src_unique_bytes, 0) + ifnull(dst_unique_bytes, 0) AS bytes,
		max(src_spurious_retransmissions - src_retransmitted_packets, 0)
			+ max(dst_spurious_retransmissions - dst_retransmitted_packets, 0) AS late
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	LEFT JOIN kept USING (flow_id)
	WHERE has_unseen
		AND src_packets > 0
		AND dst_packets > 0
		AND src_ack_lost_segments + dst_ack_lost_segments > ifnull(answers, 0)
),
captured AS ( -- all such connections of a capture; is_order: no data is missing, some is late
	SELECT
		capture_id,
		count(*) AS connections,
		sum(acks) AS acks,
		sum(missed) AS missed,
		sum(missed + bytes) AS bytes,
		sum(late) AS late,
		sum(missed) = 0 AND sum(late) > 0 AS is_order
	FROM lossy
	GROUP BY capture_id
)
SELECT
	c.capture_id,
	e.ts_ns,
	NULL AS flow_id,
	NULL AS src,
	NULL AS dst,
	c.acks AS value,
	printf('%s in %s for data that is not in the capture%s%s', counted(c.acks, 'ACK'),
		counted(c.connections, 'connection'), CASE
			WHEN c.is_order THEN printf(' before them; %s behind them, and none is missing',
				iif(c.late = 1, '1 segment stands', c.late || ' segments stand'))
			WHEN c.missed > 0 THEN printf(', which lacks %d of %d bytes of theirs', c.missed, c.bytes)
			ELSE ''
		END, (
			SELECT '; its interfaces report ' || counted(sum(i.dropped), 'dropped packet')
			FROM interfaces i
			JOIN capture_files cf ON cf.capture_file_id = i.capture_file_id
			WHERE cf.capture_id = c.capture_id AND i.dropped NOT NULL
		)) AS symptoms,
	e.packets,
	iif(c.missed * 100.0 >= c.bytes * :percent AND c.missed > 0, 'medium', 'low') AS severity,
	iif(c.is_order, 'The capture holds packets in another order than they were sent', NULL) AS title,
	iif(c.is_order, 'Packets of several interfaces, queues or mirror ports were put together without exact times.', NULL)
		AS cause
FROM captured c
JOIN (
	SELECT capture_id, min(ts_ns) AS ts_ns, group_concat(packet_id) AS packets
	FROM unseen
	WHERE NOT is_kept
		AND flow_id IN (SELECT flow_id FROM lossy)
	GROUP BY capture_id
) e ON e.capture_id = c.capture_id
WHERE c.acks >= :min_acks;
