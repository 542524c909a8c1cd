-- DNS answers do not belong to the queries.
--
-- Responses that repeat another question than the query with their number, and responses with
-- a number that nobody asked with, to a port that had asked something else within :window_s
-- before. value is the number of them. Answers to queries from before the capture are not
-- counted: nobody asked from their port in it; nor are, over TCP, those of a connection of whose
-- client the capture lacks bytes.
--
-- severity: medium
-- category: security
-- protocol: dns
-- cause: Somebody tries to slip forged answers in (cache poisoning), by guessing numbers.
-- cause: A box on the way that rewrites DNS, or a server that mixes up its answers.
-- remedy: Compare TTL and source MAC of these answers with those of the real ones: another sender
--   shows there.
-- remedy: Use resolvers that check names (DNSSEC) and choose ports and numbers at random.
-- source: RFC 5452, 9.1: a response counts only if number, question, ports and addresses are
--   those of the query.
--
-- param :window_s number 0..3600 = 10   How long a query makes its port one that asks, seconds.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client.
-- column dst         Who seems to answer.
-- column value       Responses that match no query.
-- column symptoms    What was seen.
-- column packets     The first of them, with the queries.
-- column severity    How bad it is.
WITH
unasked AS MATERIALIZED ( -- responses without a query
	SELECT dns_id, flow_id, answer_ts_ns
	FROM dns
	WHERE variant = 'dns' AND kind = 'unsolicited'
),
times AS ( -- these responses, and the queries of their flows
	SELECT dns_id, flow_id, answer_ts_ns AS ts_ns, NULL AS query_ts_ns
	FROM unasked
	UNION ALL
	SELECT NULL, flow_id, query_ts_ns, query_ts_ns
	FROM dns
	WHERE query_ts_ns NOT NULL AND flow_id IN (SELECT flow_id FROM unasked)
),
queries AS ( -- both, each with the last query before it
	SELECT
		dns_id,
		ts_ns,
		max(query_ts_ns) OVER (
			PARTITION BY flow_id
			ORDER BY ts_ns
			RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		) AS last_query_ts_ns
	FROM times
),
forged AS ( -- responses to a port that had asked shortly before
	SELECT dns_id
	FROM queries
	WHERE dns_id NOT NULL AND last_query_ts_ns > ts_ns - :window_s * 1e9
),
responses AS ( -- these, and those that repeat another question
	SELECT
		d.capture_id,
		d.flow_id,
		d.answer_ts_ns,
		d.query_packet_id,
		d.answer_packet_id,
		d.other_question,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns'
		AND (d.other_question = 1 OR d.dns_id IN (SELECT dns_id FROM forged))
		AND (d.transport <> 'tcp' OR iif(d.direction = 0, f.src_missed_bytes, f.dst_missed_bytes) = 0)
)
SELECT
	capture_id,
	min(answer_ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	client AS src,
	server AS dst,
	count(*) AS value,
	printf('%s from %s to %s %s no query: %s', counted(count(*), 'response'), server, client,
		iif(count(*) = 1, 'matches', 'match'), CASE sum(other_question IS 1)
			WHEN 0 THEN 'with a number that was not asked with'
			WHEN count(*) THEN 'with another question'
			ELSE printf('%d with another question, %d with a number that was not asked with',
				sum(other_question IS 1), sum(other_question IS NOT 1))
		END) AS symptoms,
	first_few(ifnull(query_packet_id || ',', '') || answer_packet_id, answer_ts_ns, 25) AS packets,
	iif(count(*) >= 10, 'high', 'medium') AS severity
FROM responses
GROUP BY capture_id, client, server
ORDER BY value DESC;
