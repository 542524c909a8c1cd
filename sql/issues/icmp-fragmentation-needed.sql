-- Packets are too large for a link on the way.
--
-- ICMP fragmentation needed or packet too big. Then the sender has to send smaller packets. Low where it
-- did: no packet of that flow that is too large came later than :grace_ms after the first error. High where
-- some came again after that: the sender does not listen, or the error does not reach it (a
-- path MTU black hole). The two hosts together. value is the MTU in bytes, 0 if the error does not tell.
--
-- severity: high
-- category: connectivity
-- protocol: icmp
-- cause: A firewall in front of the sender drops ICMP, so path MTU discovery fails: small answers work,
--    large ones hang.
-- cause: A tunnel or VPN on the way with a smaller MTU: the errors are how that is told.
-- remedy: Let ICMP type 3 code 4 and ICMPv6 type 2 pass to the sender.
-- remedy: Clamp the MSS where the tunnel begins (iptables TCPMSS --clamp-mss-to-pmtu).
-- remedy: Switch on probing on the sender (net.ipv4.tcp_mtu_probing=1, RFC 4821).
-- source: RFC 1191, 3 and RFC 8201, 4: the sender must reduce the size of its packets to that destination.
--
-- param :grace_ms number 0..3600000 = 1000   Larger packets within this time after the first error may have been
--                                            on their way, milliseconds.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow that the errors are about, if there is one only.
-- column src          Whose packets were too large.
-- column dst          Where they were to go.
-- column value        MTU, bytes.
-- column symptoms     What was seen.
-- column packets      The errors, and larger packets that came after them.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
told AS MATERIALIZED ( -- errors about one flow and direction; wire_len: largest that they quote
	SELECT
		e.capture_id,
		min(e.ts_ns) AS ts_ns,
		e.original_src,
		e.original_dst,
		e.original_flow_id AS flow_id,
		e.src AS reporter,
		min(e.mtu) AS mtu,
		min(iif(e.ip_version = 4, 20, 40) + iif(e.original_protocol = 6, 20, 8)) AS headers_len, -- at least
		count(*) AS errors,
		max(p.wire_len) AS wire_len,
		max(p.direction) AS direction,
		group_concat(e.packet_id) AS packets
	FROM icmp_errors e
	LEFT JOIN packets p ON p.packet_id = e.original_packet_id
	WHERE e.ip_version = 4 AND e.type = 3 AND e.code = 4
		OR e.ip_version = 6 AND e.type = 2
	GROUP BY e.capture_id, e.original_src, e.original_dst, e.original_flow_id
),
followed AS ( -- larger: packets of that size that came behind the first error
	SELECT
		t.*,
		(
			SELECT group_concat(packet_id)
			FROM (
				SELECT p.packet_id
				FROM flow_packets fp
				CROSS JOIN packets p ON p.packet_id = fp.packet_id
				WHERE fp.flow_id = t.flow_id
					AND p.direction = t.direction
					AND p.wire_len >= t.wire_len
					AND (p.payload_len + t.headers_len > t.mtu OR t.mtu = 0 AND p.wire_len = t.wire_len)
					AND p.ts_ns > t.ts_ns + :grace_ms * 1e6
				LIMIT 50
			)
		) AS larger
	FROM told t
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(DISTINCT flow_id) = 1, flow_id, NULL) AS flow_id,
	original_src AS src,
	original_dst AS dst,
	min(mtu) AS value,
	printf('%s told %s %s that packets to %s are too large for an MTU of %d; %s', reporter, original_src,
		counted(sum(errors), 'time'), original_dst, min(mtu), iif(count(larger),
			'packets of that size came again after that', 'no larger packets of these flows followed')) AS symptoms,
	group_concat(packets || ifnull(',' || larger, '')) AS packets,
	iif(count(larger), 'high', 'low') AS severity,
	iif(count(larger), 'A path MTU black hole: the sender does not make its packets smaller',
		'Path MTU discovery made packets smaller') AS title,
	iif(count(larger), 'The errors do not reach the sender, or it does not listen to them.',
		'A link or tunnel on the way has a smaller MTU; the sender took notice of it.') AS cause,
	0.6 AS confidence
FROM followed
GROUP BY capture_id, original_src, original_dst
ORDER BY count(larger) DESC;
