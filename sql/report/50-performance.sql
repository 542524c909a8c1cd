-- Performance.
--
-- How much was sent, how long answers took, and what had to be sent again.
--
-- param :protocol   Only flows of this protocol, or that were found to carry it.
-- param :capture
--
-- section as columns: Throughput over time
-- column time_s         Begin of the step, seconds since the capture's first packet.
-- column mbit_per_s     Rate on the wire, mean over the step.
-- column bytes          Bytes on the wire.
-- column packets        Packets.
-- column first_number   Number of the step's first packet.
-- column capture        Name of the capture.
WITH RECURSIVE
chosen AS ( -- captures asked for, the four with most packets
	SELECT
		capture_id,
		name,
		first_packet_id,
		first_ts_ns,
		last_ts_ns
	FROM captures
	WHERE packets > 0 AND (:capture IS NULL OR capture_id = :capture)
	ORDER BY packets DESC
	LIMIT 4
),
span AS ( -- of the longest one
	SELECT max(last_ts_ns - first_ts_ns) AS longest_ns
	FROM chosen
),
sizes(step_ns, digit) AS ( -- 1, 2, 5, 10 ... microseconds, until 60 steps are enough
	SELECT 1000, 1
	UNION ALL
	SELECT iif(digit = 2, step_ns / 2 * 5, step_ns * 2), iif(digit = 5, 1, iif(digit = 2, 5, 2))
	FROM sizes, span
	WHERE step_ns * 60 < longest_ns
),
asked AS ( -- how long a step is; is_coarse: time_buckets have it, no packet is read
	SELECT
		max(step_ns) AS step_ns,
		max(step_ns) % 100000000 = 0 AND :protocol IS NULL AS is_coarse
	FROM sizes
),
counted AS ( -- time_buckets, or else packets, each with its step
	SELECT
		b.capture_id,
		max(b.start_ts_ns - c.first_ts_ns, 0) / a.step_ns AS step,
		b.packets,
		b.bytes,
		b.first_packet_id AS packet_id
	FROM asked a
	CROSS JOIN chosen c
	CROSS JOIN time_buckets b
	WHERE a.is_coarse AND b.capture_id = c.capture_id
	UNION ALL
	SELECT
		p.capture_id,
		(p.ts_ns - c.first_ts_ns) / a.step_ns,
		1,
		p.wire_len,
		p.packet_id
	FROM asked a
	CROSS JOIN packets p
	JOIN chosen c USING (capture_id)
	WHERE NOT a.is_coarse
		AND (:protocol IS NULL OR p.flow_id IN (
			SELECT flow_id
			FROM flows f
			WHERE :protocol IN (f.protocol, f.application)
		))
),
summed AS ( -- steps with packets
	SELECT
		capture_id,
		step,
		sum(bytes) AS bytes,
		sum(packets) AS packets,
		min(packet_id) AS packet_id
	FROM counted
	GROUP BY capture_id, step
),
steps AS ( -- all steps of each capture, those without packets too
	SELECT capture_id, 0 AS step
	FROM chosen
	UNION ALL
	SELECT s.capture_id, s.step + 1
	FROM steps s
	JOIN chosen c USING (capture_id)
	CROSS JOIN asked a
	WHERE s.step < (c.last_ts_ns - c.first_ts_ns) / a.step_ns AND s.step < 100
)
SELECT
	s.step * a.step_ns / 1e9 AS time_s,
	ifnull(m.bytes, 0) * 8e3 / a.step_ns AS mbit_per_s,
	ifnull(m.bytes, 0) AS bytes,
	ifnull(m.packets, 0) AS packets,
	m.packet_id - c.first_packet_id + 1 AS first_number,
	c.name AS capture
FROM steps s
CROSS JOIN asked a
JOIN chosen c USING (capture_id)
LEFT JOIN summed m ON m.capture_id = s.capture_id AND m.step = s.step
WHERE EXISTS (SELECT 1 FROM summed)
ORDER BY s.capture_id, s.step;

