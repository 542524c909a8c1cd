// Writes a capture of random TCP conversations, for comparing analyses:
//
//   random_tcp SEED FIRST COUNT FILE
//
// Conversation FIRST + i is the same for the same SEED, whatever else is in the file; a few at a time are interleaved.
// They are no real TCP: each makes moves that analyses have rules for (loss, copies, late and old segments, duplicate
// ACKs, probes, keep-alives, resets, reused ports ...) at the times where those rules change their mind.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,

	HISTORY = 16,        // segments that a side may send again
	QUEUE = 64,          // packets that wait to be captured
	OPTIONS_MAX = 40,    // bytes
	INTERLEAVED_MAX = 6, // conversations
	HEADERS = 14 + 20 + 20,
	FLOOD = 10050, // segments without an ACK: more than Wireshark remembers
};

#define US INT64_C(1000)
#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

struct segment {
	int from; // side
	uint32_t seq, ack;
	uint16_t flags, window;
	uint32_t length;
	uint8_t options[OPTIONS_MAX];
	unsigned options_len;
};

struct side {
	uint32_t isn, next; // sequence number of the next new byte
	uint32_t last_ack;  // ack of its last segment
	uint16_t window;    // of its last segment
	int scale;          // -1: not offered
	bool sack;
	struct segment sent[HISTORY];
	unsigned sent_count;
};

struct conversation {
	uint64_t random;
	uint32_t number;
	struct side side[2];
	uint16_t ports[2];
	int64_t ts_ns, rtt_ns;
	unsigned moves;                           // left
	unsigned flood;                           // segments left
	int only;                                 // the side that is captured; -1 both
	unsigned loss, copies, swaps, steps_back; // of 256 packets
	uint32_t mss;
	bool has_payload;        // captured
	bool is_mptcp, has_keys; // has_keys: in the SYNs that are sent now
	bool is_offloaded, is_loop, is_wild;
	struct segment queue[QUEUE];
	unsigned queued, taken;
};

// ---- chance -------------------------------------------------------------------------------------------------------

static uint64_t mix(uint64_t x) // splitmix64
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint32_t pick(struct conversation *c, uint32_t below)
{
	c->random = mix(c->random);
	return (uint32_t)(c->random >> 32) % below;
}

static bool chance(struct conversation *c, unsigned of_256)
{
	return pick(c, 256) < of_256;
}

static uint32_t any_number(struct conversation *c)
{
	static const uint32_t starts[] = {0, 1, 0xfffffff0, 0xffffffff, 0x7fffff00, 0x80000000, 0xfffff000};
	uint32_t start = starts[pick(c, sizeof starts / sizeof *starts)];
	return pick(c, 4) ? pick(c, UINT32_MAX) : start + pick(c, 3);
}

static uint32_t any_length(struct conversation *c)
{
	switch (pick(c, 6)) {
	case 0:
		return 1;
	case 1:
		return 2 + pick(c, 8);
	case 2:
		return 1 + pick(c, c->mss);
	default:
		return c->mss;
	}
}

static uint16_t any_window(struct conversation *c, const struct side *side)
{
	static const uint16_t windows[] = {0, 1, 100, 1000, 8192, 65535};
	return pick(c, 4) ? side->window : windows[pick(c, sizeof windows / sizeof *windows)];
}

static int64_t any_delay(struct conversation *c)
{
	static const int64_t delays[] = {0,       0,           1,        US,         10 * US,    500 * US,
	                                 MS,      3 * MS - 1,  3 * MS,   3 * MS + 1, 10 * MS,    20 * MS - 1,
	                                 20 * MS, 20 * MS + 1, 200 * MS, SECOND - 1, 3 * SECOND, 100 * US};
	if (chance(c, c->steps_back))
		return -delays[pick(c, sizeof delays / sizeof *delays)];
	if (pick(c, 4) == 0)
		return c->rtt_ns + (int64_t)pick(c, 3) - 1;
	return delays[pick(c, sizeof delays / sizeof *delays)];
}

// ---- options ------------------------------------------------------------------------------------------------------

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

