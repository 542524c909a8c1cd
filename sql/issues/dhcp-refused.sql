-- DHCP server or client says no.
--
-- NAK messages (the server does not let the client have the address), and DECLINE messages
-- (the client found that somebody has the address that it was given). value is the number of
-- messages of a client.
--
-- Severity: high for declines; medium for NAKs, low where the client got an address in the
-- capture afterwards.
--
-- severity: medium
-- category: configuration
-- protocol: dhcp
-- cause: NAK: a client that moved to another network asks for its old address, or the server
--   forgot its leases.
-- cause: Decline: an address within the pool is used by a host that was configured by hand.
-- remedy: For NAKs behind a move, nothing: the client gets another address. Else look at the pool
--   and leases of the server.
-- remedy: For declines find who has the address (arp), and take it out of the pool.
-- source: RFC 2131, 3.1 and 4.3.2: when a server sends NAK and a client DECLINE.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client: its MAC address.
-- column dst         The server.
-- column value       Messages.
-- column symptoms    What was seen.
-- column packets     The messages, with the requests before NAKs.
-- column severity    How bad it is.
-- column title       What it is, in a few words.
-- column cause       Most likely cause.
WITH
leases AS MATERIALIZED ( -- the last ACK to each client
	SELECT capture_id, client_mac, max(ts_ns) AS ts_ns
	FROM dhcp
	WHERE message = 'ack'
	GROUP BY capture_id, client_mac
),
refusals AS ( -- NAKs and DECLINEs; refused_ts_ns: the client's last one of the kind
	SELECT
		*,
		max(ts_ns) OVER (PARTITION BY capture_id, client_mac, message) AS refused_ts_ns
	FROM dhcp
	WHERE message IN ('nak', 'decline')
)
SELECT
	r.capture_id,
	min(r.ts_ns) AS ts_ns,
	only(r.flow_id) AS flow_id,
	r.client_mac AS src,
	max(r.server_id) AS dst,
	count(*) AS value,
	printf('%s %s %s%s%s', r.client_mac,
		iif(r.message = 'nak', 'was told NAK', 'declined an address'), counted(count(*), 'time'),
		ifnull(', address ' || max(r.requested_address), ''),
		ifnull(': "' || max(r.error) || '"', '')) AS symptoms,
	first_few(ifnull(r.request_packet_id || ',', '') || r.packet_id, r.ts_ns, 25) AS packets,
	CASE
		WHEN r.message = 'decline' THEN 'high'
		WHEN max(s.ts_ns) > r.refused_ts_ns THEN 'low'
		ELSE 'medium'
	END AS severity,
	iif(r.message = 'nak', 'DHCP server refuses the address (NAK)', 'DHCP client declines the address')
		AS title,
	iif(r.message = 'nak',
		'The client asked for an address of another network, or the server forgot its lease.',
		'Another host has the address that the server gave out.') AS cause
FROM refusals r
LEFT JOIN leases s ON s.capture_id = r.capture_id AND s.client_mac = r.client_mac
GROUP BY r.capture_id, r.client_mac, r.message
ORDER BY value DESC;
