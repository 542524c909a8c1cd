-- ICMP errors that explain trouble of the same destination.
--
-- An issue of TCP, UDP or what is above, and ICMP errors of the same capture that quote
-- packets of the same flow, or between the same addresses: destination unreachable, TTL
-- exceeded, fragmentation needed. Unreachable ports that a client reports, of answers that
-- came too late, explain nothing.
--
-- column issue_id        The issue.
-- column cause_issue_id  The issue behind it.
-- column confidence      How sure the rule is, 0 to 1.
-- column why             Why, with the numbers.
WITH
evidence AS MATERIALIZED ( -- packets of issues about ICMP errors
	SELECT c.issue_id, c.capture_id, c.detector, c.title, ip.packet_id
	FROM issues c
	CROSS JOIN issue_packets ip ON ip.issue_id = c.issue_id
	WHERE c.detector LIKE 'icmp-%'
),
quoted AS MATERIALIZED ( -- errors of an issue that quote packets of one flow and direction
	SELECT
		row_number() OVER () AS quote_id,
		c.issue_id,
		c.capture_id,
		c.detector,
		c.title,
		e.original_flow_id,
		e.original_src,
		e.original_dst,
		count(*) AS errors,
		min(e.ts_ns) AS ts_ns,
		min(e.src) AS reporter,
		min(e.mtu) AS mtu
	FROM icmp_errors e
	CROSS JOIN evidence c ON c.packet_id = e.packet_id
	GROUP BY c.issue_id, e.original_flow_id, e.original_src, e.original_dst
),
troubles AS MATERIALIZED ( -- issues that ICMP errors may explain
	SELECT issue_id, capture_id, flow_id, src, dst, ts_ns
	FROM issues
	WHERE (detector LIKE 'tcp-%'
			OR detector LIKE 'dns-%'
			OR detector LIKE 'udp-%'
			OR detector LIKE 'http-%'
			OR detector LIKE 'tls-%')
		AND detector NOT IN ('tcp-capture-loss', 'tcp-one-direction', 'tcp-refused', 'tcp-rst-injection',
			'tcp-window-scaling', 'dns-error', 'dns-slow', 'http-client-error', 'http-server-error', 'tls-old-version',
			'tls-weak-cipher', 'tls-self-signed')
),
ends AS MATERIALIZED ( -- of the issue; where these are several, those that its evidence shows
	SELECT issue_id, capture_id, src, dst
	FROM troubles
	WHERE src NOT NULL AND dst NOT NULL
	UNION
	SELECT i.issue_id, i.capture_id, f.src, f.dst
	FROM (SELECT 1 FROM quoted LIMIT 1) -- if none, no more is read
	CROSS JOIN troubles i
	CROSS JOIN issue_packets ip ON ip.issue_id = i.issue_id
	CROSS JOIN packets p ON p.packet_id = ip.packet_id
	CROSS JOIN flows f ON f.flow_id = p.flow_id
	WHERE i.src IS NULL OR i.dst IS NULL
),
together AS ( -- of one flow, or of the hosts that the errors are about
	SELECT i.issue_id, c.quote_id, i.dst
	FROM troubles i
	CROSS JOIN quoted c ON c.original_flow_id = i.flow_id AND c.capture_id = i.capture_id
	UNION
	SELECT e.issue_id, c.quote_id, e.dst
	FROM ends e
	CROSS JOIN quoted c ON c.original_dst = e.dst AND c.original_src = e.src AND c.capture_id = e.capture_id
	UNION
	SELECT e.issue_id, c.quote_id, e.dst
	FROM ends e
	CROSS JOIN quoted c ON c.original_src = e.dst AND c.original_dst = e.src AND c.capture_id = e.capture_id
)
SELECT
	i.issue_id,
	c.issue_id AS cause_issue_id,
	max(iif(i.flow_id = c.original_flow_id, 0.9, 0.7)) AS confidence,
	printf('%s of %s, about packets from %s to %s, %.1f s from this', counted(sum(c.errors), 'ICMP error'),
		c.reporter, c.original_src, c.original_dst, min(abs(c.ts_ns - i.ts_ns)) / 1e9)
		|| iif(c.mtu > 0, printf('; next MTU %d', c.mtu), '') AS why
FROM together t
JOIN troubles i ON i.issue_id = t.issue_id
JOIN quoted c ON c.quote_id = t.quote_id
WHERE c.issue_id <> i.issue_id
	AND (c.detector <> 'icmp-unreachable' OR t.dst = c.original_dst)
	AND c.reporter <> ifnull(i.src, '')
GROUP BY i.issue_id, c.issue_id;