// Adds an option, with NOPs to a multiple of four bytes; nothing where there is no room.
static void add_option(struct segment *s, uint8_t kind, const uint8_t *body, unsigned length)
{
	unsigned padded = (length + 2 + 3) / 4 * 4;
	if (s->options_len + padded > OPTIONS_MAX)
		return;
	uint8_t *at = s->options + s->options_len;
	memset(at, 1, padded);
	at[0] = kind;
	at[1] = (uint8_t)(length + 2);
	memcpy(at + 2, body, length);
	s->options_len += padded;
}

static void add_syn_options(struct conversation *c, struct segment *s)
{
	const struct side *from = &c->side[s->from];
	uint8_t body[4];
	put16(body, c->mss);
	add_option(s, 2, body, 2);
	body[0] = (uint8_t)from->scale;
	if (from->scale >= 0)
		add_option(s, 3, body, 1);
	if (from->sack)
		add_option(s, 4, body, 0);
}

static void add_sacks(struct conversation *c, struct segment *s)
{
	const struct side *other = &c->side[!s->from];
	uint8_t body[32];
	unsigned blocks = 1 + pick(c, 4);
	for (unsigned i = 0; i < blocks; i++) {
		const struct segment *sent = &other->sent[pick(c, other->sent_count)];
		put32(body + 8 * i, sent->seq);
		put32(body + 8 * i + 4, sent->seq + (pick(c, 16) ? sent->length : any_number(c)));
	}
	add_option(s, 5, body, 8 * blocks);
}

// An option that has no place here, or the wrong length.
static void add_any_option(struct conversation *c, struct segment *s)
{
	static const uint8_t kinds[] = {2, 3, 3, 4, 8};
	uint8_t body[24], kind = kinds[pick(c, sizeof kinds)];
	for (unsigned i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)pick(c, 16);
	add_option(s, kind, body, kind == 3 && pick(c, 4) ? 1 : pick(c, sizeof body));
}

static void add_mptcp(struct conversation *c, struct segment *s)
{
	static const uint8_t lengths[] = {10, 22, 6, 6, 2, 2, 10, 10, 2}; // of the bodies, by subtype
	unsigned subtype = s->flags & SYN ? 0 : pick(c, 4) ? 2 : 2 + pick(c, 7);
	uint8_t body[24] = {0};
	if (subtype == 0 && !c->has_keys)
		return; // tshark fails on a key after other options
	body[0] = (uint8_t)(subtype << 4);
	put32(body + 2, c->number); // the key: of this side of this conversation
	put32(body + 6, (uint32_t)s->from);
	if (subtype == 2)
		body[1] = 1; // a data ACK of four bytes
	add_option(s, 30, body, lengths[subtype]);
}

// ---- segments -----------------------------------------------------------------------------------------------------

static void enqueue(struct conversation *c, const struct segment *s)
{
	if (c->queued < QUEUE)
		c->queue[c->queued++] = *s;
}

// The segment that a side would send now, without data.
static struct segment segment_now(struct conversation *c, int from)
{
	struct side *side = &c->side[from];
	return (struct segment){
		.from = from, .seq = side->next, .ack = side->last_ack, .flags = ACK, .window = side->window};
}

// Hands a segment to the network, which may lose, copy or delay it.
static void send(struct conversation *c, struct segment *s)
{
	struct side *side = &c->side[s->from];
	if (s->flags & SYN)
		add_syn_options(c, s);
	if (c->is_wild && pick(c, 64) == 0)
		add_any_option(c, s);
	if (side->sack && c->side[!s->from].sent_count && !(s->flags & SYN) && pick(c, 3) == 0)
		add_sacks(c, s);
	if (c->is_mptcp && (s->flags & SYN || pick(c, 3)))
		add_mptcp(c, s);
	side->last_ack = s->ack;
	side->window = s->window;
	uint32_t end = s->seq + s->length + (s->flags & (SYN | FIN) ? 1 : 0);
	if ((int32_t)(end - side->next) > 0)
		side->next = end;
	if (s->length || s->flags & (SYN | FIN)) {
		memmove(side->sent + 1, side->sent, (HISTORY - 1) * sizeof *side->sent);
		side->sent[0] = *s;
		side->sent_count += side->sent_count < HISTORY;
	}
	if (chance(c, c->loss) || (c->only >= 0 && c->only != s->from))
		return;
	enqueue(c, s);
	if (chance(c, c->copies))
		enqueue(c, s);
	if (chance(c, c->swaps) && c->queued > 1) {
		struct segment last = c->queue[c->queued - 1];
		unsigned back = 1 + pick(c, c->queued - 1 < 3 ? c->queued - 1 : 3);
		c->queue[c->queued - 1] = c->queue[c->queued - 1 - back];
		c->queue[c->queued - 1 - back] = last;
	}
}

