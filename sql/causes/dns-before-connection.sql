-- Connections that failed behind names that could not be resolved.
--
-- A connection that failed within :window_s after a query of its client that failed (no
-- answer, or an answer with an error, but for NXDOMAIN), if no query of that client succeeded
-- in the capture, or if the address is that of the very name by other sources; and a failed
-- connection to the DNS server itself, over TCP.
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
	WHERE detector IN ('tcp-incomplete-handshake', 'tcp-refused', 'udp-unanswered')
),
dns_trouble AS (
	SELECT
		i.*,
		iif(d.direction = 0, f.src, f.dst) AS client,
		d.query_ts_ns AS asked_ts_ns,
		d.name
	FROM issues i
	JOIN issue_packets ip ON ip.issue_id = i.issue_id
	JOIN dns d ON d.query_packet_id = ip.packet_id
	JOIN flows f ON f.flow_id = d.flow_id
	WHERE i.detector IN ('dns-unanswered', 'dns-error') AND ifnull(d.rcode, -1) <> 3
),
helped AS (
	SELECT DISTINCT d.capture_id, iif(d.direction = 0, f.src, f.dst) AS client
	FROM dns d
	JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.kind = 'answered' AND d.rcode = 0
),
tried AS (
	SELECT DISTINCT
		t.issue_id,
		f.capture_id,
		f.src AS client,
		f.dst AS server,
		f.dst_port AS port,
		f.first_ts_ns
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
		printf('the connection from %s goes to the DNS server %s, which failed %d queries', t.client,
			t.server, count(DISTINCT c.asked_ts_ns)),
		printf('%s asked %s for %s in vain, and %.1f s later the connection to %s port %d failed',
			t.client, ifnull(c.dst, 'several servers'), ifnull(max(c.name), 'a name'),
			min(t.first_ts_ns - c.asked_ts_ns) / 1e9, t.server, t.port)) AS why
FROM failed i
JOIN tried t ON t.issue_id = i.issue_id
JOIN dns_trouble c ON c.capture_id = i.capture_id AND c.client = t.client
WHERE (t.server = c.dst AND t.port = 53 AND i.protocol = 'tcp')
	OR (t.port <> 53
		AND t.first_ts_ns BETWEEN c.asked_ts_ns AND c.asked_ts_ns + :window_s * 1e9
		AND ((t.capture_id, t.client) NOT IN (SELECT capture_id, client FROM helped)
			OR EXISTS (
				SELECT 1
				FROM host_names n
				WHERE n.capture_id = t.capture_id AND n.address = t.server AND n.name = lower(c.name)
			)))
GROUP BY i.issue_id, c.issue_id;
