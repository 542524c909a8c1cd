// HTTP/1.0 and 1.1: RFC 9110, RFC 9112. Of HTTP/2 in the clear (RFC 9113) the packets that end a frame are named.
//
// As in Wireshark, a message counts in the packet that completes it, body and all. Bodies are skipped as they come.
#include "../application.h"

#include <ctype.h>
#include <stdio.h>

#include "../../common/message.h"
#include "../http_pairs.h"
#include "../wire_text.h"

enum {
	HEAD_MAX = 65536, // bytes of a head that are waited for; of a longer one the lines are read as they come
	CHUNK_LINE_MAX = 1024,
	BLANK_MAX = 16, // bytes of line ends behind which a first request is looked for
	HTTP2_PREFACE_LEN = 24,
	HTTP2_HEADER_LEN = 9,
	HTTP2_WHOLE_MAX = 65536, // bytes of a frame that are waited for, so that the packet with the end has the name
	HTTP2_SETTINGS = 4,      // type of frame
};

enum phase {
	PHASE_HEAD,
	PHASE_FIELDS, // lines of a head that is longer than HEAD_MAX
	PHASE_BODY,
	PHASE_CHUNK_SIZE,
	PHASE_CHUNK,
	PHASE_TRAILER,
	PHASE_UNTIL_CLOSE,
	PHASE_REST, // behind a hole: where the message ends is not known
	PHASE_LOST, // between messages, behind a hole
};

struct side {
	enum phase phase;
	bool begun;                  // a message has begun
	bool in_line;                // PHASE_FIELDS: in the midst of a line
	size_t scanned;              // bytes of the head in which its end is not
	uint64_t left;               // bytes of the body or chunk to come; PHASE_REST: at least so many
	struct http_message message; // a response, or what it is is not known yet
};

struct state {
	struct side side[2];
	struct http_pairs pairs;
	uint32_t end_seq[2]; // by direction: number behind the last byte that was seen, or is known to be lost
	bool is_seen;        // a message was seen
};

static const char PREFACE[] = "PRI * HTTP/2.0";

// ---- messages -----------------------------------------------------------------------------------------------------

// What the flow and the server's address are called by the client.
static void note_host(struct application_call *call, const struct http_message *m, int direction)
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
		names_learn(call->names, &flow_endpoint(call->flow, !direction)->address, host, n, "http", m->packet_id);
}

static bool has_message(const struct side *side)
{
	return side->phase != PHASE_HEAD && side->phase != PHASE_LOST;
}

// The message that is under way in a direction.
static struct http_message *message_of(struct state *s, int direction)
{
	struct http_request *request = s->pairs.under_way[direction];
	return request ? &request->message : &s->side[direction].message;
}

static struct http_message *note_packet(struct application_call *call)
{
	struct http_message *m = message_of(call->state, call->direction);
	m->packet_id = call->packet_id;
	m->ts_ns = call->ts_ns;
	return m;
}

static void end_request(struct application_call *call, int direction)
{
	struct state *s = call->state;
	if (!s->pairs.under_way[direction])
		return;
	note_host(call, &s->pairs.under_way[direction]->message, direction);
	http_pairs_asked(call, &s->pairs, direction);
}

// A message is over, or as much of it as will come; it does not count in the packet at hand.
static void finish_message(struct application_call *call, int direction, enum http_end end)
{
	struct state *s = call->state;
	struct side *side = &s->side[direction];
	struct http_message *m = message_of(s, direction);
	m->end = end;
	if (m->head.is_response) {
		call->leave = http_pairs_is_tunnel(&s->pairs, &m->head);
		http_pairs_answered(call, &s->pairs, m, call->end_seq);
	} else {
		end_request(call, direction);
	}
	*side = (struct side){0};
}

// The same where the message ends so many bytes before call->end_seq.
static void finish_before(struct application_call *call, enum http_end end, uint32_t behind)
{
	call->end_seq -= behind;
	finish_message(call, call->direction, end);
	call->end_seq += behind;
}

static void end_message(struct application_call *call, enum http_end end)
{
	application_layer(call, "http");
	finish_message(call, call->direction, end);
}

