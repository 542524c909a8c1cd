-- DHCP server does not answer.
--
-- Discover and request messages of a client whose transaction has no message of a server,
-- after which :wait_ms passed. Requests that only renew a lease count as well. value is the
-- number of such messages of a client.
--
-- Severity: low where the client got an answer of a server in the capture, as when the lease was only renewed
-- early; medium for a single message, which may have been lost or answered out of sight of the capture; else high.
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
--
-- column capture_id  The capture.
-- column ts_ns       The first of them.
-- column flow_id     The flow; NULL: several.
-- column src         The client: its MAC address.
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
)
SELECT
	a.capture_id,
	min(a.ts_ns) AS ts_ns,
	only(flow_id) AS flow_id,
	a.client_mac AS src,
	max(server_id) AS dst,
	count(*) AS value,
	printf('%s (%s) sent %s that no server answered: %s', a.client_mac,
		ifnull(max(host_name), 'no host name'), counted(count(*), 'message'),
		replace(group_concat(DISTINCT message), ',', ', ')) AS symptoms,
	first_few(packet_id, a.ts_ns, 50) AS packets,
	CASE
		WHEN s.client_mac NOT NULL THEN 'low'
		WHEN count(*) = 1 THEN 'medium'
		ELSE 'high'
	END AS severity
FROM asked a
LEFT JOIN served s ON s.capture_id = a.capture_id AND s.client_mac = a.client_mac
GROUP BY a.capture_id, a.client_mac
ORDER BY value DESC;
