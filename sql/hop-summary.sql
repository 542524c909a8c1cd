-- What happened between two capture points: packets lost each way, delays, order, changes, and how the clocks differ.
--
-- topic: hops
--
-- For captures that `pcapdex compare` has matched. a is the point named first, b the second; forward is from a to b.
--
-- param :capture
--
-- section: Comparisons
-- column a                      Name of the first capture.
-- column b                      Name of the second.
-- column a_packets              Packets of a.
-- column a_matched              Of those: found in b.
-- column b_packets              Packets of b.
-- column b_matched              Of those: found in a.
-- column lost_forward           Packets that went from a to b and did not arrive; of those that arrived in part, each stretch that did not.
-- column lost_back              The same from b to a.
-- column reordered_forward      Packets that b saw behind one that was sent later.
-- column reordered_back         The same of a.
-- column overlap_s              Seconds in which both captures ran; empty: none, or nothing in common tells.
SELECT
	a.name AS a,
	b.name AS b,
	c.a_packets,
	c.a_matched,
	c.b_packets,
	c.b_matched,
	c.forward_lost AS lost_forward,
	c.back_lost AS lost_back,
	c.forward_reordered AS reordered_forward,
	c.back_reordered AS reordered_back,
	(c.overlap_last_ts_ns - c.overlap_first_ts_ns) / 1e9 AS overlap_s
FROM hop_comparisons c
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
ORDER BY c.comparison_id;

-- section: Clocks
-- column a                Name of the first capture.
-- column b                Name of the second.
-- column offset_s         b's clock less a's at a's first packet, seconds.
-- column uncertainty_ms   How far that may be off, either way, milliseconds.
-- column drift_ppm        How much faster b's clock runs, millionths; 0: no difference can be seen.
-- column note             What that means for delays.
SELECT
	a.name AS a,
	b.name AS b,
	c.offset_ns / 1e9 AS offset_s,
	c.clock_uncertainty_ns / 1e6 AS uncertainty_ms,
	c.drift_ppm,
	CASE c.clock
		WHEN 'both_ways' THEN 'one-way delays take it that the fastest packets need as long either way'
		WHEN 'contradicted' THEN 'packets arrive before they leave: a clock was set, or packets were taken for '
			|| 'others; delays cannot be known'
		WHEN 'none' THEN iif(
			c.a_matched = 0,
			'nothing in common: how the clocks differ is not known, and for what is outside they are taken to agree',
			'which way packets went cannot be told: delays cannot be known')
		ELSE 'packets went one way only: absolute delays cannot be known, what is beyond the fastest packet can'
	END AS note
FROM hop_comparisons c
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
ORDER BY c.comparison_id;

-- section: Delays
-- column a               Name of the first capture.
-- column b               Name of the second.
-- column way             forward (a to b) or back.
-- column packets         Packets found at both points.
-- column min_ms          Shortest one-way delay, clocks corrected, milliseconds; empty: cannot be known.
-- column median_ms       The median one-way delay, milliseconds.
-- column p95_ms          95th percentile of it, milliseconds.
-- column p99_ms          99th percentile of it, milliseconds.
-- column max_ms          The longest, milliseconds.
-- column excess_p95_ms   95th percentile of the time beyond the fastest packet, milliseconds.
-- column excess_max_ms   The most that a packet took beyond the fastest, milliseconds.
WITH
compared AS ( -- comparisons asked for
	SELECT c.comparison_id, a.name AS a, b.name AS b
	FROM hop_comparisons c
	JOIN captures a ON a.capture_id = c.a_capture_id
	JOIN captures b ON b.capture_id = c.b_capture_id
	WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
),
ways AS ( -- packets that both points have, and which way each went
	SELECT
		h.comparison_id,
		iif(h.direction, f.dst_travel, f.src_travel) AS travel,
		h.delay_ns,
		h.excess_ns
	FROM hop_packets h
	JOIN hop_flows f ON f.hop_flow_id = h.hop_flow_id
	WHERE h.method IS NOT NULL AND h.comparison_id IN (SELECT comparison_id FROM compared)
)
SELECT
	c.a,
	c.b,
	CASE w.travel WHEN 1 THEN 'forward' WHEN -1 THEN 'back' ELSE 'not known' END AS way,
	count(*) AS packets,
	min(w.delay_ns) / 1e6 AS min_ms,
	median(w.delay_ns) / 1e6 AS median_ms,
	percentile(w.delay_ns, 95) / 1e6 AS p95_ms,
	percentile(w.delay_ns, 99) / 1e6 AS p99_ms,
	max(w.delay_ns) / 1e6 AS max_ms,
	percentile(w.excess_ns, 95) / 1e6 AS excess_p95_ms,
	max(w.excess_ns) / 1e6 AS excess_max_ms
FROM ways w
JOIN compared c ON c.comparison_id = w.comparison_id
GROUP BY w.comparison_id, w.travel
ORDER BY w.comparison_id, w.travel DESC;

-- section: Packets that one point has alone
-- column a          Name of the first capture.
-- column b          Name of the second.
-- column only_in    The capture that has them.
-- column reason     Why the other one may not have them.
-- column packets    How many; of packets that the other point has in part, stretches that it has not.
-- column meaning    The reason in words.
SELECT
	a.name AS a,
	b.name AS b,
	iif(h.a_packet_id, a.name, b.name) AS only_in,
	h.reason,
	count(*) AS packets,
	r.meaning
FROM hop_packets h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
JOIN hop_reasons r ON r.reason = h.reason
WHERE h.reason IS NOT NULL
	AND (:capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id))
GROUP BY h.comparison_id, h.a_packet_id IS NULL, h.reason
ORDER BY h.comparison_id, h.a_packet_id IS NULL, packets DESC, h.reason;
