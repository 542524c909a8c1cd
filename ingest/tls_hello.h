// The hellos of TLS: RFC 8446, 4.1; RFC 5246, 7.4.1. What they offer and choose, and their fingerprints JA3, JA3S
// (github.com/salesforce/ja3) and JA4 (github.com/FoxIO-LLC/ja4).
#ifndef INGEST_TLS_HELLO_H
#define INGEST_TLS_HELLO_H

#include "bytes.h"

enum {
	TLS_HELLO_LIST_MAX = 512, // cipher suites, extensions, groups, algorithms kept
	TLS_HELLO_NAME_MAX = 255,
	TLS_HELLO_ALPN_MAX = 255, // bytes of all names
	TLS_JA3_LEN = 32,
	TLS_JA4_LEN = 36,
};

struct tls_list {
	uint16_t at[TLS_HELLO_LIST_MAX];
	unsigned count;
};

struct tls_hello {
	bool is_retry; // a server hello that is a hello retry request (RFC 8446, 4.1.3)
	bool has_psk, has_ech, has_alpn, has_server_name;
	uint16_t legacy_version, version; // version: what supported_versions says, else legacy_version
	uint16_t cipher;                  // of a server hello
	struct bytes session_id;          // borrowed from the hello
	struct bytes server_name, alpn;   // borrowed; alpn: the list as on the wire
	struct tls_list ciphers, extensions, groups, formats, algorithms, versions;
};

// Reads the body of a client or server hello. False: it is cut or contradicts itself; what was read is kept.
bool tls_read_client_hello(struct tls_hello *, struct bytes body);
bool tls_read_server_hello(struct tls_hello *, struct bytes body);

bool tls_is_grease(uint16_t value); // RFC 8701

// Fingerprints as text with a NUL. transport: 't' TCP, 'q' QUIC.
void tls_ja3(const struct tls_hello *, char to[TLS_JA3_LEN + 1]);  // of a client hello
void tls_ja3s(const struct tls_hello *, char to[TLS_JA3_LEN + 1]); // of a server hello
void tls_ja4(const struct tls_hello *, char transport, char to[TLS_JA4_LEN + 1]);

#endif
