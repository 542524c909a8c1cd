-- DHCP server does not answer.
--
-- Discover and request messages of a client whose transaction has no message of a server,
-- after which :wait_ms passed. Requests that only renew a lease count as well. A client's messages
-- together, and those of :together clients or more. value is the number of such messages.
--
-- Severity: low where the clients got an answer of a server in the capture, as when the lease was only renewed
-- early, or probed or announced the address that they had asked for within :take_ms: the answer went past the capture;
-- medium for a single message of each, which may have been lost or answered out of sight of the capture;
-- else high.
--
-- severity: high
-- category: connectivity
-- protocol: dhcp
-- cause: No DHCP server or relay on this network, or its pool is used up.
-- cause: Broadcasts or answers that a switch drops (VLAN, DHCP snooping).
-- cause: The server answered the client alone, and the capture point is elsewhere in the network.
-- remedy: See whether the server gets the message (its log), and how many addresses are free.
-- remedy: Look at the relay agent of the VLAN, and which port of the switch is trusted for DHCP.
-- source: RFC 2131, 4.1: a client waits 4 s before it sends again, then twice as long each time; RFC 5227, 2.1: it probes
--    an address that it was given before it uses it.
--
-- param :wait_ms number 0..600000 = 2000   Time that a message must have had for its answer,
--                                            milliseconds.
-- param :take_ms number 0..600000 = 10000  Time after a request in which its client takes the address, milliseconds.
-- param :together integer 2..65535 = 3     Clients from which on they are one issue.
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client: its MAC address; NULL: several.
-- column dst         The server that it asked; NULL: any.
-- column value       Messages.
-- column symptoms    What was seen.
-- column packets     The messages.
-- column severity    How bad it is.
-- column cause       What usually causes it; NULL: what stands above.
WITH
answers AS MATERIALIZED ( -- the last message of a server in each transaction
	SELECT capture_id, transaction_id, max(ts_ns) AS ts_ns
	FROM dhcp
	WHERE from_server = 1
	GROUP BY capture_id, transaction_id
),
served AS MATERIALIZED ( -- clients that a server answered at any time
	SELECT DISTINCT capture_id, client_mac
	FROM dhcp
	WHERE from_server = 1
),
claims AS MATERIALIZED (
	SELECT capture_id, sender_mac, target_address, request_ts_ns
	FROM arp
	WHERE kind IN ('probe', 'announcement')
		AND sender_mac IN (SELECT client_mac FROM dhcp WHERE from_server = 0)
),
taken AS MATERIALIZED (
	SELECT DISTINCT d.dhcp_id
	FROM dhcp d
	JOIN claims a ON a.sender_mac = d.client_mac
		AND a.target_address = d.requested_address
		AND a.capture_id = d.capture_id
	WHERE d.from_server = 0
		AND a.request_ts_ns BETWEEN d.ts_ns AND d.ts_ns + CAST(:take_ms * 1e6 AS INTEGER)
),
asked AS ( -- messages without an answer
	SELECT d.*, d.dhcp_id IN (SELECT dhcp_id FROM taken) AS is_taken
	FROM dhcp d
	JOIN captures c ON c.capture_id = d.capture_id
	WHERE d.from_server = 0
		AND d.message IN ('discover', 'request', 'bootp')
		AND c.last_ts_ns - d.ts_ns > :wait_ms * 1e6
		AND NOT EXISTS (
			SELECT 1
			FROM answers s
			WHERE s.capture_id = d.capture_id
				AND s.transaction_id = d.transaction_id
				AND s.ts_ns >= d.ts_ns
		)
),
clients AS ( -- a client's messages without an answer
	SELECT
		a.capture_id,
		a.client_mac,
		min(a.ts_ns) AS ts_ns,
		only(a.flow_id) AS flow_id,
		max(a.server_id) AS server_id,
		count(*) AS messages,
		max(a.host_name) AS host_name,
		max(a.message = 'discover') AS has_discover,
		max(a.message = 'request') AS has_request,
		max(a.message = 'bootp') AS has_bootp,
		first_few(a.packet_id, a.ts_ns, 50) AS packets,
		s.client_mac NOT NULL AS is_served,
		s.client_mac IS NULL AND max(a.is_taken) AS is_taken
	FROM asked a
	LEFT JOIN served s ON s.capture_id = a.capture_id AND s.client_mac = a.client_mac
	GROUP BY a.capture_id, a.client_mac
),
counts AS ( -- clients: how many of the capture are served alike
	SELECT
		*,
		count(*) OVER alike AS clients,
		row_number() OVER (alike ORDER BY messages DESC, ts_ns) AS place
	FROM clients
	WINDOW alike AS (PARTITION BY capture_id, is_served, is_taken)
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	only(client_mac) AS src,
	only(server_id) AS dst,
	sum(messages) AS value,
	printf('%s sent %s that no server answered: %s',
		iif(count(*) = 1,
			printf('%s (%s)', client_mac, ifnull(host_name, 'no host name')),
			printf('%d clients (%s%s)', count(*),
				group_concat(iif(place > 3, NULL, ifnull(host_name, client_mac)), ', '),
				iif(count(*) > 3, printf(' and %d more', count(*) - 3), ''))),
		counted(sum(messages), 'message'),
		substr(iif(max(has_discover), ', discover', '') || iif(max(has_request), ', request', '')
			|| iif(max(has_bootp), ', bootp', ''), 3))
		|| iif(is_taken, printf('; then %s probed or announced the address', iif(count(*) = 1, 'it', 'they')), '') AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN is_served OR is_taken THEN 'low'
		WHEN max(messages) = 1 THEN 'medium'
		ELSE 'high'
	END AS severity,
	iif(is_taken, 'The server answered the client alone, and the capture point is elsewhere in the network.', NULL) AS cause
FROM counts
GROUP BY capture_id, is_served, is_taken, iif(clients >= :together, NULL, client_mac)
ORDER BY is_served OR is_taken, value DESC;
