-- BGP hold timer expired.
--
-- A NOTIFICATION with code 4 (hold timer expired), or a peer that said nothing for longer than
-- the hold time of the session, while the connection lasted and the capture ran. The hold time
-- is the smaller one of both OPENs. A silence counts only where the capture lost no data of
-- that peer. value is the silence in seconds.
--
-- severity: critical
-- category: connectivity
-- protocol: bgp
-- cause: Packets between the peers are lost: a link that is down or full, a firewall, a path MTU
--   that is too small for UPDATEs.
-- cause: A router that is too busy to send KEEPALIVEs.
-- remedy: Look at the TCP connection meanwhile: retransmissions mean loss, silence without them
--   means a busy router.
-- remedy: Ping the peer with large packets and DF set.
-- remedy: Give BGP priority over bulk traffic on the link; look at the CPU of the silent router.
-- source: RFC 4271, 6.5 and 4.2: a peer that is silent for the hold time is taken for dead.
--
-- column capture_id  The capture.
-- column ts_ns       The NOTIFICATION, or the begin of the silence.
-- column flow_id     The connection.
-- column src         The peer that waited.
-- column dst         The peer that was silent.
-- column value       Silence in seconds.
-- column symptoms    What was seen.
-- column packets     The last message before the silence, and the NOTIFICATION or the first
--                      message behind it.
WITH
messages AS ( -- each with the one before it of the same side
	SELECT
		r.capture_id,
		r.flow_id,
		r.ts_ns,
		r.packet_id,
		lag(r.ts_ns) OVER w AS before_ts_ns,
		lag(r.packet_id) OVER w AS before_packet_id,
		iif(r.direction = 0, f.src, f.dst) AS sender,
		iif(r.direction = 0, f.dst, f.src) AS peer,
		ifnull(iif(r.direction = 0, f.src_missed_bytes, f.dst_missed_bytes), 0) AS missed_bytes
	FROM routing r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'bgp'
	WINDOW w AS (PARTITION BY r.flow_id, r.direction ORDER BY r.routing_id)
),
hold_times AS ( -- of sessions whose OPENs are both in the capture and both have one
	SELECT flow_id, min(hold_time_s) AS hold_s
	FROM routing
	WHERE protocol = 'bgp' AND hold_time_s > 0
	GROUP BY flow_id
	HAVING count(DISTINCT direction) = 2
),
ended AS ( -- sessions with such a NOTIFICATION
	SELECT
		*,
		max(routing_id) FILTER (WHERE direction = 0) OVER w AS last_of_src_id,
		max(routing_id) FILTER (WHERE direction = 1) OVER w AS last_of_dst_id
	FROM routing
	WHERE flow_id IN (SELECT flow_id FROM routing WHERE protocol = 'bgp' AND type = 'NOTIFICATION' AND code = 4)
	WINDOW w AS (PARTITION BY flow_id ORDER BY routing_id)
),
notices AS ( -- these NOTIFICATIONs
	SELECT
		e.*,
		iif(e.direction, e.last_of_src_id, e.last_of_dst_id) AS last_id, -- of the other side
		iif(e.direction = 0, f.src, f.dst) AS sender,
		iif(e.direction = 0, f.dst, f.src) AS peer
	FROM ended e
	JOIN flows f ON f.flow_id = e.flow_id
	WHERE e.protocol = 'bgp' AND e.type = 'NOTIFICATION' AND e.code = 4
),
expired AS ( -- silences that a NOTIFICATION ended
	SELECT
		m.capture_id,
		m.flow_id,
		m.ts_ns,
		m.sender AS waiting,
		m.peer AS silent,
		(m.ts_ns - ifnull(last.ts_ns, m.ts_ns)) / 1e9 AS silence_s,
		printf('%s sent NOTIFICATION %s; %s', m.sender, m.reason, iif(last.ts_ns IS NULL,
			printf('the capture has no message of %s', m.peer),
			printf('the last message of %s is %.1f s older', m.peer, (m.ts_ns - last.ts_ns) / 1e9)))
			AS symptoms,
		ifnull(last.packet_id || ',', '') || ifnull(m.packet_id, '') AS packets
	FROM notices m
	LEFT JOIN routing last ON last.routing_id = m.last_id
),
silent AS ( -- longest silence of a side beyond the hold time, without such a NOTIFICATION
	SELECT
		m.capture_id,
		m.flow_id,
		min(m.before_ts_ns) AS ts_ns,
		m.peer AS waiting,
		m.sender AS silent,
		max(m.ts_ns - m.before_ts_ns) / 1e9 AS silence_s,
		printf('%s sent no message for %.1f s; the hold time is %d s', m.sender,
			max(m.ts_ns - m.before_ts_ns) / 1e9, h.hold_s) AS symptoms,
		group_concat(m.before_packet_id || ',' || m.packet_id) AS packets
	FROM messages m
	JOIN hold_times h ON h.flow_id = m.flow_id
	WHERE m.ts_ns - m.before_ts_ns > h.hold_s * 1e9
		AND m.missed_bytes = 0
		AND m.flow_id NOT IN (SELECT flow_id FROM expired)
	GROUP BY m.flow_id, m.sender
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	waiting AS src,
	silent AS dst,
	silence_s AS value,
	symptoms,
	packets
FROM (SELECT * FROM expired UNION ALL SELECT * FROM silent)
ORDER BY ts_ns;
