-- Connections were reset before they carried data.
--
-- A RST after the SYN-ACK, before any data: of a side's handshake, or of a connection that was just
-- established. What a client reset is one issue, and what a server's port reset; those of a port scan or a
-- sweep are left to these detectors. value is the number of connections. Low where the handshake was complete,
-- as health checks of load balancers do; and where the client gave up fewer than :many to a server's port: so do
-- programs that try two addresses at once and take the faster.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: A client that gave up (its own time-out), or whose program was ended while it connected.
-- cause: A health check or a scanner that only wants to know whether the port is open.
-- cause: A firewall that lets the handshake pass and then refuses what it sees.
-- remedy: See who sent the RST, and whether its TTL is that of its other packets.
-- remedy: Where the client sent it: compare the time from SYN to SYN-ACK with the client's time-out.
-- source: RFC 9293, 3.5.2 and 3.10.7.3; RFC 8305, 5: a program ends the attempts that it does not need any more.
--
-- param :many integer 1..1000000 = 3   Handshakes that a client reset from which on the severity is medium.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Connections that were reset.
-- column symptoms     What was seen.
-- column packets      First and last packets of the connections.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
WITH
scans AS MATERIALIZED ( -- of these, other detectors tell
	SELECT capture_id, src, dst, title
	FROM issues
	WHERE detector IN ('port-scan', 'host-sweep')
),
reset AS ( -- connections with a SYN-ACK and a RST, but no data
	SELECT
		f.capture_id,
		f.src,
		f.dst,
		f.dst_port,
		f.flow_id,
		f.first_ts_ns,
		f.first_packet_id,
		f.last_packet_id,
		f.src_rsts > 0 AS by_src,
		f.handshake_ns IS NOT NULL AS complete
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_reset
		AND g.has_no_data
		AND completeness & 35 = 35
		AND src_fins + dst_fins = 0
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = f.capture_id
				AND i.src = f.src
				AND (i.dst = f.dst OR i.title = 'Sweep of TCP port ' || f.dst_port)
		)
),
pairs AS ( -- of a client and a server's port
	SELECT
		capture_id,
		src,
		dst,
		dst_port,
		by_src,
		complete,
		flow_id,
		min(first_ts_ns) AS ts_ns,
		count(*) AS connections,
		group_concat(first_packet_id || ' ' || last_packet_id) AS packets
	FROM reset
	GROUP BY capture_id, src, dst, dst_port, by_src, complete
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	only(src) AS src,
	only(dst) AS dst,
	sum(connections) AS value,
	printf('the %s %s sent RST in %s%s to %s, %s', iif(by_src, 'client', 'server'), iif(by_src, src, dst),
		counted(sum(connections), 'connection'),
		iif(by_src, '', ' of ' || ifnull(only(src), counted(count(*), 'client'))),
		iif(by_src,
			printf('%s of %s', ifnull('port ' || only(dst_port), 'different ports'),
				ifnull(only(dst), counted(count(DISTINCT dst), 'server'))),
			'its port ' || dst_port),
		iif(complete, 'established but without data', 'after the SYN-ACK, before the handshake was complete')
	) AS symptoms,
	group_concat(packets) AS packets,
	iif(complete OR by_src AND max(connections) < :many, 'low', 'medium') AS severity,
	iif(complete, 'Connections were reset before they carried data', 'Connections were reset during the handshake')
		AS title
FROM pairs
GROUP BY capture_id, by_src, complete, iif(by_src, src, dst), iif(by_src, NULL, dst_port)
ORDER BY complete, value DESC, ts_ns;
