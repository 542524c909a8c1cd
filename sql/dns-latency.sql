-- How fast DNS servers answer: percentiles for each server, and the slowest answers.
--
-- topic: applications
--
-- From a query to its first response, as the capture point sees it. Retransmitted queries count from the first one. Only
-- unicast DNS: what answers a question to all is not a server.
--
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit = 10   Slowest answers shown.
--
-- section: Servers
-- column server            Address of the server.
-- column capture           Name of the capture.
-- column queries           Queries that it got.
-- column answered          Those that it answered.
-- column unanswered        Those that it did not answer.
-- column retransmissions   Queries that were sent again before their answer.
-- column p50_ms            Median time from query to response, milliseconds.
-- column p90_ms            90th percentile of it, milliseconds.
-- column p99_ms            99th percentile of it, milliseconds.
-- column max_ms            The slowest answer, milliseconds.
SELECT
	server,
	capture,
	count(*) AS queries,
	sum(kind = 'answered') AS answered,
	sum(kind = 'unanswered') AS unanswered,
	sum(retransmissions) AS retransmissions,
	percentile(rtt_ms, 50) AS p50_ms,
	percentile(rtt_ms, 90) AS p90_ms,
	percentile(rtt_ms, 99) AS p99_ms,
	max(rtt_ms) AS max_ms
FROM dns_list
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND variant = 'dns'
	AND kind IN ('answered', 'unanswered')
GROUP BY capture_id, server
ORDER BY max(rtt_ms) DESC, server;

-- section: Slowest answers
-- column rtt_ms            Query to response, milliseconds.
-- column time_s            Time of the query, seconds since the capture's first packet.
-- column name              Name asked for.
-- column type              Its type.
-- column result            Response code by name.
-- column retransmissions   Times that the query was sent again before its answer.
-- column client            Address that asked.
-- column server            Address that answered.
-- column query_number      Packet number of the query.
-- column answer_number     Packet number of the response.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
SELECT
	rtt_ms,
	time_s,
	name,
	type_name AS type,
	rcode_name AS result,
	retransmissions,
	client,
	server,
	query_number,
	answer_number,
	flow_id,
	capture
FROM dns_list
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND variant = 'dns'
	AND kind = 'answered'
ORDER BY rtt_ns DESC, dns_id
LIMIT ifnull(:limit, -1);
