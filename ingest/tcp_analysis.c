// TCP segments to events and round trips. See tcp_analysis.h.
//
// The rules and their order are Wireshark's (epan/dissectors/packet-tcp.c as of 4.0, described in docs/definitions.md);
// sequence space arithmetic is RFC 9293, 3.4; scaling RFC 7323, 2.
#include "tcp_analysis.h"

#include <stdlib.h>

#include "../common/message.h"

enum {
	COMPLETE_SYN = 1,
	COMPLETE_SYN_ACK = 2,
	COMPLETE_ACK = 4,
	COMPLETE_DATA = 8,
	COMPLETE_FIN = 16,
	COMPLETE_RST = 32,

	FAST_RETRANSMISSION_NS = 20000000, // behind the duplicate ACK
	REORDERING_NS = 3000000,           // out-of-order rather than retransmission, where the round trip is unknown
	CONTROL = TCP_SYN | TCP_FIN | TCP_RST,
};

#define SET(event) (1u << TCP_EVENT_##event)

// A segment under analysis, and what it found.
struct segment {
	const struct packet *packet;
	struct tcp_flow *flow;
	struct tcp_side *sender, *other;
	uint32_t seq, ack, length;
	uint16_t flags;
	int32_t window;
	int64_t ts_ns;
	uint32_t number;
	uint32_t events; // set of enum tcp_event
	uint32_t duplicate_of, duplicate_number;
	uint32_t rto_number;
	int64_t rto_ns;
};

const char *tcp_event_name(enum tcp_event event)
{
	static const char *const names[] = {
#define X(id, text) text,
		TCP_EVENTS(X)
#undef X
	};
	return names[event];
}

static bool seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static void side_init(struct tcp_side *side)
{
	side->window = -1;
	side->scale = -1;
	side->mss = -1;
	side->window_scale_option = -1;
	side->unacked_sorted = true;
	side->min_window = UINT16_MAX;
}

static struct tcp_flow *tcp_flow_make(struct flow_table *table)
{
	struct tcp_flow *flow = pool_take(&table->tcp_flows, sizeof *flow);
	flow->first_syn_ts_ns = flow->last_syn_ts_ns = flow->syn_ack_ts_ns = flow->established_ts_ns = ROW_NULL;
	flow->any_syn_ts_ns = flow->last_fin_ts_ns = ROW_NULL;
	side_init(&flow->side[0]);
	side_init(&flow->side[1]);
	return flow;
}

void tcp_flow_release(struct tcp_flow *flow)
{
	if (!flow)
		return;
	free(flow->side[0].unacked);
	free(flow->side[1].unacked);
}

// ---- segments that wait for their ACK -----------------------------------------------------------------------------

static void unacked_make_room(struct tcp_side *side)
{
	if (side->unacked_first > 0 && side->unacked_first >= side->unacked_count) {
		memmove(side->unacked, side->unacked + side->unacked_first, side->unacked_count * sizeof *side->unacked);
		side->unacked_first = 0;
		return;
	}
	side->unacked_capacity = side->unacked_capacity ? side->unacked_capacity * 2 : 4;
	side->unacked = memory_resize(side->unacked, side->unacked_capacity * sizeof *side->unacked);
}

static void unacked_add(struct tcp_side *side, const struct tcp_unacked *segment)
{
	if (side->unacked_first + side->unacked_count == side->unacked_capacity)
		unacked_make_room(side);
	struct tcp_unacked *end = side->unacked + side->unacked_first + side->unacked_count;
	if (side->unacked_count > 0 && !seq_le(end[-1].next_seq, segment->seq))
		side->unacked_sorted = false;
	*end = *segment;
	side->unacked_count++;
}

static void unacked_emptied(struct tcp_side *side)
{
	side->unacked_first = 0;
	side->unacked_sorted = true;
	if (side->unacked_capacity > 64) {
		free(side->unacked);
		side->unacked = NULL;
		side->unacked_capacity = 0;
	}
}

// What an ACK means to one segment: it may be the one that is acknowledged, lose its first bytes, or be done with.
// True: done with.
static bool acknowledge_one(struct tcp_unacked *waiting, uint32_t ack, const struct tcp_unacked **acked)
{
	if (ack == waiting->next_seq) {
		*acked = waiting;
		return true;
	}
	if (seq_gt(ack, waiting->seq) && seq_le(ack, waiting->next_seq))
		waiting->seq = ack;
	return !seq_gt(waiting->next_seq, ack);
}

