-- Two hosts use the same IP address.
--
-- ARP messages say that an address is at two MAC addresses (table arp_conflicts), address and MACs
-- together. Medium where both go on to use it: the first one was heard again after the other. Low where it
-- moved: a new network card, or a cluster or router pair that failed over. value is the number of messages
-- of the second MAC.
--
-- severity: medium
-- category: configuration
-- protocol: arp
-- cause: Two hosts were given the same address: by hand, by two DHCP servers, or a copied virtual machine.
-- cause: A cluster or a pair of routers that moves its address (VRRP, HSRP, CARP) or a replaced network
--    card.
-- cause: Somebody who wants to get the traffic of that address (ARP spoofing).
-- remedy: Find both MACs in the switches, and give one host another address.
-- remedy: Look for the address in the leases of the DHCP server.
-- source: RFC 5227, 2.4: a host that sees its address used by another MAC has a conflict.
--
-- param :min_count integer 1..1000000 = 1   Messages of the second MAC from which on it is listed.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL.
-- column src          The address.
-- column dst          NULL.
-- column value        Messages of the second MAC.
-- column symptoms     What was seen.
-- column packets      They, and those of the first MAC before them.
-- column severity     low, medium, high or critical.
-- column title        In a few words.
-- column cause        What usually causes this kind.
-- column confidence   Of that cause, 0 to 1.
WITH conflicts AS ( -- messages by which a MAC claims the address of another
	SELECT
		capture_id,
		address,
		mac,
		other_mac,
		count(*) AS messages,
		min(ts_ns) AS ts_ns,
		max(other_packet_id) > min(packet_id) AS both_go_on,
		group_concat(other_packet_id || ' ' || packet_id) AS packets
	FROM arp_conflicts
	GROUP BY capture_id, address, mac
	HAVING count(*) >= :min_count
)
SELECT
	capture_id,
	ts_ns,
	NULL AS flow_id,
	address AS src,
	NULL AS dst,
	messages AS value,
	printf('%s was at %s, and then at %s in %s; %s', address, other_mac, mac, counted(messages, 'message'),
		iif(both_go_on, other_mac || ' went on to use it', other_mac || ' was not heard with it any more')) AS symptoms,
	packets,
	iif(both_go_on, 'medium', 'low') AS severity,
	iif(both_go_on, 'Two hosts use the same IP address', 'An IP address moved to another MAC address') AS title,
	iif(both_go_on, 'Two hosts were given the same address.',
		'A cluster or a pair of routers moved its address, or a network card was replaced.') AS cause,
	0.5 AS confidence
FROM conflicts
ORDER BY both_go_on DESC, messages DESC;
