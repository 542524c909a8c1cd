-- Between capture points.
--
-- What `pcapdex compare` found: what was lost between two points, and whether connections lost time there or elsewhere.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
WITH chapter_verdicts AS ( -- connections asked for that lost 100 ms or more
	SELECT v.*, k.*
	FROM hop_verdicts v
	JOIN hop_connections k ON k.hop_flow_id = v.hop_flow_id
	JOIN flows f ON f.flow_id = k.a_flow_id
	WHERE v.lost_ns >= 100e6
		AND (:capture IS NULL OR :capture IN (k.a_capture_id, k.b_capture_id))
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
)

-- section as text:
SELECT iif(c.a_matched = 0, printf('%s and %s have no packet in common.', a.name, b.name), printf(
	'Of %,d %s of %s, %s has %,d; of %,d of %s, %s has %,d. Between them %,d %s lost on the way from %s to %s, and %,d on'
	|| ' the way back.',
	c.a_packets,
	iif(c.a_packets = 1, 'packet', 'packets'),
	a.name,
	b.name,
	c.a_matched,
	c.b_packets,
	b.name,
	a.name,
	c.b_matched,
	c.forward_lost,
	iif(c.forward_lost = 1, 'was', 'were'),
	a.name,
	b.name,
	c.back_lost
	)) AS line
FROM hop_comparisons c
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
ORDER BY c.comparison_id;

-- section as text:
SELECT printf('%,d %s lost more than 100 ms: of %,d it is the network between the points, of %,d it is not, and of %,d these'
	|| ' captures cannot tell.',
	count(*),
	iif(count(*) = 1, 'connection', 'connections'),
	sum(verdict = 'it is the network'),
	sum(verdict = 'it is not the network'),
	sum(verdict = 'these captures cannot tell')
	) AS line
FROM chapter_verdicts
HAVING count(*) > 0;

-- section as bars: Where their time was lost, by cause
-- column cause     What it went to.
-- column time_ms   All of it, milliseconds.
SELECT
	replace(w.cause, '_', ' ') || CASE c.place
		WHEN 'network' THEN ' (between the points)'
		WHEN 'client' THEN ' (the client''s side)'
		WHEN 'server' THEN ' (the server''s side)'
		ELSE ' (cannot be placed)'
	END AS cause,
	sum(w.total_ns) / 1e6 AS time_ms
FROM chapter_verdicts v
JOIN hop_waits w ON w.hop_flow_id = v.hop_flow_id
JOIN hop_causes c ON c.cause = w.cause
WHERE c.place <> 'none'
GROUP BY w.cause
ORDER BY 2 DESC
LIMIT 12;

-- section: Connections that lost most
-- column client            Address of the client.
-- column server            Address and port of the server.
-- column verdict           Is it the network between the points?
-- column lost_ms           Time lost, milliseconds.
-- column network_percent   Share of it that went by between the points.
-- column why               What most of it went to.
-- column number            The packet that ended the longest such wait.
WITH worst AS (
	SELECT *
	FROM chapter_verdicts
	ORDER BY lost_ns DESC, hop_flow_id
	LIMIT 20
)
SELECT
	v.client,
	v.server || ' port ' || v.server_port AS server,
	v.verdict,
	v.lost_ns / 1e6 AS lost_ms,
	100.0 * v.network_ns / v.lost_ns AS network_percent,
	w.meaning AS why,
	(SELECT label FROM packet_labels p WHERE p.packet_id = ifnull(w.a_packet_id, w.b_packet_id)) AS number
FROM worst v
JOIN hop_wait_list w ON w.hop_flow_id = v.hop_flow_id AND w.cause = v.cause
ORDER BY v.lost_ns DESC, v.hop_flow_id;