// What follows the head (RFC 9112, 6.3).
static enum phase phase_behind(const struct http_pairs *pairs, const struct http_head *h, uint64_t *left)
{
	bool is_head = pairs->asked && http_head_is_method(&pairs->asked->message.head, "HEAD");
	bool no_body = h->is_response && (h->status / 100 == 1 || h->status == 204 || h->status == 304 || is_head ||
	                                  http_pairs_is_tunnel(pairs, h));
	*left = 0;
	if (no_body)
		return PHASE_BODY;
	if (h->chunked)
		return PHASE_CHUNK_SIZE;
	if (h->has_length || !h->is_response)
		*left = h->has_length ? h->length : 0;
	return h->has_length || !h->is_response ? PHASE_BODY : PHASE_UNTIL_CLOSE;
}

// The message goes on, but where it ends is not known: not before the `left` bytes.
static void go_on_unknown(struct side *side, uint64_t left)
{
	side->phase = PHASE_REST;
	side->left = left;
	side->begun = side->in_line = false;
	side->scanned = 0;
}

// Number behind the last request, or the one that is under way: at least so much of the client has been seen.
static uint32_t requests_end(const struct state *s, int client, uint32_t unknown)
{
	const struct side *side = &s->side[client];
	if (side->phase == PHASE_BODY)
		return s->end_seq[client] + (uint32_t)side->left;
	return has_message(side) ? unknown : s->end_seq[client];
}

// Behind its head, or what there is of it, a message is known. A response shows that a request has ended whose own end
// was not seen.
static void begin_message(struct application_call *call, struct side *side)
{
	struct state *s = call->state;
	struct http_message *m = &side->message;
	int other = !call->direction;
	application_keep(call, m->head.kept);
	s->is_seen = true;
	if (!m->head.is_response) {
		http_pairs_ask(call, &s->pairs, m, s->end_seq[other]);
		return;
	}
	if (http_head_is_interim(&m->head))
		return;
	http_pairs_answer(call, &s->pairs, m, requests_end(s, other, m->ack));
	if (s->pairs.asked && s->pairs.asked == s->pairs.under_way[other] && s->side[other].phase == PHASE_REST)
		finish_message(call, other, HTTP_END_UNKNOWN);
}

static void begin_body(struct application_call *call, struct side *side)
{
	struct state *s = call->state;
	struct http_message *m = message_of(s, call->direction);
	side->phase = phase_behind(&s->pairs, &m->head, &side->left);
	m->until_close = side->phase == PHASE_UNTIL_CLOSE;
	if (side->phase == PHASE_BODY && side->left == 0)
		end_message(call, HTTP_COMPLETE);
}

// The head ends in a hole.
static void cut_head(struct application_call *call, struct side *side)
{
	struct state *s = call->state;
	uint64_t left;
	enum phase phase = phase_behind(&s->pairs, &message_of(s, call->direction)->head, &left);
	go_on_unknown(side, phase == PHASE_BODY ? left : 0);
	application_layer(call, "http");
	if (http_pairs_is_tunnel(&s->pairs, &message_of(s, call->direction)->head))
		finish_message(call, call->direction, HTTP_END_UNKNOWN);
}

// ---- streams ------------------------------------------------------------------------------------------------------

// No message begins here: the rest of this chunk is of one whose beginning was not seen. It is called HTTP where the
// connection is known to carry it, and a line ends in it.
static size_t pass_over(struct application_call *call, struct side *side, struct bytes data)
{
	const struct state *s = call->state;
	if (s->is_seen && bytes_find(data, '\n') < data.left)
		application_layer(call, "http");
	side->begun = false;
	side->scanned = 0;
	return data.left;
}

// Line ends before a start line mean nothing (RFC 9112, 2.2).
static size_t blank_length(struct bytes data)
{
	size_t n = 0;
	while (n < data.left && (bytes_peek(data, n, 1) == '\r' || bytes_peek(data, n, 1) == '\n'))
		n++;
	return n;
}

static void note_begin(struct application_call *call, struct side *side, struct bytes data)
{
	if (side->begun)
		return;
	side->begun = true;
	side->message.first_packet_id = call->packet_id;
	side->message.first_ts_ns = call->ts_ns;
	side->message.seq = call->end_seq - (uint32_t)data.left;
	side->message.ack = call->ack;
}

