-- Pings as the nodes see them that send and receive them, so that the metrics of a node are sums.

-- Two rows a pair of icmp_pairs: one of the node that asked, one of the node that was asked. Sums and means over the
-- rows of a node are its metrics; what a row does not count in is NULL.
CREATE VIEW node_pings (
	capture_id, -- the capture
	node, -- address of the node
	ts_ns, -- of the request, or of the reply if the request is not in the capture
	requests_sent, -- 1: it sent the request, and that is in the capture
	requests_received, -- 1: it received the request
	replies_sent, -- 1: it sent a reply
	replies_received, -- 1: it received a reply
	request_bytes_sent, -- frame of the request that it sent
	request_data_sent, -- behind the ICMP header of that request
	request_bytes_received, -- frame of the request that it received
	request_data_received, -- behind the ICMP header of that request
	rtt_ns, -- request that it sent to the first reply
	reply_delay_ns, -- request that it received to its first reply
	hops -- of the request that it sent: its TTL less that of the first reply, plus 1; NULL if that is less than 1
) AS
WITH pings AS (
	SELECT
		*,
		kind IN ('answered', 'unanswered') AS has_request,
		reply_packet_id IS NOT NULL AS has_reply,
		ifnull(request_ts_ns, reply_ts_ns) AS ts_ns
	FROM icmp_pairs
)
SELECT
	capture_id,
	src,
	ts_ns,
	has_request,
	0,
	0,
	has_reply,
	iif(has_request, request_bytes, NULL),
	iif(has_request, request_data_bytes, NULL),
	NULL,
	NULL,
	iif(kind = 'answered', rtt_ns, NULL),
	NULL,
	iif(kind = 'answered' AND request_ttl >= reply_ttl, request_ttl - reply_ttl + 1, NULL)
FROM pings
UNION ALL
SELECT
	capture_id,
	dst,
	ts_ns,
	0,
	has_request,
	has_reply,
	0,
	NULL,
	NULL,
	iif(has_request, request_bytes, NULL),
	iif(has_request, request_data_bytes, NULL),
	NULL,
	iif(kind = 'answered', rtt_ns, NULL),
	NULL
FROM pings;
