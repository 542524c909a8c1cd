-- Large segments do not get through.
--
-- A side of a connection sends a segment of at least :least bytes again, at least :tries times, and it is not
-- acknowledged, though the other side was heard after the first of these; and all that it did acknowledge
-- came in smaller segments. Sender and receiver together. value is the number of connections.
--
-- severity: high
-- category: connectivity
-- protocol: tcp
-- cause: A link on the way (a tunnel, a VPN, PPPoE) has a smaller MTU, and the ICMP messages that would tell
--    the sender so do not reach it: a path MTU black hole.
-- cause: The receiver, or a switch before it, is set to a smaller MTU than the sender.
-- cause: A device on the way drops what it finds in these segments, as an intrusion prevention system does.
-- remedy: Ping with the size of the segments and without fragmentation (ping -M do -s 1472), smaller and
--    smaller: where it begins to work is the MTU of the way.
-- remedy: Let ICMP type 3 code 4 and ICMPv6 type 2 pass to the sender.
-- remedy: Clamp the MSS where the tunnel begins (iptables TCPMSS --clamp-mss-to-pmtu), or switch on probing
--    on the sender (net.ipv4.tcp_mtu_probing=1, RFC 4821).
-- source: RFC 2923, 2.1: connections that are set up, and hang with the first large segment.
--
-- param :least integer 1..65535 = 1000   Bytes of data from which on a segment is large.
-- param :tries integer 1..1000 = 2       How often it must have been sent again.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The connection, if there is one only.
-- column src          Who sent them.
-- column dst          The receiver.
-- column value        Connections.
-- column symptoms     What was seen.
-- column packets      The segments, each time that they were sent.
WITH
sides AS MATERIALIZED ( -- directions with retransmissions and a large segment
	SELECT
		f.flow_id,
		f.capture_id,
		iif(d.direction, f.dst, f.src) AS src,
		iif(d.direction, f.src, f.dst) AS dst,
		d.direction
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	CROSS JOIN (SELECT 0 AS direction UNION ALL SELECT 1) d
	CROSS JOIN tcp_stats t ON t.tcp_stats_id = 2 * f.flow_id + d.direction
	WHERE g.is_retransmitted
		AND iif(d.direction, f.dst_retransmissions, f.src_retransmissions) >= :tries
		AND iif(d.direction, f.src_packets, f.dst_packets) > 0
		AND t.max_segment >= :least
),
again AS ( -- the same segment, often enough
	SELECT s.*
	FROM (SELECT 1 FROM sides LIMIT 1) -- if none, no more is read
	CROSS JOIN tcp_events e
	CROSS JOIN sides s ON s.flow_id = e.flow_id AND s.direction = e.direction
	CROSS JOIN packets p ON p.packet_id = e.packet_id
	WHERE e.kind = 'retransmission' AND p.payload_len >= :least
	GROUP BY s.flow_id, s.direction, p.seq
	HAVING count(*) >= :tries
),
suspects AS MATERIALIZED ( -- directions with such a segment
	SELECT DISTINCT *
	FROM again
),
heard AS MATERIALIZED ( -- acked: up to where the other side acknowledged; heard_id: its last packet
	SELECT
		s.*,
		max(p.ack) AS acked,
		max(p.packet_id) AS heard_id
	FROM suspects s
	CROSS JOIN flow_packets fp ON fp.flow_id = s.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE p.direction <> s.direction
	GROUP BY s.flow_id, s.direction
),
sent AS ( -- data that begins up to there; nth: time that its number was sent
	SELECT
		h.*,
		p.packet_id,
		p.ts_ns,
		p.payload_len,
		p.seq + p.payload_len <= h.acked AS is_acked,
		row_number() OVER (PARTITION BY h.flow_id, h.direction, p.seq ORDER BY p.packet_id) AS nth
	FROM heard h
	CROSS JOIN flow_packets fp ON fp.flow_id = h.flow_id
	CROSS JOIN packets p ON p.packet_id = fp.packet_id
	WHERE p.direction = h.direction
		AND p.payload_len > 0
		AND p.seq <= h.acked
		AND p.duplicate_of IS NULL
),
found AS ( -- directions of which only smaller segments were acknowledged, if any
	SELECT
		flow_id,
		capture_id,
		src,
		dst,
		min(ts_ns) FILTER (WHERE NOT is_acked) AS ts_ns,
		sum(NOT is_acked) AS times,
		min(payload_len) FILTER (WHERE NOT is_acked) AS least_len,
		ifnull(max(payload_len) FILTER (WHERE is_acked), 0) AS acked_len,
		group_concat(packet_id) FILTER (WHERE NOT is_acked) AS packets
	FROM sent
	GROUP BY flow_id, direction
	HAVING least_len >= :least
		AND least_len > acked_len
		AND times > :tries
		AND max(heard_id) > min(packet_id) FILTER (WHERE NOT is_acked AND nth = 2)
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	dst,
	count(*) AS value,
	printf('in %s, %s sent a segment of at least %d bytes of data %d times in vain, though %s was heard from meanwhile; '
		|| '%s', counted(count(*), 'connection'), src, min(least_len), sum(times), dst,
		iif(max(acked_len), printf('segments of up to %d bytes were acknowledged', max(acked_len)),
			'no data was acknowledged')) AS symptoms,
	group_concat(packets) AS packets
FROM found
GROUP BY capture_id, src, dst
ORDER BY value DESC;
