// HTTP/1.0 and 1.1: RFC 9110, RFC 9112. Of HTTP/2 in the clear (RFC 9113) the packets that end a frame are named.
//
// As in Wireshark, a message counts in the packet that completes it, body and all. Bodies are skipped as they come.
#include "../application.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../common/message.h"
#include "../wire_text.h"

enum {
	HEAD_MAX = 65536, // bytes of a start line with its header fields; beyond it the stream is no HTTP any more
	CHUNK_LINE_MAX = 1024,
	TEXT_MAX = 8192, // of a value that is kept: RFC 9110, 4.1 has all support URIs of 8000 bytes
	QUEUE_MAX = 256, // requests without a response; beyond it the oldest is given up
	METHOD_MAX = 20,
	HTTP2_PREFACE_LEN = 24,
	HTTP2_HEADER_LEN = 9,
	HTTP2_WHOLE_MAX = 65536, // bytes of a frame that are waited for, so that the packet with the end has the name
	HTTP2_SETTINGS = 4,      // type of frame
};

// What a message is called by: kept from its head until its row is written. Texts are owned and escaped.
struct head {
	bool is_response, chunked, close, keep_alive, has_length, has_type;
	int minor; // version 1.minor
	int status;
	uint64_t length; // Content-Length
	uint32_t bytes;
	size_t kept;                                                                      // bytes of the texts
	char *method, *target, *host, *content_type, *user_agent, *referer, *credentials; // of a request
	char *user;                                 // of a request with basic credentials (RFC 7617)
	char *reason, *server, *location, *upgrade; // of a response
};

struct http_message {
	struct head head;
	uint64_t body_bytes, missing;
	int64_t first_packet_id, first_ts_ns, packet_id, ts_ns;
	bool complete, pipelined;
};

enum phase { PHASE_HEAD, PHASE_BODY, PHASE_CHUNK_SIZE, PHASE_CHUNK, PHASE_TRAILER, PHASE_UNTIL_CLOSE, PHASE_LOST };

struct side {
	enum phase phase;
	bool begun;     // a message has begun
	size_t scanned; // bytes of the head in which its end is not
	uint64_t left;  // bytes of the body or chunk to come
	struct http_message message;
};

struct queued {
	struct queued *next;
	struct http_message message;
};

struct state {
	struct side side[2];
	bool is_seen;                // a message was seen
	struct queued *first, *last; // requests without a response
	unsigned count;
	uint8_t client;           // direction of requests
	int64_t packet_id, ts_ns; // of the last packet
};

static const char *const methods[] = {
	"GET",
	"POST",
	"HEAD",
	"PUT",
	"DELETE",
	"OPTIONS",
	"TRACE",
	"CONNECT",
	"PATCH",
	"PROPFIND",
	"PROPPATCH",
	"MKCOL",
	"COPY",
	"MOVE",
	"LOCK",
	"UNLOCK",
	"POLL",
	"BCOPY",
	"BMOVE",
	"SEARCH",
	"BDELETE",
	"BPROPFIND",
	"BPROPPATCH",
	"LABEL",
	"MERGE",
	"REPORT",
	"UPDATE",
	"CHECKIN",
	"CHECKOUT",
	"UNCHECKOUT",
	"MKACTIVITY",
	"MKWORKSPACE",
	"VERSION-CONTROL",
	"BASELINE-CONTROL",
	"NOTIFY",
	"SUBSCRIBE",
	"UNSUBSCRIBE",
	"M-SEARCH",
	"ICY",
	"RPC_CONNECT",
	"RPC_IN_DATA",
	"RPC_OUT_DATA",
	"SYSTEM_NOTIFY",
	"CCM_POST",
	"MKCALENDAR",
	"ACL",
	"REBIND",
	"UNBIND",
	"LINK",
	"UNLINK",
	"ORDERPATCH",
};

static const char PREFACE[] = "PRI * HTTP/2.0";

// ---- texts --------------------------------------------------------------------------------------------------------

// A copy that is safe to show; the caller owns it.
static char *copy_of(struct bytes text)
{
	char raw[TEXT_MAX], safe[TEXT_MAX * 4 + 1];
	text = wire_strip(text);
	size_t n = text.left < sizeof raw ? text.left : sizeof raw;
	bytes_copy(&text, raw, n);
	return memory_copy_text(message_escape(safe, sizeof safe, raw, n));
}

