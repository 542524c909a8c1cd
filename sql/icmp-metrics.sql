-- Ping metrics of a node, as networking courses define them: counts, bytes, round trip, throughput, delay, hops.
--
-- Take a capture made at the node. With several captures in the case, each that saw the node's pings gives metrics of
-- its own; --capture chooses one. In --format csv and text this is the course's sheet, with two decimals; a capture
-- named Node1 is titled Node 1 there. The definitions:
--
-- Bytes are those of the frame on the wire, data what follows the ICMP header. Round trip: echo request sent to its
-- reply. Throughput: bytes of the requests sent, over the sum of all round trips; goodput the same with data; a kB is
-- 1000 bytes. Reply delay: request received to the reply sent. Hops: TTL of a request less that of its reply, plus 1;
-- pairs with less than 1, as in captures that another node made, do not count.
--
-- param :node required   Address of the node.
-- param :capture
-- param :since
-- param :until
-- param :title           Title of the sheet, instead of the capture's name or the node's address.
--
-- section: Metrics
-- column capture                  Name of the capture.
-- column node                     Address of the node.
-- column requests_sent            Echo requests it sent.
-- column requests_received        Echo requests it received.
-- column replies_sent             Echo replies it sent.
-- column replies_received         Echo replies it received.
-- column request_bytes_sent       Bytes of the requests it sent.
-- column request_data_sent        Their data, bytes.
-- column request_bytes_received   Bytes of the requests it received.
-- column request_data_received    Their data, bytes.
-- column rtt_ms                   Mean round trip, milliseconds.
-- column throughput_kb_per_s      Throughput of the requests it sent, kB per second.
-- column goodput_kb_per_s         Goodput of them, kB per second.
-- column reply_delay_us           Mean reply delay, microseconds.
-- column hops                     Mean number of hops.
WITH
metrics AS (
	SELECT
		c.name AS capture,
		count(*) FILTER (WHERE i.sent AND i.is_request) AS requests_sent,
		count(*) FILTER (WHERE i.received AND i.is_request) AS requests_received,
		count(*) FILTER (WHERE i.received AND i.reply_packet_id) AS replies_sent,
		count(*) FILTER (WHERE i.sent AND i.reply_packet_id) AS replies_received,
		total(i.request_bytes) FILTER (WHERE i.sent AND i.is_request) AS bytes_sent,
		total(i.request_data_bytes) FILTER (WHERE i.sent AND i.is_request) AS data_sent,
		total(i.request_bytes) FILTER (WHERE i.received AND i.is_request) AS bytes_received,
		total(i.request_data_bytes) FILTER (WHERE i.received AND i.is_request) AS data_received,
		avg(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_ms,
		sum(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_sum_ms,
		avg(i.rtt_ns) FILTER (WHERE i.received AND i.kind = 'answered') / 1e3 AS reply_delay_us,
		avg(i.request_ttl - i.reply_ttl + 1) FILTER (
			WHERE i.sent AND i.kind = 'answered' AND i.request_ttl >= i.reply_ttl
		) AS hops
	FROM captures c
	JOIN (
		SELECT
			*,
			kind IN ('answered', 'unanswered') AS is_request,
			ip_in(src, :node) AS sent,
			ip_in(dst, :node) AS received
		FROM icmp_pairs
		WHERE (:since IS NULL OR ifnull(request_ts_ns, reply_ts_ns) >= :since)
			AND (:until IS NULL OR ifnull(request_ts_ns, reply_ts_ns) < :until)
	) i USING (capture_id)
	WHERE (:capture IS NULL OR c.capture_id = :capture) AND (i.sent OR i.received)
	GROUP BY c.capture_id
)
SELECT
	capture,
	:node AS node,
	requests_sent,
	requests_received,
	replies_sent,
	replies_received,
	CAST(bytes_sent AS INTEGER) AS request_bytes_sent,
	CAST(data_sent AS INTEGER) AS request_data_sent,
	CAST(bytes_received AS INTEGER) AS request_bytes_received,
	CAST(data_received AS INTEGER) AS request_data_received,
	rtt_ms,
	bytes_sent / nullif(rtt_sum_ms, 0) AS throughput_kb_per_s,
	data_sent / nullif(rtt_sum_ms, 0) AS goodput_kb_per_s,
	reply_delay_us,
	hops
FROM metrics
ORDER BY capture;

-- section[table,markdown]: Metrics
-- column capture   Name of the capture.
-- column metric    What is measured.
-- column value     Its value; empty where there is nothing to measure.
-- column unit      In this unit.
WITH
metrics AS (
	SELECT
		c.name AS capture,
		count(*) FILTER (WHERE i.sent AND i.is_request) AS requests_sent,
		count(*) FILTER (WHERE i.received AND i.is_request) AS requests_received,
		count(*) FILTER (WHERE i.received AND i.reply_packet_id) AS replies_sent,
		count(*) FILTER (WHERE i.sent AND i.reply_packet_id) AS replies_received,
		total(i.request_bytes) FILTER (WHERE i.sent AND i.is_request) AS bytes_sent,
		total(i.request_data_bytes) FILTER (WHERE i.sent AND i.is_request) AS data_sent,
		total(i.request_bytes) FILTER (WHERE i.received AND i.is_request) AS bytes_received,
		total(i.request_data_bytes) FILTER (WHERE i.received AND i.is_request) AS data_received,
		avg(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_ms,
		sum(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_sum_ms,
		avg(i.rtt_ns) FILTER (WHERE i.received AND i.kind = 'answered') / 1e3 AS reply_delay_us,
		avg(i.request_ttl - i.reply_ttl + 1) FILTER (
			WHERE i.sent AND i.kind = 'answered' AND i.request_ttl >= i.reply_ttl
		) AS hops
	FROM captures c
	JOIN (
		SELECT
			*,
			kind IN ('answered', 'unanswered') AS is_request,
			ip_in(src, :node) AS sent,
			ip_in(dst, :node) AS received
		FROM icmp_pairs
		WHERE (:since IS NULL OR ifnull(request_ts_ns, reply_ts_ns) >= :since)
			AND (:until IS NULL OR ifnull(request_ts_ns, reply_ts_ns) < :until)
	) i USING (capture_id)
	WHERE (:capture IS NULL OR c.capture_id = :capture) AND (i.sent OR i.received)
	GROUP BY c.capture_id
),
lines AS (
	SELECT
		capture,
		1 AS place,
		'Echo requests sent' AS metric,
		requests_sent AS value,
		'packets' AS unit
	FROM metrics
	UNION ALL
	SELECT capture, 2, 'Echo requests received', requests_received, 'packets'
	FROM metrics
	UNION ALL
	SELECT capture, 3, 'Echo replies sent', replies_sent, 'packets'
	FROM metrics
	UNION ALL
	SELECT capture, 4, 'Echo replies received', replies_received, 'packets'
	FROM metrics
	UNION ALL
	SELECT capture, 5, 'Echo request bytes sent', CAST(bytes_sent AS INTEGER), 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 6, 'Echo request data sent', CAST(data_sent AS INTEGER), 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 7, 'Echo request bytes received', CAST(bytes_received AS INTEGER), 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 8, 'Echo request data received', CAST(data_received AS INTEGER), 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 9, 'Average RTT', rtt_ms, 'ms'
	FROM metrics
	UNION ALL
	SELECT capture, 10, 'Echo request throughput', bytes_sent / nullif(rtt_sum_ms, 0), 'kB/s'
	FROM metrics
	UNION ALL
	SELECT capture, 11, 'Echo request goodput', data_sent / nullif(rtt_sum_ms, 0), 'kB/s'
	FROM metrics
	UNION ALL
	SELECT capture, 12, 'Average reply delay', reply_delay_us, 'us'
	FROM metrics
	UNION ALL
	SELECT capture, 13, 'Average echo request hop count', hops, 'hops'
	FROM metrics
)
SELECT capture, metric, value, unit
FROM lines
ORDER BY capture, place;

-- section[csv,text]: Metrics
WITH
metrics AS (
	SELECT
		c.name AS capture,
		count(*) FILTER (WHERE i.sent AND i.is_request) AS requests_sent,
		count(*) FILTER (WHERE i.received AND i.is_request) AS requests_received,
		count(*) FILTER (WHERE i.received AND i.reply_packet_id) AS replies_sent,
		count(*) FILTER (WHERE i.sent AND i.reply_packet_id) AS replies_received,
		total(i.request_bytes) FILTER (WHERE i.sent AND i.is_request) AS bytes_sent,
		total(i.request_data_bytes) FILTER (WHERE i.sent AND i.is_request) AS data_sent,
		total(i.request_bytes) FILTER (WHERE i.received AND i.is_request) AS bytes_received,
		total(i.request_data_bytes) FILTER (WHERE i.received AND i.is_request) AS data_received,
		avg(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_ms,
		sum(i.rtt_ns) FILTER (WHERE i.sent AND i.kind = 'answered') / 1e6 AS rtt_sum_ms,
		avg(i.rtt_ns) FILTER (WHERE i.received AND i.kind = 'answered') / 1e3 AS reply_delay_us,
		avg(i.request_ttl - i.reply_ttl + 1) FILTER (
			WHERE i.sent AND i.kind = 'answered' AND i.request_ttl >= i.reply_ttl
		) AS hops
	FROM captures c
	JOIN (
		SELECT
			*,
			kind IN ('answered', 'unanswered') AS is_request,
			ip_in(src, :node) AS sent,
			ip_in(dst, :node) AS received
		FROM icmp_pairs
		WHERE (:since IS NULL OR ifnull(request_ts_ns, reply_ts_ns) >= :since)
			AND (:until IS NULL OR ifnull(request_ts_ns, reply_ts_ns) < :until)
	) i USING (capture_id)
	WHERE (:capture IS NULL OR c.capture_id = :capture) AND (i.sent OR i.received)
	GROUP BY c.capture_id
)
SELECT
	iif(row_number() OVER (ORDER BY capture) > 1, char(10), '')
	|| replace(
		coalesce(:title, iif(capture GLOB 'Node[0-9]*', 'Node ' || substr(capture, 5), :node)),
		char(10),
		'\n'
	) || char(10)
	|| char(10)
	|| 'Echo Requests Sent,Echo Requests Received,Echo Replies Sent,Echo Replies Received' || char(10)
	|| printf('%d,%d,%d,%d', requests_sent, requests_received, replies_sent, replies_received) || char(10)
	|| 'Echo Request Bytes Sent (bytes),Echo Request Data Sent (bytes)' || char(10)
	|| printf('%d,%d', bytes_sent, data_sent) || char(10)
	|| 'Echo Request Bytes Received (bytes),Echo Request Data Received (bytes)' || char(10)
	|| printf('%d,%d', bytes_received, data_received) || char(10)
	|| char(10)
	|| 'Average RTT (milliseconds),' || iif(rtt_sum_ms, printf('%.2f', rtt_ms), '') || char(10)
	|| 'Echo Request Throughput (kB/sec),'
	|| iif(rtt_sum_ms, printf('%.2f', bytes_sent / rtt_sum_ms), '') || char(10)
	|| 'Echo Request Goodput (kB/sec),'
	|| iif(rtt_sum_ms, printf('%.2f', data_sent / rtt_sum_ms), '') || char(10)
	|| 'Average Reply Delay (microseconds),'
	|| iif(reply_delay_us IS NULL, '', printf('%.2f', reply_delay_us)) || char(10)
	|| 'Average Echo Request Hop Count,' || iif(hops IS NULL, '', printf('%.2f', hops)) AS line
FROM metrics
ORDER BY capture;
