-- Segments were sent again.
--
-- A direction of a connection where at least :percent of the segments with data, SYN or FIN are
-- retransmissions (Wireshark's, of any kind, and what it calls out of order where that was sent again:
-- marked_tcp_events.is_sent_again), and at least :min_count of them. Copies that the capture made
-- are no retransmissions, nor are segments that the capture holds behind their ACK (Wireshark calls them spurious)
-- where no number was sent twice. Of a side that answered two SYNs with different numbers nothing is said: Wireshark
-- takes its segments for old ones. value is that percentage. High where those that were needed are :high_percent or
-- more; low where both sides sent everything again, from the SYN on, as often as the SYN: it was no sender.
--
-- severity: medium
-- category: performance
-- protocol: tcp
-- cause: Packets are lost on the way: a full queue, a bad cable or radio link, a duplex mismatch, a
--    policer.
-- cause: The receiver is gone or cannot be reached any more, where nothing of it is acknowledged.
-- cause: The round trip varies more than the sender expects (spurious retransmissions).
-- cause: The same packets were played again (tcpreplay), or are in several of the files that the capture was made of.
-- remedy: Compare with other connections over the same links: what they share is where packets are lost.
-- remedy: Capture on both sides of a link and compare them: what went in and did not come out was lost
--    there.
-- remedy: Look at the interface counters of the devices on the way: errors, drops, late collisions.
-- source: At 5 % loss the throughput of TCP falls to some 1.22 * MSS / (RTT * sqrt(0.05)), five segments a
--    round trip (Mathis et al. 1997).
--
-- param :percent number 0..100 = 5          Share of the segments from which on a connection is listed,
--                                           percent.
-- param :min_count integer 1..1000000 = 3   Retransmissions below which it is not.
-- param :high_percent number 0..100 = 15    Share of the segments from which on the severity is high,
--                                           percent.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection.
-- column src          Who sent them.
-- column dst          The receiver.
-- column value        Retransmissions, percent.
-- column symptoms     What was seen.
-- column packets      The retransmissions.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
sides AS ( -- directions that sent data
	SELECT
		f.flow_id,
		f.capture_id,
		iif(d.direction, dst, src) AS src,
		iif(d.direction, src, dst) AS dst,
		d.direction,
		iif(
			d.direction,
			dst_retransmissions + dst_fast_retransmissions,
			src_retransmissions + src_fast_retransmissions
		) AS needed,
		iif(
			d.direction,
			min(dst_spurious_retransmissions, dst_retransmitted_packets),
			min(src_spurious_retransmissions, src_retransmitted_packets)
		) AS spurious,
		iif(d.direction, dst_out_of_order, src_out_of_order) AS late,
		iif(d.direction, dst_retransmission_rate, src_retransmission_rate) AS rate,
		t.data_packets,
		iif(d.direction, src_packets, dst_packets) = 0 AS silent,
		iif(
			src_syns = dst_syns
				AND src_unique_bytes + dst_unique_bytes > 0
				AND src_retransmitted_bytes >= (src_syns - 1) * src_unique_bytes
				AND dst_retransmitted_bytes >= (src_syns - 1) * dst_unique_bytes,
			src_syns,
			1
		) AS times
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN (SELECT 0 AS direction UNION ALL SELECT 1) d
	CROSS JOIN tcp_stats t ON t.tcp_stats_id = 2 * f.flow_id + d.direction
	WHERE (is_retransmitted OR is_out_of_order) AND t.data_packets > 0
),
sick AS MATERIALIZED ( -- directions with enough retransmissions by the numbers in flows
	SELECT *
	FROM sides
	WHERE rate * 100 + late * 100.0 / data_packets >= :percent AND needed + spurious + late >= :min_count
		AND (flow_id, direction) NOT IN renumbered_directions
),
events AS ( -- that are no copies
	SELECT
		s.*,
		e.packet_id,
		e.ts_ns,
		e.kind,
		e.kind = 'out_of_order' AS is_sent_again,
		e.kind <> 'spurious_retransmission' OR s.spurious > 0 AS counts
	FROM (SELECT 1 FROM sick LIMIT 1) -- if none, no more is read
	CROSS JOIN marked_tcp_events e
	CROSS JOIN sick s ON s.flow_id = e.flow_id AND s.direction = e.direction
	WHERE e.flow_id IN (SELECT flow_id FROM sick)
		AND (e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission') OR e.is_sent_again)
		AND NOT e.is_copy
),
found AS ( -- the events of one direction; again: those that count
	SELECT
		flow_id,
		capture_id,
		src,
		dst,
		silent,
		times,
		min(ts_ns) FILTER (WHERE counts) AS begun_ns,
		sum(counts) AS again,
		sum(kind = 'retransmission' OR is_sent_again) AS slow,
		sum(kind = 'fast_retransmission') AS fast,
		sum(kind = 'spurious_retransmission' AND counts) AS spurious,
		group_concat(packet_id) FILTER (WHERE counts) AS packets,
		total(rate * 100) FILTER (WHERE counts AND NOT is_sent_again) / max(1, sum(NOT is_sent_again))
			+ sum(is_sent_again) * 100.0 / data_packets AS percent
	FROM events
	GROUP BY flow_id, direction
),
judged AS ( -- the copies that a mirror makes are as many, but they are no events
	SELECT *, times > 1 AND percent >= 99.0 * (times - 1) / times AS is_played
	FROM found
)
SELECT
	capture_id,
	begun_ns AS ts_ns,
	flow_id,
	src,
	dst,
	percent AS value,
	printf('%s sent %s again, %.1f %% of what it sent: %d after a time-out or a gap, %d fast, %d although they had '
		|| 'arrived%s', src, counted(again, 'segment'), percent, slow, fast, spurious,
		CASE
			WHEN silent THEN '; the other side sent nothing'
			WHEN is_played THEN printf('; the capture has all of the connection, of both sides, %d times', times)
			ELSE ''
		END) AS symptoms,
	packets,
	CASE
		WHEN is_played THEN 'low'
		WHEN percent * (slow + fast) / again >= :high_percent THEN 'high'
		ELSE 'medium'
	END AS severity,
	CASE
		WHEN is_played THEN 'The same packets were played again (tcpreplay), or are in several of the files that the capture was '
			|| 'made of.'
		WHEN silent THEN 'The receiver is gone or cannot be reached any more, where nothing of it is acknowledged.'
		WHEN spurious * 2 > again THEN 'The round trip varies more than the sender expects (spurious retransmissions).'
		ELSE 'Packets are lost on the way: a full queue, a bad cable or radio link, a duplex mismatch, a policer.'
	END AS cause,
	iif(is_played, 0.9, 0.5) AS confidence
FROM judged
WHERE again >= :min_count AND percent >= :percent
ORDER BY is_played, severity = 'medium', percent DESC;
