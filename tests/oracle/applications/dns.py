"""DNS: messages, and which response belongs to which query."""

QUERIES = """
SELECT p.number, d.transaction_id, d.name, d.type
FROM dns d JOIN packets p ON p.packet_id = d.query_packet_id
WHERE d.kind IN ('answered', 'unanswered')
UNION ALL
SELECT p.number, NULL, q.name, q.type
FROM dns_questions q JOIN packets p USING (packet_id) JOIN dns d ON d.query_packet_id = q.packet_id
WHERE d.kind IN ('answered', 'unanswered')"""

RESPONSES = """
SELECT p.number, d.transaction_id, d.name, d.type, d.rcode & 15, d.answers, d.authorities, d.additionals,
	d.truncated, d.authoritative, d.recursion_available,
	iif(d.rtt_ns IS NULL, NULL, q.number), d.rtt_ns,
	iif(d.kind = 'unsolicited', 1, NULL), iif(d.kind = 'duplicate', 1, NULL)
FROM dns d JOIN packets p ON p.packet_id = d.answer_packet_id
LEFT JOIN packets q ON q.packet_id = d.query_packet_id"""

RECORDS = """
SELECT p.number, a.type, iif(a.type = 41, NULL, a.ttl), iif(a.type = 1, a.data, NULL), iif(a.type = 28, a.data, NULL)
FROM dns_answers a JOIN packets p ON p.packet_id = a.packet_id"""

COMPARISONS = [
    {
        "name": "dns.query",
        "when": "dns.flags.response == 0 && !dns.retransmission",
        "sql": QUERIES,
        "fields": [
            ("transaction_id", "dns.id", "hex"),
            ("name", "dns.qry.name", "name"),
            ("type", "dns.qry.type", "integer"),
        ],
    },
    {
        "name": "dns.response",
        "when": "dns.flags.response == 1",
        "sql": RESPONSES,
        "fields": [
            ("transaction_id", "dns.id", "hex"),
            ("name", "dns.qry.name", "name"),
            ("type", "dns.qry.type", "integer"),
            ("rcode", "dns.flags.rcode", "integer"),
            ("answers", "dns.count.answers", "integer"),
            ("authorities", "dns.count.auth_rr", "integer"),
            ("additionals", "dns.count.add_rr", "integer"),
            ("truncated", "dns.flags.truncated", "boolean"),
            ("authoritative", "dns.flags.authoritative", "boolean"),
            ("recursion_available", "dns.flags.recavail", "boolean"),
            ("response_to", "dns.response_to", "integer"),
            ("rtt_ns", "dns.time", "ns"),
            ("unsolicited", "dns.unsolicited", "boolean"),
            ("retransmission", "dns.retransmission", "boolean"),
        ],
    },
    {
        "name": "dns.record",
        "when": "dns.flags.response == 1",
        "sql": RECORDS,
        "fields": [
            ("type", "dns.resp.type", "integer"),
            ("ttl", "dns.resp.ttl", "integer"),
            ("a", "dns.a", "text"),
            ("aaaa", "dns.aaaa", "text"),
        ],
    },
]