static void send_data(struct conversation *c, int from, uint32_t length)
{
	struct segment s = segment_now(c, from);
	s.length = length;
	s.flags |= pick(c, 3) ? 0 : PSH;
	if (pick(c, 4) == 0)
		s.ack = c->side[!from].next;
	s.window = pick(c, 8) ? s.window : any_window(c, &c->side[from]);
	send(c, &s);
}

static void send_ack(struct conversation *c, int from, uint32_t ack, uint16_t window)
{
	struct segment s = segment_now(c, from);
	s.ack = ack;
	s.window = window;
	send(c, &s);
}

static void repeat_ack(struct conversation *c, int from, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		send_ack(c, from, c->side[from].last_ack, c->side[from].window);
}

static void send_syn(struct conversation *c, int from, uint16_t flags, uint32_t ack, uint32_t length)
{
	struct side *side = &c->side[from];
	struct segment s = {.from = from, .seq = side->isn, .ack = ack, .window = side->window};
	s.flags = flags;
	s.length = length;
	send(c, &s);
}

// The SYN-ACK, or what may come in its place.
static void answer_syn(struct conversation *c, bool is_simultaneous, bool is_split)
{
	if (is_split) {
		struct segment s = {.from = 1, .seq = c->side[1].isn, .ack = c->side[0].next, .flags = ACK};
		send(c, &s);
	}
	if (is_split || is_simultaneous) {
		send_syn(c, 1, SYN, 0, 0);
		send_syn(c, 0, SYN | ACK, c->side[1].next, 0);
	}
	if (!is_split)
		send_syn(c, 1, SYN | ACK, c->side[0].next, 0);
}

static void handshake(struct conversation *c)
{
	enum { PLAIN, FAST_OPEN, WITH_ACK_NUMBER, TWICE, SIMULTANEOUS, SPLIT, UNANSWERED, KINDS = 16 };
	unsigned kind = pick(c, KINDS);
	c->has_keys =
		kind != SPLIT && c->loss == 0 && c->swaps == 0 && c->only < 0; // there, they would be in two streams
	send_syn(c, 0, SYN, kind == WITH_ACK_NUMBER ? any_number(c) : 0, kind == FAST_OPEN ? any_length(c) : 0);
	if (kind == TWICE)
		send_syn(c, 0, SYN, 0, 0);
	answer_syn(c, kind == SIMULTANEOUS, kind == SPLIT);
	if (kind != UNANSWERED)
		send_ack(c, 0, c->side[1].next, any_window(c, &c->side[0]));
	c->has_keys = false;
}

// ---- moves --------------------------------------------------------------------------------------------------------

// Some of what was sent, again: all of it, a part, or more.
static void move_again(struct conversation *c, int from)
{
	struct side *side = &c->side[from];
	if (side->sent_count == 0)
		return;
	struct segment s = side->sent[pick(c, 4) ? pick(c, side->sent_count) : 0];
	s.options_len = 0;
	if (pick(c, 4) == 0)
		s.length += pick(c, 2) ? any_length(c) : 0 - (s.length / 2);
	if (pick(c, 8) == 0)
		s.seq += pick(c, s.length + 1);
	if (pick(c, 3))
		s.ack = side->last_ack, s.window = side->window;
	send(c, &s);
}

