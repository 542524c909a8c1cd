"""DHCP: messages."""

MESSAGES = """
SELECT p.number, d.message_number, d.transaction_id, d.client_mac, ifnull(d.your_address, '0.0.0.0'),
	ifnull(d.client_address, '0.0.0.0'), ifnull(d.relay, '0.0.0.0'), ifnull(d.next_server, '0.0.0.0'), d.secs, d.hops,
	d.broadcast, d.host_name, d.requested_address, d.server_id, d.lease_s, d.renewal_s, d.rebinding_s, d.subnet_mask,
	d.domain, d.vendor_class
FROM (
	SELECT *, CASE message WHEN 'discover' THEN 1 WHEN 'offer' THEN 2 WHEN 'request' THEN 3 WHEN 'decline' THEN 4
		WHEN 'ack' THEN 5 WHEN 'nak' THEN 6 WHEN 'release' THEN 7 WHEN 'inform' THEN 8
		WHEN 'force_renew' THEN 9 WHEN 'lease_query' THEN 10 WHEN 'lease_unassigned' THEN 11 WHEN 'lease_unknown' THEN 12
		WHEN 'lease_active' THEN 13 WHEN 'bulk_lease_query' THEN 14 WHEN 'lease_query_done' THEN 15 END AS message_number
	FROM dhcp
) d JOIN packets p USING (packet_id)"""

# A value for each address
ADDRESSES = """
WITH RECURSIVE words(packet_id, kind, word, rest) AS (
	SELECT packet_id, 1, NULL, routers || ' ' FROM dhcp WHERE routers IS NOT NULL
	UNION ALL
	SELECT packet_id, 2, NULL, dns_servers || ' ' FROM dhcp WHERE dns_servers IS NOT NULL
	UNION ALL
	SELECT packet_id, kind, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
	FROM words WHERE rest <> ''
)
SELECT p.number, iif(kind = 1, word, NULL), iif(kind = 2, word, NULL)
FROM words JOIN packets p USING (packet_id) WHERE word IS NOT NULL"""

COMPARISONS = [
    {
        "name": "dhcp",
        "when": "dhcp",
        "sql": MESSAGES,
        "sets": True,
        "fields": [
            ("message", "dhcp.option.dhcp", "integer"),
            ("transaction_id", "dhcp.id", "hex"),
            ("client_mac", "dhcp.hw.mac_addr", "text"),
            ("your_address", "dhcp.ip.your", "text"),
            ("client_address", "dhcp.ip.client", "text"),
            ("relay", "dhcp.ip.relay", "text"),
            ("next_server", "dhcp.ip.server", "text"),
            ("secs", "dhcp.secs", "integer"),
            ("hops", "dhcp.hops", "integer"),
            ("broadcast", "dhcp.flags.bc", "boolean"),
            ("host_name", "dhcp.option.hostname", "text"),
            ("requested_address", "dhcp.option.requested_ip_address", "text"),
            ("server_id", "dhcp.option.dhcp_server_id", "text"),
            ("lease_s", "dhcp.option.ip_address_lease_time", "integer"),
            ("renewal_s", "dhcp.option.renewal_time_value", "integer"),
            ("rebinding_s", "dhcp.option.rebinding_time_value", "integer"),
            ("subnet_mask", "dhcp.option.subnet_mask", "text"),
            ("domain", "dhcp.option.domain_name", "text"),
            ("vendor_class", "dhcp.option.vendor_class_id", "text"),
        ],
    },
    {
        "name": "dhcp.list",
        "when": "dhcp.option.router || dhcp.option.domain_name_server",
        "sql": ADDRESSES,
        "fields": [
            ("routers", "dhcp.option.router", "text"),
            ("dns_servers", "dhcp.option.domain_name_server", "text"),
        ],
    },
]
