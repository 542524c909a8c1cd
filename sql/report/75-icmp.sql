-- ICMP.
--
-- Pings, and what routers and hosts reported.
--
-- param :protocol   Only flows of this protocol.
-- param :capture
--
-- section: Pings
-- column from           Who asked.
-- column to             Who was asked.
-- column requests       Requests in the capture.
-- column answered       Of them, those with a reply.
-- column lost_percent   Share of requests without a reply.
-- column p50_ms         Median round trip.
-- column max_ms         The longest.
-- column duplicates     Replies beyond the first.
SELECT
	i.src AS "from",
	i.dst AS "to",
	sum(i.kind IN ('answered', 'unanswered')) AS requests,
	sum(i.kind = 'answered') AS answered,
	100.0 * sum(i.kind = 'unanswered') / nullif(sum(i.kind IN ('answered', 'unanswered')), 0) AS lost_percent,
	percentile(iif(i.kind = 'answered', i.rtt_ns, NULL), 50) / 1e6 AS p50_ms,
	max(iif(i.kind = 'answered', i.rtt_ns, NULL)) / 1e6 AS max_ms,
	sum(i.kind = 'duplicate') AS duplicates
FROM icmp_pairs i
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR i.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol = f.protocol)
GROUP BY i.src, i.dst
ORDER BY 5 DESC, 3 DESC, 1, 2
LIMIT 15;

-- section: Errors
-- column error          What it reports, with type and code.
-- column reported_by    Who sent it, or the first of several.
-- column about          Where the packets were sent that it complains about, or the first of several.
-- column errors         How many.
-- column first_number   The first of them.
WITH named AS ( -- error: type, code and MTU in words
	SELECT
		e.*,
		CASE
			WHEN e.ip_version = 4 AND e.type = 3 THEN CASE e.code
				WHEN 0 THEN 'network unreachable'
				WHEN 1 THEN 'host unreachable'
				WHEN 2 THEN 'protocol unreachable'
				WHEN 3 THEN 'port unreachable'
				WHEN 4 THEN 'fragmentation needed'
				WHEN 9 THEN 'network prohibited'
				WHEN 10 THEN 'host prohibited'
				WHEN 13 THEN 'prohibited by a filter'
				ELSE 'unreachable'
			END
			WHEN e.ip_version = 4 AND e.type = 4 THEN 'source quench'
			WHEN e.ip_version = 4 AND e.type = 5 THEN 'redirect'
			WHEN e.ip_version = 4 AND e.type = 11
				THEN iif(e.code = 0, 'TTL exceeded', 'reassembly time exceeded')
			WHEN e.ip_version = 4 AND e.type = 12 THEN 'parameter problem'
			WHEN e.ip_version = 6 AND e.type = 1 THEN CASE e.code
				WHEN 0 THEN 'no route'
				WHEN 1 THEN 'prohibited by a filter'
				WHEN 3 THEN 'address unreachable'
				WHEN 4 THEN 'port unreachable'
				ELSE 'unreachable'
			END
			WHEN e.ip_version = 6 AND e.type = 2 THEN 'packet too big'
			WHEN e.ip_version = 6 AND e.type = 3
				THEN iif(e.code = 0, 'hop limit exceeded', 'reassembly time exceeded')
			WHEN e.ip_version = 6 AND e.type = 4 THEN 'parameter problem'
			ELSE 'other'
		END || printf(' (type %d code %d)', e.type, e.code)
			|| ifnull(', MTU ' || e.mtu, '') AS error
	FROM icmp_errors e
	JOIN flows f USING (flow_id)
	WHERE (:capture IS NULL OR e.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol = f.protocol)
),
found AS ( -- errors of one kind
	SELECT
		error,
		min(src) || iif(count(DISTINCT src) > 1, printf(' and %d more', count(DISTINCT src) - 1), '') AS reported_by,
		min(original_dst) || iif(count(DISTINCT original_dst) > 1,
			printf(' and %d more', count(DISTINCT original_dst) - 1), '') AS about,
		count(*) AS errors,
		min(n.packet_id) AS packet_id
	FROM named n
	GROUP BY error
	ORDER BY 4 DESC, 5
	LIMIT 15
)
SELECT
	error,
	reported_by,
	about,
	errors,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
