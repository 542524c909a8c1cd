-- Several DHCP servers answer.
--
-- Offers of more than one server (option 54) within one transaction. Two servers may share the
-- work on purpose; a foreign one (rogue) gives out addresses, routers and name servers of its
-- own. value is the number of servers.
--
-- Severity: high where they offer other routers or name servers, else low.
--
-- severity: low
-- category: security
-- protocol: dhcp
-- cause: A router, access point or virtual machine that somebody plugged in with its DHCP server
--   on.
-- cause: A pair of servers that share the pool.
-- remedy: Find the port of the server that is not yours by its MAC address, and turn its DHCP
--   off.
-- remedy: Let switches take offers from trusted ports alone (DHCP snooping).
-- source: RFC 2131, 3.1: a client may get several offers and takes one.
--
-- column capture_id  The capture.
-- column ts_ns       The first offer.
-- column flow_id     The flow; NULL: several.
-- column src         The client; NULL: several.
-- column dst         One of the servers.
-- column value       Servers.
-- column symptoms    What was seen.
-- column packets     The offers.
-- column severity    How bad it is.
WITH offers AS ( -- gives: routers and name servers in the offer
	SELECT
		*,
		ifnull(routers, '') || ' ' || ifnull(dns_servers, '') AS gives
	FROM dhcp
	WHERE from_server = 1 AND message = 'offer' AND server_id IS NOT NULL
),
transactions AS ( -- those with offers of several servers
	SELECT
		capture_id,
		min(ts_ns) AS ts_ns,
		min(flow_id) AS flow_id,
		client_mac,
		min(server_id) AS first_server,
		max(server_id) AS last_server,
		count(DISTINCT server_id) AS servers,
		count(DISTINCT gives) AS gifts,
		group_concat(packet_id) AS packets
	FROM offers
	GROUP BY capture_id, transaction_id, client_mac
	HAVING count(DISTINCT server_id) > 1
)
SELECT
	capture_id,
	min(ts_ns) AS ts_ns,
	iif(count(*) = 1, min(flow_id), NULL) AS flow_id,
	only(client_mac) AS src,
	last_server AS dst,
	max(servers) AS value,
	printf('%s and %s%s made offers within %s; their routers and name servers are %s', first_server,
		last_server, iif(max(servers) > 2, printf(' and %d more', max(servers) - 2), ''),
		counted(count(*), 'transaction'), iif(max(gifts) > 1, 'not the same', 'the same'))
		AS symptoms,
	group_concat(packets) AS packets,
	iif(max(gifts) > 1, 'high', 'low') AS severity
FROM transactions
GROUP BY capture_id, first_server, last_server
ORDER BY value DESC;
