-- A service is flooded with SYNs.
--
-- At least :syns connections to one server and port that were not completed, :per_s or more a second, and
-- at least :factor times as many as those that came to be. value is the number of such connections.
-- Critical where none came to be at all. Where the capture ends before :syns of them had :wait_ms to be
-- completed, it only is a flood if most of the capture's SYNs without a handshake are to that server.
--
-- severity: high
-- category: security
-- protocol: tcp
-- cause: A denial of service: the sources are often forged, and nothing answers the SYN-ACKs.
-- cause: A server that stopped to accept, with many clients that try again.
-- remedy: Switch on SYN cookies (net.ipv4.tcp_syncookies=1); ask the provider to filter.
-- remedy: Look at the sources: their TTLs, ports and sequence numbers often show that one program made
--    them.
-- source: RFC 4987; 128 is the least queue of half-open connections in Linux
--    (net.ipv4.tcp_max_syn_backlog).
--
-- param :syns integer 2..1000000000 = 128   Connections that were not completed, from which on it is a
--                                           flood.
-- param :per_s number 0..1000000000 = 10    Such connections a second, at least.
-- param :factor number 0..1000000 = 4       Times as many as those that came to be.
-- param :wait_ms integer 0..3600000 = 1000  Time that a connection needs to be completed, milliseconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: many.
-- column src          The source, if there is one only.
-- column dst          The server.
-- column value        Connections that were not completed.
-- column symptoms     What was seen.
-- column packets      The first SYNs.
-- column severity     low, medium, high or critical.
WITH
busy AS MATERIALIZED ( -- servers with flows enough
	SELECT capture_id, address
	FROM hosts
	WHERE flows >= :syns
),
syns AS NOT MATERIALIZED ( -- connections that were not completed
	SELECT f.*
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.not_established
		AND g.has_no_data
		AND f.completeness & 1
		AND (f.dst_rsts = 0 OR f.dst_syns > 0)
),
failed AS MATERIALIZED ( -- services with enough of them
	SELECT
		f.capture_id,
		f.dst,
		f.dst_port,
		count(*) AS connections,
		sum(f.last_ts_ns + :wait_ms * 1000000 <= c.last_ts_ns) AS waited,
		count_distinct(f.src) AS sources,
		f.src,
		sum(f.dst_syns > 0) AS answered,
		min(f.first_ts_ns) AS ts_ns,
		max(f.first_ts_ns) AS last_ts_ns,
		first_few(f.first_packet_id, f.first_packet_id, 200) AS packets
	FROM syns f
	CROSS JOIN captures c ON c.capture_id = f.capture_id
	WHERE (f.capture_id, f.dst) IN busy
	GROUP BY f.capture_id, f.dst, f.dst_port
	HAVING count(*) >= :syns
),
tried AS ( -- all such connections of a capture
	SELECT capture_id, count(*) AS connections
	FROM (SELECT 1 FROM failed WHERE waited < :syns LIMIT 1) -- if none, no more is read
	CROSS JOIN syns
	GROUP BY capture_id
),
served AS ( -- connections to these services that came to be
	SELECT capture_id, dst, dst_port, count(*) AS connections
	FROM flows
	WHERE protocol = 'tcp'
		AND handshake_ns NOT NULL
		AND (capture_id, dst, dst_port) IN (SELECT capture_id, dst, dst_port FROM failed)
	GROUP BY capture_id, dst, dst_port
)
SELECT
	f.capture_id,
	f.ts_ns,
	NULL AS flow_id,
	iif(f.sources = 1, f.src, NULL) AS src,
	f.dst,
	f.connections AS value,
	printf('%s of %s to port %d of %s in %.1f s were not completed, %d of them answered by a SYN-ACK; %d others '
		|| 'came to be', counted(f.connections, 'connection'), counted(f.sources, 'source'), f.dst_port, f.dst,
		(f.last_ts_ns - f.ts_ns) / 1e9,
		f.answered, ifnull(s.connections, 0)) AS symptoms,
	f.packets,
	iif(s.connections, 'high', 'critical') AS severity
FROM failed f
LEFT JOIN served s ON s.capture_id = f.capture_id AND s.dst = f.dst AND s.dst_port = f.dst_port
WHERE f.connections * 1e9 >= :per_s * (f.last_ts_ns - f.ts_ns)
	AND f.connections >= :factor * ifnull(s.connections, 0)
	AND (f.waited >= :syns OR f.connections * 2 > (SELECT t.connections FROM tried t WHERE t.capture_id = f.capture_id))
ORDER BY f.connections DESC;
