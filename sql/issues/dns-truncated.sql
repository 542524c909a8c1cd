-- Truncated DNS answer was not asked for again over TCP.
--
-- An answer over UDP with the bit TC, and no query for the same name and type by the same
-- client over TCP within :retry_ms. value is the number of such answers of a server. Captures
-- without any TCP packet are left out: they cannot show it.
--
-- severity: medium
-- category: compatibility
-- protocol: dns
-- cause: TCP port 53 is blocked, or the client does not ask over TCP.
-- remedy: Open TCP port 53 between clients and resolvers (RFC 7766): UDP alone is not enough.
-- remedy: Let client and server agree on larger datagrams (EDNS, 1232 bytes).
-- source: RFC 7766, 5: a client that gets TC asks again over TCP; RFC 9715 on datagram sizes.
--
-- param :retry_ms number 1..60000 = 2000   Time that the client has to ask over TCP,
--                                            milliseconds.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Truncated answers.
-- column symptoms    What was seen.
-- column packets     The first queries and answers.
WITH
cut AS MATERIALIZED ( -- truncated answers over UDP
	SELECT
		d.capture_id,
		d.flow_id,
		d.name,
		d.type,
		d.type_name,
		d.query_packet_id,
		d.answer_packet_id,
		d.answer_ts_ns,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	JOIN captures c ON c.capture_id = d.capture_id
	WHERE d.truncated = 1
		AND d.variant = 'dns'
		AND d.transport = 'udp'
		AND c.last_ts_ns - d.answer_ts_ns > :retry_ms * 1e6
		AND d.capture_id IN (SELECT capture_id FROM flows WHERE protocol = 'tcp')
),
times AS ( -- these answers, and queries of their clients over TCP
	SELECT capture_id, client, name, type, answer_ts_ns AS ts_ns, answer_packet_id, NULL AS query_ts_ns
	FROM cut
	UNION ALL
	SELECT
		d.capture_id,
		iif(d.direction = 0, f.src, f.dst),
		d.name,
		d.type,
		d.query_ts_ns,
		NULL,
		d.query_ts_ns
	FROM (SELECT 1 FROM cut LIMIT 1) -- if none, no more is read
	CROSS JOIN dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns'
		AND d.transport = 'tcp'
		AND d.query_ts_ns NOT NULL
		AND iif(d.direction = 0, f.src, f.dst) IN (SELECT client FROM cut)
),
repeats AS ( -- both, each with the first query over TCP behind it
	SELECT
		answer_packet_id,
		ts_ns,
		min(query_ts_ns) OVER (
			PARTITION BY capture_id, client, name, type
			ORDER BY ts_ns DESC
			RANGE UNBOUNDED PRECEDING
		) AS next_query_ts_ns
	FROM times
),
lost AS ( -- truncated answers without such a query in time
	SELECT
		*,
		ifnull(substr(name, 1, 60) || iif(length(name) > 60, '...', '') || ' ' || type_name,
			'(no question)') AS asked_for
	FROM cut
	WHERE answer_packet_id NOT IN (
			SELECT answer_packet_id
			FROM repeats
			WHERE answer_packet_id NOT NULL AND next_query_ts_ns <= ts_ns + :retry_ms * 1e6
		)
)
SELECT
	capture_id,
	min(answer_ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client) AS src,
	server AS dst,
	count(*) AS value,
	printf('%s of %s, not asked for again over TCP within %g s: %s%s', counted(count(*), 'truncated answer'),
		server, :retry_ms / 1000.0,
		first_few(asked_for, answer_ts_ns, 3),
		iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')) AS symptoms,
	first_few(ifnull(query_packet_id || ',', '') || answer_packet_id, answer_ts_ns, 25) AS packets
FROM lost
GROUP BY capture_id, server
ORDER BY value DESC;