// The whole lines of a head that is too long to be waited for; all of it where there is none.
static size_t lines_length(struct bytes data)
{
	size_t length = 0;
	for (struct bytes rest = data; rest.left;) {
		bytes_skip(&rest, bytes_find(rest, '\n'));
		bytes_skip(&rest, rest.left ? 1 : 0);
		if (rest.left)
			length = data.left - rest.left;
	}
	return length ? length : data.left;
}

static size_t take_head(struct application_call *call, struct side *side, struct bytes data)
{
	size_t blank = side->begun ? 0 : blank_length(data);
	if (blank) {
		pass_over(call, side, data);
		return blank;
	}
	note_begin(call, side, data);
	note_packet(call);
	if (http_recognise(data) == RECOGNISED_NO)
		return pass_over(call, side, data);
	size_t length = http_head_length(data, &side->scanned);
	bool is_long = length == 0 && data.left >= HEAD_MAX;
	if (length == 0 && !is_long && !call->cut)
		return 0;
	struct bytes text = data;
	text.left = length ? length : is_long ? lines_length(data) : data.left;
	if (!http_head_read(&side->message.head, text))
		return pass_over(call, side, data);
	begin_message(call, side);
	if (is_long) {
		side->phase = PHASE_FIELDS;
		side->in_line = bytes_peek(text, text.left - 1, 1) != '\n';
	} else if (length == 0) {
		cut_head(call, side);
	} else {
		begin_body(call, side);
	}
	return text.left;
}

// A line of a long head, or a part of one.
static size_t take_field(struct application_call *call, struct side *side, struct bytes data)
{
	size_t end = bytes_find(data, '\n'), n = end < data.left ? end + 1 : end;
	if (n == end && n < HEAD_MAX && !side->in_line)
		return 0;
	struct http_head *h = &note_packet(call)->head;
	struct bytes line = wire_take_line(&data);
	size_t kept = h->kept;
	h->bytes += n;
	if (!side->in_line && line.left)
		http_head_read_field(h, line);
	application_keep(call, h->kept - kept);
	bool is_end = !side->in_line && line.left == 0;
	side->in_line = n == end;
	if (is_end)
		begin_body(call, side);
	return n;
}

static size_t take_body(struct application_call *call, struct side *side, struct bytes data)
{
	size_t n = data.left < side->left ? data.left : (size_t)side->left;
	bool began_before = message_of(call->state, call->direction)->packet_id != call->packet_id;
	note_packet(call)->body_bytes += n;
	side->left -= n;
	if (side->left)
		return n;
	if (began_before)
		application_layer_apart(call, "http");
	else
		application_layer(call, "http");
	finish_message(call, call->direction, HTTP_COMPLETE);
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
	struct http_message *m = note_packet(call);
	bool is_number = false, is_sane = true;
	side->left = 0;
	for (int digit; line.left && (digit = hex_digit((uint8_t)bytes_peek(line, 0, 1))) >= 0; is_number = true) {
		is_sane = is_sane && side->left < (uint64_t)1 << 48;
		side->left = side->left << 4 | (unsigned)digit;
		bytes_skip(&line, 1);
	}
	if (!is_number || !is_sane) {
		end_message(call, HTTP_CUT_SHORT);
		side->phase = is_number ? PHASE_LOST : side->phase;
		return n;
	}
	m->body_bytes += n;
	side->phase = side->left ? PHASE_CHUNK : PHASE_TRAILER;
	side->left += 2; // and the line end behind the chunk
	return n;
}

static size_t take_chunk(struct application_call *call, struct side *side, struct bytes data)
{
	size_t n = data.left < side->left ? data.left : (size_t)side->left;
	note_packet(call)->body_bytes += n;
	side->left -= n;
	if (side->left == 0)
		side->phase = PHASE_CHUNK_SIZE;
	return n;
}

