-- One side holds a connection that the other has lost.
--
-- Either a side sends data, keep-alives or FINs and gets nothing but RSTs, in a connection that began
-- before the capture: the other side does not know it any more. Or the last :min_tries segments of a
-- connection are one side's, retransmissions among them, and the other side has gone silent for good, at
-- least :silent_s. Connections that a host does not know any more together, by its port or by their client,
-- and those that went silent by the host that did. value is the number of connections.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: The other host crashed, was restarted, or lost its network.
-- cause: A firewall or NAT on the way forgot the connection.
-- cause: A cable was pulled or a path failed while the connection was open.
-- remedy: See whether the silent host sent anything else at that time (report conversation, hosts): if not,
--    it was gone.
-- remedy: Use keep-alives or a time-out of the program, so that dead connections are noticed.
-- source: RFC 9293, 3.5.1: half-open connections; RFC 1122, 4.2.3.5: three retransmissions (R1) are a sign
--    of a failed path.
--
-- param :min_tries integer 2..1000 = 4   Segments in a row that the other side does not answer.
-- param :silent_s number 0..86400 = 3    How long it must have been silent, seconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Connections.
-- column symptoms     What was seen.
-- column packets      The last packets of the connections.
-- column title        In a few words.
WITH
scans AS MATERIALIZED ( -- of these, another detector tells
	SELECT capture_id, src, dst
	FROM issues
	WHERE detector = 'port-scan'
),
reset AS ( -- connections from before the capture whose data or FINs get only RSTs
	SELECT capture_id, src, dst, dst_port, flow_id, first_ts_ns AS ts_ns, last_packet_id, NULL AS by_src
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE has_reset
		AND completeness & 3 = 0
		AND dst_rsts > 0
		AND dst_packets = dst_rsts
		AND (src_payload_bytes > 0 OR src_fins > 0)
		AND src_rsts = 0
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = flows.capture_id AND i.src = flows.src AND i.dst = flows.dst
		)
),
tried AS MATERIALIZED ( -- one side sent segments again
	SELECT
		flow_id,
		capture_id,
		src,
		dst,
		dst_port,
		src_retransmissions >= dst_retransmissions AS by_src,
		last_ts_ns,
		last_packet_id
	FROM flow_signs
	CROSS JOIN flows USING (flow_id)
	WHERE is_retransmitted
		AND NOT has_reset
		AND max(src_retransmissions, dst_retransmissions) >= 2
		AND dst_packets > dst_syns
		AND last_ts_ns - first_ts_ns >= :silent_s * 1e9
),
silent AS ( -- heard_id: the last packet of the other side
	SELECT
		t.*,
		(
			SELECT p.packet_id
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = t.flow_id AND p.direction = t.by_src
			ORDER BY fp.packet_id DESC
			LIMIT 1
		) AS heard_id
	FROM tried t
),
quiet AS MATERIALIZED ( -- those whose other side has not been heard for long, while packets were sent
	SELECT s.capture_id, s.src, s.dst, s.dst_port, s.flow_id, p.ts_ns, s.last_packet_id, s.by_src, s.heard_id
	FROM silent s
	JOIN packets p ON p.packet_id = s.heard_id
	WHERE s.last_ts_ns - p.ts_ns >= :silent_s * 1e9
		AND :min_tries <= (
			SELECT count(*)
			FROM flow_packets fp
			WHERE fp.flow_id = s.flow_id AND fp.packet_id > s.heard_id
		)
),
tries AS ( -- their last retransmissions
	SELECT flow_id, max(packet_id) AS packet_id
	FROM (SELECT 1 FROM quiet LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events
	WHERE kind = 'retransmission'
		AND flow_id IN (SELECT flow_id FROM quiet)
	GROUP BY flow_id
),
gone AS ( -- those with one behind what was heard last
	SELECT q.capture_id, q.src, q.dst, q.dst_port, q.flow_id, q.ts_ns, q.last_packet_id, q.by_src
	FROM quiet q
	JOIN tries t ON t.flow_id = q.flow_id
	WHERE t.packet_id > q.heard_id
),
pairs AS ( -- by_src: NULL, the connections were reset; else 1, the server went silent, or 0, the client
	SELECT
		capture_id,
		src,
		dst,
		dst_port,
		by_src,
		flow_id,
		min(ts_ns) AS ts_ns,
		count(*) AS connections,
		group_concat(last_packet_id) AS packets
	FROM (
		SELECT * FROM reset
		UNION ALL
		SELECT * FROM gone
	)
	GROUP BY capture_id, src, dst, dst_port, by_src
),
counts AS ( -- services: pairs with this client; clients: pairs with this service
	SELECT
		*,
		count(*) OVER (PARTITION BY capture_id, by_src, src) AS services,
		count(*) OVER (PARTITION BY capture_id, by_src, dst, dst_port) AS clients
	FROM pairs
),
shared AS (
	SELECT *, ifnull(NOT by_src, services > clients) AS by_client -- what else is of this client is the same issue
	FROM counts
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	only(src) AS src,
	only(dst) AS dst,
	sum(connections) AS value,
	CASE
		WHEN by_src IS NULL THEN printf('%s used %s to %s of %s that began before the capture, and got only RSTs',
			ifnull(only(src), counted(count(DISTINCT src), 'client')), counted(sum(connections), 'connection'),
			ifnull('port ' || only(dst_port), 'different ports'),
			ifnull(only(dst), counted(count(DISTINCT dst), 'server')))
		WHEN by_src THEN printf('the server %s went silent in %s of %s to its %s: segments were sent again and again, '
			|| 'without an answer', dst, counted(sum(connections), 'connection'),
			ifnull(only(src), counted(count(DISTINCT src), 'client')), ifnull('port ' || only(dst_port), 'ports'))
		ELSE printf('the client %s went silent in %s to %s of %s: segments were sent again and again, without an answer',
			src, counted(sum(connections), 'connection'), ifnull('port ' || only(dst_port), 'different ports'),
			ifnull(only(dst), counted(count(DISTINCT dst), 'server')))
	END AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN by_src IS NULL AND sum(connections) > 1 THEN 'Connections that the other side does not know any more'
		WHEN by_src IS NULL THEN 'A connection that the other side does not know any more'
		WHEN by_src THEN 'A server went silent in open connections'
		ELSE 'A client went silent in open connections'
	END AS title
FROM shared
GROUP BY
	capture_id,
	by_src,
	by_client,
	iif(by_client, src, dst),
	iif(by_client OR by_src, NULL, dst_port)
ORDER BY value DESC, ts_ns;
