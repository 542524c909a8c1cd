-- Which MAC address each IPv4 address has, by ARP: when it was seen, what it asked and answered, and conflicts.
--
-- topic: network
--
-- A row for each pair that a message claims: the sender's, and of a reply the target's it answers for. An address with
-- several rows moved, is used twice, or is spoofed: --conflicts 1 shows only those.
--
-- param :conflicts integer 0..1 = 0   Only addresses that several MAC addresses claim.
-- param :capture
-- param :host        Only this address, or those of this prefix.
-- param :since       Only messages from this time on.
-- param :until       Only messages before this time.
-- param :limit
--
-- column address         IPv4 address.
-- column mac             MAC address that claims it.
-- column first_s         First claim, seconds since the capture's first packet.
-- column last_s          Last claim, seconds since the capture's first packet.
-- column requests        Requests that it sent, repeated ones too.
-- column replies         Replies that it sent.
-- column announcements   Messages about its own address: announcements and gratuitous ARP.
-- column unanswered      Requests, repeated ones counted once, that nobody answered; without announcements.
-- column reply_ms        Its replies' mean time, milliseconds.
-- column conflicts       Messages in which it claims an address that another MAC address had first.
-- column conflict_with   MAC address that had it first.
-- column capture         Name of the capture.
WITH
claim AS ( -- a message that says who has an address
	SELECT
		capture_id,
		sender_address AS address,
		sender_mac AS mac,
		request_ts_ns AS first_ts_ns,
		coalesce(lr.ts_ns, request_ts_ns) AS last_ts_ns,
		1 + repeats AS requests,
		0 AS replies,
		iif(kind IN ('announcement', 'gratuitous'), 1 + repeats, 0) AS announcements,
		reply_packet_id IS NULL AND kind = 'request' AS unanswered,
		NULL AS rtt_ns
	FROM arp a
	LEFT JOIN (SELECT packet_id, ts_ns FROM packets) lr ON lr.packet_id = a.last_request_packet_id
	WHERE request_packet_id IS NOT NULL
		AND protocol = 'arp'
		AND kind <> 'probe'
		AND kind NOT GLOB '[0-9]*'
	UNION ALL
	SELECT
		capture_id,
		iif(request_packet_id IS NULL, sender_address, target_address),
		reply_mac,
		reply_ts_ns,
		reply_ts_ns,
		0,
		1,
		kind = 'gratuitous',
		0,
		rtt_ns
	FROM arp
	WHERE reply_packet_id IS NOT NULL AND protocol = 'arp'
),
host AS ( -- all claims of one MAC to one address
	SELECT
		capture_id,
		address,
		mac,
		min(first_ts_ns) AS first_ts_ns,
		max(last_ts_ns) AS last_ts_ns,
		sum(requests) AS requests,
		sum(replies) AS replies,
		sum(announcements) AS announcements,
		sum(unanswered) AS unanswered,
		avg(rtt_ns) AS rtt_ns
	FROM claim
	WHERE (:capture IS NULL OR capture_id = :capture)
		AND (:host IS NULL OR ip_in(address, :host))
		AND (:since IS NULL OR last_ts_ns >= :since)
		AND (:until IS NULL OR first_ts_ns < :until)
	GROUP BY capture_id, address, mac
),
owners AS MATERIALIZED ( -- hosts with these addresses; address_bytes sort as addresses do
	SELECT capture_id, address, address_bytes
	FROM hosts
	WHERE address IN (SELECT address FROM host)
),
conflict AS MATERIALIZED ( -- messages by which a MAC claims the address of another
	SELECT capture_id, address, mac, count(*) AS conflicts, min(other_mac) AS other_mac
	FROM arp_conflicts
	GROUP BY capture_id, address, mac
)
SELECT
	h.address,
	h.mac,
	(h.first_ts_ns - c.first_ts_ns) / 1e9 AS first_s,
	(h.last_ts_ns - c.first_ts_ns) / 1e9 AS last_s,
	h.requests,
	h.replies,
	h.announcements,
	h.unanswered,
	h.rtt_ns / 1e6 AS reply_ms,
	ifnull(x.conflicts, 0) AS conflicts,
	x.other_mac AS conflict_with,
	c.name AS capture
FROM host h
JOIN captures c USING (capture_id)
LEFT JOIN conflict x
	ON x.capture_id = h.capture_id AND x.address = h.address AND x.mac = h.mac
LEFT JOIN owners i ON i.capture_id = h.capture_id AND i.address = h.address
WHERE :conflicts = 0
	OR EXISTS (
		SELECT 1
		FROM conflict a
		WHERE a.capture_id = h.capture_id AND a.address = h.address
	)
ORDER BY
	h.capture_id,
	i.address_bytes IS NULL,
	i.address_bytes,
	h.address,
	h.first_ts_ns,
	h.mac
LIMIT ifnull(:limit, -1);
