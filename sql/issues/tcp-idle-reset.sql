-- A connection was reset after it had been idle.
--
-- A RST, and shortly before it (within the last eight packets) a silence of at least :idle_s. Medium where
-- the RST answers somebody who sent again after the silence: then the connection had been forgotten on the
-- way or at the other end. Low where the RST ends the silence itself: so do programs and servers that close
-- what is idle. Client, server and port together. value is the longest silence in seconds.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: A firewall or NAT on the way forgot the idle connection (time-outs of 60 s to 1 h are usual).
-- cause: The server or a load balancer closes idle connections, with a RST instead of a FIN.
-- remedy: Set keep-alives on one side to less than the shortest of these silences.
-- remedy: Compare the silence with the idle time-outs of firewalls, NATs and load balancers on the way.
-- remedy: Compare the TTL of the RST with that of the side's other packets: another one points to a device
--    on the way.
-- source: RFC 5382, 5: a NAT must keep established connections for at least 2 hours 4 minutes; many keep
--    them for less, load balancers often for 60 s (defaults of AWS ALB and nginx).
--
-- param :idle_s number 1..86400 = 60   Silence from which on a connection was idle, seconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Longest silence, seconds.
-- column symptoms     What was seen.
-- column packets      The last packets up to the RST.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
idle AS MATERIALIZED ( -- connections with a RST and a silence
	SELECT flow_id, capture_id, src, dst, dst_port
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_reset
		AND idle_max_ns >= :idle_s * 1e9
		AND src_payload_bytes + dst_payload_bytes > 0
),
rsts AS MATERIALIZED ( -- the first of each
	SELECT flow_id, min(packet_id) AS packet_id, direction, ts_ns
	FROM (SELECT 1 FROM idle LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events
	WHERE kind = 'rst'
		AND flow_id IN (SELECT flow_id FROM idle)
	GROUP BY flow_id
),
found AS MATERIALIZED ( -- idle_ns: the silence shortly before; before_id: the packet before
	SELECT
		r.*,
		(SELECT silence_ns FROM packet_silences WHERE packet_id = r.packet_id) AS idle_ns,
		(
			SELECT b.packet_id
			FROM flow_packets fp
			CROSS JOIN packets b ON b.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id AND fp.packet_id < r.packet_id
			ORDER BY fp.packet_id DESC
			LIMIT 1
		) AS before_id
	FROM rsts r
),
resets AS ( -- RSTs behind a silence; answers: it came behind a packet that ended the silence
	SELECT
		i.*,
		r.ts_ns,
		r.packet_id,
		r.direction,
		r.idle_ns,
		r.before_id,
		p.direction <> r.direction AND r.ts_ns - p.ts_ns < r.idle_ns AS answers
	FROM found r
	JOIN idle i ON i.flow_id = r.flow_id
	JOIN packets p ON p.packet_id = r.before_id
	WHERE r.idle_ns >= :idle_s * 1e9
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	max(idle_ns) / 1e9 AS value,
	printf('%s to port %d of %s, silent for %s s: a RST %s %s', counted(count(*), 'connection'), dst_port, dst,
		iif(count(*) = 1, printf('%.1f', idle_ns / 1e9), printf('%.1f to %.1f', min(idle_ns) / 1e9,
			max(idle_ns) / 1e9)), iif(direction, 'in the name of the server',
			'in the name of the client'), iif(answers, 'answered the next packet', 'ended the silence')) AS symptoms,
	group_concat(before_id || ' ' || packet_id) AS packets,
	iif(answers, 'medium', 'low') AS severity,
	iif(answers, 'Idle connections had been forgotten', 'Idle connections were closed with a RST') AS title,
	iif(answers, 'A firewall or NAT on the way, or the other end, forgot the idle connection.',
		'A program, server or load balancer closes idle connections with a RST.') AS cause,
	0.6 AS confidence
FROM resets
GROUP BY capture_id, src, dst, dst_port, direction, answers
ORDER BY answers DESC, count(*) DESC;
