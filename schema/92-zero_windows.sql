-- What tcp_events mean together: the times that a receiver kept its sender waiting.

-- Times that one side of a TCP flow had its receive window closed: from its first segment with window 0 to its next
-- one with another window, to the first RST of either side, or to the end of the flow in the capture.
CREATE VIEW zero_window_stalls (
	capture_id, -- the capture
	flow_id, -- the flow
	direction, -- of the side that closed its window: 0 the flow's src, 1 its dst; the other side waits
	first_packet_id, -- its first segment with window 0
	last_packet_id, -- opened: its first segment with another window; reset: the RST; end of capture: last packet of the flow
	first_ts_ns, -- of that first segment
	last_ts_ns, -- of that last packet
	ended, -- how: opened, reset, or end of capture
	zero_windows, -- segments that announced a window of 0
	probes -- segments by which the other side asked: zero-window probes, and keep-alives, which TCPs send for them
) AS
WITH
closers AS ( -- sides that announced a window of 0
	SELECT DISTINCT e.capture_id, e.flow_id, e.direction
	FROM (SELECT 1 FROM flow_signs WHERE has_zero_window LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events e
	WHERE e.kind = 'zero_window'
),
marks AS ( -- windows of 0 and probes in their flows
	SELECT
		packet_id,
		max(kind = 'zero_window') AS is_zero,
		max(kind <> 'zero_window') AS is_probe
	FROM (SELECT 1 FROM closers LIMIT 1)
	CROSS JOIN tcp_events
	WHERE flow_id IN (SELECT flow_id FROM closers)
		AND kind IN ('zero_window', 'zero_window_probe', 'keep_alive')
	GROUP BY packet_id
),
steps AS ( -- packets of these flows; a part ends where the window opens, or with a RST
	SELECT
		c.capture_id,
		c.flow_id,
		c.direction,
		p.packet_id,
		p.ts_ns,
		ifnull(m.is_zero, 0) AND p.direction = c.direction AS is_zero,
		ifnull(m.is_probe, 0) AND p.direction <> c.direction AS is_probe,
		max(iif(m.is_zero AND p.direction = c.direction, p.packet_id, 0)) OVER by_time AS last_zero_id,
		max(iif(p.tcp_flags & 4 OR (p.direction = c.direction AND p.window > 0), p.packet_id, 0)) OVER by_time
			AS part -- its first packet
	FROM closers c
	CROSS JOIN flow_packets fp ON fp.flow_id = c.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	LEFT JOIN marks m ON m.packet_id = fp.packet_id
	WINDOW by_time AS (
		PARTITION BY c.flow_id, c.direction
		ORDER BY p.packet_id
		ROWS UNBOUNDED PRECEDING
	)
),
parts AS ( -- each with the packet that begins the next one
	SELECT
		capture_id,
		flow_id,
		direction,
		min(iif(is_zero, packet_id, NULL)) AS first_packet_id,
		min(iif(is_zero, ts_ns, NULL)) AS first_ts_ns,
		max(packet_id) AS last_packet_id,
		sum(is_zero) AS zero_windows,
		sum(is_probe AND last_zero_id > part) AS probes, -- behind the first window 0
		lead(min(packet_id)) OVER (PARTITION BY flow_id, direction ORDER BY part) AS next_packet_id
	FROM steps
	GROUP BY flow_id, direction, part
)
SELECT
	s.capture_id,
	s.flow_id,
	s.direction,
	s.first_packet_id,
	p.packet_id,
	s.first_ts_ns,
	p.ts_ns,
	iif(s.next_packet_id IS NULL, 'end of capture', iif(p.tcp_flags & 4, 'reset', 'opened')),
	s.zero_windows,
	s.probes
FROM parts s
JOIN packets p ON p.packet_id = ifnull(s.next_packet_id, s.last_packet_id)
WHERE s.first_packet_id IS NOT NULL;
