-- Ping metrics of a node, as networking courses define them: counts, bytes, round trip, throughput, delay, hops.
--
-- topic: network
--
-- Take a capture made at the node. With several captures in the case, each that saw the node's pings gives metrics of
-- its own; --capture chooses one. In --format csv and text this is the course's sheet, with two decimals; a capture
-- named Node1 is titled Node 1 there. The definitions:
--
-- Bytes are those of the frame on the wire, or of the frames of all fragments, data what follows the ICMP header.
-- Round trip: echo request sent to its reply. Throughput: bytes of the requests sent, over the sum of all round trips;
-- goodput the same with data; a kB is 1000 bytes. Reply delay: request received to the reply sent. Hops: TTL of a
-- request less that of its reply, plus 1; pairs with less than 1, as in captures that another node made, do not count.
--
-- param :node node required   Address of the node.
-- param :capture
-- param :since
-- param :until
-- param :title           Title of the sheet, instead of the capture's name or the node's address.
WITH metrics AS ( -- pings of the node in one capture
	SELECT
		c.name AS capture,
		sum(n.requests_sent) AS requests_sent,
		sum(n.requests_received) AS requests_received,
		sum(n.replies_sent) AS replies_sent,
		sum(n.replies_received) AS replies_received,
		ifnull(sum(n.request_bytes_sent), 0) AS request_bytes_sent,
		ifnull(sum(n.request_data_sent), 0) AS request_data_sent,
		ifnull(sum(n.request_bytes_received), 0) AS request_bytes_received,
		ifnull(sum(n.request_data_received), 0) AS request_data_received,
		avg(n.rtt_ns) / 1e6 AS rtt_ms,
		sum(n.request_bytes_sent) / nullif(sum(n.rtt_ns) / 1e6, 0) AS throughput_kb_per_s,
		sum(n.request_data_sent) / nullif(sum(n.rtt_ns) / 1e6, 0) AS goodput_kb_per_s,
		avg(n.reply_delay_ns) / 1e3 AS reply_delay_us,
		avg(n.hops) AS hops
	FROM node_pings n
	JOIN captures c USING (capture_id)
	WHERE n.node = :node
		AND (:capture IS NULL OR n.capture_id = :capture)
		AND (:since IS NULL OR n.ts_ns >= :since)
		AND (:until IS NULL OR n.ts_ns < :until)
	GROUP BY n.capture_id
)

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
SELECT
	capture,
	:node AS node,
	requests_sent,
	requests_received,
	replies_sent,
	replies_received,
	request_bytes_sent,
	request_data_sent,
	request_bytes_received,
	request_data_received,
	rtt_ms,
	throughput_kb_per_s,
	goodput_kb_per_s,
	reply_delay_us,
	hops
FROM metrics
ORDER BY capture;

-- section[table,markdown]: Metrics
-- column capture   Name of the capture.
-- column metric    What is measured.
-- column value     Its value; empty where there is nothing to measure.
-- column unit      In this unit.
WITH lines AS ( -- each metric as a row
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
	SELECT capture, 5, 'Echo request bytes sent', request_bytes_sent, 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 6, 'Echo request data sent', request_data_sent, 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 7, 'Echo request bytes received', request_bytes_received, 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 8, 'Echo request data received', request_data_received, 'bytes'
	FROM metrics
	UNION ALL
	SELECT capture, 9, 'Average RTT', rtt_ms, 'ms'
	FROM metrics
	UNION ALL
	SELECT capture, 10, 'Echo request throughput', throughput_kb_per_s, 'kB/s'
	FROM metrics
	UNION ALL
	SELECT capture, 11, 'Echo request goodput', goodput_kb_per_s, 'kB/s'
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
	|| printf('%d,%d', request_bytes_sent, request_data_sent) || char(10)
	|| 'Echo Request Bytes Received (bytes),Echo Request Data Received (bytes)' || char(10)
	|| printf('%d,%d', request_bytes_received, request_data_received) || char(10)
	|| char(10)
	|| 'Average RTT (milliseconds),' || iif(rtt_ms IS NULL, '', printf('%.2f', rtt_ms)) || char(10)
	|| 'Echo Request Throughput (kB/sec),'
	|| iif(throughput_kb_per_s IS NULL, '', printf('%.2f', throughput_kb_per_s)) || char(10)
	|| 'Echo Request Goodput (kB/sec),'
	|| iif(goodput_kb_per_s IS NULL, '', printf('%.2f', goodput_kb_per_s)) || char(10)
	|| 'Average Reply Delay (microseconds),'
	|| iif(reply_delay_us IS NULL, '', printf('%.2f', reply_delay_us)) || char(10)
	|| 'Average Echo Request Hop Count,' || iif(hops IS NULL, '', printf('%.2f', hops)) AS line
FROM metrics
ORDER BY capture;
