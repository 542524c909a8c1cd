// Connections as Zeek logs them. See conn_state.h.
#include "conn_state.h"

#include <stdlib.h>

#include "../common/message.h"
#include "flow.h"

// Rare paths, kept out of the function that every packet passes.
#define OUT_OF_LINE __attribute__((noinline))

enum {
	CONTROL = TCP_SYN | TCP_FIN | TCP_RST,
	NUMBER_JUMP_MAX = 1048576,      // beyond it, a SYN, a RST or an ACK of 0 is not believed
	UNACKED_BEYOND_GAP_MAX = 16384, // beyond it, with nothing acknowledged, the other side is not in the capture
	LOG_BASE = 10,                  // c, g, t, w: a letter at the 1st, 10th, 100th ... time
	PIECES_KEPT = 64,               // room for pieces that stays allocated
	RESPONDER_SHIFT = 16,           // of the bits of conn_state.seen
};

// Bits of conn_state.seen.
enum seen {
	SEEN_SYN = 0x1,
	SEEN_FIN = 0x2,
	SEEN_RST = 0x4,
	SEEN_FIN_RST = 0x8,
	SEEN_DATA = 0x10,
	SEEN_ACK = 0x20,
	SEEN_MULTIPLE = 0x40,
	SEEN_LIMIT = 0x80,
};

// Bits of conn_state.plain: whether there is a plain course yet, and which letters of it are in the history.
enum { PLAIN = 1, PLAIN_ACK = 2, PLAIN_DATA = 4 };

enum end {
	END_INACTIVE, // sent nothing
	END_SYN_SENT,
	END_SYN_ACK_SENT, // without a SYN before
	END_PARTIAL,      // sent, but no SYN
	END_ESTABLISHED,
	END_CLOSED, // sent FIN
	END_RESET,  // sent RST
};

struct piece {
	int64_t start, end;
};

// One end of a TCP connection. Numbers are relative to its SYN, or to the byte before the first one seen, and do not wrap.
struct conn_side {
	int64_t syn_letter_at, fin_letter_at, rst_letter_at; // numbers of the last ones
	int64_t fin_end;                                     // behind the last FIN
	uint8_t state, previous_state;                       // enum end
	bool fin;
	bool gave_up; // gaps are not looked for any more
	uint32_t start;
	int64_t last;       // behind the highest byte, SYN or FIN sent
	int64_t acked;      // what the other end acknowledged
	int64_t contiguous; // behind the last byte without a gap before it
	uint32_t gaps, retransmissions, zero_windows;
	uint32_t piece_count, piece_capacity;
	struct piece *pieces; // owned; data beyond a gap, in order, apart from each other
};

struct segment {
	struct conn_state *conn;
	struct conn_side *sender, *other;
	int direction;
	bool from_originator; // as it was when the packet came
	uint16_t flags, window;
	uint32_t seq, ack, length;
	uint32_t space; // of the sequence space: data, SYN, FIN; of a RST no data
	int64_t number; // of its first byte, relative
};

const char *conn_state_text(enum conn_state_name state)
{
	static const char *const names[] = {NULL,
#define X(name, meaning) #name,
	                                    CONN_STATES(X)
#undef X
	};
	return names[state];
}

void conn_state_release(struct conn_state *c, struct pool *sides)
{
	if (!c->side)
		return;
	free(c->side[0].pieces);
	free(c->side[1].pieces);
	pool_give(sides, c->side);
	c->side = NULL;
}

// ---- history ------------------------------------------------------------------------------------------------------

static bool is_originator(const struct conn_state *c, int direction)
{
	return direction == c->originator;
}

static void add_letter(struct conn_state *c, char letter)
{
	if (c->letters < CONN_HISTORY_MAX)
		c->history[c->letters++] = letter;
	else
		c->history[CONN_HISTORY_MAX - 1] = 'X';
}

// letter in upper case: that of the originator.
static void add_letter_of(struct conn_state *c, int direction, char letter)
{
	add_letter(c, is_originator(c, direction) ? letter : (char)(letter | 0x20));
}

