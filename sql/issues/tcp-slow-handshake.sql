-- Servers are slow to answer SYNs.
--
-- Connections whose first SYN had its SYN-ACK only after :limit_ms, and after :times the shortest round trip
-- that the connection had to the server at any time, a server together. A SYN-ACK waits for no program, so it
-- should take one round trip. Connections whose round trips are long throughout are left to tcp-high-rtt,
-- those that a RST refused first to tcp-refused. Low for a single connection. value is the longest such time
-- in milliseconds.
--
-- severity: medium
-- category: performance
-- protocol: tcp
-- cause: The SYN or the SYN-ACK was lost, and sent again after a time-out of a second or more.
-- cause: A device on the way decides about each new connection: a firewall, proxy or load balancer.
-- cause: The server's queue of new connections is full, or the last router had to ask for its address first.
-- remedy: Capture at the server: when does the SYN arrive, when does the SYN-ACK leave?
-- remedy: See whether the first connection after a pause is slow, or each one (slow-handshakes), and the
--    counters of the server's queue (nstat: ListenOverflows, ListenDrops).
-- source: RFC 6298, 2.1 and 5.7: a lost SYN costs 1 s; 200 ms as of tcp-high-rtt.
--
-- param :limit_ms number 0..100000 = 200   Time from the first SYN to the SYN-ACK above which a connection is
--                                          listed, milliseconds.
-- param :times number 1..1000 = 3          How many times the shortest round trip that is at least.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Client; NULL: several.
-- column dst          Server.
-- column value        Longest time, milliseconds.
-- column symptoms     What was seen.
-- column packets      The first packets of each: SYNs and SYN-ACKs; NULL behind the first 100 of a capture.
-- column severity     low, medium, high or critical.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
slow AS MATERIALIZED ( -- connections with such a SYN-ACK; place: of the server, the slowest first
	SELECT
		capture_id,
		flow_id,
		src,
		dst,
		first_ts_ns,
		syn_rtt_ns,
		src_rtt_min_ns,
		src_syns + dst_syns > 2 AS again,
		row_number() OVER (PARTITION BY capture_id, dst ORDER BY syn_rtt_ns DESC) AS place
	FROM flows
	WHERE syn_rtt_ns > :limit_ms * 1e6
		AND src_rtt_count + dst_rtt_count > 2
		AND syn_rtt_ns >= src_rtt_min_ns * :times
		AND ifnull(src_rtt_karn_mean_ns, src_rtt_mean_ns) <= :limit_ms * 1e6
		AND (dst_rsts = 0 OR NOT EXISTS (
			SELECT 1
			FROM flow_packets fp
			CROSS JOIN packets p ON p.packet_id = fp.packet_id
			WHERE fp.flow_id = flows.flow_id
				AND p.ts_ns <= flows.first_ts_ns + flows.syn_rtt_ns
				AND p.tcp_flags & 4
		))
),
servers AS ( -- slow connections to one server
	SELECT
		capture_id,
		min(first_ts_ns) AS ts_ns,
		count(*) AS connections,
		count(DISTINCT src) AS clients,
		min(flow_id) AS flow_id,
		min(src) AS src,
		dst,
		max(syn_rtt_ns) AS syn_rtt_ns,
		min(src_rtt_min_ns) AS rtt_ns,
		sum(again) AS again
	FROM slow
	GROUP BY capture_id, dst
),
ranked AS (
	SELECT *, row_number() OVER (PARTITION BY capture_id ORDER BY connections DESC, syn_rtt_ns DESC) AS place
	FROM servers
)
SELECT
	capture_id,
	ts_ns,
	iif(connections = 1, flow_id, NULL) AS flow_id,
	iif(clients = 1, src, NULL) AS src,
	dst,
	syn_rtt_ns / 1e6 AS value,
	printf('%s answered the SYN of %s only after %s%d ms; its shortest round trip is %.3g ms; %s', dst,
		counted(connections, 'connection'), iif(connections = 1, '', 'up to '), round(syn_rtt_ns / 1e6), rtt_ns / 1e6,
		CASE again
			WHEN 0 THEN 'no SYN or SYN-ACK was sent again'
			WHEN connections THEN 'SYN or SYN-ACK were sent again'
			ELSE printf('SYN or SYN-ACK were sent again in %d of them', again)
		END) AS symptoms,
	iif(place > 100, NULL, ( -- no more of a capture are kept
		SELECT group_concat(p.packet_id)
		FROM slow w
		JOIN flow_packets fp ON fp.flow_id = w.flow_id
		JOIN packets p ON p.packet_id = fp.packet_id
		WHERE w.capture_id = r.capture_id AND w.dst = r.dst AND w.place <= 10 AND p.tcp_flags & 2
	)) AS packets,
	iif(connections = 1, 'low', 'medium') AS severity,
	CASE
		WHEN again = connections THEN 'The SYN or the SYN-ACK was lost, and sent again after a time-out.'
		WHEN again = 0 THEN 'A device on the way, or the server, took its time with new connections.'
	END AS cause,
	iif(again IN (0, connections), 0.5, 0.3) AS confidence
FROM ranked r
ORDER BY connections DESC, syn_rtt_ns DESC;
