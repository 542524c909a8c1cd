-- BGP session is closed with a NOTIFICATION.
--
-- NOTIFICATION messages, but for an expired hold timer (bgp-hold-timer): by connection, code
-- and subcode. Each ends a session, and the routes learned over it go. value is the number of
-- messages.
--
-- Severity: high; medium where an operator shut the session down or reset it; low where two
-- connections of the same peers met, and one had to give way (collision).
--
-- severity: high
-- category: connectivity
-- protocol: bgp
-- cause: An operator's command or a change of the configuration (Cease), parameters that do not
--   match (OPEN errors), or a message that the peer does not understand (UPDATE errors).
-- remedy: The code says what the sender objects to; its log says more.
-- remedy: For OPEN errors compare AS number, router id, hold time and capabilities of both sides
--   (routing, type OPEN).
-- remedy: For UPDATE errors find the UPDATE in the packets before.
-- source: RFC 4271, 4.5 and 6: a NOTIFICATION closes the session. RFC 4486 and 9003: subcodes of
--   Cease.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The connection.
-- column src         The peer that loses the session.
-- column dst         The sender of the NOTIFICATION.
-- column value       Messages.
-- column symptoms    What was seen.
-- column packets     The NOTIFICATION, and the last message before it that is no KEEPALIVE.
-- column severity    How bad it is.
-- column title       What it is, in a few words.
-- column cause       Most likely cause.
WITH
messages AS ( -- of sessions with a NOTIFICATION
	SELECT
		*,
		max(packet_id) FILTER (WHERE type <> 'KEEPALIVE') OVER (
			PARTITION BY flow_id
			ORDER BY routing_id
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
		) AS before_packet_id
	FROM routing
	WHERE flow_id IN (SELECT flow_id FROM routing WHERE protocol = 'bgp' AND type = 'NOTIFICATION' AND code <> 4)
),
notices AS ( -- the NOTIFICATIONs; before_packet_id: the message before, but for KEEPALIVEs
	SELECT
		r.*,
		ifnull(r.packet_id, f.last_packet_id) AS proof_packet_id,
		iif(r.direction = 0, f.src, f.dst) AS sender,
		iif(r.direction = 0, f.dst, f.src) AS peer
	FROM messages r
	JOIN flows f ON f.flow_id = r.flow_id
	WHERE r.protocol = 'bgp' AND r.type = 'NOTIFICATION' AND r.code <> 4
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	flow_id,
	peer AS src,
	sender AS dst,
	count(*) AS value,
	printf('%s sent %s %s (code %d, subcode %d)%s', sender,
		iif(count(*) = 1, 'a NOTIFICATION', printf('%d NOTIFICATIONs', count(*))), reason, code, subcode,
		ifnull(': "' || max(communication) || '"', '')) AS symptoms,
	group_concat(ifnull(before_packet_id || ',', '') || proof_packet_id) AS packets,
	CASE
		WHEN code = 6 AND subcode = 7 THEN 'low'
		WHEN code = 6 AND subcode IN (2, 3, 4, 6) THEN 'medium'
		ELSE 'high'
	END AS severity,
	'BGP session closed: ' || reason AS title,
	CASE
		WHEN code = 6 AND subcode = 1 THEN 'The peer announced more prefixes than the limit allows.'
		WHEN code = 6 AND subcode IN (2, 3, 4) THEN 'An operator of the sender ended the session.'
		WHEN code = 6 AND subcode = 5 THEN 'The sender has no such neighbour configured.'
		WHEN code = 6 AND subcode = 6 THEN 'The sender''s configuration was changed.'
		WHEN code = 6 AND subcode = 7 THEN 'Both peers opened a connection; one had to go.'
		WHEN code = 6 AND subcode = 8 THEN 'The sender ran out of resources.'
		WHEN code = 6 AND subcode = 9 THEN 'The sender resets the session, without graceful restart.'
		WHEN code = 2 AND subcode = 2 THEN 'The AS number configured for the neighbour is wrong.'
		WHEN code = 2 THEN 'The parameters of the session do not match.'
		WHEN code = 3 THEN 'An UPDATE that the sender cannot accept.'
	END AS cause
FROM notices
GROUP BY capture_id, flow_id, sender, code, subcode
ORDER BY severity = 'high' DESC, min(ts_ns);