-- section as columns: Round trips of TCP segments
-- column round_trip   From the segment to its ACK, at most.
-- column count        Segments that were acknowledged in this time, and in more than the one before.
WITH
bounds(place, up_to_ns, name) AS ( -- bars of the chart; up_to_ns: the longest round trip in it
	VALUES
		(0, 100000, '0.1 ms'), (1, 200000, '0.2 ms'), (2, 500000, '0.5 ms'), (3, 1000000, '1 ms'),
		(4, 2000000, '2 ms'), (5, 5000000, '5 ms'), (6, 10000000, '10 ms'), (7, 20000000, '20 ms'),
		(8, 50000000, '50 ms'), (9, 100000000, '100 ms'), (10, 200000000, '200 ms'),
		(11, 500000000, '500 ms'), (12, 1000000000, '1 s'), (13, 2000000000, '2 s'),
		(14, 5000000000, '5 s'), (15, 9223372036854775807, 'more')
),
counted AS ( -- bars with round trips
	SELECT
		CASE
			WHEN ack_rtt_ns <= 10000000 THEN CASE
				WHEN ack_rtt_ns <= 100000 THEN 0
				WHEN ack_rtt_ns <= 200000 THEN 1
				WHEN ack_rtt_ns <= 500000 THEN 2
				WHEN ack_rtt_ns <= 1000000 THEN 3
				WHEN ack_rtt_ns <= 2000000 THEN 4
				WHEN ack_rtt_ns <= 5000000 THEN 5
				ELSE 6
			END
			WHEN ack_rtt_ns <= 20000000 THEN 7
			WHEN ack_rtt_ns <= 50000000 THEN 8
			WHEN ack_rtt_ns <= 100000000 THEN 9
			WHEN ack_rtt_ns <= 200000000 THEN 10
			WHEN ack_rtt_ns <= 500000000 THEN 11
			WHEN ack_rtt_ns <= 1000000000 THEN 12
			WHEN ack_rtt_ns <= 2000000000 THEN 13
			WHEN ack_rtt_ns <= 5000000000 THEN 14
			ELSE 15
		END AS place,
		count(*) AS count
	FROM packets
	WHERE ack_rtt_ns IS NOT NULL
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR flow_id IN (
			SELECT flow_id
			FROM flows f
			WHERE :protocol IN (f.protocol, f.application)
		))
	GROUP BY 1
)
SELECT
	b.name AS round_trip,
	ifnull(c.count, 0) AS count
FROM bounds b
LEFT JOIN counted c USING (place)
WHERE b.place BETWEEN (SELECT min(place) FROM counted) AND (SELECT max(place) FROM counted)
ORDER BY b.place;

