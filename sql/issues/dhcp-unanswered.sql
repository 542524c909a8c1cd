-- DHCP server does not answer.
--
-- Discover and request messages of a client whose transaction has no message of a server,
-- after which :wait_ms passed. Requests that only renew a lease count as well. A client's messages
-- together, and those of :together clients or more. value is the number of such messages.
--
-- Severity: low where the clients got an answer of a server in the capture, as when the lease was only renewed
-- early; medium for a single message of each, which may have been lost or answered out of sight of the capture;
-- else high.
--
-- severity: high
-- category: connectivity
-- protocol: dhcp
-- cause: No DHCP server or relay on this network, or its pool is used up.
-- cause: Broadcasts or answers that a switch drops (VLAN, DHCP snooping).
-- remedy: See whether the server gets the message (its log), and how many addresses are free.
-- remedy: Look at the relay agent of the VLAN, and which port of the switch is trusted for DHCP.
-- source: RFC 2131, 4.1: a client waits 4 s before it sends again, then twice as long each time.
--
-- param :wait_ms number 0..600000 = 2000   Time that a message must have had for its answer,
--                                            milliseconds.
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
WITH
answers AS MATERIALIZED (
	SELECT capture_id, transaction_id, max(ts_ns) AS ts_ns
	FROM dhcp
	WHERE from_server = 1
	GROUP BY capture_id, transaction_id
),
served AS MATERIALIZED (
	SELECT DISTINCT capture_id, client_mac
	FROM dhcp
	WHERE from_server = 1
),
asked AS (
	SELECT d.*
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
clients AS (
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
		s.client_mac NOT NULL AS is_served
	FROM asked a
	LEFT JOIN served s ON s.capture_id = a.capture_id AND s.client_mac = a.client_mac
	GROUP BY a.capture_id, a.client_mac
),
counts AS (
	SELECT
		*,
		count(*) OVER alike AS clients,
		row_number() OVER (alike ORDER BY messages DESC, ts_ns) AS place
	FROM clients
	WINDOW alike AS (PARTITION BY capture_id, is_served)
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
			|| iif(max(has_bootp), ', bootp', ''), 3)) AS symptoms,
	group_concat(packets) AS packets,
	CASE
		WHEN is_served THEN 'low'
		WHEN max(messages) = 1 THEN 'medium'
		ELSE 'high'
	END AS severity
FROM counts
GROUP BY capture_id, is_served, iif(clients >= :together, NULL, client_mac)
ORDER BY is_served, value DESC;
