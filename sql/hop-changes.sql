-- What was changed on the way between two capture points: addresses, TTL, DSCP, options and more.
--
-- topic: hops
--
-- param :capture
-- param :flow
--
-- column a             Name of the first capture.
-- column b             Name of the second.
-- column change        What differs between the two sightings of a packet.
-- column packets       Packets that show it.
-- column share         Of the packets found at both points, 0 to 1.
-- column flows         Flows that they are of.
-- column a_number      The first such packet: its number in a.
-- column b_number      Its number in b.
-- column meaning       The change in words.
WITH
compared AS ( -- comparisons asked for
	SELECT c.comparison_id, a.name AS a, b.name AS b, a.first_packet_id AS a_first, b.first_packet_id AS b_first
	FROM hop_comparisons c
	JOIN captures a ON a.capture_id = c.a_capture_id
	JOIN captures b ON b.capture_id = c.b_capture_id
	WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
),
matched AS MATERIALIZED ( -- packets of one flow that both points have, with the same changes
	SELECT h.comparison_id, h.hop_flow_id, h.changes, count(*) AS packets, min(h.a_packet_id) AS a_id, h.b_packet_id
	FROM hop_packets h
	WHERE h.method IS NOT NULL
		AND h.comparison_id IN (SELECT comparison_id FROM compared)
		AND (
			:flow IS NULL
			OR h.hop_flow_id IN (SELECT hop_flow_id FROM hop_flows WHERE :flow IN (a_flow_id, b_flow_id))
		)
	GROUP BY h.hop_flow_id, h.changes
)
SELECT
	c.a,
	c.b,
	n.name AS change,
	sum(m.packets) AS packets,
	1.0 * sum(m.packets) / (
		SELECT sum(all_m.packets)
		FROM matched all_m
		WHERE all_m.comparison_id = c.comparison_id
	) AS share,
	count(DISTINCT m.hop_flow_id) AS flows,
	min(m.a_id) - c.a_first + 1 AS a_number,
	m.b_packet_id - c.b_first + 1 AS b_number,
	n.meaning
FROM matched m
JOIN compared c ON c.comparison_id = m.comparison_id
JOIN hop_changes n ON m.changes >> n.bit & 1
GROUP BY c.comparison_id, n.bit
ORDER BY c.comparison_id, n.bit;