// Notes the segment that an ACK acknowledges: of several that end there, the oldest.
static void note_acked(const struct tcp_unacked *hit, struct tcp_unacked *acked, bool *found)
{
	if (!hit || *found)
		return;
	*acked = *hit;
	*found = true;
}

// In order: only the first ones can be covered, and one more in part.
static bool remove_sorted(struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	const struct tcp_unacked *hit = NULL;
	bool found = false;
	while (side->unacked_count && acknowledge_one(side->unacked + side->unacked_first, ack, &hit)) {
		note_acked(hit, acked, &found);
		side->unacked_first++;
		side->unacked_count--;
	}
	return found;
}

// Out of order: any may be covered. What stays may be in order again.
static bool remove_unsorted(struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	struct tcp_unacked *first = side->unacked + side->unacked_first;
	const struct tcp_unacked *hit = NULL;
	bool found = false, sorted = true;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < side->unacked_count; i++) {
		bool gone = acknowledge_one(&first[i], ack, &hit);
		note_acked(hit, acked, &found);
		if (gone)
			continue;
		sorted = sorted && (kept == 0 || seq_le(first[kept - 1].next_seq, first[i].seq));
		first[kept++] = first[i];
	}
	side->unacked_count = kept;
	side->unacked_sorted = sorted;
	return found;
}

// Removes what ack covers. True: *acked is the segment that ends exactly there.
static bool unacked_remove(struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	bool found = side->unacked_sorted ? remove_sorted(side, ack, acked) : remove_unsorted(side, ack, acked);
	if (side->unacked_count == 0)
		unacked_emptied(side);
	return found;
}

// ---- Wireshark's rules --------------------------------------------------------------------------------------------

// Repeats the last segment of this side in everything but perhaps the window.
static bool repeats_ack(const struct segment *s)
{
	return s->length == 0 && s->seq == s->sender->next_seq && s->ack == s->sender->last_ack &&
	       !(s->flags & CONTROL);
}

static int window_shift(const struct tcp_side *side)
{
	return side->acked_once && side->scale >= 0 ? side->scale : 0;
}

static void check_window_full(struct segment *s)
{
	const struct tcp_side *other = s->other;
	uint32_t window = (uint32_t)other->window << window_shift(other);
	if (s->length > 0 && other->scale != -1 && s->seq + s->length == other->last_ack + window &&
	    !(s->flags & CONTROL))
		s->events |= SET(WINDOW_FULL);
}

static void count_duplicate_ack(struct segment *s)
{
	s->sender->duplicate_acks = s->sender->duplicate_acks == UINT32_MAX ? 1 : s->sender->duplicate_acks + 1;
	s->events |= SET(DUPLICATE_ACK);
	s->duplicate_number = s->sender->duplicate_acks;
	s->duplicate_of = s->sender->ack_number;
}

// Zero windows, gaps, keep-alives, window updates, duplicate ACKs: what a segment is by its number, ACK and window.
static void classify_segment(struct segment *s)
{
	const struct tcp_side *sender = s->sender, *other = s->other;
	if (s->length == 1 && s->seq == sender->next_seq && other->window == 0) {
		s->events |= SET(ZERO_WINDOW_PROBE);
		return;
	}
	if (s->window == 0 && !(s->flags & CONTROL))
		s->events |= SET(ZERO_WINDOW);
	if (sender->next_seq && seq_gt(s->seq, sender->next_seq) && !(s->flags & TCP_RST))
		s->events |= SET(LOST_SEGMENT);
	if (s->length <= 1 && s->seq == sender->next_seq - 1 && !(s->flags & CONTROL))
		s->events |= SET(KEEP_ALIVE);
	if (s->window && s->window != sender->window && repeats_ack(s))
		s->events |= SET(WINDOW_UPDATE);
	check_window_full(s);
	if (s->window != sender->window || !repeats_ack(s))
		return;
	if (s->window && other->last_events & SET(KEEP_ALIVE))
		s->events |= SET(KEEP_ALIVE_ACK);
	else if (!s->window && other->last_events & SET(ZERO_WINDOW_PROBE))
		s->events |= SET(ZERO_WINDOW_PROBE_ACK);
	else if (s->window)
		count_duplicate_ack(s);
}

