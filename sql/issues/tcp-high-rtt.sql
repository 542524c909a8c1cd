-- Round trips take long.
--
-- The mean time from a segment to its ACK, by Karn's rule where there are samples of it, of either direction of
-- a connection; connections of a client to a server together, and where a client has :together such servers or
-- more, or a server as many such clients, these together. value is the mean over the connections, in
-- milliseconds. Measured where the capture was taken: it is the time to the far end and back from there, and what
-- the far end waits before it acknowledges. Connections that began before the capture, and of which it has no ACK
-- without data, are left out: what it holds was chosen by what packets carry, and ACKs that come with an answer may
-- come late.
--
-- severity: medium
-- category: performance
-- protocol: tcp
-- cause: Distance, or a queue on the way that is full for long (bufferbloat).
-- cause: A far end that delays its ACKs or is overloaded.
-- remedy: Compare with the round trip of a ping to the same host, and with other hosts behind the same link.
-- remedy: Look for a link at its limit on the way (throughput), and for a queue that grows (rtt --flow).
-- source: 200 ms is the lower bound of the RTO in Linux, and about where people notice a wait.
--
-- param :limit_ms number 0..100000 = 200   Mean round trip from which on a connection is listed, milliseconds.
-- param :min_samples integer = 3           Connections with fewer samples are left out, unless the handshake took as long.
-- param :together integer 2..65535 = 3     Servers of one client, or clients of one server, from which on they are
--                                          one issue.
--
-- column capture_id   The capture.
-- column ts_ns        Begin of the connection.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Mean round trip, milliseconds.
-- column symptoms     What was seen.
-- column packets      The slowest ACKs, of the slowest connection; NULL behind the first 100 of a capture.
WITH
sides AS ( -- connections; rtt_ns: mean of the slower direction, 0 if it has too few samples
	SELECT
		*,
		max(
			iif(src_rtt_count >= :min_samples OR syn_rtt_ns > :limit_ms * 1e6, ifnull(src_rtt_karn_mean_ns, src_rtt_mean_ns), 0),
			iif(dst_rtt_count >= :min_samples OR syn_rtt_ns > :limit_ms * 1e6, ifnull(dst_rtt_karn_mean_ns, dst_rtt_mean_ns), 0)
		) AS rtt_ns
	FROM flows
	WHERE protocol = 'tcp'
		AND (completeness & 3 OR history GLOB '*[Aa]*')
),
slow AS ( -- slow connections of one client to one server
	SELECT
		capture_id,
		min(first_ts_ns) AS ts_ns,
		CAST(first_few(flow_id, -rtt_ns, 1) AS INTEGER) AS flow_id, -- the slowest
		src,
		dst,
		count(*) AS connections,
		avg(rtt_ns) AS rtt_ns,
		max(rtt_ns) AS worst_ns,
		max(max(ifnull(src_rtt_max_ns, 0), ifnull(dst_rtt_max_ns, 0))) AS longest_ns
	FROM sides
	WHERE rtt_ns > :limit_ms * 1e6
	GROUP BY capture_id, src, dst
),
counts AS ( -- servers: slow ones of this client; clients: slow ones of this server
	SELECT
		*,
		count(*) OVER (PARTITION BY capture_id, src) AS servers,
		count(*) OVER (PARTITION BY capture_id, dst) AS clients
	FROM slow
),
shared AS ( -- an issue each: two hosts, or one host with all its slow servers or clients
	SELECT
		capture_id,
		min(ts_ns) AS ts_ns,
		CAST(first_few(flow_id, -worst_ns, 1) AS INTEGER) AS flow_id,
		only(src) AS src,
		only(dst) AS dst,
		count(*) AS pairs,
		sum(connections) AS connections,
		sum(rtt_ns * connections) / sum(connections) AS rtt_ns,
		max(longest_ns) AS longest_ns
	FROM counts
	GROUP BY
		capture_id,
		iif(clients >= :together AND clients > servers, NULL, src),
		iif(servers >= :together AND servers >= clients, NULL, dst)
),
ranked AS (
	SELECT *, row_number() OVER (PARTITION BY capture_id ORDER BY connections DESC, rtt_ns DESC) AS place
	FROM shared
)
SELECT
	capture_id,
	ts_ns,
	iif(connections = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	rtt_ns / 1e6 AS value,
	printf('round trips between %s and %s%s took %d ms on average, %d ms at most',
		ifnull(src, counted(pairs, 'client')), ifnull(dst, counted(pairs, 'server')),
		iif(connections = 1, '', printf(', of %d connections,', connections)),
		round(rtt_ns / 1e6), round(longest_ns / 1e6)) AS symptoms,
	iif(place > 100, NULL, ( -- no more of a capture are kept
		SELECT group_concat(packet_id)
		FROM (
			SELECT p.packet_id
			FROM flow_packets fp
			JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = r.flow_id AND p.acks IS NOT NULL
			ORDER BY p.ack_rtt_ns DESC
			LIMIT 10
		)
	)) AS packets
FROM ranked r
ORDER BY connections DESC, value DESC;
