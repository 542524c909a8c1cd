-- A UDP stream goes one way only.
--
-- One side sent at least :min_packets packets, and the other nothing. So do logs and flow exports, on the
-- ports :ports, which are left out, and multicast; else, voice for example, both sides should be heard. The
-- two hosts together. value is the number of packets.
--
-- severity: low
-- category: connectivity
-- protocol: udp
-- cause: A firewall or NAT lets only one direction pass: one-way audio.
-- cause: The capture saw only one direction.
-- cause: An application that only sends.
-- remedy: Capture at the receiver: does the stream arrive, and does it send?
-- remedy: For voice: see the addresses that the two sides told each other (SDP), and NAT on the way.
-- source: A stream of 10 packets is no single request; RFC 4787 tells of NATs that drop what comes unasked.
--
-- param :min_packets integer 1..1000000 = 10                                          Packets from which on
--                                                                                     it is a stream.
-- param :ports text = 162 514 2055 4739 6343 9995 9996 8125 1900 5353 137 138 67 68   Ports that are
--                                                                                     one-way by nature,
--                                                                                     separated by blanks.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          Who sends.
-- column dst          Who does not answer.
-- column value        Packets.
-- column symptoms     What was seen.
-- column packets      First and last packets.
SELECT
	f.capture_id,
	min(f.first_ts_ns) AS ts_ns,
	iif(count(*) = 1, f.flow_id, NULL) AS flow_id,
	f.src,
	f.dst,
	sum(f.src_packets) AS value,
	printf('%s sent %s to %s, %d bytes in all, in %s; nothing came back', f.src,
		counted(sum(f.src_packets), 'UDP packet'), f.dst, sum(f.src_payload_bytes), counted(count(*), 'flow'))
		AS symptoms,
	group_concat(f.first_packet_id || ' ' || f.last_packet_id) AS packets
FROM flow_signs g
CROSS JOIN flows f ON f.flow_id = g.flow_id
WHERE g.has_one_side
	AND f.protocol = 'udp'
	AND f.src_packets >= :min_packets
	AND ' ' || :ports || ' ' NOT LIKE '% ' || f.dst_port || ' %'
	AND ifnull(f.application, '') <> 'dns'
	AND NOT ip_in(f.dst, '224.0.0.0/4')
	AND NOT ip_in(f.dst, 'ff00::/8')
	AND f.dst NOT LIKE '%.255'
GROUP BY f.capture_id, f.src, f.dst
ORDER BY value DESC;
