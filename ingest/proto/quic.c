// QUIC: RFC 9000. The hellos of its TLS handshake are in Initial packets, whose keys are known to everybody (RFC 9001,
// 5.2): CRYPTO frames of either side are put together until the hello is whole. What follows is out of sight.
#include "../application.h"

#include <stdlib.h>

#include "../../common/message.h"
#include "../quic_initial.h"
#include "../tls_names.h"
#include "../tls_record.h"

enum {
	HELLO_MAX = 16384, // bytes of a hello; longer ones are given up
	PIECES_MAX = 64,   // of a hello that wait for others
	INITIALS_MAX = 64, // Initial packets of a flow that are looked into
	HANDSHAKE_HEADER_LEN = 4,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	ERROR_CRYPTO = 0x100, // and the alert (RFC 9001, 4.8)
};

// Bytes [from, to) of a hello that are there.
struct piece {
	uint32_t from, to;
};

struct side {
	uint8_t *hello; // owned; all that was sent in CRYPTO frames
	size_t capacity;
	struct piece pieces[PIECES_MAX]; // in order, apart from each other
	unsigned piece_count;
	size_t read; // bytes of hellos that were read
	bool done;
};

struct state {
	struct quic_keys keys;
	bool has_keys;
	uint8_t destination[QUIC_ID_MAX]; // connection id that the keys are of
	size_t destination_len;
	int client; // direction of the client
	unsigned initials;
	struct side side[2]; // 0 the client's
	struct tls_record record;
};

// ---- hellos in pieces ---------------------------------------------------------------------------------------------

static void end_hello(struct application_call *call, struct side *side)
{
	application_drop(call, side->capacity);
	free(side->hello);
	side->hello = NULL;
	side->capacity = 0;
	side->done = true;
}

static void make_room(struct application_call *call, struct side *side, size_t length)
{
	size_t capacity = side->capacity ? side->capacity : 2048;
	while (capacity < length)
		capacity *= 2;
	if (capacity == side->capacity)
		return;
	application_keep(call, capacity - side->capacity);
	side->hello = memory_resize(side->hello, capacity);
	side->capacity = capacity;
}

// Joins [from, to) to the pieces that it touches; false: too many.
static bool add_piece(struct side *side, uint32_t from, uint32_t to)
{
	unsigned i = 0, end;
	while (i < side->piece_count && side->pieces[i].to < from)
		i++;
	for (end = i; end < side->piece_count && side->pieces[end].from <= to; end++) {
		from = side->pieces[end].from < from ? side->pieces[end].from : from;
		to = side->pieces[end].to > to ? side->pieces[end].to : to;
	}
	if (end == i && side->piece_count == PIECES_MAX)
		return false;
	memmove(side->pieces + i + 1, side->pieces + end, (side->piece_count - end) * sizeof *side->pieces);
	side->piece_count += 1 + i - end;
	side->pieces[i] = (struct piece){from, to};
	return true;
}

// Puts a CRYPTO frame's bytes where they belong.
static void take_crypto(struct application_call *call, struct side *side, const struct quic_frame *f)
{
	struct bytes data = f->data;
	size_t n = data.left;
	if (side->done || !n)
		return;
	if (f->offset > HELLO_MAX || f->offset + n > HELLO_MAX ||
	    !add_piece(side, (uint32_t)f->offset, (uint32_t)(f->offset + n))) {
		end_hello(call, side);
		return;
	}
	make_room(call, side, (size_t)f->offset + n);
	bytes_copy(&data, side->hello + f->offset, n);
}

// Reads hellos as they become whole: a server may ask for a second one of the client (RFC 8446, 4.1.4), and its own comes
// only behind that.
static void read_hellos(struct application_call *call, struct side *side, bool is_client)
{
	struct state *s = call->state;
	while (!side->done && side->piece_count && side->pieces[0].from == 0 && side->pieces[0].to > side->read) {
		struct bytes message = bytes_of(side->hello, side->pieces[0].to);
		bytes_skip(&message, side->read);
		size_t left = message.left;
		uint8_t type = bytes_u8(&message);
		struct bytes body = bytes_split(&message, bytes_u24(&message));
		bool is_hello = type == (is_client ? CLIENT_HELLO : SERVER_HELLO);
		if (body.bad && is_hello)
			return;
		side->read += left - message.left;
		if (is_hello && is_client)
			tls_record_client_hello(&s->record, call, body, 'q', NULL);
		else if (is_hello)
			tls_record_server_hello(&s->record, call, body);
		if (!is_hello || s->record.has_server_hello)
			end_hello(call, side);
	}
	if (s->record.has_server_hello)
		end_hello(call, &s->side[0]);
}

