"""TLS: hellos, certificates, alerts."""

CLIENT_HELLOS = """
SELECT p.number, t.server_name, t.ja3
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id
WHERE t.transport = 'tcp' AND t.record_version <> 'SSLv2'"""

SERVER_HELLOS = """
SELECT p.number, t.cipher, t.ja3s
FROM tls t JOIN packets p ON p.packet_id = t.server_hello_packet_id
WHERE t.transport = 'tcp'"""

CERTIFICATES = """
SELECT p.number, c.bytes, lower(c.serial)
FROM tls_certificates c JOIN packets p USING (packet_id)"""

ALERTS = """
SELECT p.number, a.code, iif(a.level = 'fatal', 2, 1)
FROM tls_alerts a JOIN packets p USING (packet_id)
WHERE a.code IS NOT NULL"""

QUIC_HELLOS = """
SELECT p.number, t.server_name, t.alpn_offered, t.ja3
FROM tls t JOIN packets p ON p.packet_id = t.client_hello_packet_id
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
            ("alpn_offered", "tls.handshake.extensions_alpn_str", "text"),
            ("ja3", "tls.handshake.ja3", "text"),
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
        "name": "tls.alert",
        "when": "tls.alert_message.desc && !quic && !eap",
        "sql": ALERTS,
        "fields": [
            ("code", "tls.alert_message.desc", "integer"),
            ("level", "tls.alert_message.level", "integer"),
        ],
    },
]