// Trailer fields, up to an empty line.
static size_t take_trailer(struct application_call *call, struct bytes data)
{
	size_t end = bytes_find(data, '\n'), n = end < data.left ? end + 1 : end;
	if (n == end && n < HEAD_MAX)
		return 0;
	struct bytes line = data;
	line.left = end;
	note_packet(call)->body_bytes += n;
	if (line.left == 0 || (line.left == 1 && bytes_peek(line, 0, 1) == '\r'))
		end_message(call, HTTP_COMPLETE);
	return n;
}

static size_t take_until_close(struct application_call *call, struct bytes data)
{
	note_packet(call)->body_bytes += data.left;
	return data.left;
}

// The next message begins where something looks like one.
static size_t take_lost(struct application_call *call, struct side *side, struct bytes data)
{
	if (http_recognise(data) != RECOGNISED_YES)
		return data.left;
	side->phase = PHASE_HEAD;
	return take_head(call, side, data);
}

// The message has ended where the next one begins.
static size_t take_rest(struct application_call *call, struct side *side, struct bytes data)
{
	if (side->left == 0 && http_recognise(data) == RECOGNISED_YES) {
		finish_before(call, HTTP_COMPLETE, (uint32_t)data.left);
		return take_head(call, side, data);
	}
	note_packet(call)->body_bytes += data.left;
	side->left -= data.left < side->left ? data.left : side->left;
	return data.left;
}

// Whether the client has sent nothing of a body of which it said that it waits for a consent, and got another answer:
// then it may not send it (RFC 9110, 10.1.1).
static bool is_body_withheld(const struct state *s, int direction)
{
	const struct http_request *r = s->pairs.under_way[direction];
	enum phase phase = s->side[direction].phase;
	return r && r->is_answered && r->message.head.expects && r->message.body_bytes == 0 &&
	       (phase == PHASE_BODY || phase == PHASE_CHUNK_SIZE);
}

// Whether nothing has come yet of the body of a response whose request was not seen: that may have been a HEAD.
static bool may_be_of_head(const struct state *s, const struct side *side)
{
	const struct http_message *m = &side->message;
	return has_message(side) && m->head.is_response && !s->pairs.asked && m->body_bytes == 0 && m->missing == 0;
}

// Whether another message begins where the body of the one under way would.
static bool is_body_absent(const struct state *s, int direction, struct bytes data)
{
	bool may_be = is_body_withheld(s, direction) || may_be_of_head(s, &s->side[direction]);
	return may_be && http_recognise(data) == RECOGNISED_YES;
}

static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	s->end_seq[call->direction] = call->end_seq;
	if (is_body_absent(s, call->direction, data))
		finish_before(call, HTTP_COMPLETE, (uint32_t)data.left);
	switch (side->phase) {
	case PHASE_HEAD:
		return take_head(call, side, data);
	case PHASE_FIELDS:
		return take_field(call, side, data);
	case PHASE_BODY:
		return take_body(call, side, data);
	case PHASE_CHUNK_SIZE:
		return take_chunk_size(call, side, data);
	case PHASE_CHUNK:
		return take_chunk(call, side, data);
	case PHASE_TRAILER:
		return take_trailer(call, data);
	case PHASE_UNTIL_CLOSE:
		return take_until_close(call, data);
	case PHASE_REST:
		return take_rest(call, side, data);
	default:
		return take_lost(call, side, data);
	}
}

// ---- holes --------------------------------------------------------------------------------------------------------

// Bytes between messages are lost; at_boundary: one begins with them.
static void lose(struct application_call *call, struct side *side, uint32_t missing, bool at_boundary)
{
	struct state *s = call->state;
	uint32_t from = call->end_seq - missing;
	*side = (struct side){.phase = PHASE_LOST};
	s->pairs.is_open = true;
	if (!s->is_seen)
		return;
	if (call->direction != s->pairs.client)
		http_pairs_lose_response(call, &s->pairs, from, call->end_seq, at_boundary);
	else if (at_boundary)
		http_pairs_lose_request(call, &s->pairs, from);
}

// A body whose length is known ends in the hole: in the packet at hand if the snap length cut it.
static void end_body(struct application_call *call, struct side *side, struct http_message *m, uint32_t missing)
{
	uint32_t beyond = missing - (uint32_t)side->left;
	m->missing += side->left;
	m->is_end_lost = m->packet_id != call->packet_id;
	if (!m->is_end_lost)
		application_layer(call, "http");
	finish_before(call, HTTP_COMPLETE, beyond);
	if (beyond)
		lose(call, side, beyond, true);
}