// An ACK of data that the capture has not seen.
static void check_ack_lost_segment(struct segment *s)
{
	struct tcp_side *other = s->other;
	if (!other->contiguous || !seq_gt(s->ack, other->contiguous) || !(s->flags & TCP_ACK))
		return;
	if (other->contiguous != other->next_seq) {
		other->contiguous = other->next_seq;
		s->events |= SET(ACK_LOST_SEGMENT);
		return;
	}
	if (other->duplicate_acks == 0)
		s->events |= SET(ACK_LOST_SEGMENT);
	other->duplicate_acks = UINT32_MAX;
}

static uint32_t segment_end(const struct segment *s)
{
	return s->seq + s->length + (s->flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void set_rto(struct segment *s)
{
	const struct tcp_side *sender = s->sender;
	const struct tcp_unacked *oldest = sender->unacked_count ? sender->unacked + sender->unacked_first : NULL;
	s->rto_ns = s->ts_ns - (oldest ? oldest->ts_ns : sender->next_ts_ns);
	s->rto_number = oldest ? oldest->number : sender->next_number;
}

// Time since, as Wireshark's unsigned arithmetic has it: backwards is very long ago.
static uint64_t since(const struct segment *s, int64_t ts_ns)
{
	return (uint64_t)s->ts_ns - (uint64_t)ts_ns;
}

static void check_retransmission(struct segment *s)
{
	const struct tcp_side *sender = s->sender, *other = s->other;
	if ((s->length == 0 && !(s->flags & (TCP_SYN | TCP_FIN))) || s->events & SET(KEEP_ALIVE))
		return;
	if (s->length > 0 && other->last_ack && seq_le(s->seq + s->length, other->last_ack)) {
		s->events |= SET(SPURIOUS_RETRANSMISSION);
		return;
	}
	bool advances =
		!sender->next_seq || !seq_gt(sender->next_seq, s->seq) || (s->length > 1 && sender->next_seq - 1 == s->seq);
	if (advances)
		return;
	if (other->duplicate_acks >= 2 && other->last_ack == s->seq &&
	    since(s, other->last_ts_ns) < FAST_RETRANSMISSION_NS) {
		s->events |= SET(FAST_RETRANSMISSION);
		return;
	}
	uint64_t reordering_ns = s->flow->initial_rtt_ns ? (uint64_t)s->flow->initial_rtt_ns : REORDERING_NS;
	if (since(s, sender->next_ts_ns) < reordering_ns && sender->next_seq != segment_end(s)) {
		s->events |= SET(OUT_OF_ORDER);
		return;
	}
	s->events |= SET(RETRANSMISSION);
	set_rto(s);
}

// The segment joins what its side has sent.
static void advance(struct segment *s)
{
	struct tcp_side *sender = s->sender;
	uint32_t next_seq = s->seq + s->length;
	bool probe = s->events & SET(ZERO_WINDOW_PROBE);
	if ((s->length || s->flags & (TCP_SYN | TCP_FIN)) && sender->unacked_count < TCP_UNACKED_MAX) {
		next_seq = segment_end(s);
		unacked_add(sender, &(struct tcp_unacked){s->ts_ns, s->number, s->seq, next_seq});
	}
	if ((seq_gt(next_seq, sender->next_seq) || !sender->next_seq) && !probe) {
		sender->next_seq = next_seq;
		sender->next_number = s->number;
		sender->next_ts_ns = s->ts_ns;
	}
	if ((s->seq == sender->contiguous || !sender->contiguous) && !probe)
		sender->contiguous = sender->next_seq;
	sender->window = s->window;
	sender->last_ack = s->ack;
	sender->last_ts_ns = s->ts_ns;
	sender->last_events = s->events;
}

static void match_ack(struct segment *s, struct packet *p)
{
	struct tcp_side *other = s->other;
	struct tcp_unacked acked = {0};
	p->acks = 0;
	if (!other->unacked_count || !unacked_remove(other, s->ack, &acked))
		return;
	p->acks = acked.number;
	p->ack_rtt_ns = s->ts_ns - acked.ts_ns;
	if (other->rtt_count == 0 || p->ack_rtt_ns < other->rtt_min_ns)
		other->rtt_min_ns = p->ack_rtt_ns;
	if (other->rtt_count == 0 || p->ack_rtt_ns > other->rtt_max_ns)
		other->rtt_max_ns = p->ack_rtt_ns;
	other->rtt_sum_ns += (uint64_t)p->ack_rtt_ns;
	other->rtt_count++;
}

// ---- the connection's course --------------------------------------------------------------------------------------

static void note_handshake(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	uint16_t syn_ack = s->flags & (TCP_SYN | TCP_ACK);
	if (syn_ack == TCP_SYN) {
		s->events |= SET(SYN);
		flow->last_syn_ts_ns = s->ts_ns;
		if (flow->first_syn_ts_ns == ROW_NULL) {
			flow->first_syn_ts_ns = s->ts_ns;
			flow->first_syn_id = s->packet->id;
			flow->first_syn_seq = s->seq;
		}
	} else if (syn_ack == (TCP_SYN | TCP_ACK)) {
		s->events |= SET(SYN_ACK);
		if (flow->syn_ack_ts_ns == ROW_NULL) {
			flow->syn_ack_ts_ns = s->ts_ns;
			flow->syn_ack_id = s->packet->id;
			flow->syn_ack_seq = s->seq;
		}
	} else if (syn_ack == TCP_ACK && flow->initial_rtt_ns == 0 && flow->last_syn_ts_ns != ROW_NULL) {
		flow->initial_rtt_ns = s->ts_ns - flow->last_syn_ts_ns;
	}
	bool answers = syn_ack == TCP_ACK && !(s->flags & TCP_RST) && flow->syn_ack_ts_ns != ROW_NULL &&
	               flow->established_ts_ns == ROW_NULL && seq_gt(s->ack, flow->syn_ack_seq);
	if (answers && s->sender == &flow->side[0]) {
		s->events |= SET(ESTABLISHED);
		flow->established_ts_ns = s->ts_ns;
	}
	if (s->flags & TCP_SYN && (flow->any_syn_ts_ns == ROW_NULL || s->ts_ns < flow->any_syn_ts_ns))
		flow->any_syn_ts_ns = s->ts_ns;
	if (s->flags & TCP_FIN) {
		s->events |= SET(FIN);
		if (s->ts_ns > flow->last_fin_ts_ns) // ROW_NULL is the least
			flow->last_fin_ts_ns = s->ts_ns;
	}
	if (s->flags & TCP_RST)
		s->events |= SET(RST);
}

static uint8_t completeness_of(const struct segment *s)
{
	uint16_t syn_ack = s->flags & (TCP_SYN | TCP_ACK);
	uint8_t bits = 0;
	if (syn_ack == (TCP_SYN | TCP_ACK))
		bits |= COMPLETE_SYN_ACK;
	if (syn_ack == TCP_ACK)
		bits |= s->length > 0 ? COMPLETE_DATA : COMPLETE_ACK;
	if ((s->flags & (TCP_FIN | TCP_ACK)) == (TCP_FIN | TCP_ACK))
		bits |= COMPLETE_FIN;
	if (s->flags & TCP_RST)
		bits |= COMPLETE_RST;
	return bits;
}

// Wireshark's tcp.completeness, as its second pass shows it: a SYN counts only as the first packet of a stream, and
// any other first packet only when more follow.
static void note_completeness(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	if (flow->segments > 1)
		flow->completeness |= flow->first_completeness | completeness_of(s);
	else if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		flow->completeness = COMPLETE_SYN | (s->length > 0 ? COMPLETE_DATA : 0);
	else
		flow->first_completeness = completeness_of(s);
}

// Window scaling holds only when both SYNs offered it (RFC 7323, 2.2).
static void note_options(struct segment *s)
{
	const struct tcp_header *tcp = &s->packet->ip.tcp;
	struct tcp_side *sender = s->sender;
	if (!(s->flags & TCP_SYN)) {
		if (s->flags & TCP_ACK)
			sender->acked_once = true;
		return;
	}
	if (tcp->mss >= 0)
		sender->mss = tcp->mss;
	if (tcp->window_scale >= 0) {
		sender->window_scale_option = tcp->window_scale;
		sender->scale = tcp->window_scale > 14 ? 14 : tcp->window_scale;
	}
	sender->sack_permitted |= tcp->sack_permitted;
	if (s->flags & TCP_ACK && (sender->scale == -1 || s->other->scale == -1))
		sender->scale = s->other->scale = -2;
}

static void count_segment(struct segment *s)
{
	struct tcp_side *sender = s->sender;
	uint16_t window = (uint16_t)s->window;
	sender->segments++;
	sender->syns += (s->flags & TCP_SYN) != 0;
	sender->fins += (s->flags & TCP_FIN) != 0;
	sender->rsts += (s->flags & TCP_RST) != 0;
	sender->window_sum += window;
	if (window < sender->min_window)
		sender->min_window = window;
	if (window > sender->max_window)
		sender->max_window = window;
	for (unsigned i = 0; s->events >> i; i++)
		sender->events[i] += s->events >> i & 1;
}

// ---- relative numbers ---------------------------------------------------------------------------------------------

// The relative 64-bit number nearest to `near` whose low 32 bits are raw - first.
static int64_t unwrap(uint32_t raw, uint32_t first, int64_t near)
{
	return near + (int32_t)(raw - first - (uint32_t)near);
}

static void set_relative(struct segment *s, struct packet *p)
{
	struct flow_side *from = &p->flow->side[p->direction], *to = &p->flow->side[!p->direction];
	p->seq = unwrap(s->seq, from->first_seq, s->sender->seq);
	if (p->seq > s->sender->seq)
		s->sender->seq = p->seq;
	p->ack = s->flags & TCP_ACK ? unwrap(s->ack, to->first_seq, s->other->seq) : ROW_NULL;
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void add_event(const struct segment *s, enum tcp_event event, struct writer *w, int64_t capture_id)
{
	const struct packet *p = s->packet;
	const struct tcp_flow *flow = s->flow;
	int64_t id_of_number_0 = p->id - p->number;
	struct tcp_event_row *row = writer_add(w, TABLE_TCP_EVENTS);
	*row = (struct tcp_event_row){
		.capture_id = capture_id,
		.packet_id = p->id,
		.flow_id = p->flow->id,
		.direction = p->direction,
		.ts_ns = s->ts_ns,
		.kind = tcp_event_name(event),
		.related_packet_id = ROW_NULL,
		.value = ROW_NULL,
	};
	bool timed = flow->first_syn_ts_ns != ROW_NULL;
	if (event == TCP_EVENT_SYN_ACK && timed && flow->syn_ack_id == p->id) {
		row->related_packet_id = flow->first_syn_id;
		row->value = s->ts_ns - flow->first_syn_ts_ns;
	} else if (event == TCP_EVENT_ESTABLISHED) {
		row->related_packet_id = flow->syn_ack_id;
		row->value = timed ? s->ts_ns - flow->first_syn_ts_ns : ROW_NULL;
	} else if (event == TCP_EVENT_DUPLICATE_ACK) {
		row->related_packet_id = s->duplicate_of ? id_of_number_0 + s->duplicate_of : ROW_NULL;
		row->value = s->duplicate_number;
	} else if (event == TCP_EVENT_RETRANSMISSION) {
		row->related_packet_id = s->rto_number ? id_of_number_0 + s->rto_number : ROW_NULL;
		row->value = s->rto_ns;
	}
}

void tcp_analyze(struct packet *p, struct writer *w, int64_t capture_id)
{
	if (!p->flow || !p->ip.has_transport || p->ip.protocol != 6)
		return;
	if (!p->flow->tcp)
		p->flow->tcp = tcp_flow_make(p->flow->table);
	struct tcp_flow *flow = p->flow->tcp;
	const struct tcp_header *tcp = &p->ip.tcp;
	struct segment s = {
		.packet = p,
		.flow = flow,
		.sender = &flow->side[p->direction],
		.other = &flow->side[!p->direction],
		.seq = tcp->seq,
		.ack = tcp->ack,
		.length = p->payload_len,
		.flags = tcp->flags,
		.window = tcp->window,
		.ts_ns = p->frame->ts_ns,
		.number = (uint32_t)p->number,
		.events = p->reused_ports ? SET(REUSED_PORTS) : 0,
	};
	flow->segments++;
	set_relative(&s, p);
	note_handshake(&s);
	classify_segment(&s);
	if (s.ack != s.sender->last_ack) {
		s.sender->ack_number = s.number;
		s.sender->duplicate_acks = 0;
	}
	check_ack_lost_segment(&s);
	check_retransmission(&s);
	advance(&s);
	match_ack(&s, p);
	note_options(&s);
	note_completeness(&s);
	count_segment(&s);
	for (unsigned i = 0; s.events >> i; i++)
		if (s.events >> i & 1)
			add_event(&s, (enum tcp_event)i, w, capture_id);
}
