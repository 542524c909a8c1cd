-- RSTs of a device on the way, in the names of several servers.
--
-- Connections that were refused or reset by RSTs with the TTL of a RST that does not look like
-- its sender (tcp-rst-injection, of medium severity or worse), where the servers in whose names
-- they came have sent that client nothing else with this TTL. At least half of an issue's
-- connections.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
-- column cause           Most likely cause.
WITH
injected AS MATERIALIZED ( -- the first of a client and TTL
	SELECT
		i.issue_id,
		i.capture_id,
		iif(p.direction, f.dst, f.src) AS server,
		i.dst AS client,
		p.ttl,
		row_number() OVER (PARTITION BY i.capture_id, i.dst, p.ttl ORDER BY i.rank DESC, p.packet_id, i.issue_id) AS place
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE i.detector = 'tcp-rst-injection' AND i.rank > 1 AND p.tcp_flags & 4
),
resets AS MATERIALIZED ( -- RSTs of servers to these clients that other issues show
	SELECT DISTINCT
		i.issue_id,
		i.capture_id,
		f.dst AS server,
		p.flow_id,
		f.src AS client,
		p.ttl
	FROM issues i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE i.detector IN ('tcp-refused', 'tcp-reset-mid-stream', 'tcp-reset-in-handshake')
		AND (i.capture_id, f.src) IN (SELECT capture_id, client FROM injected)
		AND p.tcp_flags & 4
		AND p.direction = 1
),
own AS MATERIALIZED ( -- what the servers themselves sent these clients
	SELECT capture_id, flow_id, src AS client, dst AS server, dst_ttl_min, dst_ttl_max
	FROM flows
	WHERE protocol = 'tcp'
		AND dst_packets > dst_rsts
		AND (capture_id, src, dst) IN (SELECT capture_id, client, server FROM resets)
),
alike AS ( -- those with an injected TTL, with which the server sent this client nothing else
	SELECT
		r.issue_id,
		r.flow_id,
		c.issue_id AS cause_issue_id,
		c.client,
		c.ttl,
		c.server AS other_server,
		r.server
	FROM resets r
	JOIN injected c ON c.capture_id = r.capture_id AND c.client = r.client AND c.ttl = r.ttl
	WHERE c.place = 1
		AND NOT EXISTS (
			SELECT 1
			FROM own o
			WHERE o.capture_id = r.capture_id
				AND o.server = r.server
				AND o.client = r.client
				AND r.ttl BETWEEN o.dst_ttl_min AND o.dst_ttl_max
				AND EXISTS (
					SELECT 1
					FROM flow_packets fp
					CROSS JOIN packets p ON p.packet_id = fp.packet_id
					WHERE fp.flow_id = o.flow_id AND p.direction = 1 AND p.ttl = r.ttl AND NOT p.tcp_flags & 4
				)
		)
),
servers AS ( -- with RSTs of that TTL
	SELECT cause_issue_id, client, ttl, count(DISTINCT server) AS servers
	FROM alike
	GROUP BY cause_issue_id, client, ttl
),
ttls AS ( -- of an issue and the one behind it
	SELECT
		a.issue_id,
		a.cause_issue_id,
		a.client,
		a.ttl,
		min(a.other_server) AS other_server,
		s.servers,
		count(DISTINCT a.flow_id) AS connections
	FROM alike a
	JOIN servers s USING (cause_issue_id, client, ttl)
	GROUP BY a.issue_id, a.cause_issue_id, a.client, a.ttl
),
linked AS ( -- the TTL of most servers tells of it
	SELECT
		issue_id,
		cause_issue_id,
		client,
		ttl,
		other_server,
		max(servers) AS servers,
		sum(connections) AS connections,
		count(*) AS ttls
	FROM ttls
	GROUP BY issue_id, cause_issue_id
),
totals AS ( -- connections whose RSTs an issue shows
	SELECT issue_id, count(DISTINCT flow_id) AS connections
	FROM resets
	GROUP BY issue_id
)
SELECT
	l.issue_id,
	l.cause_issue_id,
	iif(l.servers > 2, 0.8, 0.5) AS confidence,
	printf('%s TTL %d, as the one in the name of %s that does not look like its sender; %s sent %s RSTs with that '
		|| 'TTL, and nothing else with it',
		iif(l.connections = t.connections AND l.ttls = 1, 'its RSTs have',
			printf('the RSTs of %d of its %s look like those of that issue; most have', l.connections,
				counted(t.connections, 'connection'))),
		l.ttl, l.other_server, counted(l.servers, 'server'), l.client) AS why,
	'A device on the way answers in the names of the servers: a firewall, a filter, or something that breaks connections.'
		AS cause
FROM linked l
JOIN totals t USING (issue_id)
WHERE l.connections * 2 >= t.connections;
