"""ARP: requests, replies, conflicts. Repetitions of a request have no row of their own: docs/differences.md."""

REQUESTS = """
SELECT p.number, iif(a.sender_mac LIKE '%:%', a.sender_mac, NULL), a.sender_address, a.target_address, iif(a.kind IN ('announcement', 'gratuitous'), 1, NULL),
	iif(a.kind = 'probe', 1, NULL), iif(a.kind = 'announcement', 1, NULL)
FROM arp a JOIN packets p ON p.packet_id = a.request_packet_id
WHERE a.protocol = 'arp' AND a.kind NOT GLOB '[0-9]*'"""

REPLIES = """
SELECT p.number, iif(a.reply_mac LIKE '%:%', a.reply_mac, NULL), iif(a.request_packet_id IS NULL, a.sender_address, a.target_address),
	iif(a.request_packet_id IS NULL, a.target_address, a.sender_address), iif(a.kind = 'gratuitous', 1, NULL)
FROM arp a JOIN packets p ON p.packet_id = a.reply_packet_id
WHERE a.protocol = 'arp'"""

CONFLICTS = """
SELECT p.number, o.number
FROM arp_conflicts a JOIN packets p USING (packet_id) JOIN packets o ON o.packet_id = a.other_packet_id"""

COMPARISONS = [
    {
        "name": "arp.request",
        "when": "arp.opcode == 1",
        "sql": REQUESTS,
        "fields": [
            ("sender_mac", "arp.src.hw_mac", "text"),
            ("sender_address", "arp.src.proto_ipv4", "text"),
            ("target_address", "arp.dst.proto_ipv4", "text"),
            ("gratuitous", "arp.isgratuitous", "boolean"),
            ("probe", "arp.isprobe", "boolean"),
            ("announcement", "arp.isannouncement", "boolean"),
        ],
    },
    {
        "name": "arp.reply",
        "when": "arp.opcode == 2",
        "sql": REPLIES,
        "fields": [
            ("reply_mac", "arp.src.hw_mac", "text"),
            ("sender_address", "arp.src.proto_ipv4", "text"),
            ("target_address", "arp.dst.proto_ipv4", "text"),
            ("gratuitous", "arp.isgratuitous", "boolean"),
        ],
    },
    {
        "name": "arp.conflict",
        "when": "arp.duplicate-address-frame",
        "sql": CONFLICTS,
        "fields": [("other_packet", "arp.duplicate-address-frame", "integer")],
    },
]
