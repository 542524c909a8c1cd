// TLS: RFC 8446 (1.3), RFC 5246 (1.2) and before, SSL 3.0 (RFC 6101), the hello of SSL 2.0 (RFC 5246, E.2).
//
// Records are followed to the end of the connection, so that each packet that ends one is named; what they hold is
// looked into only while it is in the clear.
#include "../application.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../common/message.h"
#include "../certificate.h"
#include "../tcp_analysis.h"
#include "../tls_names.h"
#include "../tls_record.h"
#include "../wire_text.h"

enum {
	RECORD_HEADER_LEN = 5,
	RECORD_MAX = 16384 + 2048, // RFC 5246, 6.2.3
	HANDSHAKE_HEADER_LEN = 4,
	HANDSHAKE_MAX = 131072, // a handshake message; longer ones are passed over
	CERTIFICATES_MAX = 32,  // of a chain that get a row
	ALERTS_MAX = 16,        // of a connection that get a row
};

enum record_type {
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_HEARTBEAT = 24,
};

enum handshake_type {
	HANDSHAKE_CLIENT_HELLO = 1,
	HANDSHAKE_SERVER_HELLO = 2,
	HANDSHAKE_CERTIFICATE = 11,
	HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
	HANDSHAKE_CERTIFICATE_REQUEST = 13,
	HANDSHAKE_SERVER_HELLO_DONE = 14,
	HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
};

struct side {
	bool has_records; // it has sent at least one
	bool encrypted;   // behind ChangeCipherSpec, or the server hello of TLS 1.3
	bool is_lost;     // out of step: nobody knows where the next record begins
	bool has_hole;    // bytes in the clear were missing; of the server, behind its hello
	bool finished;    // an encrypted handshake record was seen
	uint64_t left;    // bytes of the record at hand that are passed over
	uint8_t type;     // its type
	uint8_t *message; // owned: a handshake message over several records
	size_t length, capacity;
	size_t too_long; // bytes still to come of a message beyond HANDSHAKE_MAX
};

struct state {
	struct side side[2];
	bool is_full; // a message was seen that the handshake of a resumed session has not
	unsigned alerts;
	struct tls_record record;
	int64_t packet_id, ts_ns; // of the last packet
};

#define NO_VALUE(kind, name) .name = ROW_NO_##kind,
static const struct tls_certificates_row no_certificate = {ROWS_tls_certificates(NO_VALUE)};

static void note_packet(struct application_call *call)
{
	struct state *s = call->state;
	s->packet_id = call->packet_id;
	s->ts_ns = call->ts_ns;
}

static bool is_tls_1_3(const struct state *s)
{
	return s->record.row.version && strcmp(s->record.row.version, "TLSv1.3") == 0;
}

static void take_server_hello(struct application_call *call, struct bytes body)
{
	struct state *s = call->state;
	bool had = s->record.has_server_hello;
	tls_record_server_hello(&s->record, call, body);
	if (had || !s->record.has_server_hello)
		return;
	s->side[call->direction].has_hole = false;
	if (is_tls_1_3(s))
		s->side[call->direction].encrypted = true;
}

// ---- certificates and alerts --------------------------------------------------------------------------------------

static void take_certificates(struct application_call *call, struct bytes body)
{
	struct state *s = call->state;
	bool is_server = call->direction != s->record.row.direction;
	struct bytes list = bytes_split(&body, bytes_u24(&body));
	unsigned position = 0;
	for (; list.left && position < CERTIFICATES_MAX; position++) {
		struct bytes der = bytes_split(&list, bytes_u24(&list));
		if (der.bad)
			break;
		struct tls_certificates_row *row = writer_add(call->writer, TABLE_TLS_CERTIFICATES);
		*row = no_certificate;
		row->tls_certificate_id = writer_next_id(call->writer, TABLE_TLS_CERTIFICATES);
		row->tls_id = s->record.row.tls_id;
		row->packet_id = s->packet_id;
		row->direction = call->direction;
		row->position = position;
		certificates_describe(call->capture_state, row, call->writer, der);
	}
	if (!is_server)
		return;
	s->record.row.certificates = position;
}

static void add_alert(struct application_call *call, const char *level, int code, const char *name)
{
	struct state *s = call->state;
	s->record.row.closed_by_alert = 1;
	if (s->alerts++ >= ALERTS_MAX)
		return;
	struct tls_alerts_row *row = writer_add(call->writer, TABLE_TLS_ALERTS);
	*row = (struct tls_alerts_row){
		.tls_alert_id = writer_next_id(call->writer, TABLE_TLS_ALERTS),
		.tls_id = s->record.row.tls_id,
		.packet_id = s->packet_id,
		.ts_ns = s->ts_ns,
		.direction = call->direction,
		.level = level,
		.code = code >= 0 ? code : ROW_NULL,
		.name = name,
	};
}