static void add_letter_log(struct conn_state *c, int direction, char letter, uint32_t *count)
{
	uint32_t left = ++*count;
	while (left >= LOG_BASE && left % LOG_BASE == 0)
		left /= LOG_BASE;
	if (left == 1)
		add_letter_of(c, direction, letter);
}

static void flip(struct conn_state *c)
{
	c->originator = !c->originator;
	add_letter(c, '^');
}

// What began with a SYN-ACK may be a scan by its sender; when data or an ACK follows, it was an answer.
static void flip_syn_ack(struct conn_state *c)
{
	c->originator = !c->originator;
	memcpy(c->history, "^h", 2);
	c->letters = 2;
}

// Adds the letter the first time; true: it was there before.
static bool check_letter(struct conn_state *c, int direction, uint32_t bit, char letter)
{
	if ((letter == 'A' || letter == 'D') && c->letters == 1 && c->history[0] == 'H')
		flip_syn_ack(c);
	uint32_t mask = is_originator(c, direction) ? bit : bit << RESPONDER_SHIFT;
	if (c->seen & mask)
		return true;
	c->seen |= mask;
	add_letter_of(c, direction, letter);
	return false;
}

// Adds the letter the first time, and when the number is another than that of the last such segment.
static void check_numbered_letter(struct segment *s, uint32_t bit, char letter, int64_t number, int64_t *last)
{
	if (check_letter(s->conn, s->direction, bit, letter) && number != *last)
		add_letter_of(s->conn, s->direction, letter);
	*last = number;
}

static void note_letter(struct segment *s)
{
	struct conn_side *sender = s->sender;
	switch (s->flags & CONTROL) {
	case 0:
		if (s->length)
			check_letter(s->conn, s->direction, SEEN_DATA, 'D');
		else if (s->flags & TCP_ACK)
			check_letter(s->conn, s->direction, SEEN_ACK, 'A');
		break;
	case TCP_SYN:
		check_numbered_letter(s, SEEN_SYN, s->flags & TCP_ACK ? 'H' : 'S', s->number, &sender->syn_letter_at);
		break;
	case TCP_FIN:
		check_numbered_letter(s, SEEN_FIN, 'F', s->number + s->length, &sender->fin_letter_at);
		break;
	case TCP_RST:
		check_numbered_letter(s, SEEN_RST, 'R', s->number, &sender->rst_letter_at);
		break;
	case TCP_FIN | TCP_RST:
	case TCP_SYN | TCP_FIN | TCP_RST:
		check_letter(s->conn, s->direction, SEEN_FIN_RST, 'I');
		break;
	default:
		check_letter(s->conn, s->direction, SEEN_MULTIPLE, 'Q');
	}
}

// A window of 0 says nothing with a RST or after one, nor to a peer that has sent its FIN.
static void note_zero_window(struct segment *s)
{
	if (!s->window && !(s->flags & TCP_RST) && s->other->state != END_CLOSED && s->sender->state != END_RESET)
		add_letter_log(s->conn, s->direction, 'W', &s->sender->zero_windows);
}

// ---- numbers ------------------------------------------------------------------------------------------------------

// How far a number is ahead of a relative one.
static int32_t ahead(const struct conn_side *side, uint32_t raw, int64_t relative)
{
	return (int32_t)(raw - (side->start + (uint32_t)relative));
}

static void set_start(struct conn_side *side, uint32_t start, int64_t last)
{
	side->start = start;
	side->last = last;
	side->acked = 0;
}

// Where the sender's numbers begin: at its SYN, or such that the first byte seen is number 1. A SYN starts anew where
// the one before cannot have set up the connection.
static void begin_numbers(struct segment *s)
{
	struct conn_side *sender = s->sender;
	bool syn = s->flags & TCP_SYN;
	if (sender->state == END_INACTIVE)
		set_start(sender, syn ? s->seq : s->seq - 1, syn ? s->space : 1);
	else if (syn && (sender->state == END_SYN_SENT || sender->state == END_SYN_ACK_SENT)) {
		if (s->seq != sender->start)
			set_start(sender, s->seq, s->space);
	} else if (syn && (sender->state == END_ESTABLISHED || sender->state == END_PARTIAL ||
	                   (sender->state == END_RESET && sender->previous_state == END_INACTIVE)))
		set_start(sender, s->seq, s->space);
	s->number = sender->last + ahead(sender, s->seq, sender->last);
}

