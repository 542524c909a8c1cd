-- A host logs in again and again.
--
-- One host opened at least :attempts connections with data to a port where people log in (:ports) of
-- another, most of them shorter than :seconds; or as many of its logins were refused (table credentials:
-- FTP, mail, HTTP), in however many connections. value is the larger of the two numbers. High where refused
-- logins are known, else medium: guessing passwords looks so, and so do scripts; low at ports where programs log
-- in again and again as a matter of course (:programs): mail readers, directories, file shares, databases.
--
-- severity: medium
-- category: security
-- protocol: tcp
-- cause: Somebody guesses passwords (hydra, medusa, ncrack).
-- cause: A script, backup or monitoring system that logs in often, or with an old password.
-- remedy: Read the log of the server: were the logins refused, and did one succeed in the end?
-- remedy: Limit attempts (fail2ban, MaxAuthTries), and allow keys only.
-- source: Zeek's protocols/ssh/detect-bruteforcing.zeek: 30 attempts in 30 minutes,
--    protocols/ftp/detect-bruteforcing.zeek: 20 in 15 minutes; sshd ends a connection after 6 attempts
--    (MaxAuthTries), so 10 connections are as many as 60 attempts.
--
-- param :attempts integer 2..1000000 = 10                                 Connections, or refused logins,
--                                                                         from which on it is listed.
-- param :seconds number 0..86400 = 60                                     A connection this short is taken
--                                                                         for an attempt, seconds.
-- param :ports text = 21 22 23 110 143 389 445 1433 3306 3389 5432 5900   Ports where people log in,
--                                                                         separated by blanks.
-- param :programs text = 110 143 389 445 1433 3306 5432                   Those of them where programs log in,
--                                                                         separated by blanks.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL: many.
-- column src          Who logs in.
-- column dst          The server.
-- column value        Connections or refused logins.
-- column symptoms     What was seen.
-- column packets      The first packets of the connections, and the refused logins.
-- column severity     low, medium, high or critical.
WITH
connections AS ( -- those of a host to one port where people log in, if there are enough
	SELECT
		capture_id,
		src,
		dst,
		dst_port,
		count(*) AS connections,
		sum(last_ts_ns - first_ts_ns < :seconds * 1e9) AS short,
		min(first_ts_ns) AS ts_ns,
		max(last_ts_ns) AS last_ts_ns,
		group_concat(first_packet_id) AS packets
	FROM flows
	WHERE protocol = 'tcp'
		AND src_payload_bytes > 0
		AND dst_payload_bytes > 0
		AND ' ' || :ports || ' ' LIKE '% ' || dst_port || ' %'
	GROUP BY capture_id, src, dst, dst_port
	HAVING count(*) >= :attempts AND sum(last_ts_ns - first_ts_ns < :seconds * 1e9) * 2 > count(*)
),
refusals AS ( -- refused logins of a host at one port, if there are enough
	SELECT
		c.capture_id,
		iif(p.direction, f.dst, f.src) AS src,
		iif(p.direction, f.src, f.dst) AS dst,
		iif(p.direction, f.src_port, f.dst_port) AS dst_port,
		count(*) AS refused,
		min(f.first_ts_ns) AS ts_ns,
		max(c.ts_ns) AS last_ts_ns,
		group_concat(c.packet_id) AS packets
	FROM credentials c
	JOIN flows f ON f.flow_id = c.flow_id
	JOIN packets p ON p.packet_id = c.packet_id
	WHERE c.accepted = 0
	GROUP BY 1, 2, 3, 4
	HAVING count(*) >= :attempts
),
both AS (
	SELECT capture_id, src, dst, dst_port, connections, short, 0 AS refused, ts_ns, last_ts_ns, packets
	FROM connections
	UNION ALL
	SELECT capture_id, src, dst, dst_port, 0, 0, refused, ts_ns, last_ts_ns, packets
	FROM refusals
),
attempts AS ( -- both kinds together
	SELECT
		capture_id,
		src,
		dst,
		dst_port,
		sum(connections) AS connections,
		sum(short) AS short,
		sum(refused) AS refused,
		min(ts_ns) AS ts_ns,
		max(last_ts_ns) AS last_ts_ns,
		group_concat(packets) AS packets
	FROM both
	GROUP BY capture_id, src, dst, dst_port
)
SELECT
	capture_id,
	ts_ns,
	NULL AS flow_id,
	src,
	dst,
	max(connections, refused) AS value,
	printf('%s to port %d of %s within %.1f s: %s', src, dst_port, dst, (last_ts_ns - ts_ns) / 1e9, CASE
		WHEN NOT refused THEN printf('%d connections, %d of them shorter than %g s', connections, short, :seconds)
		WHEN NOT connections THEN printf('%d refused logins', refused)
		ELSE printf('%d connections, %d of them shorter than %g s; %d refused logins', connections, short, :seconds,
			refused)
	END) AS symptoms,
	packets,
	CASE
		WHEN refused THEN 'high'
		WHEN ' ' || :programs || ' ' LIKE '% ' || dst_port || ' %' THEN 'low'
		ELSE 'medium'
	END AS severity
FROM attempts
ORDER BY refused DESC, connections DESC;
