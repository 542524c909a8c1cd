-- How fast the network, the connections and the servers were, and what held them back.
--
-- topic: overview
--
-- Means and percentiles are over connections, queries and requests of a capture; peaks over seconds. Columns are NULL where
-- nothing was measured.
--
-- param :capture
-- param :limit = 10   At most so many servers and issues.
--
-- section: Captures
-- column capture                  Name of the capture.
-- column duration_s               First to last packet, seconds.
-- column mean_mbps                Megabits a second on the wire, over that time.
-- column peak_mbps                The same of the fastest second; never less than the mean.
-- column connections              TCP connections.
-- column handshake_median_ms      Median time from SYN to SYN-ACK, milliseconds.
-- column handshake_p95_ms         95th percentile of it, milliseconds.
-- column rtt_median_ms            Median of the connections' mean round trips, milliseconds.
-- column rtt_p95_ms               95th percentile of them, milliseconds.
-- column retransmitted_percent    TCP segments that were sent again (Wireshark's retransmissions of any kind), of all, percent.
-- column lossy_connections        Connections of which at least 5 % of a direction was sent again.
-- column zero_window_connections  Connections in which a receiver closed its window.
-- column dns_p95_ms               95th percentile of the times from DNS query to answer, milliseconds.
-- column http_p95_ms              95th percentile of the times from HTTP request to the first byte of the response,
--                                 milliseconds.
-- column tls_p95_ms               95th percentile of the times of TLS handshakes, milliseconds.
WITH seconds AS ( -- bytes of each second
	SELECT capture_id, start_ts_ns / 1000000000 AS second, sum(bytes) AS bytes
	FROM time_buckets
	GROUP BY capture_id, second
),
peaks AS ( -- of each capture, the second with most bytes
	SELECT capture_id, max(bytes) AS bytes
	FROM seconds
	GROUP BY capture_id
),
connections AS ( -- all TCP connections of a capture; lossy: 5 % of a direction sent again, or more
	SELECT
		f.capture_id,
		count(*) AS connections,
		percentile(syn_rtt_ns, 50) / 1e6 AS handshake_median_ms,
		percentile(syn_rtt_ns, 95) / 1e6 AS handshake_p95_ms,
		percentile(max(ifnull(src_rtt_mean_ns, dst_rtt_mean_ns), ifnull(dst_rtt_mean_ns, src_rtt_mean_ns)), 50)
			/ 1e6 AS rtt_median_ms,
		percentile(max(ifnull(src_rtt_mean_ns, dst_rtt_mean_ns), ifnull(dst_rtt_mean_ns, src_rtt_mean_ns)), 95)
			/ 1e6 AS rtt_p95_ms,
		sum(src_retransmissions + src_fast_retransmissions + src_spurious_retransmissions + dst_retransmissions
			+ dst_fast_retransmissions + dst_spurious_retransmissions) AS again,
		sum(src_packets + dst_packets) AS segments,
		sum(max(ifnull(src_retransmission_rate, 0), ifnull(dst_retransmission_rate, 0)) >= 0.05) AS lossy,
		sum(src_zero_windows + dst_zero_windows > 0) AS zero_windows
	FROM flows f
	WHERE f.protocol = 'tcp'
	GROUP BY f.capture_id
)
SELECT
	c.name AS capture,
	(c.last_ts_ns - c.first_ts_ns) / 1e9 AS duration_s,
	c.bytes * 8e3 / nullif(c.last_ts_ns - c.first_ts_ns, 0) AS mean_mbps,
	max(p.bytes * 8 / 1e6, ifnull(c.bytes * 8e3 / nullif(c.last_ts_ns - c.first_ts_ns, 0), 0)) AS peak_mbps,
	ifnull(t.connections, 0) AS connections,
	t.handshake_median_ms,
	t.handshake_p95_ms,
	t.rtt_median_ms,
	t.rtt_p95_ms,
	t.again * 100.0 / t.segments AS retransmitted_percent,
	t.lossy AS lossy_connections,
	t.zero_windows AS zero_window_connections,
	(SELECT percentile(rtt_ns, 95) / 1e6 FROM dns d WHERE d.capture_id = c.capture_id AND d.kind = 'answered')
		AS dns_p95_ms,
	(SELECT percentile(first_byte_ns, 95) / 1e6 FROM http h WHERE h.capture_id = c.capture_id) AS http_p95_ms,
	(SELECT percentile(finished_ns, 95) / 1e6 FROM tls s WHERE s.capture_id = c.capture_id) AS tls_p95_ms
FROM captures c
LEFT JOIN peaks p ON p.capture_id = c.capture_id
LEFT JOIN connections t ON t.capture_id = c.capture_id
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id;

-- section: Servers that kept clients waiting
-- column server              Address.
-- column port                Its port.
-- column protocol            Application, or tcp.
-- column connections         Connections.
-- column handshake_p95_ms    95th percentile of the times from SYN to SYN-ACK, milliseconds.
-- column rtt_p95_ms          95th percentile of the connections' mean round trips, milliseconds.
-- column retransmissions     Segments sent again, both ways.
-- column zero_windows        Segments that closed a window, both ways.
-- column http_first_byte_ms  95th percentile of the times from HTTP request to the first byte of the response,
--                            milliseconds.
-- column bytes               On the wire, both ways.
WITH
waits AS ( -- the slowest HTTP response of each flow
	SELECT flow_id, max(first_byte_ns) AS first_byte_ns
	FROM http
	GROUP BY flow_id
),
served AS ( -- with a ^ in the history, the server was the first to be seen
	SELECT
		*,
		iif(instr(history, '^'), src, dst) AS server,
		iif(instr(history, '^'), src_port, dst_port) AS port
	FROM flows
	WHERE protocol = 'tcp' AND (:capture IS NULL OR capture_id = :capture)
)
SELECT
	f.server,
	f.port,
	ifnull(max(f.application), 'tcp') AS protocol,
	count(*) AS connections,
	percentile(f.syn_rtt_ns, 95) / 1e6 AS handshake_p95_ms,
	percentile(max(ifnull(src_rtt_mean_ns, dst_rtt_mean_ns), ifnull(dst_rtt_mean_ns, src_rtt_mean_ns)), 95) / 1e6
		AS rtt_p95_ms,
	sum(src_retransmissions + src_fast_retransmissions + src_spurious_retransmissions + dst_retransmissions
		+ dst_fast_retransmissions + dst_spurious_retransmissions) AS retransmissions,
	sum(src_zero_windows + dst_zero_windows) AS zero_windows,
	percentile(w.first_byte_ns, 95) / 1e6 AS http_first_byte_ms,
	sum(src_bytes + dst_bytes) AS bytes
FROM served f
LEFT JOIN waits w ON w.flow_id = f.flow_id
GROUP BY f.server, f.port
ORDER BY max(ifnull(percentile(w.first_byte_ns, 95), 0), ifnull(rtt_p95_ms * 1e6, 0)) DESC, bytes DESC
LIMIT :limit;

-- section: What held them back
-- column severity   low, medium, high or critical.
-- column issue_id   Number of the issue.
-- column title      In a few words.
-- column symptoms   What was seen.
-- column cause      Most likely cause.
-- column src        Who is affected.
-- column dst        The other end.
SELECT severity, issue_id, title, symptoms, cause, src, dst
FROM issues
WHERE category = 'performance' AND (:capture IS NULL OR capture_id = :capture)
ORDER BY rank DESC, ts_ns, issue_id
LIMIT :limit;
