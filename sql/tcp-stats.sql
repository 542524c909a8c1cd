-- What tcptrace tells of a TCP connection: its long output, its names and values.
--
-- topic: tcp
--
-- With --format text the layout is tcptrace's as well (tcptrace -l -r -n -W); the number of a connection is that of its
-- flow. A value stands beside what sent the data: RTTs, duplicate ACKs and the like come from the ACKs for it. Round
-- trips are measured by Karn's rule; retransmissions are told by sequence numbers alone, so that the numbers differ from
-- Wireshark's events in flows.
--
-- param :flow
-- param :capture
-- param :host
-- param :limit
--
-- section[table,csv,tsv,json,jsonl,markdown]: TCP statistics
-- column flow_id   The flow.
-- column name      tcptrace's name of the value.
-- column unit      Its unit; empty for most counts.
-- column src       The value of what the source sent; empty: none, where tcptrace prints 0 or NA.
-- column dst       The value of what the destination sent.
SELECT
	f.flow_id,
	l.name,
	l.unit,
	l.src,
	l.dst
FROM flows f
JOIN tcp_stats_list l USING (flow_id)
WHERE f.status IS NOT NULL
	AND (:flow IS NULL OR f.flow_id = :flow)
	AND (:capture IS NULL OR f.capture_id = :capture)
	AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
ORDER BY f.flow_id, l.number
LIMIT ifnull(:limit, -1);

-- section[text]: TCP statistics
WITH
connections AS MATERIALIZED ( -- those asked for; syns, fins: sides that sent one
	SELECT
		f.*,
		c.name AS capture,
		(f.src_syns > 0) + (f.dst_syns > 0) AS syns,
		(f.src_fins > 0) + (f.dst_fins > 0) AS fins,
		f.src_rsts + f.dst_rsts AS rsts,
		(f.last_ts_ns - f.first_ts_ns) / 1000 AS elapsed_us
	FROM flows f
	JOIN captures c USING (capture_id)
	WHERE f.status IS NOT NULL
		AND (:flow IS NULL OR f.flow_id = :flow)
		AND (:capture IS NULL OR f.capture_id = :capture)
		AND (:host IS NULL OR ip_in(f.src, :host) OR ip_in(f.dst, :host))
	ORDER BY f.flow_id
	LIMIT ifnull(:limit, -1)
),
shown AS ( -- values that tcptrace prints, and how
	SELECT
		l.flow_id,
		l.number,
		l.name,
		l.unit,
		iif(l.unit = 'Bps', round(l.src), l.src) AS src,
		iif(l.unit = 'Bps', round(l.dst), l.dst) AS dst,
		l.name IN ('throughput', 'ttl stream length', 'missed data', 'idletime max') AS not_available,
		CASE l.unit
			WHEN 'secs' THEN '%7.3f'
			WHEN 'ms' THEN '%8.1f'
			WHEN 'Bps' THEN '%8.0f' -- of a whole number: SQLite 3.45.1 cuts others
			ELSE '%8s'
		END AS form
	FROM connections c
	JOIN tcp_stats_list l USING (flow_id)
	WHERE l.name NOT IN ('resets sent', 'req 1323 ws/ts', 'adv wind scale', 'req sack', 'sacks sent',
			'hardware dups', 'ambiguous acks') AND l.name NOT LIKE '%(last)'
		OR l.src NOT IN (0, 'N', 'N/N')
		OR l.dst NOT IN (0, 'N', 'N/N')
),
lines AS ( -- such values as a line of text
	SELECT
		flow_id,
		number,
		iif(name IN ('RTT samples', 'RTT from 3WHS', 'RTT full_sz smpls', 'post-loss acks'), char(10), '')
			|| rtrim(printf(
				'     %-18s %9s %-5s     %-18s %9s %s',
				name || ':',
				iif(src IS NULL AND not_available, 'NA', printf(form, ifnull(src, 0))),
				iif(src IS NULL AND not_available, '', unit),
				name || ':',
				iif(dst IS NULL AND not_available, 'NA', printf(form, ifnull(dst, 0))),
				iif(dst IS NULL AND not_available, '', unit)
			)) AS line
	FROM shown
)
SELECT counted(count(*), 'TCP connection') || ':' AS line
FROM connections
UNION ALL
SELECT printf('================================
TCP connection %d:
        host src:      %s:%d
        host dst:      %s:%d
        complete conn: %s
        first packet:  %s
        last packet:   %s
        elapsed time:  %d:%02d:%02d.%06d
        total packets: %d
        capture:       %s
   src->dst:                                dst->src:
%s',
	flow_id, src, src_port, dst, dst_port,
	iif(rsts, 'RESET', iif(syns = 2 AND fins = 2, 'yes', 'no'))
		|| iif(syns = 2 AND fins = 2, '', printf('  (SYNs: %d)  (FINs: %d)', syns, fins)),
	iso_time(first_ts_ns), iso_time(last_ts_ns),
	elapsed_us / 3600000000, elapsed_us / 60000000 % 60, elapsed_us / 1000000 % 60, elapsed_us % 1000000,
	src_packets + dst_packets, replace(capture, char(10), '\n'),
	(
		SELECT group_concat(line, char(10))
		FROM (SELECT line FROM lines l WHERE l.flow_id = c.flow_id ORDER BY number)
	))
FROM connections c;