static void take_alert(struct application_call *call, struct bytes body)
{
	struct state *s = call->state;
	uint8_t level = bytes_u8(&body), code = bytes_u8(&body);
	bool is_plain = !body.bad && body.left == 0 && (level == 1 || level == 2);
	if (!is_plain || s->side[call->direction].encrypted) {
		add_alert(call, NULL, -1, NULL);
		return;
	}
	const char *name = tls_alert_name(code);
	add_alert(call, level == 1 ? "warning" : "fatal", code, name);
	if (s->record.row.alert)
		return;
	s->record.row.alert = name;
	s->record.row.alert_direction = call->direction;
}

// ---- handshake messages -------------------------------------------------------------------------------------------

// Up to TLS 1.2, a resumed session needs none of these (RFC 5246, 7.3).
static bool is_of_full_handshake(uint8_t type)
{
	return type == HANDSHAKE_CERTIFICATE || type == HANDSHAKE_SERVER_KEY_EXCHANGE ||
	       type == HANDSHAKE_SERVER_HELLO_DONE || type == HANDSHAKE_CLIENT_KEY_EXCHANGE;
}

static void take_handshake(struct application_call *call, uint8_t type, struct bytes body, uint16_t record_version)
{
	struct state *s = call->state;
	if (type == HANDSHAKE_CLIENT_HELLO)
		tls_record_client_hello(&s->record, call, body, 't', tls_version_name(record_version));
	else if (type == HANDSHAKE_SERVER_HELLO)
		take_server_hello(call, body);
	else if (type == HANDSHAKE_CERTIFICATE)
		take_certificates(call, body);
	else if (type == HANDSHAKE_CERTIFICATE_REQUEST)
		s->record.row.client_certificate = 1;
}

static void forget_message(struct application_call *call, struct side *side)
{
	application_drop(call, side->capacity);
	free(side->message);
	side->message = NULL;
	side->length = side->capacity = 0;
	side->too_long = 0;
}

// A message and a record at most: take_messages() lets no longer message wait.
static void append(struct application_call *call, struct side *side, struct bytes data)
{
	size_t n = data.left;
	if (side->length + n > side->capacity) {
		application_drop(call, side->capacity);
		side->capacity = (side->length + n) * 2;
		application_keep(call, side->capacity);
		side->message = memory_resize(side->message, side->capacity);
	}
	bytes_copy(&data, side->message + side->length, n);
	side->length += n;
}

// Takes whole messages off; gives what is left. Of a message that is too long, *too_long tells how much is to come.
static struct bytes take_messages(struct application_call *call, struct bytes data, uint16_t record_version,
                                  size_t *too_long)
{
	while (data.left >= HANDSHAKE_HEADER_LEN) {
		struct bytes rest = data;
		uint8_t type = bytes_u8(&rest);
		size_t length = bytes_u24(&rest);
		((struct state *)call->state)->is_full |= is_of_full_handshake(type);
		if (length > HANDSHAKE_MAX && length > rest.left) {
			*too_long = length - rest.left;
			return bytes_of(NULL, 0);
		}
		struct bytes body = bytes_split(&rest, length);
		if (body.bad)
			break;
		take_handshake(call, type, body, record_version);
		data = rest;
	}
	return data;
}

// Messages may span records, and records may hold several (RFC 8446, 5.1).
static void take_handshake_record(struct application_call *call, struct bytes data, uint16_t record_version)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	size_t passed = side->too_long < data.left ? side->too_long : data.left, too_long = 0;
	side->too_long -= passed;
	bytes_skip(&data, passed);
	if (!data.left)
		return;
	if (side->length) {
		append(call, side, data);
		data = bytes_of(side->message, side->length);
	}
	struct bytes rest = take_messages(call, data, record_version, &too_long);
	if (!rest.left) {
		forget_message(call, side);
		side->too_long = too_long;
		return;
	}
	if (!side->length) {
		append(call, side, rest);
		return;
	}
	size_t n = rest.left;
	memmove(side->message, side->message + side->length - n, n);
	side->length = n;
}

// ---- records ------------------------------------------------------------------------------------------------------

static void end_handshake(struct state *s)
{
	if (s->record.row.finished_packet_id != ROW_NULL || !s->record.has_server_hello)
		return;
	s->record.row.finished_packet_id = s->packet_id;
	s->record.row.finished_ns = s->record.has_client_hello ? s->ts_ns - s->record.row.client_hello_ts_ns : ROW_NULL;
}

