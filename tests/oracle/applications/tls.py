"""TLS: hellos, certificates, alerts."""

CLIENT_HELLOS = """
SELECT p.number, t.server_name, t.ja3
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id
WHERE t.transport = 'tcp' AND t.record_version <> 'SSLv2'"""

SERVER_HELLOS = """
SELECT p.number, t.cipher, t.ja3s
FROM tls t JOIN packets p ON p.packet_id = t.server_hello_packet_id
WHERE t.transport = 'tcp'"""

# tshark shows TLS 1.3 as version 0x0303, with the version itself in an extension (RFC 8446, 4.1.3).
SERVER_VERSIONS = """
SELECT p.number, CASE t.version
	WHEN 'SSLv3' THEN 0x300 WHEN 'TLSv1.0' THEN 0x301 WHEN 'TLSv1.1' THEN 0x302 ELSE 0x303 END
FROM tls t JOIN packets p ON p.packet_id = t.server_hello_packet_id
WHERE t.transport = 'tcp'"""

CLIENT_ALPN = """
SELECT p.number, a.value
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id,
	json_each('[' || replace(json_quote(t.alpn_offered), ',', '","') || ']') a
WHERE t.transport = 'tcp' AND t.record_version <> 'SSLv2'"""

SERVER_ALPN = """
SELECT p.number, t.alpn
FROM tls t JOIN packets p ON p.packet_id = t.server_hello_packet_id
WHERE t.transport = 'tcp' AND t.version <> 'TLSv1.3'"""

CERTIFICATES = """
SELECT p.number, c.bytes
FROM tls_certificates c JOIN packets p USING (packet_id)"""

CERTIFICATE_FIELDS = """
SELECT p.number, lower(c.serial), strftime('%Y-%m-%d %H:%M:%S (UTC)', t.value / 1000000000, 'unixepoch')
FROM tls_certificates c JOIN packets p USING (packet_id), 
	json_each(json_array(c.not_before_ts_ns, c.not_after_ts_ns)) t"""

CERTIFICATE_NAMES = """
SELECT p.number, n.value
FROM tls_certificates c JOIN packets p USING (packet_id),
	json_each('[' || replace(json_quote(c.names), ' ', '","') || ']') n
WHERE n.value GLOB '*[a-zA-Z]*' AND instr(n.value, ':') = 0"""

ALERTS = """
SELECT p.number, a.code, iif(a.level = 'fatal', 2, 1)
FROM tls_alerts a JOIN packets p USING (packet_id)
WHERE a.code IS NOT NULL"""

QUIC_HELLOS = """
SELECT p.number, t.server_name, t.ja3
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id
WHERE t.transport = 'quic'"""

QUIC_OFFERED = """
SELECT p.number, a.value
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id,
	json_each('[' || replace(json_quote(t.alpn_offered), ',', '","') || ']') a
WHERE t.transport = 'quic'"""

QUIC_SERVER_HELLOS = """
SELECT p.number, t.cipher, t.ja3s
FROM tls t JOIN packets p ON p.packet_id = t.server_hello_packet_id
WHERE t.transport = 'quic'"""

COMPARISONS = [
    {
        "name": "quic.client_hello",
        "when": "tls.handshake.type == 1 && quic",
        "sql": QUIC_HELLOS,
        "fields": [
            ("server_name", "tls.handshake.extensions_server_name", "text"),
            ("ja3", "tls.handshake.ja3", "text"),
        ],
    },
    {
        "name": "quic.client_hello",
        "when": "tls.handshake.type == 1 && quic",
        "sql": QUIC_OFFERED,
        "fields": [
            ("alpn_offered", "tls.handshake.extensions_alpn_str", "text"),
        ],
    },
    {
        "name": "quic.server_hello",
        "when": "tls.handshake.type == 2 && quic",
        "sql": QUIC_SERVER_HELLOS,
        "fields": [
            ("cipher", "tls.handshake.ciphersuite", "integer"),
            ("ja3s", "tls.handshake.ja3s", "text"),
        ],
    },
    {
        "name": "tls.client_hello",
        "when": "tls.handshake.type == 1 && !quic && !eap",
        "sql": CLIENT_HELLOS,
        "fields": [
            ("server_name", "tls.handshake.extensions_server_name", "text"),
            ("ja3", "tls.handshake.ja3", "text"),
        ],
    },
    {
        "name": "tls.server_hello",
        "when": "tls.handshake.type == 2 && !quic && !eap",
        "sql": SERVER_HELLOS,
        "fields": [
            ("cipher", "tls.handshake.ciphersuite", "integer"),
            ("ja3s", "tls.handshake.ja3s", "text"),
        ],
    },
    {
        "name": "tls.certificate",
        "when": "tls.handshake.certificate && !quic && !eap",
        "sql": CERTIFICATES,
        "fields": [
            ("bytes", "tls.handshake.certificate_length", "integer"),
        ],
    },
    {
        "name": "tls.client_hello",
        "when": "tls.handshake.type == 1 && !quic && !eap",
        "sql": CLIENT_ALPN,
        "fields": [
            ("alpn_offered", "tls.handshake.extensions_alpn_str", "text"),
        ],
    },
    {
        "name": "tls.server_hello",
        "when": "tls.handshake.type == 2 && !quic && !eap",
        "sql": SERVER_VERSIONS,
        "fields": [
            ("version", "tls.handshake.version", "tls_version"),
        ],
    },
    {
        "name": "tls.server_hello",
        "when": "tls.handshake.type == 2 && tls.handshake.extensions_alpn_str && !quic && !eap",
        "sql": SERVER_ALPN,
        "fields": [
            ("alpn", "tls.handshake.extensions_alpn_str", "text"),
        ],
    },
    {
        "name": "tls.certificate",
        "when": "tls.handshake.certificate && !quic && !eap",
        "sql": CERTIFICATE_FIELDS,
        "sets": True,
        "among": True,  # those of a stapled OCSP response are in the same fields
        "fields": [
            ("serial", "x509af.serialNumber", "serial"),
            ("validity", "x509af.utcTime", "text"),
        ],
    },
    {
        "name": "tls.certificate",
        "when": "tls.handshake.certificate && !quic && !eap",
        "sql": CERTIFICATE_NAMES,
        "sets": True,
        "fields": [
            ("names", "x509ce.dNSName", "text"),
        ],
    },
    {
        "name": "tls.alert",
        "when": "tls.alert_message.desc && !quic && !eap",
        "sql": ALERTS,
        "fields": [
            ("code", "tls.alert_message.desc", "integer"),
            ("level", "tls.alert_message.level", "integer"),
        ],
    },
]
