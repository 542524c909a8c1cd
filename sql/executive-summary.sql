-- The case in a few lines: how much is wrong, what matters most, and what to do first.
--
-- topic: overview
--
-- Key findings are the worst issues that no other issue explains, one a detector; of equal ones the one with most issues of
-- its detector. Remedies are the first of each finding. `--format text` is laid out for people.
--
-- param :capture
-- param :limit = 5   At most so many findings.
WITH compared AS MATERIALIZED ( -- slow: connections that lost 100 ms or more
	SELECT
		c.comparison_id,
		a.name AS a,
		b.name AS b,
		c.a_matched,
		c.forward_lost,
		c.back_lost,
		count(v.verdict) AS slow,
		count(*) FILTER (WHERE v.verdict = 'it is the network') AS network,
		count(*) FILTER (WHERE v.verdict = 'it is not the network') AS not_network,
		count(*) FILTER (WHERE v.verdict = 'these captures cannot tell') AS not_known
	FROM hop_comparisons c
	JOIN captures a ON a.capture_id = c.a_capture_id
	JOIN captures b ON b.capture_id = c.b_capture_id
	LEFT JOIN hop_connections k ON k.comparison_id = c.comparison_id
	LEFT JOIN hop_verdicts v ON v.hop_flow_id = k.hop_flow_id AND v.lost_ns >= 100e6
	WHERE :capture IS NULL OR :capture IN (c.a_capture_id, c.b_capture_id)
	GROUP BY c.comparison_id
)

-- section: Captures
-- column capture     Name of the capture.
-- column begin       First packet.
-- column duration_s  To the last one, seconds.
-- column packets     Packets.
-- column bytes       Their bytes on the wire.
-- column flows       Flows.
-- column hosts       Addresses.
-- column duplicates  Packets that are copies of others.
SELECT
	c.name AS capture,
	iso_time(c.first_ts_ns) AS begin,
	(c.last_ts_ns - c.first_ts_ns) / 1e9 AS duration_s,
	c.packets,
	c.bytes,
	(SELECT count(*) FROM flows f WHERE f.capture_id = c.capture_id) AS flows,
	(SELECT count(*) FROM hosts h WHERE h.capture_id = c.capture_id) AS hosts,
	c.duplicates
FROM captures c
WHERE :capture IS NULL OR c.capture_id = :capture
ORDER BY c.capture_id;

-- section: Issues by severity
-- column severity    critical, high, medium or low.
-- column issues      Issues of this severity.
-- column root        Those that no other issue explains.
-- column categories  Their categories.
WITH severities (severity, rank) AS (
	VALUES ('critical', 4), ('high', 3), ('medium', 2), ('low', 1)
)
SELECT
	s.severity,
	count(i.issue_id) AS issues,
	count(iif(i.issue_id NOT IN (SELECT issue_id FROM issue_links WHERE confidence >= 0.5), 1, NULL)) AS root,
	ifnull(group_concat(DISTINCT i.category), '') AS categories
FROM severities s
LEFT JOIN issues i ON i.rank = s.rank AND (:capture IS NULL OR i.capture_id = :capture)
GROUP BY s.rank
ORDER BY s.rank DESC;

-- section: Key findings
-- column severity   Severity of the worst issue.
-- column issue_id   That issue.
-- column title      In a few words.
-- column symptoms   What was seen.
-- column cause      Most likely cause.
-- column explained  Other issues that it explains.
-- column more       Further issues of the same detector.
-- column do_first   The first remedy.
WITH roots AS ( -- issues that no other explains; kind: how many of the detector; place: among them
	SELECT
		i.*,
		count(*) OVER (PARTITION BY detector) AS kind,
		row_number() OVER (PARTITION BY detector ORDER BY rank DESC, ts_ns, issue_id) AS place
	FROM issues i
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND issue_id NOT IN (SELECT issue_id FROM issue_links WHERE confidence >= 0.5)
)
SELECT
	severity,
	issue_id,
	title,
	symptoms,
	cause,
	(SELECT count(DISTINCT l.issue_id) FROM issue_links l WHERE l.cause_issue_id = r.issue_id) AS explained,
	kind - 1 AS more,
	substr(remedies, 1, instr(remedies || char(10), char(10)) - 1) AS do_first
FROM roots r
WHERE place = 1
ORDER BY rank DESC, explained DESC, kind DESC, ts_ns
LIMIT :limit;

-- section: Between capture points
-- column a             Name of the first capture; pcapdex compare matched them.
-- column b             Name of the second.
-- column lost_forward  Packets that went from a to b and did not arrive.
-- column lost_back     The same from b to a.
-- column network       Connections that lost more than 100 ms, most of it between the points (hop-verdict).
-- column not_network   Those that lost it elsewhere.
-- column not_known     Those of which the captures cannot tell.
SELECT a, b, forward_lost AS lost_forward, back_lost AS lost_back, network, not_network, not_known
FROM compared
ORDER BY comparison_id;

