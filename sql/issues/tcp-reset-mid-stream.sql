-- Connections were reset while they carried data.
--
-- A RST after data, and no FIN of either side. All that a server's port reset is one issue, and all that a client
-- reset; but where :together servers or more reset connections of one client, it is that client's, and where as many
-- clients reset those of one server, it is that server's. A reset after a silence of :idle_s is left to
-- tcp-idle-reset. value is the number of connections. High where servers reset :many or more; where clients did, high
-- with :many of one client to one server's port, and low with fewer than :few, since users and programs go away.
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
-- param :together integer 2..1000 = 3   Servers that reset connections of one client, or clients that reset those of
--                                       one server, from which on they are one issue.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Connections that were reset.
-- column symptoms     What was seen.
-- column packets      The RSTs.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
WITH
reset AS MATERIALIZED ( -- connections with data and a RST; is_turned: the flow's dst is the client
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
rsts AS MATERIALIZED ( -- the first of each
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
found AS ( -- direction: 1 sent by the server; idle_ns: the silence shortly before
	SELECT
		f.*,
		r.packet_id,
		r.direction <> f.is_turned AS direction,
		r.ts_ns,
		iif(f.idle_max_ns < :idle_s * 1e9, 0,
			(SELECT silence_ns FROM packet_silences WHERE packet_id = r.packet_id)) AS idle_ns
	FROM rsts r
	JOIN reset f ON f.flow_id = r.flow_id
),
pairs AS ( -- of a client and a server's port
	SELECT
		capture_id,
		src,
		dst,
		dst_port,
		direction AS by_server,
		flow_id,
		min(ts_ns) AS ts_ns,
		count(*) AS connections,
		min(bytes) AS bytes_min,
		max(bytes) AS bytes_max,
		group_concat(packet_id) AS packets
	FROM found
	WHERE idle_ns < :idle_s * 1e9
	GROUP BY capture_id, src, dst, dst_port, direction
),
counts AS ( -- services: pairs with this client; clients: pairs with this service
	SELECT
		*,
		count(*) OVER (PARTITION BY capture_id, by_server, src) AS services,
		count(*) OVER (PARTITION BY capture_id, by_server, dst, dst_port) AS clients
	FROM pairs
),
shared AS ( -- by_client: what else is of this client is the same issue; else, of this server's port
	SELECT
		*,
		iif(by_server, services >= :together AND services > clients, clients < :together OR clients <= services)
			AS by_client
	FROM counts
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	only(src) AS src,
	only(dst) AS dst,
	sum(connections) AS value,
	printf('%s reset %s%s to %s, after %s of data',
		CASE
			WHEN by_server AND only(dst) IS NULL THEN counted(count(DISTINCT dst), 'server')
			WHEN by_server THEN 'the server ' || dst
			WHEN by_client THEN 'the client ' || src
			ELSE counted(count(*), 'client')
		END,
		counted(sum(connections), 'connection'),
		CASE
			WHEN NOT by_server THEN ''
			ELSE ' of ' || ifnull(only(src), counted(count(*), 'client'))
		END,
		CASE
			WHEN by_server AND NOT by_client THEN 'its port ' || dst_port
			WHEN by_server THEN ifnull('port ' || only(dst_port), 'different ports')
			ELSE printf('%s of %s', ifnull('port ' || only(dst_port), 'different ports'),
				ifnull(only(dst), counted(count(DISTINCT dst), 'server')))
		END,
		iif(min(bytes_min) = max(bytes_max), counted(max(bytes_max), 'byte'),
			printf('%d to %d bytes', min(bytes_min), max(bytes_max)))) AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN iif(by_server, sum(connections), max(connections)) >= :many THEN 'high'
		WHEN by_server OR max(connections) >= :few THEN 'medium'
		ELSE 'low'
	END AS severity,
	CASE
		WHEN by_server AND only(dst) IS NULL THEN 'Several servers reset connections of a client while they carried data'
		WHEN by_server THEN 'A server reset connections while they carried data'
		WHEN by_client THEN 'A client reset connections while they carried data'
		ELSE 'Several clients reset connections of a server while they carried data'
	END AS title
FROM shared
GROUP BY
	capture_id,
	by_server,
	by_client,
	iif(by_client, src, dst),
	iif(by_client, NULL, dst_port)
ORDER BY severity = 'low', severity = 'medium', value DESC, ts_ns;
