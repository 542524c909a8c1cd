-- UDP servers answer small requests with much more.
--
-- Servers on ports known for it (:ports) sent one address at least :factor times the payload that they got
-- from it, and :min_bytes or more; or answers from these ports arrive that nobody asked for. Victim and
-- port together. value is the factor: payload of the answers by payload of the requests, or NULL where
-- there are no requests.
--
-- severity: high
-- category: security
-- protocol: udp
-- cause: A reflection attack: somebody asks with the address of the victim, and the servers answer the
--    victim.
-- cause: A client that really wants large answers (zone data, DNSSEC, SNMP walks).
-- remedy: On the servers: close what need not be open to the world, limit the rate of answers (RRL),
--    disable monlist, memcached over UDP.
-- remedy: At the victim: have the provider filter by source port.
-- remedy: Networks of the senders: filter forged sources (BCP 38).
-- source: CISA alert TA14-017A: factors of 28 to 54 (DNS), 557 (NTP), 6 (SNMP), 31 (SSDP), 359 (CharGEN),
--    10,000 to 51,000 (memcached).
--
-- param :factor number 1..1000000 = 8                                           Payload of the answers by
--                                                                               that of the requests, at
--                                                                               least.
-- param :min_bytes integer = 50000                                              Payload of the answers, at
--                                                                               least.
-- param :ports text = 17 19 53 111 123 137 161 389 1900 3702 5353 10001 11211   Ports of such servers,
--                                                                               separated by blanks.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          The victim.
-- column dst          The server, if it is one only.
-- column value        Factor.
-- column symptoms     What was seen.
-- column packets      First packets of the flows.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
WITH
both AS ( -- flows with more answered than asked, and answers without a request
	SELECT
		capture_id,
		flow_id,
		src AS victim,
		dst AS server,
		dst_port AS port,
		src_payload_bytes AS asked,
		dst_payload_bytes AS answered,
		first_ts_ns,
		first_packet_id
	FROM flows
	WHERE protocol = 'udp'
		AND dst_payload_bytes > src_payload_bytes
		AND ' ' || :ports || ' ' LIKE '% ' || dst_port || ' %'
	UNION ALL
	SELECT
		f.capture_id,
		f.flow_id,
		f.dst,
		f.src,
		f.src_port,
		0,
		f.src_payload_bytes,
		f.first_ts_ns,
		f.first_packet_id
	FROM flow_signs g
	CROSS JOIN flows f ON f.flow_id = g.flow_id
	WHERE g.has_one_side
		AND f.protocol = 'udp'
		AND f.src_port <> f.dst_port
		AND ' ' || :ports || ' ' LIKE '% ' || f.src_port || ' %'
)
SELECT
	capture_id,
	min(first_ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	victim AS src,
	iif(count(DISTINCT server) = 1, server, NULL) AS dst,
	sum(answered) * 1.0 / nullif(sum(asked), 0) AS value,
	printf('%s on UDP port %d sent %s %d bytes; %s', counted(count(DISTINCT server), 'server'), port, victim,
		sum(answered),
		iif(sum(asked) = 0, 'the capture has no requests for them',
			printf('the requests were %d bytes', sum(asked)))) AS symptoms,
	group_concat(first_packet_id) AS packets,
	iif(count(DISTINCT server) > 1, 'high', 'medium') AS severity,
	iif(sum(asked) = 0, 'UDP answers that nobody asked for', 'UDP servers answer small requests with much more')
		AS title
FROM both
GROUP BY capture_id, victim, port, asked = 0
HAVING sum(answered) >= :min_bytes AND sum(answered) >= :factor * sum(asked)
ORDER BY sum(answered) DESC;
