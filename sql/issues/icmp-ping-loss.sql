-- Pings were lost.
--
-- Echo requests without a reply, asker and asked together (of hosts that answered none, all of an asker
-- together); value is their share in percent. A host that answered others of them has lost at least
-- :percent and :min_lost: medium, high from :high_percent on. A host that answered none is low: many hosts
-- and firewalls do not answer, and ICMP errors tell more. Requests of the last :wait_ms of the capture,
-- those that a router answered with an ICMP error, those to multicast and broadcast addresses, and replies
-- without requests do not count, nor does one of which the capture holds copies, if one of these was answered, nor
-- a copy itself.
--
-- severity: medium
-- category: performance
-- protocol: icmp
-- cause: Packets are lost on the way: a full queue, a bad link.
-- cause: The asked host or a router on the way limits its ICMP.
-- cause: The host is off, or it or a firewall does not answer pings.
-- remedy: Ping the routers on the way: where the loss begins is where to look. Loss at a router alone, not
--    beyond it, is its ICMP limit.
-- remedy: Compare with the retransmissions of TCP on the same way.
-- source: ITU-T Y.1541 allows 0.1 % loss; 1 % is felt by voice and TCP. ping waits 1 s for an answer before
--    it takes the next.
--
-- param :percent number 0..100 = 1         Share without a reply from which on it is listed, percent.
-- param :min_lost integer 1..1000000 = 2   Requests without a reply below which it is not.
-- param :high_percent number 0..100 = 20   Share from which on the severity is high, percent.
-- param :wait_ms number 0..60000 = 250     How long a reply may take, milliseconds.
-- param :least_ttl integer 1..255 = 32     Requests with a TTL below it, of a flow with several TTLs, are a
--                                          traceroute and do not count.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      The flow, if there is one only.
-- column src          Who asked.
-- column dst          Who was asked, if it is one host only.
-- column value        Share without a reply, percent.
-- column symptoms     What was seen.
-- column packets      The requests without a reply.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH
errors AS MATERIALIZED ( -- pings that an ICMP error answered
	SELECT DISTINCT original_packet_id AS packet_id
	FROM icmp_errors
	WHERE original_protocol IN (1, 58) AND original_packet_id NOT NULL
),
copied AS MATERIALIZED ( -- numbers of requests, whose reply went to their copies
	SELECT a.capture_id, p.duplicate_of AS number
	FROM (SELECT 1 FROM captures WHERE duplicates > 0 LIMIT 1) -- if none, no more is read
	CROSS JOIN icmp_pairs a
	CROSS JOIN packets p ON p.packet_id = a.request_packet_id
	WHERE a.kind = 'answered'
		AND a.flow_id IN (SELECT flow_id FROM icmp_pairs WHERE kind = 'unanswered')
		AND p.duplicate_of NOT NULL
),
lost AS MATERIALIZED ( -- pings of one flow and asker without a reply, if there are enough
	SELECT
		i.capture_id,
		i.flow_id,
		i.src,
		i.dst,
		count(*) AS lost,
		min(i.request_ts_ns) AS ts_ns,
		group_concat(i.request_packet_id) AS packets
	FROM icmp_pairs i
	CROSS JOIN packets p ON p.packet_id = i.request_packet_id
	WHERE i.kind = 'unanswered'
		AND p.duplicate_of IS NULL
		AND (i.capture_id, p.number) NOT IN (SELECT capture_id, number FROM copied)
		AND i.request_packet_id NOT IN (SELECT packet_id FROM errors)
		AND i.request_ts_ns < :wait_ms * -1e6 + (
			SELECT c.last_ts_ns
			FROM captures c
			WHERE c.capture_id = i.capture_id
		)
		AND (i.request_ttl >= :least_ttl
			OR i.flow_id NOT IN (SELECT flow_id FROM flow_signs WHERE has_ttls))
	GROUP BY i.flow_id, i.src
	HAVING count(*) >= :min_lost
),
replies AS ( -- the others of these flows
	SELECT i.flow_id, i.src, count(*) AS answered
	FROM icmp_pairs i
	WHERE i.kind = 'answered'
		AND i.flow_id IN (SELECT flow_id FROM lost)
		AND (i.request_ttl >= :least_ttl
			OR i.flow_id NOT IN (SELECT flow_id FROM flow_signs WHERE has_ttls))
	GROUP BY i.flow_id, i.src
),
pings AS ( -- both together, where the share without a reply is large enough
	SELECT l.*, ifnull(r.answered, 0) AS answered
	FROM lost l
	LEFT JOIN replies r ON r.flow_id = l.flow_id AND r.src = l.src
	WHERE l.lost * 100.0 >= :percent * (l.lost + ifnull(r.answered, 0))
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, flow_id, NULL) AS flow_id,
	src,
	iif(count(*) = 1, dst, NULL) AS dst,
	sum(lost) * 100.0 / (sum(lost) + sum(answered)) AS value,
	printf('%d of %s of %s to %s got no reply', sum(lost), counted(sum(lost) + sum(answered), 'ping'), src,
		iif(count(*) = 1, dst, counted(count(*), 'host'))) AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN answered = 0 THEN 'low'
		WHEN lost * 100.0 >= :high_percent * (lost + answered) THEN 'high'
		ELSE 'medium'
	END AS severity,
	iif(answered, 'Pings were lost', 'Hosts do not answer pings') AS title,
	iif(answered, 'Packets are lost on the way: a full queue, a bad link.',
		'The host is off, or it or a firewall does not answer pings.') AS cause,
	0.5 AS confidence
FROM pings
WHERE NOT ip_in(dst, '224.0.0.0/4')
	AND NOT ip_in(dst, 'ff00::/8')
	AND dst NOT LIKE '%.255'
GROUP BY capture_id, src, iif(answered, flow_id, 0)
ORDER BY answered = 0, sum(lost) DESC;
