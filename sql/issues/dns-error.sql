-- DNS server answers with an error.
--
-- Responses whose code is not NOERROR, by server and code. value is the number of them.
--
-- Severity: SERVFAIL is high where all of at least two answers of the server are failures, low where less
-- than one in a hundred is, else medium; any other code is medium where at least half of ten answers or more have it, or
-- where all answers of a server refuse; else low. NXDOMAIN is a proper answer: the name does
-- not exist; to reverse look-ups (PTR) it is so usual that these do not count for the half.
--
-- severity: low
-- category: connectivity
-- protocol: dns
-- cause: A name that is misspelt, no longer there, or known only inside another network
--   (NXDOMAIN).
-- cause: A resolver that cannot reach the name servers of the zone, or finds its signatures wrong
--   (SERVFAIL); one that does not serve this client (REFUSED).
-- remedy: Ask for the same name elsewhere (dig NAME @ANOTHER-SERVER; dig +cd NAME, without
--   checking signatures).
-- remedy: Look into the application or search list that asks for names that do not exist.
-- remedy: For SERVFAIL and REFUSED look into the log of the resolver.
-- source: RFC 1035, 4.1.1 and RFC 8914: meaning of the codes. Shares of a half tell a server in
--   trouble from a name in trouble; of a server that fails one in a hundred times, too.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server.
-- column value       Answers with this code.
-- column symptoms    What was seen.
-- column packets     The first queries and answers.
-- column severity    How bad it is.
-- column title       What it is, in a few words.
-- column cause       Most likely cause.
WITH
failed AS MATERIALIZED ( -- answers with an error
	SELECT
		d.capture_id,
		d.flow_id,
		d.type,
		d.rcode,
		d.rcode_name,
		d.query_packet_id,
		d.answer_packet_id,
		d.answer_ts_ns,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server,
		ifnull(substr(d.name, 1, 60) || iif(length(d.name) > 60, '...', '') || ' ' || d.type_name,
			'(no question)') AS asked_for
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.variant = 'dns' AND d.rcode <> 0 AND d.kind IN ('answered', 'unsolicited')
),
sides AS MATERIALIZED ( -- the answers of a flow, one way
	SELECT capture_id, flow_id, direction, count(*) AS answers
	FROM dns
	WHERE variant = 'dns' AND rcode IS NOT NULL AND kind IN ('answered', 'unsolicited')
	GROUP BY flow_id, direction
),
totals AS ( -- all answers of servers with an error
	SELECT s.capture_id, iif(s.direction = 0, f.dst, f.src) AS server, sum(s.answers) AS answers
	FROM sides s
	CROSS JOIN flows f ON f.flow_id = s.flow_id
	WHERE iif(s.direction = 0, f.dst, f.src) IN (SELECT server FROM failed)
	GROUP BY s.capture_id, iif(s.direction = 0, f.dst, f.src)
),
codes AS ( -- answers of one server with one code
	SELECT
		capture_id,
		server,
		rcode,
		rcode_name,
		count(*) AS errors,
		ifnull(sum(rcode = 3 AND type = 12), 0) AS reverse,
		count(DISTINCT client) AS clients,
		only(client) AS client,
		min(answer_ts_ns) AS ts_ns,
		only(flow_id) AS flow_id,
		first_few(asked_for, answer_ts_ns, 3) AS names,
		first_few(ifnull(query_packet_id || ',', '') || answer_packet_id, answer_ts_ns, 25) AS packets
	FROM failed
	GROUP BY capture_id, server, rcode
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	client AS src,
	server AS dst,
	errors AS value,
	printf('%s answered %d of %d %s with %s%s: %s%s', server, errors, answers,
		iif(answers = 1, 'query', 'queries'), rcode_name,
		iif(clients > 1, printf(' to %d clients', clients), ''), names,
		iif(errors > 3, printf(' and %d more', errors - 3), '')) AS symptoms,
	packets,
	CASE
		WHEN rcode = 2 AND errors = answers AND errors > 1 THEN 'high'
		WHEN rcode = 2 AND errors * 100 >= answers THEN 'medium'
		WHEN rcode = 5 AND errors = answers THEN 'medium'
		WHEN answers >= 10 AND (errors - reverse) * 2 >= answers THEN 'medium'
		ELSE 'low'
	END AS severity,
	CASE rcode
		WHEN 1 THEN 'DNS server cannot read the query: FORMERR'
		WHEN 2 THEN 'DNS server fails: SERVFAIL'
		WHEN 3 THEN 'Name does not exist: NXDOMAIN'
		WHEN 4 THEN 'DNS server does not do that kind of query: NOTIMP'
		WHEN 5 THEN 'DNS server refuses: REFUSED'
		ELSE 'DNS server answers with ' || rcode_name
	END AS title,
	CASE rcode
		WHEN 1 THEN 'The server does not understand the query: often its EDNS options.'
		WHEN 2 THEN 'The resolver does not reach the servers of the zone, or finds it forged.'
		WHEN 3 THEN 'The name is misspelt, no longer there, or known only inside another network.'
		WHEN 5 THEN 'The server does not serve this client, or not this zone.'
	END AS cause
FROM codes
JOIN totals USING (capture_id, server)
ORDER BY rcode = 2 DESC, errors DESC;