-- section: Round trips by server, of what clients sent, the longest p90 first
-- column server       Address and port of the server.
-- column name         What the capture calls it.
-- column count        Round trips; servers with fewer than three are left out.
-- column p50_ms       Median round trip.
-- column p90_ms       90th percentile.
-- column p99_ms       99th percentile.
-- column max_ms       The longest.
-- column max_number   Packet of the ACK of the longest.
-- column flows        Flows that they are from.
WITH
samples AS ( -- round trips of what clients sent: ACKs of the servers
	SELECT
		iif(p.direction, f.dst, f.src) AS server,
		iif(p.direction, f.dst_port, f.src_port) AS port,
		f.server_name,
		p.ack_rtt_ns,
		p.flow_id,
		p.packet_id
	FROM packets p
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE p.ack_rtt_ns IS NOT NULL
		AND p.direction = (ifnull(instr(f.history, '^'), 0) = 0)
		AND (:capture IS NULL OR p.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
),
servers AS (
	SELECT
		server || ' port ' || port AS server,
		max(server_name) AS name,
		count(*) AS count,
		percentile(ack_rtt_ns, 50) / 1e6 AS p50_ms,
		percentile(ack_rtt_ns, 90) / 1e6 AS p90_ms,
		percentile(ack_rtt_ns, 99) / 1e6 AS p99_ms,
		max(ack_rtt_ns) / 1e6 AS max_ms,
		CAST(first_few(packet_id, -ack_rtt_ns, 1) AS INTEGER) AS max_packet_id,
		count(DISTINCT flow_id) AS flows
	FROM samples
	GROUP BY samples.server, port
	HAVING count(*) >= 3
	ORDER BY 5 DESC, 1
	LIMIT 12
)
SELECT
	server,
	name,
	count,
	p50_ms,
	p90_ms,
	p99_ms,
	max_ms,
	(SELECT label FROM packet_labels l WHERE l.packet_id = max_packet_id) AS max_number,
	flows
FROM servers
ORDER BY p90_ms DESC, server;

-- section: Handshakes by server, the slowest p90 first
-- column server         Address and port of the server.
-- column connections    Connections whose SYN is in the capture.
-- column answered       Of them, those with a SYN-ACK.
-- column p50_ms         Median time from SYN to SYN-ACK.
-- column p90_ms         90th percentile.
-- column max_ms         The longest.
-- column repeated_syn   SYNs that were sent again.
-- column worst_flow     The flow of the longest.
WITH opened AS ( -- connections whose SYN is in the capture
	SELECT
		dst,
		dst_port,
		flow_id,
		syn_rtt_ns,
		completeness,
		src_syns
	FROM flows
	WHERE completeness & 1
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
)
SELECT
	dst || ' port ' || dst_port AS server,
	count(*) AS connections,
	sum(completeness & 2 <> 0) AS answered,
	percentile(syn_rtt_ns, 50) / 1e6 AS p50_ms,
	percentile(syn_rtt_ns, 90) / 1e6 AS p90_ms,
	max(syn_rtt_ns) / 1e6 AS max_ms,
	sum(max(src_syns - 1, 0)) AS repeated_syn,
	iif(max(syn_rtt_ns) IS NULL, NULL, flow_id) AS worst_flow
FROM opened
GROUP BY dst, dst_port
ORDER BY 5 DESC, 2 DESC, 1
LIMIT 10;

-- section as text: Retransmissions
WITH
sent AS ( -- all TCP flows in one row; hurt: those with a retransmission
	SELECT
		count(*) AS flows,
		sum(src_payload_bytes + dst_payload_bytes) AS bytes,
		sum(src_retransmissions + src_fast_retransmissions + src_spurious_retransmissions
			+ dst_retransmissions + dst_fast_retransmissions + dst_spurious_retransmissions) AS again,
		sum(src_spurious_retransmissions + dst_spurious_retransmissions) AS spurious,
		sum(src_retransmissions + src_fast_retransmissions + src_spurious_retransmissions
			+ dst_retransmissions + dst_fast_retransmissions + dst_spurious_retransmissions > 0) AS hurt,
		sum(src_packets + dst_packets) AS packets
	FROM flows
	WHERE protocol = 'tcp'
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
)
SELECT iif(again = 0,
	printf('No segment of %,d TCP flows was sent again.', flows),
	printf('%,d of %,d TCP packets (%.2g %%) are retransmissions, in %,d of %,d flows%s.',
		again, packets, 100.0 * again / packets, hurt, flows,
		iif(spurious, printf('; %,d of them were not needed, what they carry had been acknowledged', spurious), '')
	)) AS line
FROM sent
WHERE flows > 0;

-- section: Directions with the most retransmissions
-- column sender            Who sent again.
-- column receiver          To whom.
-- column flow              The flow.
-- column retransmissions   Segments sent again.
-- column share_percent     Share of the segments with data, SYN or FIN of that direction.
-- column fast              Of them, fast retransmissions: asked for by duplicate ACKs.
-- column spurious          Of them, those that were not needed.
-- column payload_bytes     Payload that it sent.
-- column first_number      The first of them.
WITH sides AS ( -- directions of TCP flows
	SELECT
		flow_id,
		0 AS direction,
		src || ' port ' || src_port AS sender,
		dst || ' port ' || dst_port AS receiver,
		src_retransmissions + src_fast_retransmissions + src_spurious_retransmissions AS again,
		src_retransmission_rate AS rate,
		src_fast_retransmissions AS fast,
		src_spurious_retransmissions AS spurious,
		src_payload_bytes AS bytes
	FROM flows
	WHERE protocol = 'tcp'
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
	UNION ALL
	SELECT
		flow_id,
		1,
		dst || ' port ' || dst_port,
		src || ' port ' || src_port,
		dst_retransmissions + dst_fast_retransmissions + dst_spurious_retransmissions,
		dst_retransmission_rate,
		dst_fast_retransmissions,
		dst_spurious_retransmissions,
		dst_payload_bytes
	FROM flows
	WHERE protocol = 'tcp'
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (protocol, application))
),
worst AS (
	SELECT *
	FROM sides
	WHERE again > 0
	ORDER BY again DESC, rate DESC, flow_id
	LIMIT 10
)
SELECT
	w.sender,
	w.receiver,
	w.flow_id AS flow,
	w.again AS retransmissions,
	100 * w.rate AS share_percent,
	w.fast,
	w.spurious,
	w.bytes AS payload_bytes,
	(
		SELECT p.label
		FROM packet_labels p
		WHERE p.packet_id = (
			SELECT min(fp.packet_id)
			FROM flow_packets fp
			JOIN tcp_events e USING (packet_id)
			WHERE fp.flow_id = w.flow_id
				AND e.direction = w.direction
				AND e.kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission')
		)
	) AS first_number