// Duplicate ACKs that ask for a segment, and that segment.
static void move_fast_retransmission(struct conversation *c, int from)
{
	struct side *side = &c->side[from];
	if (side->sent_count == 0)
		return;
	struct segment s = side->sent[pick(c, side->sent_count)];
	send_ack(c, !from, s.seq, c->side[!from].window);
	repeat_ack(c, !from, pick(c, 4));
	s.options_len = 0;
	s.ack = side->last_ack;
	send(c, &s);
}

static void move_keep_alive(struct conversation *c, int from)
{
	struct segment s = segment_now(c, from);
	s.seq--;
	s.length = pick(c, 2);
	send(c, &s);
	if (pick(c, 4))
		repeat_ack(c, !from, 1 + pick(c, 2));
}

static void move_zero_window(struct conversation *c, int from)
{
	send_ack(c, from, c->side[!from].next, 0);
	for (unsigned i = pick(c, 4); i > 0; i--) {
		struct segment s = segment_now(c, !from);
		uint32_t next = s.seq;
		s.length = 1;
		send(c, &s);
		if (pick(c, 3))
			c->side[!from].next = next;
		if (pick(c, 4))
			send_ack(c, from, c->side[from].last_ack + pick(c, 2), 0);
	}
	if (pick(c, 2))
		send_ack(c, from, c->side[from].last_ack, any_window(c, &c->side[from]));
}

// Data to the very end of the window.
static void move_window_full(struct conversation *c, int from)
{
	const struct side *other = &c->side[!from];
	int scale = other->scale > 0 && pick(c, 4) ? other->scale : 0;
	uint32_t left = other->last_ack + ((uint32_t)other->window << scale) - c->side[from].next;
	if (left == 0 || left > 60000)
		return;
	if (c->has_payload && left > 1000)
		return;
	send_data(c, from, left);
}

static void move_reset(struct conversation *c, int from)
{
	struct segment s = segment_now(c, from);
	s.flags = RST | (pick(c, 2) ? ACK : 0);
	if (pick(c, 2))
		s.seq = c->side[!from].last_ack;
	if (!(s.flags & ACK))
		s.ack = pick(c, 4) ? 0 : s.ack;
	s.window = pick(c, 2) ? 0 : s.window;
	s.length = pick(c, 4) ? 0 : any_length(c);
	send(c, &s);
}

static void move_fin(struct conversation *c, int from)
{
	struct segment s = segment_now(c, from);
	s.flags = FIN | (pick(c, 8) ? ACK : 0);
	s.length = pick(c, 3) ? 0 : any_length(c);
	s.ack = pick(c, 2) ? s.ack : c->side[!from].next;
	send(c, &s);
	if (pick(c, 3) == 0)
		send_ack(c, !from, c->side[from].next, c->side[!from].window);
}

// A SYN or SYN-ACK in the middle, with the old number or with another.
static void move_syn(struct conversation *c, int from)
{
	struct segment s = segment_now(c, from);
	bool is_new = pick(c, 2);
	s.seq = is_new ? any_number(c) : c->side[from].isn;
	s.flags = pick(c, 2) ? SYN : SYN | ACK;
	if (s.flags == SYN)
		s.ack = 0;
	if (is_new) {
		c->side[from].isn = s.seq;
		c->side[from].next = s.seq;
	}
	send(c, &s);
}

static void move_anything(struct conversation *c, int from)
{
	struct segment s = segment_now(c, from);
	s.seq = pick(c, 2) ? any_number(c) : s.seq + pick(c, 2 * c->mss) - c->mss;
	s.ack = pick(c, 2) ? any_number(c) : s.ack + pick(c, 2 * c->mss) - c->mss;
	s.flags = (uint16_t)pick(c, 64);
	s.length = pick(c, 2) ? any_length(c) : 0;
	send(c, &s);
}

static void move_unseen_ack(struct conversation *c, int from)
{
	struct side *other = &c->side[!from];
	uint32_t beyond = any_length(c);
	send_ack(c, from, other->next + beyond, c->side[from].window);
	if (pick(c, 2))
		other->next += beyond;
	repeat_ack(c, from, pick(c, 3));
}

