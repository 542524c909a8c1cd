-- DNS server does not answer.
--
-- Queries without a response, by server. A query again within five seconds, before its answer,
-- is the same query. Where :servers servers or more answer nothing to a client, they are one
-- issue. Queries sent less than :wait_ms before the capture ends are left out: their answers
-- may have come later. Multicast DNS and LLMNR do not count. value is the number of queries
-- without an answer.
--
-- Severity: high where the server answers nothing and nobody else answers its clients, or
-- where it leaves half of at least five unanswered; medium where a tenth of at least three, or
-- where another server had to step in at least five times; else low.
--
-- severity: medium
-- category: connectivity
-- protocol: dns
-- cause: The server is down or not reachable, or a firewall drops the queries or the answers.
-- cause: The server is overloaded, or cannot reach the name servers that it asks in turn.
-- remedy: Ask the server from the client (dig @SERVER NAME), over UDP and over TCP; ping it.
-- remedy: Look whether the queries arrive there and whether answers leave: a second capture at
--   the server.
-- remedy: Take a dead server out of the client's list of resolvers: each name waits for its
--   time-out.
-- source: RFC 1035, 4.2.1: answers may get lost, clients ask again after 2 to 5 seconds. No
--   answer within that is a wait for the user.
--
-- param :wait_ms number 0..60000 = 2000   Time that a query must have had for its answer,
--                                           milliseconds.
-- param :servers integer 2..1000 = 3      Silent servers of a client from which on they are one
--                                           issue.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         The server; NULL: several.
-- column value       Queries without an answer.
-- column symptoms    What was seen.
-- column packets     The first of them.
-- column severity    How bad it is.
-- column cause       Most likely cause.
WITH
lost AS MATERIALIZED ( -- queries that had time for an answer and got none
	SELECT
		d.capture_id,
		iif(d.direction = 0, f.src, f.dst) AS client,
		iif(d.direction = 0, f.dst, f.src) AS server,
		d.flow_id,
		d.query_ts_ns,
		d.query_packet_id,
		d.retransmissions,
		ifnull(substr(d.name, 1, 60) || iif(length(d.name) > 60, '...', '') || ' ' || d.type_name,
			'(no question)') AS asked_for
	FROM dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	JOIN captures c ON c.capture_id = d.capture_id
	WHERE d.variant = 'dns'
		AND d.query_packet_id IS NOT NULL
		AND d.kind = 'unanswered'
		AND c.last_ts_ns - d.query_ts_ns > :wait_ms * 1e6
),
answered AS ( -- the other queries of a flow, one way
	SELECT capture_id, flow_id, direction, count(*) AS queries
	FROM dns
	WHERE variant = 'dns'
		AND query_packet_id IS NOT NULL
		AND kind NOT IN ('unanswered', 'duplicate', 'continued')
	GROUP BY flow_id, direction
),
answering AS MATERIALIZED ( -- the same with client and server
	SELECT
		a.capture_id,
		iif(a.direction = 0, f.src, f.dst) AS client,
		iif(a.direction = 0, f.dst, f.src) AS server,
		a.queries
	FROM answered a
	CROSS JOIN flows f ON f.flow_id = a.flow_id
),
asked AS ( -- all queries to the servers of lost ones
	SELECT
		capture_id,
		client,
		server,
		1 AS queries,
		1 AS unanswered,
		retransmissions,
		flow_id,
		query_ts_ns,
		asked_for,
		query_packet_id
	FROM lost
	UNION ALL
	SELECT capture_id, client, server, queries, 0, 0, NULL, NULL, NULL, NULL
	FROM answering
	WHERE server IN (SELECT server FROM lost)
),
servers AS MATERIALIZED ( -- those with a query that got no answer
	SELECT
		capture_id,
		server,
		sum(queries) AS queries,
		sum(unanswered) AS unanswered,
		ifnull(sum(retransmissions), 0) AS repeats,
		count(DISTINCT client) AS clients,
		min(client) AS client,
		min(query_ts_ns) AS ts_ns,
		only(flow_id) AS flow_id,
		first_few(asked_for, query_ts_ns, 3) AS names,
		first_few(query_packet_id, query_ts_ns, 50) AS packets
	FROM asked
	GROUP BY capture_id, server
	HAVING sum(unanswered) > 0
),
silent AS MATERIALIZED ( -- clients of several servers that answered nothing, and nobody else asked
	SELECT capture_id, client
	FROM servers
	WHERE unanswered = queries AND clients = 1
	GROUP BY capture_id, client
	HAVING count(*) >= :servers
),
grouped AS ( -- an issue each: a server, or all servers of a silent client
	SELECT
		capture_id,
		server,
		1 AS servers,
		queries,
		unanswered,
		repeats,
		clients,
		client,
		ts_ns,
		flow_id,
		names,
		packets
	FROM servers s
	WHERE unanswered < queries
		OR clients > 1
		OR NOT EXISTS (SELECT 1 FROM silent k WHERE k.capture_id = s.capture_id AND k.client = s.client)
	UNION ALL
	SELECT
		s.capture_id,
		NULL,
		count(*),
		sum(s.queries),
		sum(s.unanswered),
		sum(s.repeats),
		1,
		s.client,
		min(s.ts_ns),
		NULL,
		min(s.names),
		group_concat(s.packets)
	FROM silent k
	JOIN servers s ON s.capture_id = k.capture_id AND s.client = k.client
	WHERE s.unanswered = s.queries AND s.clients = 1
	GROUP BY s.capture_id, s.client
),
helped AS MATERIALIZED ( -- clients of silent servers whom another one answers
	SELECT DISTINCT capture_id, client
	FROM answering
	WHERE server <> client
		AND client IN (SELECT client FROM servers WHERE unanswered = queries)
),
deaf AS MATERIALIZED ( -- clients to whom the capture has no packet
	SELECT capture_id, address
	FROM hosts
	WHERE packets_received = 0 AND address IN (SELECT client FROM servers)
),
judged AS ( -- has_answers: of this server or another; client_hears: the capture has packets to it
	SELECT
		s.*,
		unanswered < queries AS answers,
		unanswered < queries OR EXISTS (
			SELECT 1
			FROM helped a
			WHERE a.capture_id = s.capture_id AND a.client = s.client
		) AS has_answers,
		NOT EXISTS (
			SELECT 1
			FROM deaf d
			WHERE d.capture_id = s.capture_id AND d.address = s.client
		) AS client_hears
	FROM grouped s
)
SELECT
	capture_id,
	ts_ns,
	flow_id,
	iif(clients = 1, client, NULL) AS src,
	server AS dst,
	unanswered AS value,
	printf('%s answered %s of %d %s%s; without an answer: %s%s%s',
		ifnull(server, printf('%d servers', servers)), iif(answers,
			printf('%d', queries - unanswered), 'none'), queries, iif(queries = 1, 'query', 'queries'),
		iif(clients > 1, printf(' of %d clients', clients), ''), names,
		CASE
			WHEN servers > 1 THEN ' ...'
			WHEN unanswered > 3 THEN printf(' and %d more', unanswered - 3)
			ELSE ''
		END,
		iif(repeats > 0, printf('; sent %d times in all', unanswered + repeats), '')) AS symptoms,
	packets,
	CASE
		WHEN NOT has_answers THEN iif(unanswered + repeats > 1, 'high', 'medium')
		WHEN answers AND unanswered >= 5 AND unanswered * 2 >= queries THEN 'high'
		WHEN answers AND unanswered >= 3 AND unanswered * 10 >= queries THEN 'medium'
		WHEN NOT answers AND unanswered >= 5 THEN 'medium'
		ELSE 'low'
	END AS severity,
	iif(client_hears, NULL,
		'The server or the way to it is down; or the capture sees one direction only: '
		|| 'it has no packet to ' || client || '.') AS cause
FROM judged
ORDER BY unanswered DESC;
