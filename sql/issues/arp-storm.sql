-- A host sends gratuitous ARP in masses.
--
-- A sender (MAC) of at least :min_count gratuitous ARP messages and announcements, :per_s or more a second
-- on average, and more than :per_address for each address that it announces. Each of them goes to all hosts of
-- the network. value is the messages a second.
--
-- severity: medium
-- category: performance
-- protocol: arp
-- cause: A loop in the network, where broadcasts go round.
-- cause: A device or cluster that announces itself without end (a failed failover, a faulty driver).
-- cause: ARP spoofing tools, which repeat their claims.
-- remedy: Look for a loop: does the same message come again with other gaps than its sender would make?
-- remedy: Find the port of the MAC in the switches; limit broadcasts there (storm control).
-- source: RFC 5227, 2.3: two announcements, two seconds apart, are what a host sends. A member of a cluster that takes
--    over announces each address more often: keepalived twice five times (keepalived.conf, garp_master_repeat).
--
-- param :min_count integer 2..1000000 = 20     Messages from which on it is listed.
-- param :per_s number 0..1000000 = 2           Messages a second, on average, from which on it is listed.
-- param :per_address number 0..1000000 = 10    Messages for each address, on average, above which it is listed.
--
-- column capture_id   The capture.
-- column ts_ns        When it was seen first, ns since 1970 UTC.
-- column flow_id      NULL.
-- column src          The sender.
-- column dst          NULL.
-- column value        Messages a second.
-- column symptoms     What was seen.
-- column packets      The messages.
WITH senders AS ( -- MACs with enough such messages
	SELECT
		capture_id,
		sender_mac,
		sum(1 + ifnull(repeats, 0)) AS messages,
		min(ifnull(request_ts_ns, reply_ts_ns)) AS ts_ns,
		max(ifnull(request_ts_ns, reply_ts_ns)) AS last_ts_ns,
		count(DISTINCT sender_address) AS addresses,
		group_concat(ifnull(request_packet_id, reply_packet_id)) AS packets
	FROM arp
	WHERE kind IN ('gratuitous', 'announcement') AND sender_mac NOT NULL
	GROUP BY capture_id, sender_mac
	HAVING sum(1 + ifnull(repeats, 0)) >= :min_count
		AND sum(1 + ifnull(repeats, 0)) > :per_address * count(DISTINCT sender_address)
)
SELECT
	capture_id,
	ts_ns,
	NULL AS flow_id,
	sender_mac AS src,
	NULL AS dst,
	messages * 1e9 / max(last_ts_ns - ts_ns, 1) AS value,
	printf('%s sent %d gratuitous ARP messages for %s in %.1f s', sender_mac, messages,
		printf('%d %s', addresses, iif(addresses = 1, 'address', 'addresses')), (last_ts_ns - ts_ns) / 1e9) AS symptoms,
	packets
FROM senders
WHERE messages * 1e9 >= :per_s * (last_ts_ns - ts_ns)
ORDER BY value DESC;
