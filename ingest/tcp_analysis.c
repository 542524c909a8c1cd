// TCP segments to events and round trips. See tcp_analysis.h.
//
// The rules and their order are Wireshark's (epan/dissectors/packet-tcp.c as of 4.0, described in docs/definitions.md);
// sequence space arithmetic is RFC 9293, 3.4; scaling RFC 7323, 2.
#include "tcp_analysis.h"

#include "../common/seq.h"
#include "tcp_unacked.h"

enum {
	COMPLETE_SYN = 1,
	COMPLETE_SYN_ACK = 2,
	COMPLETE_ACK = 4,
	COMPLETE_DATA = 8,
	COMPLETE_FIN = 16,
	COMPLETE_RST = 32,

	FAST_RETRANSMISSION_NS = 20000000, // behind the duplicate ACK
	REORDERING_NS = 3000000,           // out-of-order rather than retransmission, where the round trip is unknown
	IP_ID_AHEAD_MAX = 1000,            // packets that a sender may have sent meanwhile, to whomever
	CONTROL = TCP_SYN | TCP_FIN | TCP_RST,

	SACKS_COUNTED = 3, // of a segment, in the bytes in flight: Wireshark leaves out the fourth
	SCALE_UNKNOWN = -1,
	SCALE_NONE = -2,
};

#define BYTES_IN_FLIGHT_MAX UINT32_C(2000000000) // as Wireshark: more is none

#define SET(event) (1u << TCP_EVENT_##event)

