-- Connections were reset while they carried data.
--
-- A RST after data, and no FIN of either side. Client, server, port and the side that reset together. A
-- reset after a silence of :idle_s is left to tcp-idle-reset. value is the number of connections. High
-- where there are at least :many; low where a client reset fewer than :few, since users and programs go away.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: The program of that side ended, was killed or closed the connection with data unread.
-- cause: A time-out of that side, or its limit of connections.
-- cause: A firewall, proxy or intrusion prevention system on the way broke the connection.
-- remedy: Read that side's log at the time of the RST.
-- remedy: Compare the TTL of the RST with that of the side's other packets: another one points to a device
--    on the way.
-- remedy: See what was sent last before (report conversation --flow): the same request each time points to
--    the program.
-- source: RFC 9293, 3.5.2 and 3.6.1: a side that closes with data unread sends RST; RFC 1122, 4.2.2.13.
--
-- param :idle_s number 1..86400 = 60    Longer silences shortly before the RST are left to tcp-idle-reset,
--                                       seconds.
-- param :many integer 1..1000000 = 10   Connections from which on the severity is high.
-- param :few integer 1..1000000 = 3     Connections that a client reset from which on the severity is medium.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client.
-- column dst          Server.
-- column value        Connections that were reset.
-- column symptoms     What was seen.
-- column packets      The RSTs, with the packets before them.
-- column severity     low, medium, high or critical.
WITH
reset AS MATERIALIZED (
	SELECT
		flow_id,
		capture_id,
		instr(history, '^') > 0 AS is_turned,
		iif(instr(history, '^'), dst, src) AS src,
		iif(instr(history, '^'), src, dst) AS dst,
		iif(instr(history, '^'), src_port, dst_port) AS dst_port,
		idle_max_ns,
		src_payload_bytes + dst_payload_bytes AS bytes
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_reset
		AND src_payload_bytes + dst_payload_bytes > src_keep_alives + dst_keep_alives
			+ (completeness & 3 = 0) -- begun before the capture: the first keep-alive is not known for one
		AND src_fins + dst_fins = 0
		AND src_packets > src_rsts
		AND dst_packets > dst_rsts
),
rsts AS MATERIALIZED (
	SELECT flow_id, min(packet_id) AS packet_id, direction, ts_ns
	FROM (SELECT 1 FROM reset LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events e
	WHERE e.kind = 'rst'
		AND e.flow_id IN (SELECT flow_id FROM reset)
		AND EXISTS ( -- data before it: a SYN that was refused may be sent again with success
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets b ON b.packet_id = fp.packet_id
			WHERE fp.flow_id = e.flow_id AND fp.packet_id <= e.packet_id AND b.payload_len > 0
		)
	GROUP BY flow_id
),
found AS (
	SELECT
		f.*,
		r.packet_id,
		r.direction <> f.is_turned AS direction,
		r.ts_ns,
		iif(f.idle_max_ns < :idle_s * 1e9, 0,
			(SELECT silence_ns FROM packet_silences WHERE packet_id = r.packet_id)) AS idle_ns
	FROM rsts r
	JOIN reset f ON f.flow_id = r.flow_id
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	count(*) AS value,
	printf('the %s %s reset %s to %s, after %s of data', iif(direction, 'server', 'client'),
		iif(direction, dst, src), counted(count(*), 'connection'),
		iif(direction, 'its port ' || dst_port, printf('port %d of %s', dst_port, dst)),
		iif(min(bytes) = max(bytes), counted(max(bytes), 'byte'), printf('%d to %d bytes', min(bytes), max(bytes))))
		AS symptoms,
	group_concat(packet_id) AS packets,
	CASE
		WHEN count(*) >= :many THEN 'high'
		WHEN direction = 0 AND count(*) < :few THEN 'low'
		ELSE 'medium'
	END AS severity
FROM found
WHERE idle_ns < :idle_s * 1e9
GROUP BY capture_id, src, dst, dst_port, direction
ORDER BY count(*) DESC;
