-- Connections that failed behind names that could not be resolved.
--
-- A client whose query failed (no answer, or an answer with an error, but for NXDOMAIN) and
-- whose connection failed within :window_s after it; or a failed connection to the DNS server
-- itself, over TCP.
--
-- param :window_s number 0..3600 = 10   Time from the query to the connection, seconds.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
WITH failed AS (
	SELECT *
	FROM issues
	WHERE detector IN ('tcp-incomplete-handshake', 'tcp-refused', 'udp-unanswered', 'http-unanswered')
),
dns_trouble AS (
	SELECT
		i.*,
		iif(f.src = i.dst, f.dst, f.src) AS client,
		d.query_ts_ns AS asked_ts_ns,
		d.name
	FROM issues i
	JOIN issue_packets ip ON ip.issue_id = i.issue_id
	JOIN dns d ON d.query_packet_id = ip.packet_id
	JOIN flows f ON f.flow_id = d.flow_id
	WHERE i.detector IN ('dns-unanswered', 'dns-error') AND ifnull(d.rcode, -1) <> 3
),
tried AS (
	SELECT DISTINCT t.issue_id, f.src AS client, f.dst AS server, f.dst_port AS port, f.first_ts_ns
	FROM failed t
	JOIN issue_packets ip ON ip.issue_id = t.issue_id
	JOIN packets p ON p.packet_id = ip.packet_id
	JOIN flows f ON f.flow_id = p.flow_id
	WHERE f.protocol IN ('tcp', 'udp')
)
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	max(iif(t.server = c.dst, 0.8, 0.5)) AS confidence,
	iif(t.server = c.dst,
		printf('the connection from %s goes to the DNS server %s that failed %d queries', t.client,
			t.server, count(DISTINCT c.asked_ts_ns)),
		printf('%s asked %s for %s in vain, and %.1f s later the connection to %s port %d failed',
			t.client, c.dst, ifnull(max(c.name), 'a name'),
			min(t.first_ts_ns - c.asked_ts_ns) / 1e9, t.server, t.port)) AS why
FROM failed i
JOIN tried t ON t.issue_id = i.issue_id
JOIN dns_trouble c ON c.capture_id = i.capture_id AND c.client = t.client
WHERE (t.server = c.dst AND t.port = 53)
	OR t.first_ts_ns BETWEEN c.asked_ts_ns AND c.asked_ts_ns + :window_s * 1e9
GROUP BY i.issue_id, c.issue_id;