static void move_partial_ack(struct conversation *c, int from)
{
	const struct side *other = &c->side[!from];
	if (other->sent_count == 0)
		return;
	const struct segment *sent = &other->sent[pick(c, other->sent_count)];
	send_ack(c, from, sent->seq + pick(c, sent->length + 2), any_window(c, &c->side[from]));
}

static void move_data(struct conversation *c, int from)
{
	send_data(c, from, any_length(c));
}

static void move_ack(struct conversation *c, int from)
{
	send_ack(c, from, c->side[!from].next, any_window(c, &c->side[from]));
}

static void move_window_update(struct conversation *c, int from)
{
	send_ack(c, from, c->side[from].last_ack, any_window(c, &c->side[from]));
}

static void move_duplicate_acks(struct conversation *c, int from)
{
	repeat_ack(c, from, 1 + pick(c, 4));
}

static void move_loss(struct conversation *c, int from)
{
	c->side[from].next += any_length(c);
}

static void move_far(struct conversation *c, int from)
{
	c->side[from].next += 0x38000000; // nearly a gigabyte that was not captured
}

static const struct {
	unsigned weight;
	void (*make)(struct conversation *, int from);
} moves[] = {
	{14, move_data},         {10, move_ack},        {4, move_duplicate_acks},
	{3, move_loss},          {5, move_again},       {4, move_fast_retransmission},
	{2, move_keep_alive},    {2, move_zero_window}, {2, move_window_full},
	{2, move_window_update}, {2, move_unseen_ack},  {3, move_partial_ack},
	{1, move_fin},           {1, move_reset},       {3, move_syn},
	{5, move_anything},      {1, move_far},
};

enum { MOVES_TAME = 56, MOVES_ALL = 64 }; // of the weights: without the last ones, with them

static void move(struct conversation *c)
{
	int from = (int)pick(c, 2);
	unsigned chosen = pick(c, c->is_wild ? MOVES_ALL : MOVES_TAME), i = 0;
	while (chosen >= moves[i].weight)
		chosen -= moves[i++].weight;
	moves[i].make(c, from);
}

// ---- conversations ------------------------------------------------------------------------------------------------

static void conversation_begin(struct conversation *c, uint64_t seed, uint32_t number)
{
	static const uint32_t sizes[] = {1460, 1448, 536, 100, 9000};
	memset(c, 0, sizeof *c);
	c->number = number;
	c->random = mix(seed ^ mix(number));
	c->ts_ns = SECOND * 1000000000 + number * MS + pick(c, 1000);
	c->rtt_ns = pick(c, 4) ? (int64_t)pick(c, 50) * MS / 2 : (int64_t)pick(c, 1000) * US;
	c->moves = 1 + pick(c, pick(c, 4) ? 12 : 60);
	c->flood = pick(c, 20000) ? 0 : FLOOD;
	c->only = pick(c, 12) ? -1 : (int)pick(c, 2);
	c->loss = pick(c, 2) ? 0 : pick(c, 64);
	c->copies = pick(c, 2) ? 0 : pick(c, 64);
	c->swaps = pick(c, 2) ? 0 : pick(c, 96);
	c->steps_back = pick(c, 8) ? 0 : 32;
	c->mss = sizes[pick(c, sizeof sizes / sizeof *sizes)];
	c->has_payload = pick(c, 16) == 0;
	c->is_mptcp = pick(c, 12) == 0;
	c->is_offloaded = pick(c, 24) == 0;
	c->is_loop = pick(c, 64) == 0;
	c->is_wild = pick(c, 3) == 0;
	if (c->has_payload)
		c->mss = 100;
	for (int i = 0; i < 2; i++) {
		struct side *side = &c->side[i];
		side->isn = side->next = any_number(c);
		side->window = (uint16_t)(pick(c, 2) ? 65535 : 1 + pick(c, 65535));
		side->scale = pick(c, 3) ? (int)pick(c, 16) : -1;
		side->sack = pick(c, 3) > 0;
		c->ports[i] = (uint16_t)(40000 + 1000 * i + pick(c, 1000));
	}
	for (int i = 0; i < 2; i++)
		c->side[i].last_ack = c->side[!i].next;
	if (pick(c, 4))
		handshake(c);
}