// The relative number that the segment acknowledges; 0 for one before the start.
static int64_t take_ack(struct segment *s)
{
	struct conn_side *other = s->other;
	if (other->state == END_INACTIVE) {
		set_start(other, s->ack - 1, 0);
		return 1;
	}
	int32_t delta = ahead(other, s->ack, other->acked);
	int64_t number = other->acked + delta;
	if (number < 0)
		return 0;
	bool believed = !(s->flags & TCP_RST) && (s->ack != 0 || delta <= NUMBER_JUMP_MAX);
	if (believed && delta > 0)
		other->acked = number;
	return number;
}

static void advance_last(struct segment *s)
{
	struct conn_side *sender = s->sender;
	uint32_t end = s->seq + s->space;
	int32_t delta = ahead(sender, end, sender->last);
	if (s->flags & (TCP_SYN | TCP_RST) && (delta > NUMBER_JUMP_MAX || delta < -NUMBER_JUMP_MAX))
		return;
	if (s->flags & TCP_FIN && sender->last == 1)
		sender->last += (uint32_t)delta; // only SYN and FIN were seen: it may be more than 2 GB
	else if (sender->state == END_RESET)
		return;
	else if (delta > 0)
		sender->last += delta;
	else if (s->length)
		add_letter_log(s->conn, s->direction, 'T', &sender->retransmissions);
}

// ---- gaps ---------------------------------------------------------------------------------------------------------

static bool is_clean(const struct conn_side *side)
{
	return side->state == END_ESTABLISHED || (side->state == END_CLOSED && side->previous_state == END_ESTABLISHED);
}

static void free_pieces(struct conn_side *side)
{
	free(side->pieces);
	side->pieces = NULL;
	side->piece_count = side->piece_capacity = 0;
}

static void give_up_gaps(struct conn_side *side)
{
	side->gave_up = true;
	free_pieces(side);
}

// Makes room for a piece at an index. False: there are too many.
static bool insert_piece(struct conn_side *side, uint32_t at)
{
	if (side->piece_count == CONN_PIECES_MAX)
		return false;
	if (side->piece_count == side->piece_capacity) {
		side->piece_capacity = side->piece_capacity ? side->piece_capacity * 2 : 4;
		side->pieces = memory_resize(side->pieces, side->piece_capacity * sizeof *side->pieces);
	}
	memmove(side->pieces + at + 1, side->pieces + at, (side->piece_count - at) * sizeof *side->pieces);
	side->piece_count++;
	return true;
}

static void remove_pieces(struct conn_side *side, uint32_t at, uint32_t count)
{
	side->piece_count -= count;
	memmove(side->pieces + at, side->pieces + at + count, (side->piece_count - at) * sizeof *side->pieces);
	if (side->piece_count == 0 && side->piece_capacity > PIECES_KEPT)
		free_pieces(side);
}

// The first pieces may have become contiguous.
static void join_first_pieces(struct conn_side *side)
{
	uint32_t count = 0;
	for (; count < side->piece_count && side->pieces[count].start <= side->contiguous; count++)
		if (side->pieces[count].end > side->contiguous)
			side->contiguous = side->pieces[count].end;
	if (count)
		remove_pieces(side, 0, count);
}

// Data beyond a gap: a piece of its own, or one with those that it touches.
static bool add_piece(struct conn_side *side, int64_t start, int64_t end)
{
	uint32_t first = 0;
	while (first < side->piece_count && side->pieces[first].end < start)
		first++;
	uint32_t behind = first;
	for (; behind < side->piece_count && side->pieces[behind].start <= end; behind++) {
		if (side->pieces[behind].start < start)
			start = side->pieces[behind].start;
		if (side->pieces[behind].end > end)
			end = side->pieces[behind].end;
	}
	if (behind > first)
		remove_pieces(side, first, behind - first - 1);
	else if (!insert_piece(side, first))
		return false;
	side->pieces[first] = (struct piece){start, end};
	return true;
}