// An encrypted handshake record up to TLS 1.2, or any encrypted one in TLS 1.3, is taken for a Finished.
static void note_encrypted(struct application_call *call, uint8_t type)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	if (type == RECORD_ALERT)
		add_alert(call, NULL, -1, NULL);
	if (type == RECORD_HANDSHAKE || (is_tls_1_3(s) && type == RECORD_DATA))
		side->finished = true;
	if (s->side[0].finished && s->side[1].finished)
		end_handshake(s);
}

// The server changes at once behind its hello, or its ticket (RFC 5077, 3.1), where the session is resumed.
static void note_resumption(struct state *s, bool is_server, const struct side *side)
{
	if (!s->record.has_server_hello || s->record.row.resumed != ROW_NULL)
		return;
	if (s->is_full)
		s->record.row.resumed = 0;
	else if (is_server && !side->has_hole)
		s->record.row.resumed = 1;
}

static void note_change(struct application_call *call)
{
	struct state *s = call->state;
	if (is_tls_1_3(s))
		return;
	struct side *side = &s->side[call->direction];
	side->encrypted = true;
	note_resumption(s, call->direction != s->record.row.direction, side);
}

static bool is_record(uint8_t type, uint16_t version, uint16_t length)
{
	return type >= RECORD_CHANGE_CIPHER_SPEC && type <= RECORD_HEARTBEAT && version >= 0x0300 &&
	       version <= 0x0304 && length <= RECORD_MAX;
}

// SSL 2.0's form of a client hello: a length with the top bit, type 1, a version. Its suites have three bytes.
static size_t ssl2_hello_length(struct bytes data)
{
	uint16_t length = bytes_u16(&data);
	uint8_t type = bytes_u8(&data);
	uint16_t version = bytes_u16(&data);
	bool ok = !data.bad && length & 0x8000 && type == HANDSHAKE_CLIENT_HELLO && (version == 2 || version >> 8 == 3);
	return ok ? (length & 0x7fffu) + 2 : 0;
}

// Whether its lengths add up: of suites, session and challenge, behind nine bytes.
static bool is_ssl2_hello(struct bytes data)
{
	size_t length = ssl2_hello_length(data);
	bytes_skip(&data, 5);
	uint16_t suites = bytes_u16(&data), session = bytes_u16(&data), challenge = bytes_u16(&data);
	return length && !data.bad && suites && suites % 3 == 0 && length == 11u + suites + session + challenge;
}

static void take_ssl2_hello(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	bytes_skip(&data, 3);
	uint16_t version = bytes_u16(&data);
	if (s->record.has_client_hello)
		return;
	s->record.has_client_hello = true;
	s->record.row.direction = call->direction;
	s->record.row.client_hello_packet_id = s->packet_id;
	s->record.row.client_hello_ts_ns = s->ts_ns;
	s->record.row.client_version = tls_version_name(version);
	s->record.row.record_version = "SSLv2";
}

// A hello behind a ChangeCipherSpec for middleboxes (RFC 8446, D.4): one message that fills its record.
static bool is_hello_record(uint8_t type, struct bytes body, uint16_t length)
{
	uint64_t header = bytes_peek(body, 0, HANDSHAKE_HEADER_LEN);
	bool is_hello = header >> 24 == HANDSHAKE_CLIENT_HELLO || header >> 24 == HANDSHAKE_SERVER_HELLO;
	return type == RECORD_HANDSHAKE && is_hello && (header & 0xffffff) + HANDSHAKE_HEADER_LEN == length;
}

static size_t take_passed(struct application_call *call, struct side *side, struct bytes data, bool began_before)
{
	size_t n = data.left < side->left ? data.left : (size_t)side->left;
	side->left -= n;
	if (side->left)
		return n;
	if (began_before)
		application_layer_apart(call, "tls");
	else
		application_layer(call, "tls");
	note_encrypted(call, side->type);
	return n;
}

static void take_record(struct application_call *call, uint8_t type, struct bytes body, uint16_t version)
{
	application_layer(call, "tls");
	if (type == RECORD_HANDSHAKE)
		take_handshake_record(call, body, version);
	else if (type == RECORD_ALERT)
		take_alert(call, body);
	else if (type == RECORD_CHANGE_CIPHER_SPEC)
		note_change(call);
}

// What a server without TLS says to a hello, or a firewall in its place.
static bool is_http(struct bytes data)
{
	return wire_begins(data, "HTTP/1.");
}

