-- TLS: handshakes, certificates, alerts.

-- One row a TLS connection, as far as its handshake can be seen.
CREATE TABLE tls (
	tls_id                 INTEGER PRIMARY KEY, -- names the row
	capture_id             INTEGER NOT NULL REFERENCES captures, -- the capture
	flow_id                INTEGER NOT NULL REFERENCES flows, -- the TCP connection, or the QUIC flow
	direction              INTEGER NOT NULL, -- of the client: 0 the flow's src
	transport              TEXT NOT NULL, -- tcp or quic
	version                TEXT, -- negotiated: SSLv3, TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3; NULL without a server hello
	client_version         TEXT, -- the highest that the client offers
	record_version         TEXT, -- of the record that carries the client hello; NULL over QUIC
	quic_version           TEXT, -- 1, 2, draft-29, mvfst-27 ...: the server's, where it goes on in another one than the client's (RFC 9368); NULL over TCP
	cipher                 INTEGER, -- negotiated cipher suite
	cipher_name            TEXT, -- its name (IANA), or 0xHHHH
	server_name            TEXT, -- SNI of the client hello (RFC 6066, 3)
	alpn                   TEXT, -- application protocol: what the server chose, where that can be seen, else NULL
	alpn_offered           TEXT, -- what the client offers, in its order, separated by commas
	resumed                INTEGER, -- 1: the session was resumed; NULL not known
	hello_retries          INTEGER, -- TLS 1.3: times that the server asked for another hello
	ech                    INTEGER, -- 1: the client hello has the encrypted_client_hello extension
	client_hello_packet_id INTEGER REFERENCES packets, -- the packet that completes the (first) client hello
	server_hello_packet_id INTEGER REFERENCES packets, -- the packet that completes the server hello
	finished_packet_id     INTEGER REFERENCES packets, -- the packet that ends the handshake: both sides' Finished have passed; in TLS 1.3 the client's first encrypted record behind the server's
	client_hello_ts_ns     INTEGER, -- ns since 1970 UTC
	server_hello_ns        INTEGER, -- client hello to server hello
	finished_ns            INTEGER, -- client hello to the end of the handshake
	certificates           INTEGER, -- certificates of the server that were seen
	client_certificate     INTEGER, -- 1: the server asked for one
	ja3                    TEXT, -- MD5 of JA3's client fingerprint
	ja3s                   TEXT, -- MD5 of JA3's server fingerprint
	ja4                    TEXT, -- JA4 client fingerprint
	alert                  TEXT, -- first alert in the clear, by name: handshake_failure, certificate_expired ...
	alert_direction        INTEGER, -- who sent it: 0 the flow's src
	closed_by_alert        INTEGER -- 1: an alert, in the clear or encrypted, was seen
);

-- Certificates in the clear (up to TLS 1.2), in the order sent: the first is the peer's own.
CREATE TABLE tls_certificates (
	tls_certificate_id  INTEGER PRIMARY KEY, -- names the row
	tls_id              INTEGER NOT NULL REFERENCES tls, -- the connection
	packet_id           INTEGER NOT NULL REFERENCES packets, -- the packet that completes the message
	direction           INTEGER NOT NULL, -- who sent it: 0 the flow's src
	position            INTEGER NOT NULL, -- in the chain, from 0
	bytes               INTEGER NOT NULL, -- length of its DER encoding
	sha256              TEXT NOT NULL, -- fingerprint, hex
	subject             TEXT, -- distinguished name, RFC 4514, attributes in the order of the certificate; it and all below: NULL where it cannot be read
	issuer              TEXT, -- the same
	common_name         TEXT, -- CN of the subject
	serial              TEXT, -- hex
	not_before_ts_ns    INTEGER, -- ns since 1970 UTC
	not_after_ts_ns     INTEGER, -- ns since 1970 UTC
	key_type            TEXT, -- RSA, EC, ED25519 ...
	key_bits            INTEGER, -- size of the key
	signature_algorithm TEXT, -- as OpenSSL calls it: sha256WithRSAEncryption
	self_signed         INTEGER, -- 1: its own key verifies its signature
	is_ca               INTEGER, -- 1: basic constraints say CA
	names               TEXT -- subject alternative names: DNS names and addresses, separated by blanks; 4,096 bytes of them at most
);

-- Alerts in the clear; encrypted ones have neither level nor name.
CREATE TABLE tls_alerts (
	tls_alert_id INTEGER PRIMARY KEY, -- names the row
	tls_id       INTEGER NOT NULL REFERENCES tls, -- the connection
	packet_id    INTEGER NOT NULL REFERENCES packets, -- the packet that completes it
	ts_ns        INTEGER NOT NULL, -- ns since 1970 UTC
	direction    INTEGER NOT NULL, -- who sent it: 0 the flow's src
	level        TEXT, -- warning or fatal; NULL: encrypted
	code         INTEGER, -- description code (RFC 8446, 6)
	name         TEXT -- by name: close_notify, handshake_failure ...; unassigned where there is none
);

-- Certificates as detectors look at them: the row of tls_certificates, its connection and both ends.
CREATE VIEW tls_certificates_sent AS
SELECT
	k.tls_certificate_id,
	k.tls_id,
	t.capture_id,
	t.flow_id,
	k.position,
	k.sha256,
	k.issuer,
	k.common_name,
	k.names,
	k.not_before_ts_ns,
	k.not_after_ts_ns,
	k.self_signed,
	k.direction <> t.direction AS by_server, -- 1: the server sent it
	iif(t.direction, f.dst, f.src) AS client, -- who sent the client hello
	iif(k.direction, f.dst, f.src) AS owner, -- who sent it
	coalesce(
		k.common_name, nullif(k.subject, ''), nullif(substr(k.names, 1, instr(k.names || ' ', ' ') - 1), ''), 'nobody'
	) AS who, -- whom it names
	p.ts_ns, -- when it was sent, ns since 1970 UTC
	ifnull(t.client_hello_ts_ns, p.ts_ns) AS begun_ns, -- the client hello, or that where it is not in the capture
	ifnull(t.client_hello_packet_id || ',', '') || k.packet_id AS packets, -- the client hello and the certificate
	rtrim(t.server_name, '.') AS server_name, -- without the dot that ends a full name, which no certificate has
	t.finished_packet_id
FROM tls_certificates k
CROSS JOIN tls t ON t.tls_id = k.tls_id
CROSS JOIN flows f ON f.flow_id = t.flow_id
CROSS JOIN packets p ON p.packet_id = k.packet_id;
