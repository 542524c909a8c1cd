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
WITH
failed AS MATERIALIZED ( -- issues about connections that failed
	SELECT issue_id, capture_id, protocol
	FROM issues
	WHERE detector IN ('tcp-incomplete-handshake', 'tcp-refused', 'udp-unanswered')
),
evidence AS MATERIALIZED ( -- packets of issues about DNS
	SELECT i.issue_id, i.capture_id, i.dst, ip.packet_id
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	WHERE i.detector IN ('dns-unanswered', 'dns-error')
),
dns_trouble AS MATERIALIZED ( -- queries that failed, but for NXDOMAIN
	SELECT
		e.issue_id,
		e.capture_id,
		e.dst,
		iif(d.direction = 0, f.src, f.dst) AS client,
		d.query_ts_ns AS asked_ts_ns,
		d.name
	FROM dns d
	CROSS JOIN evidence e ON e.packet_id = d.query_packet_id
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE ifnull(d.rcode, -1) <> 3
),
tried AS MATERIALIZED ( -- flows that issues about connections show
	SELECT DISTINCT
		t.issue_id,
		t.protocol,
		f.capture_id,
		f.src AS client,
		f.dst AS server,
		f.dst_port AS port,
		f.first_ts_ns
	FROM failed t
	CROSS JOIN issue_packets ip ON ip.issue_id = t.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE f.protocol IN ('tcp', 'udp')
),
pairs AS MATERIALIZED ( -- a query and a flow: shortly behind it, or to the DNS server itself
	SELECT
		t.issue_id,
		c.issue_id AS cause_issue_id,
		t.capture_id,
		c.client,
		t.server,
		t.port,
		t.first_ts_ns,
		c.dst,
		c.name,
		c.asked_ts_ns
	FROM dns_trouble c
	CROSS JOIN tried t ON t.client = c.client AND t.capture_id = c.capture_id
	WHERE (t.server = c.dst AND t.port = 53 AND t.protocol = 'tcp')
		OR (t.port <> 53 AND t.first_ts_ns BETWEEN c.asked_ts_ns AND c.asked_ts_ns + :window_s * 1e9)
),
helped AS MATERIALIZED ( -- clients of these with a query that succeeded
	SELECT DISTINCT d.capture_id, iif(d.direction = 0, f.src, f.dst) AS client
	FROM (SELECT 1 FROM pairs LIMIT 1) -- if none, no more is read
	CROSS JOIN dns d
	CROSS JOIN flows f ON f.flow_id = d.flow_id
	WHERE d.kind = 'answered'
		AND d.rcode = 0
		AND iif(d.direction = 0, f.src, f.dst) IN (SELECT client FROM pairs)
),
named AS MATERIALIZED ( -- what these servers are called
	SELECT DISTINCT n.capture_id, n.address, n.name
	FROM (SELECT 1 FROM pairs LIMIT 1)
	CROSS JOIN host_names n
	WHERE n.address IN (SELECT server FROM pairs)
)
SELECT
	issue_id,
	cause_issue_id,
	max(iif(server = dst, 0.8, 0.5)) AS confidence,
	iif(server = dst,
		printf('the connection from %s goes to the DNS server %s, which failed %s', client,
			server, counted(count(DISTINCT asked_ts_ns), 'query')),
		printf('%s asked %s for %s in vain, and %.1f s later the connection to %s port %d failed',
			client, ifnull(dst, 'several servers'), ifnull(max(name), 'a name'),
			min(first_ts_ns - asked_ts_ns) / 1e9, server, port)) AS why
FROM pairs p
WHERE port = 53
	OR NOT EXISTS (
		SELECT 1
		FROM helped h
		WHERE h.capture_id = p.capture_id AND h.client = p.client
	)
	OR EXISTS (
		SELECT 1
		FROM named n
		WHERE n.capture_id = p.capture_id AND n.address = p.server AND n.name = lower(p.name)
	)
GROUP BY issue_id, cause_issue_id;
