-- One flow, packet by packet, as a ladder: --> sent by the side that opened it, <-- by the other.
--
-- topic: traffic
--
--   -->[ 2585]  0.000000s S   seq=0 ack=0 len=0 win=29200
--       <--[ 2587]  0.307193s S.  seq=0 ack=1 len=0 win=28960
--
-- The number in brackets is the packet's in the capture, the time is seconds since the flow's first packet, sequence
-- and acknowledgment numbers are relative. Windows are in bytes: scaled once both SYNs offered scaling; that of a SYN
-- never is (RFC 7323); of a flow whose SYNs are not in the capture they are as in the header. What is unusual about a
-- packet stands behind it in Wireshark's words.
--
-- param :flow required
-- param :limit         At most so many packets.
--
-- section[table,text]: Conversation
WITH
marks AS ( -- what is unusual about a packet
	SELECT
		packet_id,
		group_concat(replace(kind, '_', ' '), ', ') AS what
	FROM tcp_events
	WHERE flow_id = :flow AND kind NOT IN ('syn', 'syn_ack', 'established', 'fin', 'rst')
	GROUP BY packet_id
),
pings AS ( -- ICMP messages in words
	SELECT request_packet_id AS packet_id, printf('echo request id=%d seq=%d', ident, seq) AS what
	FROM icmp_pairs
	WHERE flow_id = :flow AND kind IN ('answered', 'unanswered')
	UNION ALL
	SELECT reply_packet_id, printf('echo reply   id=%d seq=%d', ident, seq)
	FROM icmp_pairs
	WHERE flow_id = :flow AND kind <> 'unanswered'
	UNION ALL
	SELECT packet_id, printf('error type=%d code=%d', type, code)
	FROM icmp_errors
	WHERE flow_id = :flow
)
SELECT
	replace(
		printf('flow %d of %s: %s ', f.flow_id, c.name, f.protocol)
			|| printf(iif(f.ip_version = 6 AND f.src_port IS NOT NULL, '[%s]', '%s'), f.src)
			|| ifnull(':' || f.src_port, '') || ' --> '
			|| printf(iif(f.ip_version = 6 AND f.dst_port IS NOT NULL, '[%s]', '%s'), f.dst)
			|| ifnull(':' || f.dst_port, '')
			|| ', ' || counted(f.src_packets + f.dst_packets, 'packet') || ' from '
			|| iso_time(f.first_ts_ns),
		char(10),
		'\n'
	) AS line
FROM flows f
JOIN captures c USING (capture_id)
WHERE f.flow_id = :flow
UNION ALL
SELECT * FROM (
	SELECT
		replace(
			printf(
				'%s[%5d]%10.6fs ',
				iif(p.direction, '    <--', '-->'),
				p.number,
				(p.ts_ns - f.first_ts_ns) / 1e9
			) || iif(
				p.tcp_flags IS NULL,
				printf('%s len=%d', ifnull(f.protocol || ' ' || i.what, f.protocol), p.payload_len),
				printf(
					'%-3s seq=%d ack=%d len=%d win=%d',
					tcp_flags(p.tcp_flags),
					p.seq,
					p.ack,
					p.payload_len,
					p.window << iif(
						p.tcp_flags & 2 OR f.src_window_scale IS NULL OR f.dst_window_scale IS NULL,
						0,
						min(14, iif(p.direction, f.dst_window_scale, f.src_window_scale))
					)
				)
			) || ifnull(' [' || m.what || ']', ''),
			char(10),
			'\n'
		) AS line
	FROM flow_packets fp
	JOIN flows f ON f.flow_id = fp.flow_id
	JOIN packets p ON p.packet_id = fp.packet_id
	LEFT JOIN marks m ON m.packet_id = fp.packet_id
	LEFT JOIN pings i ON i.packet_id = fp.packet_id
	WHERE fp.flow_id = :flow
	ORDER BY fp.packet_id
	LIMIT ifnull(:limit, -1)
);

-- section: Conversation
-- column number      Packet number in the capture.
-- column time_s      Seconds since the flow's first packet.
-- column direction   0 sent by the flow's src, 1 by its dst.
-- column src         Address of the sender.
-- column dst         Address of the receiver.
-- column flags       TCP flags as tcpdump prints them.
-- column seq         TCP sequence number, relative.
-- column ack         TCP acknowledgment number, relative.
-- column len         Bytes above the innermost header that was decoded; TCP: segment length.
-- column window      TCP window in bytes, scaled.
-- column events      What is unusual about the packet, in the words of tcp_events.kind.
WITH marks AS ( -- what is unusual about a packet
	SELECT
		packet_id,
		group_concat(kind, ', ') AS what
	FROM tcp_events
	WHERE flow_id = :flow AND kind NOT IN ('syn', 'syn_ack', 'established', 'fin', 'rst')
	GROUP BY packet_id
)
SELECT
	p.number,
	(p.ts_ns - f.first_ts_ns) / 1e9 AS time_s,
	p.direction,
	iif(p.direction, f.dst, f.src) AS src,
	iif(p.direction, f.src, f.dst) AS dst,
	tcp_flags(p.tcp_flags) AS flags,
	p.seq,
	p.ack,
	p.payload_len AS len,
	p.window << iif(
		p.tcp_flags & 2 OR f.src_window_scale IS NULL OR f.dst_window_scale IS NULL,
		0,
		min(14, iif(p.direction, f.dst_window_scale, f.src_window_scale))
	) AS window,
	m.what AS events
FROM flow_packets fp
JOIN flows f ON f.flow_id = fp.flow_id
JOIN packets p ON p.packet_id = fp.packet_id
LEFT JOIN marks m ON m.packet_id = fp.packet_id
WHERE fp.flow_id = :flow
ORDER BY fp.packet_id
LIMIT ifnull(:limit, -1);
