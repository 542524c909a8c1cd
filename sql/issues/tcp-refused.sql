-- Connections were refused.
--
-- A RST answered the SYN: nothing listens on that port, or a firewall says so. A service (server and port)
-- together, and where one client alone was refused by :together services or more, these together; connections
-- that a port scan or a sweep tried are left to those detectors. value is the number of connections. High where
-- the service accepted nobody in the capture, else medium; medium as well where its client was refused at :ports
-- different ports or more, as peers of peer-to-peer programs are; low where its clients scan elsewhere in the
-- capture, for BGP where the session came to be by a connection the other way, and for one address of loopback
-- (127.0.0.1, ::1) where the other accepted connections to that port.
--
-- severity: high
-- category: connectivity
-- protocol: tcp
-- cause: No program listens on that port: the service is not started, has crashed, or listens elsewhere.
-- cause: A firewall answers for the server (reject with TCP reset).
-- cause: The queue of accepted connections is full, on a server that answers with RST then.
-- remedy: See on the server whether the service runs and on which address and port it listens (ss -ltn).
-- remedy: Compare the TTL of the RST with that of other packets of the server: another one points to a
--    firewall on the way.
-- remedy: Try the port from another network: refused there as well, it is the server.
-- source: RFC 9293, 3.5.2: a RST answers a segment for which there is no connection.
--
-- param :ports integer 2..65535 = 8     Ports, of any hosts, at which a client is refused that asks for peers.
-- param :together integer 2..65535 = 5  Services that refused one client and nobody else, from which on they are one
--                                       issue.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server; NULL: several.
-- column value        Connections that were refused.
-- column symptoms     What was seen.
-- column packets      The SYNs.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind; NULL: what stands above.
WITH
scans AS MATERIALIZED ( -- of these, other detectors tell
	SELECT capture_id, src, dst, title, severity
	FROM issues
	WHERE detector IN ('port-scan', 'host-sweep')
),
refused AS MATERIALIZED ( -- connections whose SYN a RST answered, but for those of scans
	SELECT
		f.capture_id,
		f.src,
		f.dst,
		f.dst_port,
		f.flow_id,
		f.first_ts_ns,
		f.first_packet_id,
		f.last_packet_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_reset
		AND g.not_established
		AND completeness & 33 = 33
		AND dst_syns = 0
		AND dst_rsts > 0
		AND src_payload_bytes + dst_payload_bytes = 0
		AND NOT EXISTS (
			SELECT 1
			FROM scans i
			WHERE i.capture_id = f.capture_id
				AND i.src = f.src
				AND (i.dst = f.dst OR i.title = 'Sweep of TCP port ' || f.dst_port)
		)
),
sessions AS MATERIALIZED ( -- of BGP, which either side may open (RFC 4271, 6.8)
	SELECT DISTINCT capture_id, src, dst
	FROM (SELECT 1 FROM refused WHERE dst_port = 179 LIMIT 1) -- if none, no more is read
	CROSS JOIN flows
	WHERE protocol = 'tcp'
		AND dst_port = 179
		AND handshake_ns IS NOT NULL
		AND src IN (SELECT dst FROM refused WHERE dst_port = 179)
),
seekers AS MATERIALIZED ( -- clients that look for peers at many ports
	SELECT capture_id, src
	FROM refused
	GROUP BY capture_id, src
	HAVING count(DISTINCT dst_port) >= :ports
),
targets AS MATERIALIZED ( -- services that refused a connection
	SELECT DISTINCT capture_id, dst, dst_port
	FROM refused
),
serving AS MATERIALIZED ( -- targets at which other handshakes were completed
	SELECT DISTINCT t.capture_id, t.dst, t.dst_port
	FROM (SELECT 1 FROM targets LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	CROSS JOIN targets t ON t.dst_port = f.dst_port AND t.dst = f.dst AND t.capture_id = f.capture_id
	WHERE f.protocol = 'tcp'
		AND f.handshake_ns IS NOT NULL
),
beside AS MATERIALIZED ( -- ports of loopback that serve at its other address
	SELECT DISTINCT t.capture_id, t.dst, t.dst_port
	FROM (SELECT 1 FROM targets WHERE dst IN ('127.0.0.1', '::1') LIMIT 1) -- if none, no more is read
	CROSS JOIN flows f
	CROSS JOIN targets t ON t.dst_port = f.dst_port AND t.capture_id = f.capture_id
	WHERE f.protocol = 'tcp'
		AND f.dst IN ('127.0.0.1', '::1')
		AND t.dst IN ('127.0.0.1', '::1')
		AND t.dst <> f.dst
		AND f.handshake_ns IS NOT NULL
),
services AS ( -- all that one target refused; is_back: BGP sessions came to be the other way
	SELECT
		r.capture_id,
		r.dst,
		r.dst_port,
		r.flow_id,
		only(r.src) AS client,
		count(DISTINCT r.src) AS clients,
		count(*) AS connections,
		min(r.first_ts_ns) AS ts_ns,
		group_concat(r.first_packet_id || ' ' || r.last_packet_id) AS packets,
		s.dst NOT NULL AS serves,
		b.dst NOT NULL AS is_beside,
		min((r.capture_id, r.src) IN (SELECT * FROM seekers)) AS is_sought,
		min((r.capture_id, r.src) IN (SELECT capture_id, src FROM scans WHERE ifnull(severity, 'high') <> 'low'))
			AS is_scan,
		min(EXISTS (
			SELECT 1
			FROM sessions o
			WHERE r.dst_port = 179 AND o.capture_id = r.capture_id AND o.src = r.dst AND o.dst = r.src
		)) AS is_back
	FROM refused r
	LEFT JOIN serving s ON s.capture_id = r.capture_id AND s.dst = r.dst AND s.dst_port = r.dst_port
	LEFT JOIN beside b ON b.capture_id = r.capture_id AND b.dst = r.dst AND b.dst_port = r.dst_port
	GROUP BY r.capture_id, r.dst, r.dst_port
),
counts AS ( -- of_client: targets alike that only this client tried; place: among these
	SELECT
		*,
		iif(client IS NULL, 0, count(*) OVER alike) AS of_client,
		row_number() OVER (alike ORDER BY connections DESC, ts_ns, dst_port) AS place
	FROM services
	WINDOW alike AS (PARTITION BY capture_id, client, serves, is_sought, is_back, is_beside, is_scan)
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(sum(connections) = 1, flow_id, NULL) AS flow_id,
	client AS src,
	only(dst) AS dst,
	sum(connections) AS value,
	iif(count(*) = 1,
		printf('port %d of %s answered %s of %s with RST', dst_port, dst, counted(connections, 'SYN'),
			counted(clients, 'client')),
		printf('%d services answered %s of %s with RST: %s%s', count(*), counted(sum(connections), 'SYN'), client,
			group_concat(iif(place > 3, NULL, printf('port %d of %s', dst_port, dst)), ', '),
			iif(count(*) > 3, printf(' and %d more', count(*) - 3), '')))
		|| '; ' || CASE
			WHEN serves THEN printf('other connections to %s came to be', iif(count(*) = 1, 'it', 'them'))
			WHEN is_back THEN 'BGP sessions came to be by connections the other way'
			WHEN is_beside THEN printf('the other address of loopback, %s, accepted connections there',
				iif(min(dst) = '::1', '127.0.0.1', '::1'))
			ELSE printf('no connection to %s came to be', iif(count(*) = 1, 'it', 'them'))
		END AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN is_back OR is_beside OR is_scan THEN 'low'
		WHEN NOT serves AND NOT is_sought THEN 'high'
		ELSE 'medium'
	END AS severity,
	CASE
		WHEN is_beside THEN 'The program listens at one address of loopback only: who tries both goes on with the other.'
		WHEN is_sought THEN 'The client asks for peers that are gone, as programs of peer-to-peer networks do.'
		WHEN count(DISTINCT dst) >= :together
			THEN 'A firewall near the client answers for the servers: so many are seldom closed at once.'
	END AS cause
FROM counts
GROUP BY
	capture_id,
	serves,
	is_sought,
	is_back,
	is_beside,
	is_scan,
	iif(of_client >= :together, client, dst),
	iif(of_client >= :together, NULL, dst_port)
ORDER BY is_back OR is_beside OR is_scan, serves, value DESC, ts_ns;
