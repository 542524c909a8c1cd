// A row of tls under way: what the hellos of a connection say, over TCP or QUIC.
#ifndef INGEST_TLS_RECORD_H
#define INGEST_TLS_RECORD_H

#include "application.h"
#include "tls_hello.h"

struct tls_record {
	bool is_begun, has_client_hello, has_server_hello;
	struct tls_row row; // its texts are static, or owned by texts[]
	char *texts[8];
	unsigned text_count;
	uint8_t client_session_id[32];
	uint8_t client_session_id_len;
};

// Begins the row, once: with its id, its flow, all else NULL. transport: tcp or quic.
void tls_record_begin(struct tls_record *, const struct application_call *, const char *transport);

// Notes a hello, whose message is the call's packet: the first of each kind; a second client hello, and a server hello
// that is a hello retry request, are counted. ja4_transport: tls_ja4(). record_version: static text; NULL none. A name
// in it goes to the capture's names and to the flow.
void tls_record_client_hello(struct tls_record *, struct application_call *, struct bytes body, char ja4_transport,
                             const char *record_version);
void tls_record_server_hello(struct tls_record *, struct application_call *, struct bytes body);

// Writes the row if it was begun, and frees the texts.
void tls_record_end(struct tls_record *, const struct application_call *);

#endif
