-- One issue: what was seen, what usually causes it, what to do, what it is linked to, and the packets that prove it.
--
-- topic: overview
--
-- The number of an issue stands in the report issues. Analysing a case again numbers them anew.
--
-- param :id issue required     Number of the issue: issue_id.
-- param :limit = 50            At most so many packets.
--
-- section: Issue
-- column issue_id    Number of the issue.
-- column title       In a few words.
-- column severity    low, medium, high or critical.
-- column category    Kind of trouble.
-- column protocol    Protocol.
-- column detector    Who found it.
-- column capture     Name of the capture.
-- column time        When it was seen first.
-- column time_s      The same, seconds since the capture's first packet.
-- column src         Who is affected.
-- column dst         The other end.
-- column flow_id     The flow; NULL: several, or none.
-- column value       The measured value that the detector compares.
-- column thresholds  The detector's thresholds.
-- column symptoms    What was seen.
-- column cause       Most likely cause.
-- column confidence  Of that cause, 0 to 1.
SELECT
	i.issue_id,
	i.title,
	i.severity,
	i.category,
	i.protocol,
	i.detector,
	c.name AS capture,
	iso_time(i.ts_ns) AS time,
	(i.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	i.src,
	i.dst,
	i.flow_id,
	i.value,
	d.thresholds,
	i.symptoms,
	i.cause,
	i.confidence
FROM issues i
JOIN captures c ON c.capture_id = i.capture_id
LEFT JOIN detectors d ON d.detector = i.detector
WHERE i.issue_id = :id;

-- section: Causes
-- column cause       What usually causes it; the most likely one first.
-- column confidence  0 to 1; NULL: not judged.
SELECT cause, confidence
FROM issues
WHERE issue_id = :id
UNION ALL
SELECT j.value, NULL
FROM issues i
JOIN detectors d ON d.detector = i.detector
JOIN json_each('["' || replace(replace(replace(d.causes, '\', '\\'), '"', '\"'), char(10), '","')
	|| '"]') j
WHERE i.issue_id = :id AND j.value <> i.cause;

-- section: Remedies
-- column remedy   What to do about it.
SELECT j.value AS remedy
FROM issues i
JOIN json_each('["' || replace(replace(replace(i.remedies, '\', '\\'), '"', '\"'), char(10), '","')
	|| '"]') j
WHERE i.issue_id = :id;

-- section: Linked issues
-- column relation    explained by: that issue stands behind this one; explains: this one stands behind that.
-- column issue_id    The other issue.
-- column severity    Its severity.
-- column title       Its title.
-- column confidence  Of the link, 0 to 1.
-- column why         Why they are linked.
-- column rule        The rule that says so.
SELECT
	'explained by' AS relation,
	i.issue_id AS issue_id,
	i.severity,
	i.title,
	l.confidence AS confidence,
	l.why,
	l.rule
FROM issue_links l
JOIN issues i ON i.issue_id = l.cause_issue_id
WHERE l.issue_id = :id
UNION ALL
SELECT 'explains', i.issue_id, i.severity, i.title, l.confidence, l.why, l.rule
FROM issue_links l
JOIN issues i ON i.issue_id = l.issue_id
WHERE l.cause_issue_id = :id
ORDER BY relation, confidence DESC, issue_id;

-- section: Evidence
-- column number     Packet number.
-- column time_s     Seconds since the capture's first packet.
-- column delta_s    Seconds since the packet above.
-- column src        Sender.
-- column src_port   Its port.
-- column dst        Receiver.
-- column dst_port   Its port.
-- column protocol   Protocol.
-- column flags      TCP flags.
-- column seq        TCP: relative sequence number.
-- column ack        TCP: relative acknowledgment number.
-- column bytes      Length on the wire.
-- column payload    Bytes above the innermost header decoded.
-- column events     What happened with it (tcp_events), or the ICMP error that it is.
-- column flow_id    Its flow.
-- column capture    Name of its capture.
-- column issue_id   The issue.
-- column title      Its title.
SELECT
	p.number,
	(p.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
	(p.ts_ns - lag(p.ts_ns) OVER (ORDER BY p.packet_id)) / 1e9 AS delta_s,
	iif(p.direction = 0, f.src, f.dst) AS src,
	iif(p.direction = 0, f.src_port, f.dst_port) AS src_port,
	iif(p.direction = 0, f.dst, f.src) AS dst,
	iif(p.direction = 0, f.dst_port, f.src_port) AS dst_port,
	ifnull(f.application, f.protocol) AS protocol,
	tcp_flags(p.tcp_flags) AS flags,
	p.seq,
	p.ack,
	p.wire_len AS bytes,
	p.payload_len AS payload,
	(
		SELECT group_concat(kind, ' ')
		FROM (
			SELECT e.kind FROM tcp_events e WHERE e.flow_id = p.flow_id AND e.packet_id = p.packet_id
			UNION ALL
			SELECT printf('icmp type %d code %d', x.type, x.code)
			FROM icmp_errors x
			WHERE x.packet_id = p.packet_id
		)
	) AS events,
	p.flow_id,
	c.name AS capture,
	i.issue_id,
	i.title
FROM issue_packets ip
JOIN issues i ON i.issue_id = ip.issue_id
JOIN packets p ON p.packet_id = ip.packet_id
JOIN captures c ON c.capture_id = p.capture_id
LEFT JOIN flows f ON f.flow_id = p.flow_id
WHERE ip.issue_id = :id
ORDER BY p.packet_id
LIMIT :limit;

-- section[table,text]: Issue
WITH chosen AS ( -- the issue asked for
	SELECT
		i.*,
		c.name AS capture,
		(i.ts_ns - c.first_ts_ns) / 1e9 AS time_s,
		trim(replace(char(10) || d.causes || char(10), char(10) || i.cause || char(10), char(10)), char(10))
			AS other_causes
	FROM issues i
	JOIN captures c ON c.capture_id = i.capture_id
	LEFT JOIN detectors d ON d.detector = i.detector
	WHERE i.issue_id = :id
),
lines (place, line) AS (
	SELECT 1, printf('Issue %d: %s', issue_id, title) FROM chosen
	UNION ALL
	SELECT 2, printf('%s, %s, %s; found by %s in %s%s', severity, category, protocol, detector, capture,
		ifnull(printf(' at %.6f s', time_s), '')) FROM chosen
	UNION ALL
	SELECT 3, printf('from %s to %s%s', ifnull(src, 'several'), ifnull(dst, 'several'),
		ifnull(', flow ' || flow_id, '')) FROM chosen WHERE src IS NOT NULL OR dst IS NOT NULL
	UNION ALL
	SELECT 4, char(10) || 'What was seen' || char(10) || '  '
		|| replace(symptoms, char(10), '\n') FROM chosen
	UNION ALL
	SELECT 5, char(10) || printf('Most likely cause (confidence %d %%)', round(confidence * 100)) || char(10)
		|| '  ' || replace(cause, char(10), '\n') FROM chosen
	UNION ALL
	SELECT 6, char(10) || 'What else usually causes it' || char(10) || '  '
		|| replace(other_causes, char(10), char(10) || '  ') FROM chosen WHERE other_causes <> ''
	UNION ALL
	SELECT 7, char(10) || 'What to do' || char(10) || '  ' || replace(remedies, char(10), char(10) || '  ')
	FROM chosen
	UNION ALL
	SELECT 8, char(10) || 'Linked issues' || char(10) || group_concat(text, char(10))
	FROM (
		SELECT printf('  explained by %d, %s (%d %%): %s', i.issue_id, i.title, round(l.confidence * 100), l.why)
			AS text
		FROM issue_links l
		JOIN issues i ON i.issue_id = l.cause_issue_id
		WHERE l.issue_id = :id
		UNION ALL
		SELECT printf('  explains %s, %s (%d %%): %s', group_concat(i.issue_id, ', '), i.title,
			round(l.confidence * 100), l.why)
		FROM (SELECT * FROM issue_links WHERE cause_issue_id = :id ORDER BY issue_id) l
		JOIN issues i ON i.issue_id = l.issue_id
		GROUP BY i.title, l.confidence, l.why
	)
	HAVING count(*) > 0
	UNION ALL
	SELECT 9, char(10) || 'Evidence: ' || counted(count(*), 'packet')
	FROM issue_packets
	WHERE issue_id = :id
	HAVING count(*) > 0
)
SELECT line
FROM lines
ORDER BY place;

-- section[table,text]: Packets
SELECT printf('%8d %12.6f  %s > %s  %s  %d bytes%s', p.number, (p.ts_ns - c.first_ts_ns) / 1e9,
	iif(p.direction = 0, f.src, f.dst) || ifnull(':' || iif(p.direction = 0, f.src_port, f.dst_port), ''),
	iif(p.direction = 0, f.dst, f.src) || ifnull(':' || iif(p.direction = 0, f.dst_port, f.src_port), ''),
	ifnull(f.application, f.protocol) || ifnull(' [' || tcp_flags(p.tcp_flags) || ']', ''), p.wire_len,
	ifnull((
		SELECT '  ' || group_concat(e.kind, ' ')
		FROM tcp_events e
		WHERE e.flow_id = p.flow_id AND e.packet_id = p.packet_id
	), '')) AS line
FROM issue_packets ip
JOIN packets p ON p.packet_id = ip.packet_id
JOIN captures c ON c.capture_id = p.capture_id
LEFT JOIN flows f ON f.flow_id = p.flow_id
WHERE ip.issue_id = :id
ORDER BY p.packet_id
LIMIT :limit;
