-- A host takes over the addresses of others.
--
-- A MAC address claims at least :addresses IP addresses that other MACs had (table arp_conflicts), while one
-- of these goes on to use its own; or claims one in at least :replies ARP replies that nobody asked for, while
-- the other MAC goes on to use it. So tools do that put themselves between hosts and their router. A cluster
-- that takes over addresses claims them when their MAC has gone silent. Only who sends a message claims something: a
-- reply that names the MAC of the one that is told accuses its own sender, if that has used the address itself.
-- value is the number of addresses.
--
-- severity: high
-- category: security
-- protocol: arp
-- cause: ARP spoofing: somebody reads or changes the traffic between these hosts (arpspoof, ettercap,
--    bettercap).
-- cause: Proxy ARP, a bridge, or a cluster of which two members took over (split brain).
-- remedy: Find the MAC in the switches and isolate its port, unless it is yours to do so.
-- remedy: Switch on dynamic ARP inspection and DHCP snooping.
-- remedy: Encrypt and authenticate what crosses the network: passwords sent meanwhile are known.
-- source: RFC 5227, 1; RFC 826 lets any host overwrite the entries of others: two addresses of others are
--    one more than a replaced card takes.
--
-- param :addresses integer 2..65536 = 2   Addresses of others that a MAC claims, from which on it is
--                                         listed.
-- param :replies integer 1..1000000 = 3   Replies that nobody asked for, for one address of another.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL.
-- column src          The MAC that takes over.
-- column dst          The address, if it is one only.
-- column value        Addresses.
-- column symptoms     What was seen.
-- column packets      The messages.
WITH
messages AS ( -- with who sent them
	SELECT
		c.*,
		ifnull(a.reply_mac, c.mac) AS sender_mac,
		a.kind IN ('unsolicited', 'gratuitous', 'duplicate') AND a.reply_packet_id NOT NULL AS unasked
	FROM arp_conflicts c
	LEFT JOIN arp a ON a.reply_packet_id = c.packet_id
),
claims AS ( -- of an address by who sends; contested: the other MAC was heard again behind the first of them
	SELECT
		capture_id,
		sender_mac AS mac,
		address,
		packet_id,
		other_packet_id,
		ts_ns,
		unasked,
		max(other_packet_id) OVER (PARTITION BY capture_id, sender_mac, address)
			> min(packet_id) OVER (PARTITION BY capture_id, sender_mac, address) AS contested
	FROM messages
	WHERE sender_mac IN (mac, other_mac)
),
macs AS ( -- a MAC with all that it claims
	SELECT
		capture_id,
		mac,
		min(ts_ns) AS ts_ns,
		count(DISTINCT address) AS addresses,
		min(address) AS address,
		max(contested) AS contested,
		sum(unasked AND contested) AS unasked,
		count(*) AS messages,
		group_concat(DISTINCT address) AS address_list,
		group_concat(packet_id || ' ' || other_packet_id) AS packets
	FROM claims
	GROUP BY capture_id, mac
)
SELECT
	capture_id,
	ts_ns,
	NULL AS flow_id,
	mac AS src,
	iif(addresses = 1, address, NULL) AS dst,
	addresses AS value,
	printf('%s claimed %s of others (%s) in %s, %d of them replies that nobody asked for', mac,
		printf('%d IP %s', addresses, iif(addresses = 1, 'address', 'addresses')),
		substr(address_list, 1, 200), counted(messages, 'message'), unasked) AS symptoms,
	packets
FROM macs
WHERE addresses >= :addresses AND contested OR unasked >= :replies
ORDER BY addresses DESC, messages DESC;