// ---- packets ------------------------------------------------------------------------------------------------------

static void note_close(struct application_call *call, uint64_t error)
{
	struct state *s = call->state;
	if (error < ERROR_CRYPTO || error > ERROR_CRYPTO + 255 || s->record.row.alert)
		return;
	s->record.row.alert = tls_alert_name((uint8_t)(error - ERROR_CRYPTO));
	s->record.row.alert_direction = call->direction;
	s->record.row.closed_by_alert = 1;
}

static void take_frames(struct application_call *call, int side, struct bytes frames)
{
	struct state *s = call->state;
	struct quic_frame f;
	while (quic_take_frame(&f, &frames)) {
		if (f.type == QUIC_CRYPTO)
			take_crypto(call, &s->side[side], &f);
		else if (f.type == QUIC_CLOSE)
			note_close(call, f.error);
	}
	read_hellos(call, &s->side[side], side == 0);
}

static void begin(struct application_call *call, const struct quic_packet *p)
{
	struct state *s = call->state;
	tls_record_begin(&s->record, call, "quic");
	s->record.row.direction = call->direction;
	s->record.row.quic_version = quic_version_name(p->version);
	s->client = call->direction;
	s->destination_len = p->destination.left;
	struct bytes destination = p->destination;
	bytes_copy(&destination, s->destination, s->destination_len);
	s->has_keys = true;
}

// A server may go on in another version, for which the same connection id gives other keys (RFC 9369, 4.1).
static size_t open_in_other_version(struct state *s, const struct quic_packet *p, uint8_t frames[QUIC_INITIAL_MAX])
{
	struct quic_keys keys;
	quic_derive_keys(&keys, p->version, bytes_of(s->destination, s->destination_len));
	size_t n = quic_open_initial(&keys, 1, p, frames);
	if (n) {
		s->keys = keys;
		s->record.row.quic_version = quic_version_name(p->version);
	}
	return n;
}

// With the keys at hand, or those that the packet itself would begin a connection with: the first packet, and the first
// one behind a Retry.
static void take_initial(struct application_call *call, const struct quic_packet *p)
{
	struct state *s = call->state;
	uint8_t frames[QUIC_INITIAL_MAX];
	int side = s->has_keys && call->direction != s->client;
	size_t n = s->has_keys ? quic_open_initial(&s->keys, side, p, frames) : 0;
	if (!n && side == 1 && p->version != s->keys.version)
		n = open_in_other_version(s, p, frames);
	if (!n && (!s->has_keys || (side == 0 && !s->record.has_server_hello))) {
		struct quic_keys keys;
		quic_derive_keys(&keys, p->version, p->destination);
		n = quic_open_initial(&keys, 0, p, frames);
		if (n) {
			s->keys = keys;
			begin(call, p);
		}
	}
	if (n)
		take_frames(call, side, bytes_of(frames, n));
}

static void take_datagram(struct application_call *call, struct bytes datagram)
{
	struct state *s = call->state;
	struct quic_packet p;
	application_layer(call, "quic");
	if (s->initials == INITIALS_MAX || (s->side[0].done && s->side[1].done))
		return;
	while (datagram.left && quic_take_packet(&p, &datagram)) {
		if (p.type != QUIC_INITIAL || s->initials == INITIALS_MAX)
			continue;
		s->initials++;
		take_initial(call, &p);
	}
}

// A long header of a version that is known, whatever the ports.
static enum recognised recognise(const struct application_call *call, struct bytes first)
{
	struct quic_packet p;
	(void)call;
	bool is_packet = quic_take_packet(&p, &first) && p.is_fixed && p.version && p.destination.left + p.source.left;
	return is_packet ? RECOGNISED_YES : RECOGNISED_NO;
}

static void end(struct application_call *call)
{
	struct state *s = call->state;
	tls_record_end(&s->record, call);
	end_hello(call, &s->side[0]);
	end_hello(call, &s->side[1]);
}

const struct application application_quic = {
	.name = "quic",
	.state_size = sizeof(struct state),
	.recognise = recognise,
	.datagram = take_datagram,
	.end = end,
};
