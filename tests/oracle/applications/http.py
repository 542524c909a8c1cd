"""HTTP: requests, responses, and which belongs to which."""

REQUESTS = """
SELECT p.number, h.method, h.target, h.host, h.user_agent
FROM http h JOIN packets p ON p.packet_id = h.request_packet_id"""

RESPONSES = """
SELECT p.number, h.status, h.reason, h.server, h.content_type, q.number, h.last_byte_ns
FROM http h JOIN packets p ON p.packet_id = h.response_packet_id
LEFT JOIN packets q ON q.packet_id = h.request_packet_id"""

COMPARISONS = [
    {
        "name": "http.request",
        "when": "(http.request || http.notification) && !ssdp && !sip",
        "sql": REQUESTS,
        "holes": True,
        "fields": [
            ("method", "http.request.method", "text"),
            ("target", "http.request.uri", "text"),
            ("host", "http.host", "line"),
            ("user_agent", "http.user_agent", "line"),
        ],
    },
    {
        "name": "http.response",
        "when": "http.response && !ssdp",
        "sql": RESPONSES,
        "holes": True,
        "fields": [
            ("status", "http.response.code", "integer"),
            ("reason", "http.response.phrase", "line"),
            ("server", "http.server", "line"),
            ("content_type", "http.content_type", "line"),
            ("request_in", "http.request_in", "integer"),
            ("last_byte_ns", "http.time", "ns"),
        ],
    },
]
