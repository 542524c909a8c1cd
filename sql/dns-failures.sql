-- DNS questions that got no good answer: refused, failed, no such name, no answer at all, cut without another try.
--
-- topic: applications
--
-- A failure is a response code other than NOERROR by its name; unanswered; or truncated: the answer did not fit its
-- datagram, and the client did not ask that server again over TCP. That nobody answers a question to all (multicast DNS,
-- LLMNR) is no failure. A query shortly before the capture's end may be unanswered only in the capture: left_s tells.
--
-- param :failure        Only this one: NXDOMAIN, SERVFAIL, unanswered, truncated.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
WITH
questions AS ( -- those that failed, and how
	SELECT d.*, CASE
		WHEN d.kind = 'unanswered' THEN 'unanswered'
		WHEN d.rcode <> 0 THEN d.rcode_name
		WHEN d.truncated THEN 'truncated'
	END AS failure
	FROM dns_list d
	LEFT JOIN dns_retries r USING (dns_id)
	WHERE CASE d.kind
			WHEN 'unanswered' THEN d.variant = 'dns'
			WHEN 'answered' THEN d.rcode <> 0 OR (d.truncated AND d.transport = 'udp' AND r.retry_number IS NULL)
			WHEN 'unsolicited' THEN d.rcode <> 0
		END
),
failed AS MATERIALIZED ( -- those asked for
	SELECT *
	FROM questions
	WHERE (:flow IS NULL OR flow_id = :flow)
		AND (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
		AND (:since IS NULL OR ts_ns >= :since)
		AND (:until IS NULL OR ts_ns < :until)
		AND (:failure IS NULL OR failure = :failure COLLATE NOCASE)
)

-- section: Failures by kind
-- column failure   Response code by name, unanswered or truncated.
-- column count     Questions that ended so.
-- column names     Different names among them.
-- column clients   Clients that asked.
-- column servers   Servers that were asked.
-- column first_s   Time of the first question, seconds since its capture's first packet.
-- column last_s    Time of the last one, seconds since its capture's first packet.
SELECT
	failure,
	count(*) AS count,
	count(DISTINCT name) AS names,
	count(DISTINCT client) AS clients,
	count(DISTINCT server) AS servers,
	min(time_s) AS first_s,
	max(time_s) AS last_s
FROM failed
GROUP BY failure
ORDER BY count(*) DESC, failure;

-- section: Failures
-- column time_s            Time of the question, seconds since the capture's first packet.
-- column failure           Response code by name, unanswered or truncated.
-- column name              Name asked for.
-- column type              Its type.
-- column client            Address that asked.
-- column server            Address that was asked.
-- column rtt_ms            Question to answer, milliseconds.
-- column retransmissions   Times that the question was sent again before its answer.
-- column left_s            Seconds from the question to the capture's end.
-- column query_number      Packet number of the question; NULL: it is not in the capture.
-- column answer_number     Packet number of the answer.
-- column variant           dns, mdns or llmnr.
-- column transport         udp or tcp.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
SELECT
	time_s,
	failure,
	name,
	type_name AS type,
	client,
	server,
	rtt_ms,
	retransmissions,
	((SELECT last_ts_ns FROM captures c WHERE c.capture_id = failed.capture_id) - ts_ns) / 1e9 AS left_s,
	query_number,
	answer_number,
	variant,
	transport,
	flow_id,
	capture
FROM failed
ORDER BY ts_ns, dns_id
LIMIT ifnull(:limit, -1);
