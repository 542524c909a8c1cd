// SIP (RFC 3261) over UDP and TCP, and the media that its session descriptions announce (SDP, RFC 8866): RTP and RTCP
// (RFC 3550) have no bytes of their own to be known by, but an address and a port that were announced. All are only
// named: in flows.application, and on a packet's stack where Wireshark puts it.
#include "../application.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/message.h"
#include "../wire_text.h"

enum {
	SIP_PORT = 5060,
	HEAD_MAX = 16 << 10, // bytes of a head
	BODY_MAX = 64 << 10, // that are read of its body
	MEDIA_MAX = 1024,    // endpoints that were announced and are remembered of a capture, the latest
};

static const char SIP[] = "sip", RTP[] = "rtp", RTCP[] = "rtcp", STUN[] = "stun";

struct state {
	const char *name; // one of these; NULL nothing was seen yet
	size_t wanted[2]; // by direction: bytes of the message that is waited for; 0 not known
};

struct media {
	struct address address;
	uint16_t port;
};

struct capture {
	struct media *media; // owned; a ring
	unsigned next, count;
};

static bool is_at_home(const struct flow *f)
{
	return f->key.low.port == SIP_PORT || f->key.high.port == SIP_PORT;
}

// Blank lines keep a connection alive (RFC 5626, 4.4.1), and zeros the way through a NAT.
static bool is_keep_alive(struct bytes b)
{
	while (b.left) {
		uint8_t c = bytes_u8(&b);
		if (c != '\r' && c != '\n' && c != '\0')
			return false;
	}
	return true;
}

static bool begins_message(struct bytes b)
{
	return wire_begins(b, "SIP/2.0 ") || wire_holds(wire_first_line(b), " SIP/2.0");
}

// ---- media --------------------------------------------------------------------------------------------------------

static bool is_announced(const struct capture *c, const struct endpoint *e, uint16_t port)
{
	for (unsigned i = 0; c && i < c->count; i++)
		if (c->media[i].port == port && memcmp(&c->media[i].address, &e->address, sizeof e->address) == 0)
			return true;
	return false;
}

static bool is_version_2(struct bytes message)
{
	return bytes_peek(message, 0, 1) >> 6 == 2;
}

// Version 2 (RFC 3550, 5.1), at an address and port that SDP announced; RTCP one above it. NULL neither.
static const char *find_media(const struct application_call *call, struct bytes first)
{
	const struct capture *c = call->capture_state;
	if (!c->count || first.left < 8 || !is_version_2(first))
		return NULL;
	bool is_control = bytes_peek(first, 1, 1) >= 200 && bytes_peek(first, 1, 1) <= 207;
	for (int i = 0; i < 2; i++) {
		const struct endpoint *e = flow_endpoint(call->flow, i);
		if (is_control && e->port && is_announced(c, e, e->port - 1))
			return RTCP;
		if (!is_control && is_announced(c, e, e->port))
			return RTP;
	}
	return NULL;
}

// STUN keeps the way of the media open, by the magic cookie (RFC 8489, 5).
static bool is_stun(struct bytes message)
{
	return bytes_peek(message, 0, 1) < 0x40 && bytes_peek(message, 4, 4) == 0x2112a442;
}

static void announce(struct capture *c, const struct address *address, uint16_t port)
{
	if (!c->media)
		c->media = memory_alloc(MEDIA_MAX * sizeof *c->media);
	c->media[c->next] = (struct media){*address, port};
	c->next = (c->next + 1) % MEDIA_MAX;
	c->count = c->count < MEDIA_MAX ? c->count + 1 : MEDIA_MAX;
}

// c=IN IP4 192.0.2.1 (RFC 8866, 5.7)
static bool read_connection(struct bytes line, struct address *to)
{
	char text[64];
	bool is_ipv6 = wire_begins(line, "c=IN IP6 ");
	bytes_skip(&line, 9);
	size_t n = line.left < sizeof text - 1 ? line.left : sizeof text - 1;
	bytes_copy(&line, text, n);
	text[n] = '\0';
	text[strcspn(text, "/ \r")] = '\0';
	*to = (struct address){{[10] = 0xff, [11] = 0xff}};
	return is_ipv6 ? inet_pton(AF_INET6, text, to->at) == 1 : inet_pton(AF_INET, text, to->at + 12) == 1;
}

// m=audio 49170 RTP/AVP 0 (RFC 8866, 5.14)
static uint16_t read_media_port(struct bytes line)
{
	uint32_t port = 0;
	if (!wire_holds(line, "RTP/"))
		return 0;
	bytes_skip(&line, bytes_find(line, ' '));
	bytes_skip(&line, 1);
	while (line.left && isdigit((int)bytes_peek(line, 0, 1)) && port < 65536)
		port = port * 10 + (bytes_u8(&line) - '0');
	return port < 65536 ? (uint16_t)port : 0;
}