static void keep(struct head *h, char **to, struct bytes text)
{
	if (*to)
		return;
	*to = copy_of(text);
	h->kept += strlen(*to) + 1;
}

// Whether a list such as "keep-alive, Upgrade" has a word.
static bool has_word(struct bytes list, const char *word)
{
	while (list.left) {
		struct bytes part = wire_strip(bytes_split(&list, bytes_find(list, ',')));
		bytes_skip(&list, list.left ? 1 : 0);
		if (part.left == strlen(word) && wire_begins_like(part, word))
			return true;
	}
	return false;
}

// ---- heads --------------------------------------------------------------------------------------------------------

static void head_release(struct head *h)
{
	char **const texts[] = {&h->method,      &h->target, &h->host,   &h->content_type, &h->user_agent, &h->referer,
	                        &h->credentials, &h->reason, &h->server, &h->location,     &h->upgrade,    &h->user};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
}

static bool is_method(struct bytes word)
{
	uint64_t first = bytes_peek(word, 0, 1);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i][0] == (char)first && strlen(methods[i]) == word.left && wire_begins(word, methods[i]))
			return true;
	return false;
}

// Any word may be a method (RFC 9110, 9.1): one of capitals, as all that are registered, is one in a line that ends with
// the version.
static bool is_own_method(struct bytes word, struct bytes line)
{
	static const char version[] = "HTTP/1.";
	if (word.left == 0 || word.left > METHOD_MAX || line.left < word.left + sizeof version + 2)
		return false;
	for (struct bytes rest = word; rest.left;) {
		uint8_t c = bytes_u8(&rest);
		if (!isupper(c) && c != '-' && c != '_')
			return false;
	}
	bytes_skip(&line, line.left - sizeof version);
	return wire_begins(line, version) && isdigit((int)bytes_peek(line, sizeof version - 1, 1));
}

static bool read_status_line(struct head *h, struct bytes line)
{
	if (!wire_begins_like(line, "HTTP/1.") && !wire_begins_like(line, "ICY "))
		return false;
	h->is_response = true;
	struct bytes version = bytes_split(&line, bytes_find(line, ' '));
	h->minor = version.left && bytes_peek(version, version.left - 1, 1) == '0' ? 0 : 1;
	line = wire_strip(line);
	uint64_t status;
	bool ok = wire_decimal(bytes_split(&line, bytes_find(line, ' ')), &status) && status < 1000;
	h->status = ok ? (int)status : 0;
	keep(h, &h->reason, line);
	return ok;
}

static bool read_request_line(struct head *h, struct bytes line)
{
	struct bytes whole = line;
	struct bytes method = bytes_split(&line, bytes_find(line, ' '));
	if ((!is_method(method) && !is_own_method(method, whole)) || !line.left)
		return false;
	keep(h, &h->method, method);
	line = wire_strip(line);
	struct bytes target = line, version = line;
	for (size_t n; (n = bytes_find(version, ' ')) < version.left;)
		bytes_skip(&version, n + 1);
	h->minor = 0;
	if (version.left < line.left && wire_begins_like(version, "HTTP/")) {
		target.left -= version.left + 1;
		h->minor = bytes_peek(version, strlen("HTTP/1."), 1) == '0' ? 0 : 1;
	}
	keep(h, &h->target, target);
	return true;
}

// User and password with a colon between them, in base64.
static void read_user(struct head *h, struct bytes base64)
{
	uint8_t decoded[256];
	while (base64.left && bytes_peek(base64, 0, 1) == ' ')
		bytes_skip(&base64, 1);
	struct bytes user = bytes_of(decoded, wire_base64(base64, decoded, sizeof decoded));
	user.left = bytes_find(user, ':');
	keep(h, &h->user, user);
}

static void read_credentials(struct head *h, struct bytes value)
{
	struct bytes scheme = bytes_split(&value, bytes_find(value, ' '));
	keep(h, &h->credentials, scheme);
	wire_to_lower(h->credentials);
	if (strcmp(h->credentials, "basic") == 0)
		read_user(h, value);
}

