-- Addresses: ARP and DHCP.
--
-- Who has which address, who else claims it, and how addresses were given out.
--
-- param :protocol   Only flows of this protocol.
-- param :capture
--
-- section: Addresses that two claim
-- column address        IPv4 address.
-- column mac            Hardware address of who claims it now.
-- column other_mac      Of who had it first in the capture.
-- column messages       Messages that say so.
-- column first_number   The first of them.
WITH found AS ( -- messages of one address and its two MACs
	SELECT
		address,
		mac,
		other_mac,
		count(*) AS messages,
		min(packet_id) AS packet_id
	FROM arp_conflicts
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:protocol IS NULL OR :protocol = 'arp')
	GROUP BY address, mac, other_mac
	ORDER BY count(*) DESC, address
	LIMIT 12
)
SELECT
	address,
	mac,
	other_mac,
	messages,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;

-- section as bars: ARP
-- column message      What was said.
-- column exchanges    How often.
-- column unanswered   Requests without a reply.
SELECT
	kind AS message,
	count(*) AS exchanges,
	sum(kind = 'request' AND reply_packet_id IS NULL) AS unanswered
FROM arp
WHERE (:capture IS NULL OR capture_id = :capture)
	AND (:protocol IS NULL OR :protocol = 'arp')
GROUP BY kind
ORDER BY 2 DESC;

-- section as bars: DHCP messages
-- column message    Kind of message.
-- column messages   How many.
-- column clients    Clients that they are from or for.
SELECT
	d.message,
	count(*) AS messages,
	count(DISTINCT d.client_mac) AS clients
FROM dhcp d
JOIN flows f USING (flow_id)
WHERE (:capture IS NULL OR d.capture_id = :capture)
	AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
GROUP BY d.message
ORDER BY 2 DESC;

-- section: What DHCP servers refused
-- column client_mac     The client.
-- column client         What it calls itself.
-- column server         The server.
-- column error          Why, in the server's words.
-- column times          How often.
-- column first_number   The first of them.
WITH found AS ( -- NAKs and DECLINEs of one client, server and error text
	SELECT
		d.client_mac,
		max(d.host_name) AS client,
		d.server_id AS server,
		d.error,
		count(*) AS times,
		min(d.packet_id) AS packet_id
	FROM dhcp d
	JOIN flows f USING (flow_id)
	WHERE d.message IN ('nak', 'decline')
		AND (:capture IS NULL OR d.capture_id = :capture)
		AND (:protocol IS NULL OR :protocol IN (f.protocol, f.application))
	GROUP BY d.client_mac, d.server_id, d.error
	ORDER BY count(*) DESC, min(d.packet_id)
	LIMIT 12
)
SELECT
	client_mac,
	client,
	server,
	error,
	times,
	(SELECT label FROM packet_labels p WHERE p.packet_id = found.packet_id) AS first_number
FROM found;