// The ports of a session description, and its addresses: of all, or of the one medium above it.
static void read_sdp(struct capture *c, struct bytes body)
{
	struct address session = {{0}}, address = {{0}};
	bool has_address = false;
	uint16_t port = 0;
	while (body.left) {
		struct bytes line = wire_take_line(&body);
		if (wire_begins(line, "m=")) {
			if (port && has_address)
				announce(c, &address, port);
			address = session;
			port = read_media_port(line);
		} else if (wire_begins(line, "c=IN IP") && read_connection(line, &address)) {
			has_address = true;
			if (!port)
				session = address;
		}
	}
	if (port && has_address)
		announce(c, &address, port);
}

// ---- messages -----------------------------------------------------------------------------------------------------

// What follows the head, and how long it says that is (RFC 3261, 20.14; l is short for it). False: the head has no end.
static bool read_head(struct bytes message, struct bytes *body, uint64_t *body_len)
{
	*body_len = 0;
	while (bytes_find(message, '\n') < message.left) {
		struct bytes line = wire_take_line(&message);
		*body = message;
		if (!line.left)
			return true;
		struct bytes name = wire_strip(bytes_split(&line, bytes_find(line, ':')));
		bytes_skip(&line, line.left ? 1 : 0);
		if ((name.left == 1 && wire_begins_like(name, "l")) ||
		    (name.left == strlen("content-length") && wire_begins_like(name, "content-length")))
			wire_decimal(line, body_len);
	}
	return false;
}

static void take_message(struct application_call *call, struct bytes body)
{
	if (is_at_home(call->flow))
		application_layer(call, SIP);
	if (body.left > BODY_MAX)
		body.left = BODY_MAX;
	while (body.left && !wire_begins(body, "v=0")) // on a line of its own, it is what a description begins with
		wire_take_line(&body);
	read_sdp(call->capture_state, body);
}

static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	bool is_sip =
		(wire_is_text(first) && begins_message(first)) || (is_at_home(call->flow) && is_keep_alive(first));
	return is_sip || (!call->flow->tcp && find_media(call, first)) ? RECOGNISED_YES : RECOGNISED_NO;
}

static void take_datagram(struct application_call *call, struct bytes message)
{
	struct state *s = call->state;
	struct bytes body = {0};
	uint64_t body_len;
	if (!s->name && !is_keep_alive(message)) {
		s->name = begins_message(message) ? SIP : find_media(call, message);
		call->flow->application = s->name;
		call->stop = !s->name;
	}
	if (s->name && s->name != SIP && is_version_2(message))
		application_layer(call, s->name);
	else if (s->name && s->name != SIP && is_stun(message))
		application_layer(call, STUN);
	if (s->name == SIP && begins_message(message)) {
		read_head(message, &body, &body_len);
		take_message(call, body);
	}
}

// Lines that no message begins with are skipped: those that keep the connection alive, and what is left of a message
// whose head was lost, or whose body is longer than what is read of one.
static size_t take_stream(struct application_call *call, struct bytes data)
{
	struct state *s = call->state;
	size_t *wanted = &s->wanted[call->direction];
	struct bytes line = wire_first_line(data), body;
	uint64_t body_len;
	if (data.left < *wanted && !call->cut)
		return 0;
	*wanted = 0;
	if (line.left < data.left && !begins_message(line))
		return line.left + 1;
	if (!read_head(data, &body, &body_len))
		return call->cut || data.left > HEAD_MAX ? data.left : 0;
	size_t head_len = data.left - body.left;
	if (body_len > BODY_MAX)
		body_len = 0;
	if (body_len > body.left && !call->cut) {
		*wanted = head_len + (size_t)body_len;
		return 0;
	}
	if (body_len < body.left)
		body.left = (size_t)body_len;
	take_message(call, body);
	return head_len + body.left;
}

// The next message is looked for.
static void gap(struct application_call *call, uint32_t missing)
{
	(void)call, (void)missing;
}

static void end_capture(struct application_call *call)
{
	struct capture *c = call->capture_state;
	free(c->media);
}

const struct application application_sip = {
	.name = SIP,
	.keys = {{"udp.port", SIP_PORT}, {"tcp.port", SIP_PORT}},
	.state_size = sizeof(struct state),
	.capture_state_size = sizeof(struct capture),
	.recognise = recognise,
	.datagram = take_datagram,
	.stream = take_stream,
	.gap = gap,
	.end_capture = end_capture,
};