static void take_data(struct segment *s)
{
	struct conn_side *sender = s->sender;
	int64_t start = s->number + (s->flags & TCP_SYN ? 1 : 0), end = start + s->length;
	if (sender->gave_up || s->flags & TCP_RST || s->number < 0 || end <= sender->contiguous)
		return;
	if (start <= sender->contiguous) {
		sender->contiguous = end;
		join_first_pieces(sender);
		return;
	}
	if (!add_piece(sender, start, end)) {
		check_letter(s->conn, s->direction, SEEN_LIMIT, 'X');
		give_up_gaps(sender);
		return;
	}
	int64_t highest = sender->pieces[sender->piece_count - 1].end;
	if (sender->acked <= 1 && highest - sender->contiguous > UNACKED_BEYOND_GAP_MAX)
		give_up_gaps(sender);
}

// The end of the gap that begins at side->contiguous.
static void pass_gap(struct conn_state *c, int direction, int64_t end, bool shown)
{
	struct conn_side *side = &c->side[direction];
	if (shown)
		add_letter_log(c, direction, 'G', &side->gaps);
	side->contiguous = end;
	join_first_pieces(side);
}

// An ACK of data that the capture lacks: it was sent, and is a gap, if both ends are as they should be.
static void find_gaps(struct segment *s, int64_t acked)
{
	struct conn_side *other = s->other;
	int direction = !s->direction;
	bool shown = !other->gave_up && is_clean(s->sender) && is_clean(other);
	if (other->fin && acked >= other->fin_end)
		acked = other->fin_end - 1;
	while (other->piece_count && other->pieces[0].start < acked)
		pass_gap(s->conn, direction, other->pieces[0].start, shown);
	if (acked > other->contiguous)
		pass_gap(s->conn, direction, acked, shown);
}

// ---- states -------------------------------------------------------------------------------------------------------

static void set_state(struct conn_side *side, enum end state)
{
	if (side->state == state)
		return;
	side->previous_state = side->state;
	side->state = (uint8_t)state;
}

static void begin_with_syn(struct segment *s)
{
	if (s->from_originator) {
		set_state(s->sender, s->flags & TCP_ACK ? END_SYN_ACK_SENT : END_SYN_SENT);
		return;
	}
	if (!(s->flags & TCP_ACK) && s->other->state == END_SYN_ACK_SENT) { // SYN and SYN-ACK the wrong way round
		flip(s->conn);
		set_state(s->other, END_ESTABLISHED);
	}
	if (s->other->state == END_SYN_SENT)
		set_state(s->other, END_ESTABLISHED);
	set_state(s->sender, END_ESTABLISHED);
}

// The first segment of an end without SYN, FIN, RST. Some acknowledge a SYN before they send their own.
static void begin_without_syn(struct segment *s)
{
	const struct conn_side *originator = &s->conn->side[s->conn->originator];
	if (!s->from_originator && s->length == 0 && originator->state == END_SYN_SENT)
		return;
	bool syn_unseen = s->flags & TCP_ACK && s->other->state == END_ESTABLISHED;
	set_state(s->sender, syn_unseen ? END_ESTABLISHED : END_PARTIAL);
}

static void begin_state(struct segment *s)
{
	if (s->flags & TCP_SYN)
		begin_with_syn(s);
	if (s->flags & TCP_FIN)
		set_state(s->sender, END_CLOSED);
	if (s->flags & TCP_RST)
		set_state(s->sender, END_RESET);
	if (!(s->flags & CONTROL))
		begin_without_syn(s);
}

// The sender's FIN. It makes a FIN and RST of the other side an ordinary end.
static void close_sender(struct segment *s)
{
	struct conn_side *other = s->other;
	set_state(s->sender, END_CLOSED);
	if (other->state == END_RESET && other->previous_state == END_CLOSED)
		set_state(other, END_CLOSED);
}

