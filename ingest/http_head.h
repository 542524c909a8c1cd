// Start lines and header fields of HTTP/1: RFC 9110, RFC 9112.
#ifndef INGEST_HTTP_HEAD_H
#define INGEST_HTTP_HEAD_H

#include "application.h"

// What a message is called by. Texts are owned and escaped, the first 8192 bytes of each; NULL: there is none.
struct http_head {
	bool is_response, chunked, close, keep_alive, has_length;
	bool expects;    // of a request: 100 Continue, before it sends its body
	char version[4]; // "1.1"
	int status;
	uint64_t length; // Content-Length
	uint64_t bytes;  // of all lines that were read
	size_t kept;     // bytes of the texts
	// of a request; user: with basic credentials (RFC 7617)
	char *method, *target, *host, *content_type, *user_agent, *referer, *credentials, *user;
	// of a response
	char *reason, *server, *location, *upgrade;
};

// Whether a message begins here. RECOGNISED_MORE: a few more bytes will tell.
enum recognised http_recognise(struct bytes data);

// Whether the first line is there, and neither a status line nor a request with a version.
bool http_lacks_version(struct bytes data);

// Length of the head with its empty line; 0: its end is not there yet. Bytes before *scanned hold no end.
size_t http_head_length(struct bytes data, size_t *scanned);

// Reads a start line and the fields behind it. False, with nothing to release: it is not HTTP.
bool http_head_read(struct http_head *, struct bytes text);
void http_head_read_field(struct http_head *, struct bytes line); // one more
void http_head_release(struct http_head *);

bool http_head_is_method(const struct http_head *, const char *method);
bool http_head_is_interim(const struct http_head *); // a response before the one that counts (RFC 9110, 15.2)
bool http_head_stays_open(const struct http_head *); // the connection, behind this message (RFC 9112, 9.3)

#endif