FROM worst w
ORDER BY w.again DESC, w.rate DESC, w.flow_id;

-- section: HTTP: time to first byte, the slowest p90 first
-- column host         Host header, or else the server's address.
-- column responses    Responses.
-- column p50_ms       Median.
-- column p90_ms       90th percentile.
-- column max_ms       The slowest.
-- column max_number   Its first packet.
SELECT
	ifnull(h.host, iif(h.direction, f.src, f.dst)) AS host,
	count(*) AS responses,
	percentile(h.first_byte_ns, 50) / 1e6 AS p50_ms,
	percentile(h.first_byte_ns, 90) / 1e6 AS p90_ms,
	max(h.first_byte_ns) / 1e6 AS max_ms,
	(SELECT label FROM packet_labels p WHERE p.packet_id = h.response_first_packet_id) AS max_number
FROM http h
JOIN flows f USING (flow_id)
WHERE h.first_byte_ns IS NOT NULL
	AND (:capture IS NULL OR h.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1
ORDER BY 4 DESC, 1
LIMIT 10;

-- section: DNS: time to the answer, the slowest p90 first
-- column server       The server that was asked.
-- column queries      Queries to it.
-- column unanswered   Of them, without an answer.
-- column p50_ms       Median.
-- column p90_ms       90th percentile.
-- column max_ms       The slowest.
-- column max_number   Its packet.
SELECT
	iif(d.direction, f.src, f.dst) AS server,
	count(*) AS queries,
	sum(d.kind = 'unanswered') AS unanswered,
	percentile(d.rtt_ns, 50) / 1e6 AS p50_ms,
	percentile(d.rtt_ns, 90) / 1e6 AS p90_ms,
	max(d.rtt_ns) / 1e6 AS max_ms,
	iif(max(d.rtt_ns) IS NULL, NULL, (
		SELECT label
		FROM packet_labels p
		WHERE p.packet_id = d.answer_packet_id
	)) AS max_number
FROM dns d
JOIN flows f USING (flow_id)
WHERE d.kind IN ('answered', 'unanswered')
	AND d.variant = 'dns'
	AND (:capture IS NULL OR d.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1
ORDER BY 5 DESC, 2 DESC, 1
LIMIT 10;

-- section: TLS: time to the end of the handshake, the slowest p90 first
-- column server        Server name, or else the server's address.
-- column handshakes    Client hellos.
-- column finished      Of them, handshakes that were finished.
-- column p50_ms        Median time from client hello to the end of the handshake.
-- column p90_ms        90th percentile.
-- column max_ms        The slowest.
-- column worst_flow    Its flow.
SELECT
	ifnull(t.server_name, iif(t.direction, f.src, f.dst)) AS server,
	count(*) AS handshakes,
	count(t.finished_ns) AS finished,
	percentile(t.finished_ns, 50) / 1e6 AS p50_ms,
	percentile(t.finished_ns, 90) / 1e6 AS p90_ms,
	max(t.finished_ns) / 1e6 AS max_ms,
	iif(max(t.finished_ns) IS NULL, NULL, t.flow_id) AS worst_flow
FROM tls t
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR t.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY 1
ORDER BY 5 DESC, 2 DESC, 1
LIMIT 10;