// A segment under analysis, and what it found.
struct segment {
	const struct packet *packet;
	struct tcp_flow *flow;
	struct tcp_side *sender, *other;
	uint32_t seq, ack, length;
	uint32_t base; // what the sender's relative numbers start from
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

// The first event of a set that has one.
static enum tcp_event lowest_of(uint32_t events)
{
#if defined(__GNUC__)
	return (enum tcp_event)__builtin_ctz(events);
#else
	unsigned i = 0;
	while (!(events >> i & 1))
		i++;
	return (enum tcp_event)i;
#endif
}

static void side_init(struct tcp_side *side)
{
	side->window = -1;
	side->scale = SCALE_UNKNOWN;
	side->mss = -1;
	side->window_scale_option = -1;
	side->unacked = side->few;
	side->unacked_capacity = TCP_UNACKED_FEW;
	side->unacked_sorted = true;
	side->min_window = UINT16_MAX;
}

static struct tcp_flow *tcp_flow_make(struct tcp_analyzer *analyzer, struct flow_table *table)
{
	struct tcp_flow *flow = pool_take(&table->tcp_flows, sizeof *flow);
	flow->analyzer = analyzer;
	flow->first_syn_ts_ns = flow->last_syn_ts_ns = flow->syn_ack_ts_ns = flow->established_ts_ns = ROW_NULL;
	flow->any_syn_ts_ns = flow->last_fin_ts_ns = ROW_NULL;
	side_init(&flow->side[0]);
	side_init(&flow->side[1]);
	return flow;
}

void tcp_analyzer_init(struct tcp_analyzer *a, size_t room_max)
{
	*a = (struct tcp_analyzer){.room_max = room_max};
}

void tcp_flow_release(struct tcp_flow *flow)
{
	if (flow)
		tcp_unacked_release(flow);
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
	return side->first_ack_due || side->scale < 0 ? 0 : side->scale;
}

static void check_window_full(struct segment *s)
{
	const struct tcp_side *other = s->other;
	uint32_t window = (uint32_t)other->window << window_shift(other);
	if (s->length > 0 && other->scale != SCALE_UNKNOWN && s->seq + s->length == other->last_ack + window &&
	    !(s->flags & CONTROL))
		s->events |= SET(WINDOW_FULL);
}

// MPTCP may repeat an ACK to carry an option (RFC 8684, 4): not a duplicate where the connection has met another kind
// of option since this side's last segment.
static bool carries_mptcp(const struct segment *s)
{
	return s->flow->is_mptcp && s->flow->mptcp_operations != s->sender->mptcp_operations;
}

static void count_duplicate_ack(struct segment *s)
{
	if (carries_mptcp(s))
		return;
	s->sender->duplicate_acks = s->sender->duplicate_acks == UINT32_MAX ? 1 : s->sender->duplicate_acks + 1;
	s->events |= SET(DUPLICATE_ACK);
	s->duplicate_number = s->sender->duplicate_acks;
	s->duplicate_of = s->sender->ack_number;
}

static struct tcp_sent sent_of(const struct segment *s)
{
	const struct headers *ip = &s->packet->ip;
	return (struct tcp_sent){
		.is_set = true,
		.has_timestamps = ip->tcp.has_timestamps,
		.ip_id = ip->ip_version == 4 ? (uint16_t)ip->ip_id : 0,
		.seq = s->seq,
		.tsval = ip->tcp.tsval,
	};
}

static void note_gap(struct segment *s)
{
	struct tcp_side *sender = s->sender;
	s->events |= SET(LOST_SEGMENT);
	sender->flight_unknown = true;
	sender->last_gap = sent_of(s);
	if (!sender->first_gap.is_set || sender->contiguous == sender->next_seq)
		sender->first_gap = sender->last_gap;
}

// Whether a segment was sent behind one with a higher number: so its timestamp tells (RFC 7323), or where that does not, its
// IP identification, which most senders count up.
static bool is_sent_behind(const struct tcp_sent *sent, const struct tcp_sent *higher)
{
	if (!higher->is_set || !seq_gt(higher->seq, sent->seq))
		return false;
	if (sent->has_timestamps && higher->has_timestamps && sent->tsval != higher->tsval)
		return seq_gt(sent->tsval, higher->tsval);
	uint16_t ahead = (uint16_t)(sent->ip_id - higher->ip_id);
	return sent->ip_id && higher->ip_id && ahead > 0 && ahead <= IP_ID_AHEAD_MAX;
}

// Whether what came out of order was sent again, and is not overtaken.
static bool is_sent_again(const struct segment *s)
{
	const struct tcp_side *sender = s->sender;
	const struct tcp_sent sent = sent_of(s);
	return is_sent_behind(&sent, &sender->highest) || is_sent_behind(&sent, &sender->first_gap) ||
	       is_sent_behind(&sent, &sender->last_gap);
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
		note_gap(s);
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
	if (seq_gt(other->next_seq, other->contiguous)) {
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
		tcp_unacked_add(s->flow, sender, &(struct tcp_unacked){s->ts_ns, s->number, s->seq, next_seq});
	}
	if ((seq_gt(next_seq, sender->next_seq) || !sender->next_seq) && !probe) {
		sender->next_seq = next_seq;
		sender->next_number = s->number;
		sender->next_ts_ns = s->ts_ns;
		sender->highest = sent_of(s);
	}
	if ((s->seq == sender->contiguous || !sender->contiguous) && !probe)
		sender->contiguous = sender->next_seq;
	sender->window = s->window;
	sender->last_ack = s->ack;
	sender->last_ts_ns = s->ts_ns;
	sender->last_events = s->events;
	if (s->flow->is_mptcp)
		sender->mptcp_operations = s->flow->mptcp_operations;
}

static uint64_t difference(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static void count_rtt(struct tcp_side *side, int64_t rtt_ns)
{
	if (side->rtt_count == 0 || rtt_ns < side->rtt_min_ns)
		side->rtt_min_ns = rtt_ns;
	if (side->rtt_count == 0 || rtt_ns > side->rtt_max_ns)
		side->rtt_max_ns = rtt_ns;
	if (side->rtt_count > 0)
		side->rtt_jitter_sum_ns += difference(rtt_ns, side->rtt_last_ns);
	side->rtt_last_ns = rtt_ns;
	side->rtt_sum_ns += (uint64_t)rtt_ns;
	side->rtt_count++;
}

static void match_ack(struct segment *s, struct packet *p)
{
	struct tcp_side *other = s->other;
	struct tcp_unacked acked = {0};
	p->acks = 0;
	if (!other->unacked_count || !tcp_unacked_remove(s->flow->analyzer, other, s->ack, &acked))
		return;
	p->acks = acked.number;
	p->ack_rtt_ns = s->ts_ns - acked.ts_ns;
	count_rtt(other, p->ack_rtt_ns);
}

// The sequence numbers that wait for an ACK, SYN and FIN without, less what the other side has SACKed.
static void measure_flight(struct segment *s, struct packet *p)
{
	struct tcp_side *sender = s->sender;
	p->bytes_in_flight = 0;
	if (s->length == 0 || sender->unacked_count == 0 || sender->flight_unknown)
		return;
	uint32_t in_flight = tcp_unacked_span(sender, s->base) - s->other->sacked;
	if (in_flight == 0 || in_flight >= BYTES_IN_FLIGHT_MAX)
		return;
	p->bytes_in_flight = in_flight - (s->flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
	if (p->bytes_in_flight > sender->bytes_in_flight_max)
		sender->bytes_in_flight_max = p->bytes_in_flight;
}

// ---- the connection's course --------------------------------------------------------------------------------------

static void note_syn(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	if (flow->any_syn_ts_ns == ROW_NULL || s->ts_ns < flow->any_syn_ts_ns)
		flow->any_syn_ts_ns = s->ts_ns;
	if (s->flags & TCP_ACK) {
		s->events |= SET(SYN_ACK);
		if (flow->syn_ack_ts_ns != ROW_NULL)
			return;
		flow->syn_ack_ts_ns = s->ts_ns;
		flow->syn_ack_id = s->packet->id;
		flow->syn_ack_seq = s->seq;
		return;
	}
	s->events |= SET(SYN);
	flow->last_syn_ts_ns = s->ts_ns;
	if (flow->first_syn_ts_ns != ROW_NULL)
		return;
	flow->first_syn_ts_ns = s->ts_ns;
	flow->first_syn_id = s->packet->id;
	flow->first_syn_seq = s->seq;
}

static void note_control(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	s->sender->syns += (s->flags & TCP_SYN) != 0;
	s->sender->fins += (s->flags & TCP_FIN) != 0;
	s->sender->rsts += (s->flags & TCP_RST) != 0;
	if (s->flags & TCP_SYN)
		note_syn(s);
	if (s->flags & TCP_FIN) {
		s->events |= SET(FIN);
		if (s->ts_ns > flow->last_fin_ts_ns) // ROW_NULL is the least
			flow->last_fin_ts_ns = s->ts_ns;
	}
	if (s->flags & TCP_RST)
		s->events |= SET(RST);
}

// The opener's first ACK of the SYN-ACK.
static void check_established(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	bool answers = (s->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK && flow->syn_ack_ts_ns != ROW_NULL &&
	               seq_gt(s->ack, flow->syn_ack_seq);
	if (!answers || s->sender != &flow->side[0])
		return;
	s->events |= SET(ESTABLISHED);
	flow->established_ts_ns = s->ts_ns;
}

// Wireshark's initial round trip: the next segment is the first to be judged by it.
static void note_initial_rtt(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	bool is_ack = (s->flags & (TCP_SYN | TCP_ACK)) == TCP_ACK;
	if (is_ack && flow->initial_rtt_ns == 0 && flow->last_syn_ts_ns != ROW_NULL)
		flow->initial_rtt_ns = s->ts_ns - flow->last_syn_ts_ns;
}

static uint8_t completeness_of(const struct segment *s)
{
	uint16_t control = s->flags & (CONTROL | TCP_ACK);
	uint8_t data = s->length > 0 ? COMPLETE_DATA : COMPLETE_ACK;
	if (control == TCP_ACK)
		return data;
	uint8_t bits = control & TCP_RST ? COMPLETE_RST : 0;
	if (control & TCP_ACK) {
		bits |= control & TCP_SYN ? COMPLETE_SYN_ACK : data;
		bits |= control & TCP_FIN ? COMPLETE_FIN : 0;
	}
	return bits;
}

// Wireshark's tcp.completeness, as its second pass shows it: a SYN counts only as the first packet of a stream, its
// data only where the ports are not reused; all else of a first packet only when more follow or they are.
static void note_completeness(struct segment *s)
{
	struct tcp_flow *flow = s->flow;
	bool is_syn = (s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	if (flow->segments > 1) {
		flow->completeness |= flow->first_completeness | completeness_of(s);
		return;
	}
	flow->first_completeness = completeness_of(s);
	if (is_syn && s->packet->reused_ports)
		flow->completeness = COMPLETE_SYN | flow->first_completeness;
	else if (is_syn)
		flow->completeness = COMPLETE_SYN | (s->length > 0 ? COMPLETE_DATA : 0);
}

static void note_sacks(struct segment *s)
{
	const struct tcp_header *tcp = &s->packet->ip.tcp;
	s->sender->sacked = 0;
	for (unsigned i = 0; i < tcp->sack_count && i < SACKS_COUNTED; i++)
		s->sender->sacked += tcp->sacks[i].right - tcp->sacks[i].left;
}

static void note_mptcp(struct segment *s)
{
	const struct tcp_header *tcp = &s->packet->ip.tcp;
	if (!tcp->mptcp_subtypes)
		return;
	s->flow->is_mptcp |= tcp->mptcp_key || tcp->mptcp_subtypes >> 1;
	if (s->flow->is_mptcp)
		s->flow->mptcp_operations |= (uint8_t)tcp->mptcp_subtypes;
}

// Window scaling holds only when both SYNs offered it (RFC 7323, 2.2). Wireshark takes a SYN without the option as an
// answer for both, and believes a SYN with it that comes later.
static void settle_scales(struct segment *s)
{
	struct tcp_side *sender = s->sender, *other = s->other;
	if (sender->scale == SCALE_UNKNOWN && s->packet->ip.tcp.options_unknown)
		return;
	if (sender->scale == SCALE_UNKNOWN)
		sender->scale = other->scale = SCALE_NONE;
	else if (s->flags & TCP_ACK && other->scale == SCALE_NONE)
		sender->scale = SCALE_NONE;
}

static void note_options(struct segment *s)
{
	const struct tcp_header *tcp = &s->packet->ip.tcp;
	struct tcp_side *sender = s->sender;
	note_sacks(s);
	note_mptcp(s);
	if (tcp->window_scale >= 0) // Wireshark believes any segment
		sender->scale = tcp->window_scale > 14 ? 14 : tcp->window_scale;
	if (!(s->flags & TCP_SYN)) {
		if (s->flags & TCP_ACK)
			sender->first_ack_due = false;
		return;
	}
	sender->first_ack_due = true;
	if (tcp->mss >= 0)
		sender->mss = tcp->mss;
	if (tcp->window_scale >= 0)
		sender->window_scale_option = tcp->window_scale;
	sender->sack_permitted |= tcp->sack_permitted;
	sender->options_unknown |= tcp->options_unknown;
	settle_scales(s);
}

static void count_copy(struct segment *s)
{
	struct tcp_copies *copies = &s->sender->copies;
	if (!s->packet->duplicate_of || (s->length == 0 && !(s->flags & (TCP_SYN | TCP_FIN))))
		return;
	copies->segments++;
	copies->retransmissions += (s->events & (SET(RETRANSMISSION) | SET(FAST_RETRANSMISSION))) != 0;
	copies->spurious += (s->events & SET(SPURIOUS_RETRANSMISSION)) != 0;
}

static void count_segment(struct segment *s)
{
	struct tcp_side *sender = s->sender;
	uint16_t window = (uint16_t)s->window;
	sender->segments++;
	sender->window_sum += window;
	if (window < sender->min_window)
		sender->min_window = window;
	if (window > sender->max_window)
		sender->max_window = window;
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
	} else if (event == TCP_EVENT_OUT_OF_ORDER && is_sent_again(s)) {
		row->value = 1;
	}
}

// ---- one segment --------------------------------------------------------------------------------------------------

static struct segment segment_of(const struct packet *p, struct tcp_flow *flow)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	return (struct segment){
		.packet = p,
		.flow = flow,
		.sender = &flow->side[p->direction],
		.other = &flow->side[!p->direction],
		.seq = tcp->seq,
		.ack = tcp->ack,
		.length = p->payload_len,
		.base = p->flow->side[p->direction].first_seq,
		.flags = tcp->flags,
		.window = tcp->window,
		.ts_ns = p->frame->ts_ns,
		.number = (uint32_t)p->number,
		.events = p->reused_ports ? SET(REUSED_PORTS) : 0,
	};
}

// What holds before a segment is judged: another SYN with the number of the first starts over, as a RST may have moved
// next_seq (RFC 9293, 3.5.2).
static void prepare(struct segment *s)
{
	s->flow->segments++;
	if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && s->seq == s->base)
		s->sender->next_seq = s->sender->contiguous;
	if (s->flags & TCP_ACK)
		s->other->flight_unknown = false;
}

static void judge(struct segment *s)
{
	if (s->flags & CONTROL)
		note_control(s);
	if (s->flow->established_ts_ns == ROW_NULL)
		check_established(s);
	classify_segment(s);
	if (s->ack != s->sender->last_ack) {
		s->sender->ack_number = s->number;
		s->sender->duplicate_acks = 0;
	}
	check_ack_lost_segment(s);
	check_retransmission(s);
}

static void add_sacks(const struct segment *s, struct writer *w)
{
	const struct packet *p = s->packet;
	const struct tcp_header *tcp = &p->ip.tcp;
	uint32_t first = p->flow->side[!p->direction].first_seq;
	for (unsigned i = 0; i < tcp->sack_count; i++) {
		struct tcp_sack_row *row = writer_add(w, TABLE_TCP_SACKS);
		*row = (struct tcp_sack_row){
			.tcp_sack_id = p->id * PACKET_SACKS_MAX + (int64_t)i,
			.packet_id = p->id,
			.begin_seq = unwrap(tcp->sacks[i].left, first, s->other->seq),
			.end_seq = unwrap(tcp->sacks[i].right, first, s->other->seq),
		};
	}
}

void tcp_analyze(struct tcp_analyzer *analyzer, struct packet *p, struct writer *w, int64_t capture_id)
{
	if (!p->flow || !p->ip.has_transport || p->ip.protocol != 6)
		return;
	if (!p->flow->tcp)
		p->flow->tcp = tcp_flow_make(analyzer, p->flow->table);
	struct segment s = segment_of(p, p->flow->tcp);
	prepare(&s);
	set_relative(&s, p);
	judge(&s);
	advance(&s);
	match_ack(&s, p);
	measure_flight(&s, p);
	note_initial_rtt(&s);
	note_options(&s);
	note_completeness(&s);
	count_segment(&s);
	count_copy(&s);
	for (uint32_t left = s.events; left; left &= left - 1) {
		enum tcp_event event = lowest_of(left);
		s.sender->events[event]++;
		add_event(&s, event, w, capture_id);
	}
	add_sacks(&s, w);
}
