-- Connections were tried and never came to be.
--
-- A SYN that nothing answered for :wait_ms, or a SYN-ACK that its client did not complete, of a service
-- (server and port) together, and where one client alone tried :together services or more in vain, these
-- together. Connections that a port scan, a sweep or a SYN flood tried, and those that ICMP errors were about,
-- are left to those detectors; those whose client went on to send are left out, because the capture has only
-- one direction of them, and those of BGP whose session came to be by a connection the other way. value is the
-- number of connections. High where the service answered nobody in the capture, else medium; medium as well
-- where its client got no answer from :ports different ports or more, as from peers of peer-to-peer programs;
-- low where its clients scan elsewhere in the capture.
--
-- severity: medium
-- category: connectivity
-- protocol: tcp
-- cause: A firewall on the way drops the SYN or its answer in silence.
-- cause: The server is down, or its address is wrong or not routed.
-- cause: The server's queue of new connections is full (SYNs dropped under load).
-- remedy: Capture at the server: does the SYN arrive, and does the SYN-ACK leave? The side where it
--    disappears is to blame.
-- remedy: Look at the firewall rules and the route back for this port; try the port from a host beside the
--    server.
-- source: RFC 6298, 2.1: a SYN is sent again after 1 second without an answer; RFC 9293, 3.8.3.
--
-- param :wait_ms integer 0..3600000 = 1000   Time from the first SYN until the capture ends, from
--                                            which on it counts, milliseconds.
-- param :ports integer 2..65535 = 8          Ports, of any hosts, that do not answer a client that asks for
--                                            peers.
-- param :together integer 2..65535 = 5       Services that one client and nobody else tried in vain, from which on
--                                            they are one issue.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Connections that were tried.
-- column symptoms     What was seen.
-- column packets      The first and last packets of each.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
scans AS MATERIALIZED ( -- of these, other detectors tell
	SELECT capture_id, detector, src, dst, title, severity
	FROM issues
	WHERE detector IN ('port-scan', 'host-sweep', 'syn-flood')
),
tried AS MATERIALIZED ( -- nothing came back, or no more than SYN-ACKs
	SELECT
		f.capture_id,
		f.src,
		f.dst,
		f.dst_port,
		f.flow_id,
		f.first_ts_ns,
		f.first_packet_id,
		f.last_packet_id,
		f.src_syns - iif(
			c.duplicates > 0,
			(
				SELECT count(*)
				FROM flow_packets fp
				CROSS JOIN packets p ON p.packet_id = fp.packet_id
				WHERE fp.flow_id = f.flow_id AND p.direction = 0 AND p.duplicate_of NOT NULL
			),
			0
		) AS src_syns,
		f.dst_syns > 0 AS answered
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	JOIN captures c ON c.capture_id = f.capture_id
	WHERE g.not_established
		AND f.completeness & 1
		AND f.src_rsts + f.dst_rsts = 0
		AND (f.dst_packets = f.dst_syns AND f.src_packets = f.src_syns)
		AND c.last_ts_ns - f.first_ts_ns >= :wait_ms * 1e6
),
sessions AS MATERIALIZED ( -- of BGP, which either side may open (RFC 4271, 6.8)
	SELECT DISTINCT capture_id, src, dst
	FROM (SELECT 1 FROM tried WHERE dst_port = 179 LIMIT 1) -- if none, no more is read
	CROSS JOIN flows
	WHERE protocol = 'tcp'
		AND dst_port = 179
		AND handshake_ns IS NOT NULL
		AND src IN (SELECT dst FROM tried WHERE dst_port = 179)
),
wanted AS MATERIALIZED ( -- those that no scan, ICMP error or BGP session the other way explains
	SELECT *
	FROM tried t
	WHERE t.flow_id NOT IN (SELECT original_flow_id FROM icmp_errors WHERE original_flow_id NOT NULL)
		AND NOT EXISTS (
			SELECT 1
			FROM sessions b
			WHERE t.dst_port = 179 AND b.capture_id = t.capture_id AND b.src = t.dst AND b.dst = t.src
		)
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = t.capture_id
				AND i.src = t.src
				AND (i.dst = t.dst OR i.title = 'Sweep of TCP port ' || t.dst_port)
		)
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = t.capture_id AND i.dst = t.dst AND i.src IS NULL
		)
),
targets AS MATERIALIZED ( -- services that were tried in vain
	SELECT DISTINCT capture_id, dst, dst_port
	FROM wanted
),
seekers AS MATERIALIZED ( -- clients that look for peers at many ports
	SELECT capture_id, src
	FROM wanted
	GROUP BY capture_id, src
	HAVING count(DISTINCT dst_port) >= :ports
),
serving AS MATERIALIZED ( -- targets at which other handshakes were completed
	SELECT DISTINCT t.capture_id, t.dst, t.dst_port
	FROM (SELECT 1 FROM targets LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	CROSS JOIN targets t ON t.dst_port = f.dst_port AND t.dst = f.dst AND t.capture_id = f.capture_id
	WHERE f.protocol = 'tcp'
		AND f.handshake_ns IS NOT NULL
),
services AS ( -- all tries of one target; is_sought, is_scan: all its clients are seekers, or scan
	SELECT
		w.capture_id,
		w.dst,
		w.dst_port,
		w.flow_id,
		only(w.src) AS client,
		count(DISTINCT w.src) AS clients,
		count(*) AS connections,
		sum(w.answered) AS half,
		CASE sum(w.answered) WHEN 0 THEN 0 WHEN count(*) THEN 2 ELSE 1 END AS answers, -- none, some, all
		sum(w.src_syns) AS syns,
		min(w.first_ts_ns) AS ts_ns,
		group_concat(w.first_packet_id || ' ' || w.last_packet_id) AS packets,
		s.dst IS NOT NULL AS serves,
		min((w.capture_id, w.src) IN (SELECT * FROM seekers)) AS is_sought,
		min((w.capture_id, w.src) IN (
			SELECT capture_id, src
			FROM scans
			WHERE detector <> 'syn-flood' AND ifnull(severity, 'high') <> 'low'
		)) AS is_scan
	FROM wanted w
	LEFT JOIN serving s ON s.capture_id = w.capture_id AND s.dst = w.dst AND s.dst_port = w.dst_port
	GROUP BY w.capture_id, w.dst, w.dst_port
),
counts AS ( -- of_client: targets alike that only this client tried; place: among these
	SELECT
		*,
		iif(client IS NULL, 0, count(*) OVER alike) AS of_client,
		row_number() OVER (alike ORDER BY connections DESC, ts_ns, dst_port) AS place
	FROM services
	WINDOW alike AS (PARTITION BY capture_id, client, serves, is_sought, is_scan, answers)
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	client AS src,
	only(dst) AS dst,
	sum(connections) AS value,
	printf('%s of %s, with %s: %s; %s connection%s to %s came to be', counted(sum(connections), 'connection'),
		iif(count(*) = 1,
			printf('%s to port %d of %s', counted(clients, 'client'), dst_port, dst),
			printf('%s to %d services (%s%s)', client, count(*),
				group_concat(iif(place > 3, NULL, printf('port %d of %s', dst_port, dst)), ', '),
				iif(count(*) > 3, printf(' and %d more', count(*) - 3), ''))),
		counted(sum(syns), 'SYN'), CASE answers
			WHEN 0 THEN 'no answer at all'
			WHEN 2 THEN 'SYN-ACKs came back, but the handshake was not completed'
			ELSE printf('%d without any answer, %d answered by a SYN-ACK, but not completed',
				sum(connections) - sum(half), sum(half))
		END, iif(serves, 'other', 'no'), iif(serves, 's', ''), iif(count(*) = 1, 'it', 'them')) AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN is_scan THEN 'low'
		WHEN serves OR answers = 2 OR is_sought THEN 'medium'
		ELSE 'high'
	END AS severity,
	CASE
		WHEN answers = 2 THEN 'The SYN-ACK did not reach the client, or its ACK was lost on the way back.'
		WHEN serves THEN 'SYNs are lost, or the server drops some because its queue of new connections is full.'
		WHEN is_sought THEN 'The client asks for peers that are gone, as programs of peer-to-peer networks do.'
		WHEN count(DISTINCT dst) >= :together
			THEN 'A firewall or route near the client: so many servers are seldom down at once.'
		ELSE 'A firewall on the way drops the SYN or its answer in silence, or the server is down.'
	END AS cause,
	0.4 AS confidence
FROM counts
GROUP BY
	capture_id,
	serves,
	is_sought,
	is_scan,
	answers,
	iif(of_client >= :together, client, dst),
	iif(of_client >= :together, NULL, dst_port)
ORDER BY is_scan, serves, value DESC, ts_ns;