static void read_field(struct head *h, struct bytes line)
{
	size_t colon = bytes_find(line, ':');
	struct bytes name = bytes_split(&line, colon), value = line;
	if (!value.left)
		return;
	bytes_skip(&value, 1);
	value = wire_strip(value);
	static const struct {
		const char *name;
		size_t text;
	} texts[] = {
		{"host", offsetof(struct head, host)},
		{"content-type", offsetof(struct head, content_type)},
		{"user-agent", offsetof(struct head, user_agent)},
		{"referer", offsetof(struct head, referer)},
		{"server", offsetof(struct head, server)},
		{"location", offsetof(struct head, location)},
		{"upgrade", offsetof(struct head, upgrade)},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (name.left == strlen(texts[i].name) && wire_begins_like(name, texts[i].name))
			keep(h, (char **)(void *)((char *)h + texts[i].text), value);
	if (name.left == 14 && wire_begins_like(name, "content-length"))
		h->has_length = wire_decimal(value, &h->length);
	else if (name.left == 17 && wire_begins_like(name, "transfer-encoding"))
		h->chunked |= has_word(value, "chunked");
	else if (name.left == 10 && wire_begins_like(name, "connection")) {
		h->close |= has_word(value, "close");
		h->keep_alive |= has_word(value, "keep-alive");
	} else if (name.left == 13 && wire_begins_like(name, "authorization"))
		read_credentials(h, value);
}

// False: it is not HTTP. `text` is the head with its empty line.
static bool read_head(struct head *h, struct bytes text)
{
	*h = (struct head){.bytes = (uint32_t)text.left};
	struct bytes line = wire_take_line(&text);
	if (!read_status_line(h, line) && !read_request_line(h, line)) {
		head_release(h);
		return false;
	}
	while (text.left)
		read_field(h, wire_take_line(&text));
	return true;
}

// Length of the head with its empty line; 0: its end is not there yet. Bytes before *scanned hold no end.
static size_t find_head_end(struct bytes data, size_t *scanned)
{
	struct bytes rest = data;
	bytes_skip(&rest, *scanned < data.left ? *scanned : data.left);
	while (rest.left) {
		bytes_skip(&rest, bytes_find(rest, '\n'));
		if (!rest.left)
			break;
		*scanned = data.left - rest.left;
		bytes_skip(&rest, 1);
		if (rest.left && bytes_peek(rest, 0, 1) == '\n')
			return data.left - rest.left + 1;
		if (rest.left > 1 && bytes_peek(rest, 0, 2) == 0x0d0a)
			return data.left - rest.left + 2;
		if (rest.left < 2)
			break;
	}
	return 0;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct http_row no_values = {ROWS_http(NO_VALUE)};

static const char *version_text(const struct head *h)
{
	return h->minor == 0 ? "1.0" : "1.1";
}

static void set_request(struct http_row *row, struct writer *w, const struct http_message *m)
{
	const struct head *h = &m->head;
	row->method = writer_text(w, h->method);
	row->host = writer_text(w, h->host);
	row->target = writer_text(w, h->target);
	row->request_version = version_text(h);
	row->request_packet_id = m->packet_id;
	row->request_first_packet_id = m->first_packet_id;
	row->request_ts_ns = m->ts_ns;
	row->request_header_bytes = h->bytes;
	row->request_body_bytes = (int64_t)m->body_bytes;
	row->request_content_type = writer_text(w, h->content_type);
	row->user_agent = writer_text(w, h->user_agent);
	row->referer = writer_text(w, h->referer);
	row->credentials = writer_text(w, h->credentials);
	row->pipelined = m->pipelined;
	row->missing_bytes = (int64_t)m->missing;
}

static bool stays_open(const struct head *h)
{
	return h->minor == 0 ? h->keep_alive : !h->close;
}

static void set_response(struct http_row *row, struct writer *w, const struct http_message *m,
                         bool is_request_known)
{
	const struct head *h = &m->head;
	row->status = h->status;
	row->reason = writer_text(w, h->reason);
	row->response_version = version_text(h);
	row->response_first_packet_id = m->first_packet_id;
	row->response_packet_id = m->packet_id;
	row->response_ts_ns = m->ts_ns;
	row->response_header_bytes = h->bytes;
	row->response_body_bytes = (int64_t)m->body_bytes;
	row->content_type = writer_text(w, h->content_type);
	row->server = writer_text(w, h->server);
	row->location = writer_text(w, h->location);
	row->upgrade = h->status == 101 ? writer_text(w, h->upgrade) : NULL;
	row->keep_alive = stays_open(h);
	row->chunked = h->chunked;
	row->response_complete = m->complete;
	row->missing_bytes = (int64_t)m->missing + (row->missing_bytes == ROW_NULL ? 0 : row->missing_bytes);
	if (!is_request_known)
		return;
	row->first_byte_ns = m->first_ts_ns - row->request_ts_ns;
	row->last_byte_ns = m->complete ? m->ts_ns - row->request_ts_ns : ROW_NULL;
}

// A login of HTTP: refused by a 401, accepted by any other response.
static void add_credentials(struct application_call *call, const struct http_message *request,
                            const struct http_message *response)
{
	struct writer *w = call->writer;
	struct credentials_row *row = writer_add(w, TABLE_CREDENTIALS);
	*row = (struct credentials_row){
		.credential_id = writer_next_id(w, TABLE_CREDENTIALS),
		.capture_id = call->capture_id,
		.flow_id = call->flow->id,
		.packet_id = request->packet_id,
		.ts_ns = request->ts_ns,
		.protocol = "http",
		.method = "basic",
		.accepted = response ? response->head.status != 401 : ROW_NULL,
		.reply_packet_id = response ? response->packet_id : ROW_NULL,
	};
	row->user = writer_text(w, request->head.user);
}

// Adds the row of a request (NULL: not in the capture) and its response (NULL: none).
static void add_row(struct application_call *call, const struct http_message *request,
                    const struct http_message *response)
{
	const struct state *s = call->state;
	struct http_row *row = writer_add(call->writer, TABLE_HTTP);
	*row = no_values;
	row->http_id = writer_next_id(call->writer, TABLE_HTTP);
	row->capture_id = call->capture_id;
	row->flow_id = call->flow->id;
	row->direction = s->client;
	if (request)
		set_request(row, call->writer, request);
	if (response)
		set_response(row, call->writer, response, request != NULL);
	if (request && response && request->head.method && strcmp(request->head.method, "CONNECT") == 0 &&
	    response->head.status / 100 == 2)
		row->upgrade = "connect";
	if (request && request->head.user)
		add_credentials(call, request, response);
}

// ---- transactions -------------------------------------------------------------------------------------------------

static void drop_head(struct application_call *call, struct head *h)
{
	application_drop(call, h->kept);
	head_release(h);
}

static void drop_first(struct application_call *call)
{
	struct state *s = call->state;
	struct queued *first = s->first;
	s->first = first->next;
	if (!s->first)
		s->last = NULL;
	s->count--;
	drop_head(call, &first->message.head);
	application_drop(call, sizeof *first);
	free(first);
}

// What the flow and the server's address are called by the client.
static void note_host(struct application_call *call, const struct http_message *m)
{
	const char *host = m->head.host;
	size_t n = host ? strcspn(host, ":") : 0;
	if (n == 0 || n > NAME_LEN_MAX || host[0] == '[')
		return;
	if (!call->flow->server_name) {
		call->flow->server_name = memory_copy_text(host);
		call->flow->server_name[n] = '\0';
	}
	if (strspn(host, "0123456789.") < n)
		names_learn(call->names, &flow_endpoint(call->flow, !call->direction)->address, host, n, "http",
		            m->packet_id);
}

static void end_request(struct application_call *call, struct http_message *m)
{
	struct state *s = call->state;
	note_host(call, m);
	m->pipelined = s->count > 0;
	s->client = (uint8_t)call->direction;
	if (s->count == QUEUE_MAX) {
		add_row(call, &s->first->message, NULL);
		drop_first(call);
	}
	struct queued *q = memory_alloc(sizeof *q);
	application_keep(call, sizeof *q);
	q->message = *m;
	if (s->last)
		s->last->next = q;
	else
		s->first = q;
	s->last = q;
	s->count++;
}

static bool is_tunnel(const struct state *s, const struct head *response)
{
	const char *method = s->first ? s->first->message.head.method : NULL;
	return response->status == 101 || (method && strcmp(method, "CONNECT") == 0 && response->status / 100 == 2);
}

static void end_response(struct application_call *call, struct http_message *m)
{
	struct state *s = call->state;
	bool interim = m->head.status / 100 == 1 && m->head.status != 101;
	if (!s->first)
		s->client = (uint8_t)!call->direction;
	call->leave = is_tunnel(s, &m->head);
	add_row(call, s->first && !interim ? &s->first->message : NULL, m);
	if (s->first && !interim)
		drop_first(call);
	drop_head(call, &m->head);
}

// A message is whole, or as much of it as will come.
static void end_message(struct application_call *call, struct side *side, bool complete)
{
	const struct state *s = call->state;
	struct http_message *m = &side->message;
	m->complete = complete;
	m->packet_id = s->packet_id;
	m->ts_ns = s->ts_ns;
	application_layer(call, "http");
	if (m->head.is_response)
		end_response(call, m);
	else
		end_request(call, m);
	*m = (struct http_message){0};
	side->phase = PHASE_HEAD;
	side->begun = false;
	side->scanned = 0;
}

// What follows the head (RFC 9112, 6.3).
static enum phase phase_behind(const struct state *s, const struct head *h, uint64_t *left)
{
	const char *method = s->first ? s->first->message.head.method : NULL;
	bool no_body = h->is_response && (h->status / 100 == 1 || h->status == 204 || h->status == 304 ||
	                                  (method && strcmp(method, "HEAD") == 0) || is_tunnel(s, h));
	*left = 0;
	if (no_body)
		return PHASE_BODY;
	if (h->chunked)
		return PHASE_CHUNK_SIZE;
	if (h->has_length || !h->is_response)
		*left = h->has_length ? h->length : 0;
	return h->has_length || !h->is_response ? PHASE_BODY : PHASE_UNTIL_CLOSE;
}

// ---- streams ------------------------------------------------------------------------------------------------------

// No message begins here: the rest of this chunk is of one whose beginning was not seen. It is called HTTP where the
// connection is known to carry it.
static size_t pass_over(struct application_call *call, struct side *side, struct bytes data)
{
	const struct state *s = call->state;
	if (s->is_seen)
		application_layer(call, "http");
	side->begun = false;
	side->scanned = 0;
	return data.left;
}

static enum recognised recognise_start(struct bytes data)
{
	struct bytes word = data;
	if (!isalpha((int)bytes_peek(data, 0, 1)))
		return RECOGNISED_NO;
	word.left = bytes_find(data, ' ');
	if (word.left == data.left)
		return data.left <= METHOD_MAX ? RECOGNISED_MORE : RECOGNISED_NO;
	if (is_method(word) || wire_begins_like(data, "HTTP/1.") || wire_begins_like(data, "ICY "))
		return RECOGNISED_YES;
	return is_own_method(word, wire_take_line(&data)) ? RECOGNISED_YES : RECOGNISED_NO;
}

// Line ends before a start line mean nothing (RFC 9112, 2.2).
static size_t blank_length(struct bytes data)
{
	size_t n = 0;
	while (n < data.left && (bytes_peek(data, n, 1) == '\r' || bytes_peek(data, n, 1) == '\n'))
		n++;
	return n;
}

static size_t take_head(struct application_call *call, struct side *side, struct bytes data)
{
	struct state *s = call->state;
	size_t blank = side->begun ? 0 : blank_length(data);
	if (blank) {
		pass_over(call, side, data);
		return blank;
	}
	if (!side->begun) {
		side->begun = true;
		side->message.first_packet_id = s->packet_id;
		side->message.first_ts_ns = s->ts_ns;
	}
	if (recognise_start(data) == RECOGNISED_NO)
		return pass_over(call, side, data);
	size_t length = find_head_end(data, &side->scanned);
	if (length == 0 && !call->cut)
		return data.left < HEAD_MAX ? 0 : pass_over(call, side, data);
	struct bytes text = data;
	text.left = length ? length : data.left;
	if (!read_head(&side->message.head, text))
		return pass_over(call, side, data);
	application_keep(call, side->message.head.kept);
	s->is_seen = true;
	if (length == 0) {
		end_message(call, side, false);
		return data.left;
	}
	side->phase = phase_behind(s, &side->message.head, &side->left);
	if (side->phase == PHASE_BODY && side->left == 0)
		end_message(call, side, true);
	return length;
}

static size_t take_body(struct application_call *call, struct side *side, struct bytes data)
{
	size_t n = data.left < side->left ? data.left : (size_t)side->left;
	side->message.body_bytes += n;
	side->left -= n;
	if (side->left == 0)
		end_message(call, side, true);
	return n;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

// The line before a chunk (RFC 9112, 7.1): its size in hex, and extensions.
static size_t take_chunk_size(struct application_call *call, struct side *side, struct bytes data)
{
	size_t end = bytes_find(data, '\n'), n = end < data.left ? end + 1 : end;
	if (n == end && n < CHUNK_LINE_MAX)
		return 0;
	struct bytes line = wire_strip(bytes_split(&data, end));
	bool is_number = false, is_sane = true;
	side->left = 0;
	for (int digit; line.left && (digit = hex_digit((uint8_t)bytes_peek(line, 0, 1))) >= 0; is_number = true) {
		is_sane = is_sane && side->left < (uint64_t)1 << 48;
		side->left = side->left << 4 | (unsigned)digit;
		bytes_skip(&line, 1);
	}
	if (!is_number || !is_sane) {
		end_message(call, side, false);
		side->phase = is_number ? PHASE_LOST : side->phase;
		return n;
	}
	side->message.body_bytes += n;
	side->phase = side->left ? PHASE_CHUNK : PHASE_TRAILER;
	side->left += 2; // and the line end behind the chunk
	return n;
}

static size_t take_chunk(struct side *side, struct bytes data)
{
	size_t n = data.left < side->left ? data.left : (size_t)side->left;
	side->message.body_bytes += n;
	side->left -= n;
	if (side->left == 0)
		side->phase = PHASE_CHUNK_SIZE;
	return n;
}

// Trailer fields, up to an empty line.
static size_t take_trailer(struct application_call *call, struct side *side, struct bytes data)
{
	size_t end = bytes_find(data, '\n'), n = end < data.left ? end + 1 : end;
	if (n == end && n < HEAD_MAX)
		return 0;
	struct bytes line = data;
	line.left = end;
	side->message.body_bytes += n;
	if (line.left == 0 || (line.left == 1 && bytes_peek(line, 0, 1) == '\r'))
		end_message(call, side, true);
	return n;
}

static void note_packet(struct application_call *call)
{
	struct state *s = call->state;
	s->packet_id = call->packet_id;
	s->ts_ns = call->ts_ns;
}

static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	note_packet(call);
	switch (side->phase) {
	case PHASE_HEAD:
		return take_head(call, side, data);
	case PHASE_BODY:
		return take_body(call, side, data);
	case PHASE_CHUNK_SIZE:
		return take_chunk_size(call, side, data);
	case PHASE_CHUNK:
		return take_chunk(side, data);
	case PHASE_TRAILER:
		return take_trailer(call, side, data);
	case PHASE_UNTIL_CLOSE:
		side->message.body_bytes += data.left;
		return data.left;
	default: // PHASE_LOST: the next message begins where something looks like one
		if (recognise_start(data) != RECOGNISED_YES)
			return data.left;
		side->phase = PHASE_HEAD;
		return take_head(call, side, data);
	}
}

// In a body whose length is known the stream goes on behind the hole; elsewhere the next message has to be found.
static void gap(struct application_call *call, uint32_t missing)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	bool counted = side->phase == PHASE_BODY || side->phase == PHASE_CHUNK;
	note_packet(call);
	if (side->phase != PHASE_HEAD && side->phase != PHASE_LOST)
		side->message.missing += missing;
	if (side->phase == PHASE_UNTIL_CLOSE || (counted && missing < side->left)) {
		side->left -= counted ? missing : 0;
		return;
	}
	if (side->phase != PHASE_HEAD && side->phase != PHASE_LOST)
		end_message(call, side, counted && missing == side->left);
	side->phase = counted && missing == side->left ? PHASE_HEAD : PHASE_LOST;
	side->begun = false;
	side->scanned = 0;
}

// The end of a direction ends a response without a length, and cuts any other message short.
static void closed(struct application_call *call)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	note_packet(call);
	if (side->phase != PHASE_HEAD && side->phase != PHASE_LOST)
		end_message(call, side, side->phase == PHASE_UNTIL_CLOSE);
}