-- section[table,text]: Summary
WITH roots AS ( -- issues that no other explains; kind: how many of the detector; place: among them
	SELECT
		i.*,
		c.name AS capture,
		count(*) OVER (PARTITION BY detector) AS kind,
		row_number() OVER (PARTITION BY detector ORDER BY rank DESC, i.ts_ns, issue_id) AS place
	FROM issues i
	JOIN captures c ON c.capture_id = i.capture_id
	WHERE (:capture IS NULL OR i.capture_id = :capture)
		AND issue_id NOT IN (SELECT issue_id FROM issue_links WHERE confidence >= 0.5)
),
firsts AS ( -- the worst of each detector
	SELECT
		*,
		(SELECT count(DISTINCT l.issue_id) FROM issue_links l WHERE l.cause_issue_id = roots.issue_id) AS explained
	FROM roots
	WHERE place = 1
),
findings AS ( -- n: in the order of the key findings
	SELECT *, row_number() OVER (ORDER BY rank DESC, explained DESC, kind DESC, ts_ns) AS n
	FROM firsts
),
counts AS ( -- all issues in one row
	SELECT
		count(*) AS issues,
		sum(rank = 4) AS critical,
		sum(rank = 3) AS high,
		sum(rank = 2) AS medium,
		sum(rank = 1) AS low
	FROM issues
	WHERE :capture IS NULL OR capture_id = :capture
),
chosen AS ( -- captures asked for
	SELECT * FROM captures WHERE :capture IS NULL OR capture_id = :capture
),
lines (place, line) AS (
	SELECT
		1000,
		counted(count(*), 'capture') || ifnull(
			printf(', %,d packets, %,d bytes, from ', sum(packets), sum(bytes)) || iso_time(min(first_ts_ns)) || ' to '
				|| iso_time(max(last_ts_ns)),
			', no packets')
	FROM chosen
	UNION ALL
	SELECT
		2000,
		CASE
			WHEN issues > 0 THEN printf('%s: %d critical, %d high, %d medium, %d low', counted(issues, 'issue'), critical,
				high, medium, low)
			WHEN EXISTS (SELECT 1 FROM detectors) THEN 'Nothing was found to be wrong.'
			ELSE 'Nobody has looked for issues since the last capture was added: ingest does at its end, and pcapdex analyze.'
		END
	FROM counts
	UNION ALL
	SELECT 2500, 'Of Wi-Fi, detectors look into what data frames carry, not into 802.11 itself.'
	WHERE EXISTS (SELECT 1 FROM protocol_stacks WHERE stack LIKE '%wlan%')
	UNION ALL
	SELECT 3000, char(10) || 'Key findings' FROM counts WHERE issues > 0
	UNION ALL
	SELECT
		3000 + n,
		printf('  %d. %s: %s (issue %d%s%s)%s     %s%s     %s', n, severity, title, issue_id,
			iif((SELECT count(*) FROM chosen) > 1, ', ' || capture, ''),
			iif(kind > 1, printf(', %d more of this kind', kind - 1), ''), char(10),
			replace(symptoms, char(10), '\n'), char(10),
			iif(confidence >= 0.5, 'Cause: ', 'Usual cause: ') || replace(cause, char(10), '\n'))
	FROM findings
	WHERE n <= :limit
	UNION ALL
	SELECT 4000, char(10) || 'What to do first' FROM counts WHERE issues > 0
	UNION ALL
	SELECT
		4000 + n,
		printf('  %d. Issue %d, %s: %s', n, issue_id, title,
			substr(remedies, 1, instr(remedies || char(10), char(10)) - 1))
	FROM findings
	WHERE n <= :limit
	UNION ALL
	SELECT 5000, char(10) || 'Between capture points' WHERE EXISTS (SELECT 1 FROM compared)
	UNION ALL
	SELECT
		5000 + comparison_id,
		printf('  %s and %s: ', a, b) || iif(a_matched = 0, 'no packet in common',
			printf('%s lost forward, %d back', counted(forward_lost, 'packet'), back_lost)
			|| iif(slow, printf('; %s lost more than 100 ms: %d to the network, %d elsewhere%s (hop-verdict)',
				counted(slow, 'connection'), network, not_network,
				iif(slow > network + not_network, printf(', %d not known', slow - network - not_network), '')),
				'; no connection lost more than 100 ms'))
	FROM compared
	UNION ALL
	SELECT
		9000,
		char(10) || 'The packets behind a finding: pcapdex query CASE.db issue --id N; its --pcap FILE takes them out.'
	FROM counts
	WHERE issues > 0
)
SELECT line
FROM lines
ORDER BY place;