// In a body whose length is known the stream goes on behind the hole; elsewhere the next message has to be found.
static void gap(struct application_call *call, uint32_t missing)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	s->end_seq[call->direction] = call->end_seq;
	bool is_counted = side->phase == PHASE_BODY || side->phase == PHASE_CHUNK || side->phase == PHASE_REST;
	if (!has_message(side)) {
		lose(call, side, missing, side->phase == PHASE_HEAD);
		return;
	}
	struct http_message *m = message_of(s, call->direction);
	if (side->phase == PHASE_BODY && missing >= side->left) {
		end_body(call, side, m, missing);
		return;
	}
	m->missing += missing;
	if (is_counted && missing < side->left)
		side->left -= missing;
	else if (side->phase == PHASE_FIELDS)
		cut_head(call, side);
	else if (side->phase != PHASE_UNTIL_CLOSE)
		go_on_unknown(side, 0);
	bool is_late = call->direction == s->pairs.client; // its response may have passed while it waited
	s->pairs.is_open |= side->phase == PHASE_REST || is_late;
}

// ---- the end ------------------------------------------------------------------------------------------------------

// What the end of its direction makes of the message that is under way.
static enum http_end end_of(const struct state *s, const struct side *side, bool is_closed)
{
	if (may_be_of_head(s, side))
		return HTTP_END_UNKNOWN;
	if (side->phase == PHASE_UNTIL_CLOSE)
		return is_closed ? HTTP_COMPLETE : HTTP_CUT_SHORT;
	return side->phase == PHASE_REST && side->left == 0 ? HTTP_END_UNKNOWN : HTTP_CUT_SHORT;
}

// The end of a direction ends a response without a length, and cuts any other message short. A reset cuts that short, too
// (RFC 9112, 8).
static void closed(struct application_call *call)
{
	struct state *s = call->state;
	struct side *side = &s->side[call->direction];
	const struct packet *p = call->packet;
	bool is_reset = p && p->direction == call->direction && p->ip.tcp.flags & TCP_RST;
	if (!has_message(side))
		return;
	if (side->phase == PHASE_REST) {
		finish_message(call, call->direction, end_of(s, side, true));
	} else {
		note_packet(call);
		end_message(call, end_of(s, side, !is_reset));
	}
}

static void end(struct application_call *call)
{
	struct state *s = call->state;
	for (int i = 0; i < 2; i++)
		if (has_message(&s->side[i]))
			finish_message(call, i, end_of(s, &s->side[i], false));
	http_pairs_end(call, &s->pairs);
}

extern const struct application application_http;

static bool is_port(uint16_t port)
{
	for (const struct decoder_key *k = application_http.keys; k->table; k++)
		if (k->number == port)
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

// Line ends may come before a request (RFC 9112, 2.2): a message may be behind them. A request has its version: other
// protocols have words such as CONNECT, too.
static enum recognised recognise_behind_blanks(struct bytes first)
{
	size_t blank = blank_length(first);
	bytes_skip(&first, blank);
	if (blank && !first.left && blank <= BLANK_MAX)
		return RECOGNISED_MORE;
	return http_lacks_version(first) ? RECOGNISED_NO : http_recognise(first);
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	enum recognised http2 = recognise_http2(call, first);
	enum recognised http1 = at_home(call) ? http_recognise(first) : recognise_behind_blanks(first);
	if (http2 != RECOGNISED_NO)
		return http2 == RECOGNISED_YES ? RECOGNISED_NO : RECOGNISED_MORE;
	bool is_new = !call->flow->application; // not behind CONNECT
	return at_home(call) && is_new && http1 == RECOGNISED_NO ? RECOGNISED_YES : http1;
}

const struct application application_http2 = {
	.name = "http2",
	.recognise = recognise_http2,
	.stream = take_http2,
	.joins_below = HTTP2_HEADER_LEN,
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
	.joins_below = SIZE_MAX,
	.gap = gap,
	.closed = closed,
	.end = end,
};