static void end(struct application_call *call)
{
	struct state *s = call->state;
	for (int i = 0; i < 2; i++) {
		struct side *side = &s->side[i];
		call->direction = i;
		if (side->phase != PHASE_HEAD && side->phase != PHASE_LOST)
			end_message(call, side, false);
	}
	while (s->first) {
		add_row(call, &s->first->message, NULL);
		drop_first(call);
	}
}

static bool is_port(uint16_t port)
{
	static const uint16_t ports[] = {80, 3128, 3132, 5985, 8080, 8088, 11371, 1900, 2869, 2710};
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool at_home(const struct application_call *call)
{
	return is_port(call->flow->key.low.port) || is_port(call->flow->key.high.port);
}

// ---- HTTP/2 -------------------------------------------------------------------------------------------------------

// The client's preface, or bytes of the frame with its header (RFC 9113, 3.4 and 4.1); 0: the header is not all there.
static uint64_t http2_size(struct bytes data)
{
	uint64_t length = bytes_u24(&data);
	if (length == 0x505249) // "PRI": no frame is as long as 5 MB
		return HTTP2_PREFACE_LEN;
	bytes_skip(&data, HTTP2_HEADER_LEN - 3);
	return data.bad ? 0 : HTTP2_HEADER_LEN + length;
}

// Frames are counted off, and not read. At HTTP's ports Wireshark's http finds them.
static size_t take_http2(struct application_call *call, struct bytes data)
{
	uint64_t size = http2_size(data);
	if (size == 0 || (size > data.left && size <= HTTP2_WHOLE_MAX && !call->cut))
		return 0;
	if (size <= data.left)
		application_layer(call, at_home(call) ? "http:http2" : "http2");
	return (size_t)size;
}

// Either side may be first, also behind "Upgrade: h2c" (RFC 7540, 3.2): the client with its preface, the server with a
// SETTINGS frame.
static enum recognised recognise_http2(const struct application_call *call, struct bytes first)
{
	uint64_t length = bytes_peek(first, 0, 3), type = bytes_peek(first, 3, 2), stream = bytes_peek(first, 5, 4);
	(void)call;
	if (first.left >= HTTP2_HEADER_LEN && type == HTTP2_SETTINGS << 8 && stream == 0 && length % 6 == 0 &&
	    length < 256)
		return RECOGNISED_YES;
	if (first.left < sizeof PREFACE - 1)
		return first.left && bytes_peek(first, 0, 1) == 'P' ? RECOGNISED_MORE : RECOGNISED_NO;
	return wire_begins_like(first, PREFACE) ? RECOGNISED_YES : RECOGNISED_NO;
}

// ---- the stage ----------------------------------------------------------------------------------------------------

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	enum recognised http2 = recognise_http2(call, first);
	enum recognised http1 = recognise_start(first);
	if (http2 != RECOGNISED_NO)
		return http2 == RECOGNISED_YES ? RECOGNISED_NO : RECOGNISED_MORE;
	bool is_new = !call->flow->application; // not behind CONNECT
	return at_home(call) && is_new && http1 == RECOGNISED_NO ? RECOGNISED_YES : http1;
}

const struct application application_http2 = {
	.name = "http2",
	.recognise = recognise_http2,
	.stream = take_http2,
};

const struct application application_http = {
	.name = "http",
	.keys = {{"tcp.port", 80},
             {"tcp.port", 3128},
             {"tcp.port", 3132},
             {"tcp.port", 5985},
             {"tcp.port", 8080},
             {"tcp.port", 8088},
             {"tcp.port", 11371},
             {"tcp.port", 1900},
             {"tcp.port", 2869},
             {"tcp.port", 2710}},
	.state_size = sizeof(struct state),
	.recognise = recognise,
	.stream = take_stream,
	.gap = gap,
	.closed = closed,
	.end = end,
};