static void change_state(struct segment *s)
{
	struct conn_side *sender = s->sender, *other = s->other;
	switch ((enum end)sender->state) {
	case END_INACTIVE:
		begin_state(s);
		return;
	case END_PARTIAL:
	case END_ESTABLISHED:
		if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && sender->state == END_PARTIAL &&
		    other->state == END_INACTIVE)
			set_state(sender, END_SYN_SENT);
		if ((s->flags & (TCP_FIN | TCP_RST)) == TCP_FIN)
			close_sender(s);
		break;
	case END_SYN_SENT:
	case END_SYN_ACK_SENT:
		if (s->flags & TCP_FIN)
			set_state(sender, END_CLOSED);
		break;
	case END_CLOSED:
		if (other->state == END_CLOSED)
			return;
		break;
	case END_RESET:
		return;
	}
	if (s->flags & TCP_RST)
		set_state(sender, END_RESET);
}

// ---- packets ------------------------------------------------------------------------------------------------------

// Ports of services that Zeek's scripts know (its likely_server_ports).
static bool is_server_port(enum conn_kind kind, uint16_t port)
{
	static const uint16_t tcp[] = {
		21,   22,   25,   53,   79,   80,   81,   88,   135,  139,  143,  389,  443,  445,  465,   502,  514,
		563,  585,  587,  614,  631,  636,  989,  990,  992,  993,  995,  1080, 1434, 1883, 2811,  3128, 3268,
		3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000,
	};
	static const uint16_t udp[] = {
		53,   67,   88,   123,  137,  161,  162,  389,  443,  514,  1812, 2123,
		2152, 3389, 3544, 4011, 4754, 4789, 5060, 5072, 5353, 5355, 6081, 20000,
	};
	const uint16_t *ports = kind == CONN_KIND_TCP ? tcp : udp;
	size_t count = kind == CONN_KIND_TCP ? sizeof tcp / sizeof *tcp : sizeof udp / sizeof *udp;
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool is_broadcast(const struct address *a)
{
	static const struct address broadcast = {{[10] = 255, 255, 255, 255, 255, 255}};
	return memcmp(a, &broadcast, sizeof *a) == 0;
}

// Whether the first packet looks like one of the responder: no SYN, and from the port of a service.
static bool looks_like_answer(enum conn_kind kind, const struct headers *ip)
{
	uint16_t syn_ack = ip->tcp.flags & (TCP_SYN | TCP_ACK);
	if (kind == CONN_KIND_TCP && syn_ack == TCP_SYN)
		return false;
	if (!is_server_port(kind, ip->src_port) || is_broadcast(&ip->dst))
		return false;
	if (!is_server_port(kind, ip->dst_port))
		return true;
	return kind == CONN_KIND_TCP && !(syn_ack & TCP_SYN) && ip->src_port < ip->dst_port;
}

static enum conn_kind kind_of(const struct headers *ip)
{
	if (ip->protocol == IP_PROTO_ICMP || ip->protocol == IP_PROTO_ICMPV6)
		return CONN_KIND_ICMP;
	if (ip->protocol == IP_PROTO_TCP && ip->has_transport)
		return CONN_KIND_TCP;
	if (ip->protocol == IP_PROTO_UDP && ip->has_transport)
		return CONN_KIND_UDP;
	return CONN_KIND_OTHER;
}

// False: there is no IP.
static bool begin(struct conn_state *c, const struct packet *p)
{
	if (!p->ip.ip_version)
		return false;
	enum conn_kind kind = kind_of(&p->ip);
	c->kind = (uint8_t)kind;
	c->originator = p->direction;
	if ((kind == CONN_KIND_TCP || kind == CONN_KIND_UDP) && looks_like_answer(kind, &p->ip))
		flip(c);
	if (kind == CONN_KIND_TCP) {
		c->side = pool_take(&p->flow->table->conn_sides, 2 * sizeof *c->side);
		c->side[0].contiguous = c->side[1].contiguous = 1;
	}
	return true;
}

static void note_corrupt(struct conn_state *c, int direction)
{
	if (c->kind == CONN_KIND_TCP || c->kind == CONN_KIND_UDP)
		add_letter_log(c, direction, 'C', &c->bad_checksums[direction]);
}

// A wrong sum that is not the one of the pseudo header, which a host leaves to its network card to complete.
static bool is_corrupt(const struct packet *p)
{
	return p->l4_checksum == CHECKSUM_WRONG && !p->l4_checksum_partial;
}

static OUT_OF_LINE void note_plain_letter(struct conn_state *c, int direction, bool data)
{
	check_letter(c, direction, data ? SEEN_DATA : SEEN_ACK, data ? 'D' : 'A');
	c->plain[direction] |= data ? PLAIN_DATA : PLAIN_ACK;
}

// Once both ends have begun, plain segments of one change nothing but numbers.
static void set_plain(struct conn_state *c, int direction)
{
	enum end sender = c->side[direction].state, other = c->side[!direction].state;
	bool begun = sender != END_INACTIVE && sender != END_RESET && other != END_INACTIVE;
	c->plain[direction] = (uint8_t)(begun ? c->plain[direction] | PLAIN : 0);
}

// Whether an ACK is of more than is there: of a gap. A FIN takes a number, but is no data.
static bool acks_gap(const struct conn_side *side, int64_t acked)
{
	return acked > side->contiguous && !(side->fin && acked == side->fin_end && acked == side->contiguous + 1);
}

// Most segments: what comes next from one end, and an ACK of what the other end has sent. False: it is another.
static inline bool track_plain(struct conn_state *c, const struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	int direction = p->direction;
	uint32_t length = p->payload_len;
	uint8_t plain = c->plain[direction];
	if (!plain || !p->ip.has_transport || p->l4_checksum == CHECKSUM_WRONG ||
	    (tcp->flags & (CONTROL | TCP_ACK)) != TCP_ACK || !tcp->window || !tcp->ack)
		return false;
	struct conn_side *sender = &c->side[direction], *other = &c->side[!direction];
	if (ahead(sender, tcp->seq, sender->last) != 0 || (length && sender->contiguous != sender->last))
		return false;
	int32_t acked = ahead(other, tcp->ack, other->acked);
	if (acked > 0) {
		if (acks_gap(other, other->acked + acked))
			return false;
		other->acked += acked;
	}
	sender->last += length;
	sender->contiguous += length;
	if (!(plain & (length ? PLAIN_DATA : PLAIN_ACK)))
		note_plain_letter(c, direction, length > 0);
	return true;
}

static void track_segment(struct conn_state *c, const struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	struct segment s = {
		.conn = c,
		.sender = &c->side[p->direction],
		.other = &c->side[!p->direction],
		.direction = p->direction,
		.from_originator = is_originator(c, p->direction),
		.flags = tcp->flags,
		.window = tcp->window,
		.seq = tcp->seq,
		.ack = tcp->ack,
		.length = p->payload_len,
	};
	s.space = (s.flags & TCP_RST ? 0 : s.length) + ((s.flags & TCP_SYN) != 0) + ((s.flags & TCP_FIN) != 0);
	begin_numbers(&s);
	note_letter(&s);
	note_zero_window(&s);
	if (s.flags & TCP_FIN) {
		s.sender->fin = true;
		s.sender->fin_end = s.number + s.space;
	}
	int64_t acked = s.flags & TCP_ACK ? take_ack(&s) : 0;
	advance_last(&s);
	change_state(&s);
	if (s.flags & TCP_ACK)
		find_gaps(&s, acked);
	if (s.length)
		take_data(&s);
	set_plain(c, 0);
	set_plain(c, 1);
}

static void track_datagram(struct conn_state *c, const struct packet *p)
{
	bool is_udp = c->kind == CONN_KIND_UDP;
	c->sent[p->direction] = true;
	c->bytes[p->direction] += is_udp ? p->ip.udp_payload_len : p->payload_len;
	if (is_udp)
		check_letter(c, p->direction, SEEN_DATA, 'D');
}

// What is not the plain course of a conversation.
static OUT_OF_LINE void track_other(struct conn_state *c, const struct packet *p)
{
	if (c->kind == CONN_KIND_NONE && !begin(c, p))
		return;
	if (c->kind <= CONN_KIND_UDP && !p->ip.has_transport)
		return;
	if (is_corrupt(p))
		note_corrupt(c, p->direction);
	else if (c->kind == CONN_KIND_TCP)
		track_segment(c, p);
	else
		track_datagram(c, p);
}

void conn_state_track(struct packet *p)
{
	if (!p->flow || p->ip_checksum == CHECKSUM_WRONG)
		return;
	if (!track_plain(&p->flow->conn, p))
		track_other(&p->flow->conn, p);
}

// ---- results ------------------------------------------------------------------------------------------------------

// A RST ended what the originator's SYN began, and nothing else came of it.
static bool is_syn_then_rst(const char *history)
{
	if (*history == '^')
		history++;
	return *history == 'S' && history[1 + strcspn(history + 1, "HAFGIQR")] == 'R';
}

static enum conn_state_name state_of_reset(const struct conn_state *c, const struct conn_side *o,
                                           const struct conn_side *r)
{
	bool o_unknown = o->state == END_INACTIVE || o->state == END_PARTIAL;
	bool r_unknown = r->state == END_INACTIVE || r->state == END_PARTIAL;
	if (r->state != END_RESET && r_unknown)
		return is_syn_then_rst(c->history) ? CONN_RSTOS0 : CONN_OTH;
	if (r->state != END_RESET)
		return CONN_RSTO;
	bool no_data = conn_state_bytes(c, 0) == 0 && conn_state_bytes(c, 1) == 0;
	if (o->state == END_SYN_SENT || o->state == END_SYN_ACK_SENT || (o->state == END_RESET && no_data))
		return CONN_REJ;
	return o_unknown ? CONN_RSTRH : CONN_RSTR;
}

static enum conn_state_name state_of_tcp(const struct conn_state *c)
{
	const struct conn_side *o = &c->side[c->originator], *r = &c->side[!c->originator];
	if (r->state == END_RESET || o->state == END_RESET)
		return state_of_reset(c, o, r);
	if (r->state == END_CLOSED && o->state == END_CLOSED)
		return CONN_SF;
	if (o->state == END_CLOSED)
		return r->state == END_INACTIVE || r->state == END_PARTIAL ? CONN_SH : CONN_S2;
	if (r->state == END_CLOSED)
		return o->state == END_INACTIVE || o->state == END_PARTIAL ? CONN_SHR : CONN_S3;
	if (o->state == END_SYN_SENT && r->state == END_INACTIVE)
		return CONN_S0;
	return o->state == END_ESTABLISHED && r->state == END_ESTABLISHED ? CONN_S1 : CONN_OTH;
}

enum conn_state_name conn_state_of(const struct conn_state *c)
{
	bool o = c->sent[c->originator], r = c->sent[!c->originator];
	switch ((enum conn_kind)c->kind) {
	case CONN_KIND_NONE:
		return CONN_NONE;
	case CONN_KIND_TCP:
		return state_of_tcp(c);
	case CONN_KIND_UDP:
		return o && r ? CONN_SF : o ? CONN_S0 : r ? CONN_SHR : CONN_OTH;
	case CONN_KIND_ICMP:
	case CONN_KIND_OTHER:
		break;
	}
	return CONN_OTH;
}

int64_t conn_state_bytes(const struct conn_state *c, int direction)
{
	if (c->kind == CONN_KIND_UDP || c->kind == CONN_KIND_ICMP)
		return c->bytes[direction];
	if (c->kind != CONN_KIND_TCP)
		return -1;
	const struct conn_side *side = &c->side[direction], *other = &c->side[!direction];
	if (side->previous_state == END_SYN_SENT && side->state == END_RESET && other->state == END_INACTIVE &&
	    side->acked > 1)
		return 0; // the RST answers an ACK of something else
	int64_t bytes = side->last > side->acked ? side->last : side->acked;
	bytes -= bytes > 0;                      // SYN
	return bytes - (side->fin && bytes > 0); // FIN
}