// What cannot be a record here: the stream is out of step until a segment begins with what can be one. Four letters
// are hardly the rest of a record: someone speaks in the clear.
static size_t lose(struct application_call *call, struct side *side, struct bytes data)
{
	enum { LETTERS = 4 };
	struct bytes first = data;
	call->leave = !side->has_records && is_http(data);
	if (call->leave)
		return 0;
	side->is_lost = side->has_hole = true;
	forget_message(call, side);
	if (data.left <= LETTERS || !wire_is_text(bytes_split(&first, LETTERS)))
		application_layer(call, "tls");
	return data.left;
}

static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	struct bytes rest = data;
	note_packet(call);
	if (side->left)
		return take_passed(call, side, data, true);
	uint8_t type = bytes_u8(&rest);
	uint16_t version = bytes_u16(&rest), length = bytes_u16(&rest);
	size_t ssl2 = ssl2_hello_length(data);
	if (rest.bad)
		return side->is_lost ? lose(call, side, data) : 0;
	if (ssl2 && !is_record(type, version, length)) {
		if (ssl2 > data.left)
			return 0;
		side->has_records = true;
		application_layer(call, "tls");
		tls_record_begin(&s->record, call, "tcp");
		take_ssl2_hello(call, data);
		return ssl2;
	}
	if (!is_record(type, version, length))
		return lose(call, side, data);
	side->is_lost = false;
	side->has_records = true;
	tls_record_begin(&s->record, call, "tcp");
	bool is_plain = type != RECORD_DATA &&
	                (!side->encrypted || type == RECORD_CHANGE_CIPHER_SPEC || is_hello_record(type, rest, length));
	struct bytes body = bytes_split(&rest, length);
	if (is_plain && body.bad)
		return 0;
	if (is_plain) {
		take_record(call, type, body, version);
		return (size_t)RECORD_HEADER_LEN + length;
	}
	side->type = type;
	side->left = (uint64_t)RECORD_HEADER_LEN + length;
	return take_passed(call, side, data, false);
}

// Behind a hole inside an encrypted record the stream goes on; elsewhere nobody knows where a record begins.
static void gap(struct application_call *call, uint32_t missing)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	if (missing > side->left) {
		side->left = 0;
		side->is_lost = side->has_hole = true;
		forget_message(call, side);
		return;
	}
	side->left -= missing;
	if (side->left)
		return;
	application_layer(call, "tls");
	note_encrypted(call, side->type);
}

static void end(struct application_call *call)
{
	struct state *s = call->state;
	tls_record_end(&s->record, call);
	forget_message(call, &s->side[0]);
	forget_message(call, &s->side[1]);
}

static bool is_port(uint16_t port)
{
	static const uint16_t ports[] = {443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5986, 6697, 8443};
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (ports[i] == port)
			return true;
	return false;
}

// Whether the capture has the beginning of the connection.
static bool has_beginning(const struct flow *f)
{
	return f->tcp && f->tcp->any_syn_ts_ns != ROW_NULL;
}

// A connection at its ports that had begun before the capture is taken for TLS: a record begins sooner or later.
static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	bool at_home = is_port(call->flow->key.low.port) || is_port(call->flow->key.high.port);
	if (at_home && !has_beginning(call->flow) && !is_http(first))
		return RECOGNISED_YES;
	size_t ssl2 = ssl2_hello_length(first);
	struct bytes rest = first;
	uint8_t type = bytes_u8(&rest);
	uint16_t version = bytes_u16(&rest), length = bytes_u16(&rest);
	if (first.left < RECORD_HEADER_LEN)
		return type >= RECORD_CHANGE_CIPHER_SPEC && type <= RECORD_HEARTBEAT ? RECOGNISED_MORE : RECOGNISED_NO;
	if (is_record(type, version, length))
		return RECOGNISED_YES;
	return (ssl2 && at_home) || is_ssl2_hello(first) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void end_capture(struct application_call *call)
{
	certificates_release(call->capture_state);
}

const struct application application_tls = {
	.name = "tls",
	.keys = {{"tcp.port", 443},
             {"tcp.port", 465},
             {"tcp.port", 563},
             {"tcp.port", 636},
             {"tcp.port", 853},
             {"tcp.port", 989},
             {"tcp.port", 990},
             {"tcp.port", 992},
             {"tcp.port", 993},
             {"tcp.port", 994},
             {"tcp.port", 995},
             {"tcp.port", 5061},
             {"tcp.port", 5986},
             {"tcp.port", 6697},
             {"tcp.port", 8443}},
	.state_size = sizeof(struct state),
	.capture_state_size = sizeof(struct certificates),
	.recognise = recognise,
	.stream = take_stream,
	.joins_below = RECORD_HEADER_LEN,
	.gap = gap,
	.end = end,
	.end_capture = end_capture,
};