// The next packet of a conversation; false: there is none any more.
static bool conversation_next(struct conversation *c, struct segment *s)
{
	while (c->taken == c->queued) {
		c->taken = c->queued = 0;
		if (c->flood > 0) {
			c->flood--;
			send_data(c, 0, 1 + c->flood % 7);
		} else if (c->moves > 0) {
			c->moves--;
			move(c);
		} else {
			return false;
		}
	}
	*s = c->queue[c->taken++];
	c->ts_ns += any_delay(c);
	return true;
}

// ---- the capture --------------------------------------------------------------------------------------------------

static void put_host32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, 4);
}

static void write_header(FILE *file)
{
	uint8_t header[24] = {0};
	put_host32(header, 0xa1b23c4d); // nanoseconds
	header[4] = 2;
	header[6] = 4;
	put_host32(header + 16, 262144);
	put_host32(header + 20, 1); // Ethernet
	fwrite(header, 1, sizeof header, file);
}

static void put_address(const struct conversation *c, uint8_t *at, int side)
{
	put32(at, (side && !c->is_loop ? 0xac000000 : 0x0a000000) + (c->number & 0xffffff));
	if (c->number & 1) // either end may have the higher address
		at[0] ^= 0xa6;
}

static void write_packet(const struct conversation *c, const struct segment *s, FILE *file)
{
	static const uint8_t zeros[4096];
	uint8_t record[16], frame[HEADERS + OPTIONS_MAX] = {0};
	uint8_t *ip = frame + 14, *tcp = frame + 34;
	uint32_t headers = HEADERS + s->options_len, length = headers + s->length;
	uint32_t captured = c->has_payload && length - headers <= sizeof zeros ? length : headers;
	bool is_offloaded = c->is_offloaded || length - 14 > 65535;
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, is_offloaded ? 0 : length - 14);
	ip[8] = 64;
	ip[9] = 6;
	put_address(c, ip + 12, s->from);
	put_address(c, ip + 16, !s->from);
	put16(tcp, c->ports[s->from]);
	put16(tcp + 2, c->ports[!s->from]);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	put16(tcp + 12, (20 + s->options_len) / 4 << 12 | s->flags);
	put16(tcp + 14, s->window);
	memcpy(tcp + 20, s->options, s->options_len);
	put_host32(record, (uint32_t)(c->ts_ns / SECOND));
	put_host32(record + 4, (uint32_t)(c->ts_ns % SECOND));
	put_host32(record + 8, captured);
	put_host32(record + 12, length);
	fwrite(record, 1, sizeof record, file);
	fwrite(frame, 1, headers, file);
	fwrite(zeros, 1, captured - headers, file);
}

static void write_conversations(uint64_t seed, uint32_t first, uint32_t count, FILE *file)
{
	static struct conversation running[INTERLEAVED_MAX];
	uint64_t random = mix(seed ^ first);
	struct segment s;
	for (uint32_t done = 0; done < count;) {
		random = mix(random);
		uint32_t live = 1 + (uint32_t)(random % INTERLEAVED_MAX);
		live = live < count - done ? live : count - done;
		for (uint32_t i = 0; i < live; i++)
			conversation_begin(&running[i], seed, first + done + i);
		done += live;
		while (live > 0) {
			random = mix(random);
			struct conversation *c = &running[random % live];
			if (conversation_next(c, &s))
				write_packet(c, &s, file);
			else
				*c = running[--live];
		}
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc == 5 ? fopen(argv[4], "wb") : NULL;
	if (!file) {
		fputs("usage: random_tcp SEED FIRST COUNT FILE\n", stderr);
		return 2;
	}
	write_header(file);
	write_conversations(strtoull(argv[1], NULL, 10), (uint32_t)strtoul(argv[2], NULL, 10),
	                    (uint32_t)strtoul(argv[3], NULL, 10), file);
	return fclose(file) == 0 ? 0 : 1;
}
