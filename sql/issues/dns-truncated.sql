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
WITH asked AS (
	SELECT
		d.*,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server,
		ifnull(substr(d.name, 1, 60) || iif(length(d.name) > 60, '...', '') || ' ' || d.type_name,
			'(no question)') AS asked_for
	FROM dns d
	JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns' AND (d.truncated = 1 OR d.transport = 'tcp')
),
cut AS (
	SELECT
		u.*,
		row_number() OVER (PARTITION BY u.capture_id, u.server ORDER BY u.answer_ts_ns) AS n
	FROM asked u
	JOIN captures c ON c.capture_id = u.capture_id
	WHERE u.truncated = 1
		AND u.transport = 'udp'
		AND c.last_ts_ns - u.answer_ts_ns > :retry_ms * 1e6
		AND EXISTS (SELECT 1 FROM flows f WHERE f.capture_id = u.capture_id AND f.protocol = 'tcp')
		AND NOT EXISTS (
			SELECT 1
			FROM asked t
			WHERE t.transport = 'tcp'
				AND t.capture_id = u.capture_id
				AND t.client = u.client
				AND t.name IS u.name
				AND t.type IS u.type
				AND t.query_ts_ns BETWEEN u.answer_ts_ns AND u.answer_ts_ns + :retry_ms * 1e6
		)
)
SELECT
	capture_id,
	min(answer_ts_ns) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, min(flow_id), NULL) AS flow_id,
	iif(count(DISTINCT client) = 1, min(client), NULL) AS src,
	server AS dst,
	count(*) AS value,
	printf('%d truncated %s of %s, not asked for again over TCP within %g s: %s%s', count(*),
		iif(count(*) = 1, 'answer', 'answers'), server, :retry_ms / 1000.0,
		group_concat(iif(n <= 3, asked_for, NULL), ', '),
		iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')) AS symptoms,
	group_concat(iif(n <= 25, ifnull(query_packet_id || ',', '') || answer_packet_id, NULL))
		AS packets
FROM cut
GROUP BY capture_id, server
ORDER BY value DESC;
