-- DNS queries and their answers, in time order.
--
-- topic: applications
--
-- param :name           Only names that contain this text, in any case.
-- param :type           Only this type: A, AAAA, PTR.
-- param :variant one of dns|mdns|llmnr   Only this variant.
-- param :flow
-- param :capture
-- param :host
-- param :since
-- param :until
-- param :limit
--
-- column time_s            Time of the query, seconds since the capture's first packet; of a response without a query, its own.
-- column name              Name of the first question.
-- column type              Its type.
-- column result            Response code by name: NOERROR, NXDOMAIN; unanswered without a response.
-- column kind              answered, unanswered, duplicate (a further response), continued (a further message of a zone transfer),
--                          unsolicited (a response without a query).
-- column addresses         First addresses of the answer.
-- column cname             Last alias of the answer.
-- column ttl_min           Least time to live of the answer, seconds.
-- column rtt_ms            Query to response, milliseconds.
-- column retransmissions   Times that the query was sent again before its answer.
-- column truncated         1: the response did not fit its datagram; the client is to ask again over TCP.
-- column retry_number      Packet number of that query over TCP to the same server; NULL: none came, or none was needed.
-- column client            Address that asked.
-- column server            Address that was asked.
-- column query_number      Packet number of the query.
-- column answer_number     Packet number of the response.
-- column variant           dns, mdns or llmnr.
-- column transport         udp or tcp.
-- column flow_id           Number of the flow.
-- column capture           Name of the capture.
SELECT
	time_s,
	name,
	type_name AS type,
	ifnull(rcode_name, 'unanswered') AS result,
	kind,
	addresses,
	cname,
	ttl_min,
	rtt_ms,
	retransmissions,
	truncated,
	retry_number,
	client,
	server,
	query_number,
	answer_number,
	variant,
	transport,
	flow_id,
	capture
FROM dns_list
LEFT JOIN dns_retries USING (dns_id)
WHERE (:flow IS NULL OR flow_id = :flow)
	AND (:capture IS NULL OR capture_id = :capture)
	AND (:host IS NULL OR ip_in(client, :host) OR ip_in(server, :host))
	AND (:since IS NULL OR ts_ns >= :since)
	AND (:until IS NULL OR ts_ns < :until)
	AND (:name IS NULL OR instr(lower(name), lower(:name)) > 0)
	AND (:type IS NULL OR type_name = upper(:type))
	AND (:variant IS NULL OR variant = :variant)
ORDER BY ts_ns, dns_id
LIMIT ifnull(:limit, -1);
