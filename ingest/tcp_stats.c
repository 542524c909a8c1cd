// What tcptrace knows of a connection. See tcp_stats.h.
#include "tcp_stats.h"

#include <math.h>
#include <stdlib.h>

#include "../common/message.h"
#include "../common/seq.h"

enum {
	SCALE_MAX = 14, // RFC 7323, 2.3
	TRIPLE = 3,     // duplicate ACKs that ask for a retransmission (RFC 5681, 3.2)
};

// A segment on its way through the accounts.
struct segment {
	const struct packet *packet;
	const struct tcp_header *tcp;
	struct tcp_stats *stats;
	struct tcp_stats_side *sender, *other;
	uint32_t length;
	uint32_t numbers; // length, SYN and FIN
	uint32_t window;  // scaled
	uint16_t flags;
	int64_t ts_ns;
	uint32_t repeated;     // numbers that were sent before
	uint32_t out_of_order; // 0 or 1
};

static struct tcp_stats *tcp_stats_make(struct pool *pool, struct tcp_space_memory *memory)
{
	struct tcp_stats *stats = pool_take(pool, sizeof *stats);
	for (int i = 0; i < 2; i++) {
		tcp_space_init(&stats->side[i].space, memory);
		stats->side[i].owin_min_less_1 = UINT32_MAX;
	}
	return stats;
}

void tcp_stats_release(struct tcp_stats *stats)
{
	if (!stats)
		return;
	for (int i = 0; i < 2; i++) {
		tcp_space_release(&stats->side[i].space);
		free(stats->side[i].rare);
	}
}

static struct tcp_stats_rare *rare(struct tcp_stats_side *side)
{
	if (!side->rare)
		side->rare = memory_alloc(sizeof *side->rare);
	return side->rare;
}

// ---- durations ----------------------------------------------------------------------------------------------------

static void times_add(struct tcp_times *times, int64_t ns)
{
	if (times->count++ == 0)
		times->first_ns = times->min_ns = times->max_ns = ns;
	if (ns < times->min_ns)
		times->min_ns = ns;
	if (ns > times->max_ns)
		times->max_ns = ns;
	double difference = (double)(ns - times->first_ns);
	times->sum_ns += difference;
	times->sum_squares += difference * difference;
}

int64_t tcp_times_mean_ns(const struct tcp_times *times)
{
	return times->count ? times->first_ns + llround(times->sum_ns / times->count) : ROW_NULL;
}

int64_t tcp_times_stdev_ns(const struct tcp_times *times)
{
	if (times->count < 3)
		return ROW_NULL;
	double squares = times->sum_squares - times->sum_ns * times->sum_ns / times->count;
	return squares > 0 ? llround(sqrt(squares / (times->count - 1))) : 0;
}

static int64_t times_min_ns(const struct tcp_times *times)
{
	return times->count ? times->min_ns : ROW_NULL;
}

static int64_t times_max_ns(const struct tcp_times *times)
{
	return times->count ? times->max_ns : ROW_NULL;
}

// ---- what a segment is --------------------------------------------------------------------------------------------

// Windows are scaled once both SYNs offered it (RFC 7323, 2.2), but never those of SYNs. A segment before that ends the
// offers.
static void set_window(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	s->window = s->tcp->window;
	if (s->flags & TCP_SYN)
		return;
	if (!sender->scales)
		sender->scale = s->other->scale = 0;
	s->window <<= sender->scale;
	if (!(s->flags & TCP_ACK))
		s->window = 0;
}

static void note_scale(struct segment *s)
{
	if (s->tcp->window_scale < 0)
		return;
	s->sender->offered_scale = true;
	s->sender->scale = s->tcp->window_scale > SCALE_MAX ? SCALE_MAX : (uint8_t)s->tcp->window_scale;
	s->sender->scales = s->other->scales = s->other->offered_scale;
}

// The answer to the SYN that came last before it.
static void note_handshake(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender, *other = s->other;
	note_scale(s);
	sender->syns++;
	sender->syn_seq = s->tcp->seq;
	other->last_ack = s->tcp->seq;
	other->acked = true;
	if (!(s->flags & TCP_ACK)) {
		sender->syn_seen = other->syn_seen = true;
		sender->syn_wants_ecn = other->syn_wants_ecn = s->flags & TCP_ECE && s->flags & TCP_CWR;
	} else if (sender->syn_seen) {
		bool agrees = sender->syn_wants_ecn && (s->flags & (TCP_ECE | TCP_CWR)) == TCP_ECE;
		sender->ecn = other->ecn = agrees ? TCP_ECN_NEGOTIATED : TCP_ECN_REFUSED;
	}
}

static void note_control(struct segment *s)
{
	if (s->flags & TCP_SYN)
		note_handshake(s);
	if (s->flags & TCP_FIN)
		s->sender->fins++;
}

static void count_length(struct tcp_stats_side *sender, uint32_t length)
{
	if (length > sender->max_segment)
		sender->max_segment = length;
	if (sender->min_segment == 0 || length < sender->min_segment)
		sender->min_segment = length;
}

static void count_data(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	size_t captured = s->packet->payload.left;
	if (sender->data_packets++ == 0)
		sender->first_data_ts_ns = s->ts_ns;
	sender->last_data_ts_ns = s->ts_ns;
	sender->pushed_packets += s->flags / TCP_PSH & 1;
	if (s->length != sender->max_segment)
		count_length(sender, s->length);
	if (s->flags & TCP_URG) {
		rare(sender)->urgent_packets++;
		rare(sender)->urgent_bytes += s->tcp->urgent;
	}
	if (captured < s->length) {
		rare(sender)->truncated_packets++;
		rare(sender)->truncated_bytes += (int64_t)(s->length - captured);
	}
}

static bool is_recent(const struct tcp_stats_side *sender, uint64_t key)
{
	for (unsigned i = 0; i < TCP_STATS_RECENT; i++)
		if (sender->recent[i] == key)
			return true;
	return false;
}

// A copy of one of the last segments, made by the capture: it has the same IPv4 identification as well. Where those rise
// from segment to segment, there is none.
static void check_hardware_duplicate(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	uint16_t id = (uint16_t)s->packet->ip.ip_id;
	uint64_t key = (uint64_t)s->tcp->seq << 16 | id;
	uint64_t last = sender->recent[(sender->recent_at - 1u) % TCP_STATS_RECENT];
	bool rises = (int16_t)(id - (uint16_t)last) > 0;
	if (!rises || sender->recent_disorder) {
		if (s->tcp->seq && id && is_recent(sender, key)) {
			rare(sender)->hardware_duplicates++;
			return;
		}
		sender->recent_disorder = rises ? sender->recent_disorder - 1 : TCP_STATS_RECENT;
	}
	sender->recent[sender->recent_at++ % TCP_STATS_RECENT] = key;
}

// ---- sequence numbers ---------------------------------------------------------------------------------------------

static void note_repeats(struct segment *s, const struct tcp_space_added *added)
{
	s->repeated = added->repeated;
	s->out_of_order = added->out_of_order;
	if (added->out_of_order)
		rare(s->sender)->out_of_order++;
	if (added->repeats) {
		struct tcp_stats_rare *r = rare(s->sender);
		times_add(&r->retransmission, added->since_last_ns);
		if (added->repeats > r->max_repeats)
			r->max_repeats = added->repeats;
	}
	if (added->repeated) {
		s->sender->retransmitted_packets++;
		s->sender->retransmitted_bytes += added->repeated;
	}
}

// A repeated SYN or FIN is among the repeated numbers, but is no data.
static uint32_t repeated_data(const struct segment *s)
{
	uint32_t repeated = s->repeated;
	if (repeated && s->flags & TCP_SYN && s->sender->syns > 1)
		repeated--;
	if (repeated && s->flags & TCP_FIN && s->sender->fins > 1)
		repeated--;
	return repeated < s->length ? repeated : s->length;
}

// What is sent into a closed window is a probe, and no part of the sequence.
static bool is_probe(const struct segment *s)
{
	return s->other->last_window == 0 && s->other->packets > 0 && !(s->flags & TCP_SYN);
}

static void add_to_space(struct segment *s)
{
	struct tcp_space_added added;
	s->sender->sequenced_packets++;
	if (is_probe(s)) {
		rare(s->sender)->zero_window_probes++;
		rare(s->sender)->zero_window_probe_bytes += s->length;
		return;
	}
	s->sender->unique_bytes += s->length;
	if (!tcp_space_add(&s->sender->space, s->tcp->seq, s->numbers, s->ts_ns, s->flags & TCP_SYN, &added))
		return;
	note_repeats(s, &added);
	s->sender->unique_bytes -= repeated_data(s);
}

// ---- acknowledgements ---------------------------------------------------------------------------------------------

// As BSD counts them: nothing but the ACK of before, while data was outstanding at some time.
static bool is_duplicate_ack(const struct segment *s)
{
	const struct tcp_stats_side *sender = s->sender;
	return s->length == 0 && sender->acked && s->tcp->ack == sender->last_ack && s->window == sender->last_window &&
	       s->other->owin_sum != 0 && tcp_space_ends_at(&s->other->space, s->tcp->ack);
}

static void count_duplicate_ack(struct segment *s)
{
	struct tcp_stats_side *other = s->other;
	other->duplicate_acks++;
	if (++other->duplicate_run == TRIPLE)
		rare(other)->triple_duplicate_acks++;
}

static void measured(struct tcp_stats_side *side, const struct tcp_space_acked *acked)
{
	side->rtt_last_ns = 0;
	if (acked->measurement == TCP_AFTER_LOSS) {
		rare(side)->post_loss_acks++;
		return;
	}
	if (acked->measurement == TCP_AMBIGUOUS) {
		times_add(&rare(side)->last, acked->rtt_ns);
		return;
	}
	side->rtt_last_ns = acked->rtt_ns;
	times_add(&side->rtt, acked->rtt_ns);
	if (acked->length < side->rtt_full_length)
		return;
	if (acked->length > side->rtt_full_length)
		side->rtt_full = (struct tcp_times){0};
	side->rtt_full_length = acked->length;
	times_add(&side->rtt_full, acked->rtt_ns);
}

// An ACK that says more than that the SYN came.
static void note_data_acked(struct segment *s)
{
	if (s->tcp->ack != s->other->syn_seq + 1)
		s->other->data_acked = !(s->flags & TCP_RST);
}

// The first ACK of a SYN that was sent once; an ACK of data may stand before the SYN in the file.
static void note_handshake_rtt(struct segment *s)
{
	struct tcp_stats_side *other = s->other;
	if (s->tcp->ack == other->syn_seq + 1 && other->syns == 1 && !other->rtt_handshake_ns)
		other->rtt_handshake_ns = other->rtt_last_ns;
}

static void acknowledge(struct segment *s)
{
	struct tcp_stats_side *other = s->other;
	struct tcp_space_acked acked;
	bool duplicate = is_duplicate_ack(s);
	if (tcp_space_acknowledge(&other->space, s->tcp->ack, s->ts_ns, &acked)) {
		other->cumulative_acks += acked.others;
		if (acked.measurement != TCP_MEASURED_NOTHING)
			measured(other, &acked);
	}
	if (duplicate)
		count_duplicate_ack(s);
	else
		other->duplicate_run = 0;
	note_handshake_rtt(s);
	if (!other->data_acked)
		note_data_acked(s);
}

// ---- windows ------------------------------------------------------------------------------------------------------

// With the first scaled window, the accounts begin anew.
static void count_new_window(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	sender->last_window = s->window;
	if (s->window == 0)
		return;
	if (sender->scales && !(s->flags & TCP_SYN) && !sender->windows_scaled) {
		sender->windows_scaled = true;
		sender->window_min = sender->window_max = 0;
		sender->window_sum = 0;
		sender->scaled_packets = 1;
	}
	if (s->window > sender->window_max)
		sender->window_max = s->window;
	if (sender->window_min == 0 || s->window < sender->window_min)
		sender->window_min = s->window;
}

static void count_window(struct segment *s)
{
	if (s->window != s->sender->last_window || s->sender->windows_scaled != s->sender->scales)
		count_new_window(s);
	s->sender->window_sum += s->window;
}

double tcp_stats_mean_window(const struct tcp_stats *stats, int direction)
{
	const struct tcp_stats_side *side = &stats->side[direction];
	bool scaled = stats->side[0].windows_scaled && stats->side[1].windows_scaled;
	uint32_t packets = scaled ? side->scaled_packets : side->packets;
	return packets ? (double)side->window_sum / packets : NAN;
}

// Data that was not acknowledged yet when this segment had been sent; negative for a segment that came late.
static void count_outstanding(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	const struct tcp_stats_side *other = s->other;
	int32_t owin = (int32_t)s->length;
	if (other->acked)
		owin = (int32_t)(s->tcp->seq + s->length - (other->last_ack - 1));
	sender->owin_count++;
	sender->owin_sum += owin;
	if (owin > sender->owin_max)
		sender->owin_max = owin;
	if ((uint32_t)owin - 1 < sender->owin_min_less_1 && owin > 0)
		sender->owin_min_less_1 = (uint32_t)owin - 1;
}

// ---- SACK ---------------------------------------------------------------------------------------------------------

// The first block reports a duplicate when it is below the ACK, or within or across the second (RFC 2883, 4).
static bool is_dsack(const struct tcp_header *tcp)
{
	uint32_t left = tcp->sacks[0].left, right = tcp->sacks[0].right;
	if (!seq_lt(tcp->ack, right))
		return true;
	if (tcp->sack_count < 2)
		return false;
	uint32_t next_left = tcp->sacks[1].left, next_right = tcp->sacks[1].right;
	bool within = !seq_lt(next_right, right) && !seq_lt(left, next_left);
	bool across_left = !seq_lt(next_left, left) && seq_lt(next_left, right);
	bool across_right = !seq_lt(right, next_right) && seq_lt(left, next_right);
	return within || across_left || across_right;
}

static void count_sacks(struct segment *s)
{
	struct tcp_stats_rare *r = rare(s->sender);
	r->sack_packets++;
	if (s->tcp->sack_count > r->max_sack_blocks)
		r->max_sack_blocks = s->tcp->sack_count;
	r->dsack_packets += is_dsack(s->tcp);
}

// ---- a packet -----------------------------------------------------------------------------------------------------

static void count_ack(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	if (s->window == 0)
		rare(sender)->zero_windows++;
	if (s->numbers == 0)
		sender->pure_acks++;
	if (s->tcp->sack_count)
		count_sacks(s);
	sender->last_ack = s->tcp->ack;
	sender->acked = true;
}

// What a RST says of windows and ACKs is not counted.
static void count_state(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	count_window(s);
	if (s->flags & TCP_ACK)
		count_ack(s);
	if (!sender->data_acked && s->length > 0 && !s->repeated) {
		sender->initial_window_packets++;
		sender->initial_window_bytes += s->length;
	}
	if (!(s->repeated | s->out_of_order | (s->flags & TCP_SYN)))
		count_outstanding(s);
}

static void count_segment(struct segment *s)
{
	struct tcp_stats_side *sender = s->sender;
	set_window(s);
	if (s->flags & (TCP_SYN | TCP_FIN))
		note_control(s);
	if (s->tcp->has_timestamps)
		sender->timestamps = true;
	if (s->length > 0)
		count_data(s);
	if (s->packet->ip.ip_version == 4)
		check_hardware_duplicate(s);
	sender->packets++;
	sender->scaled_packets += sender->windows_scaled;
	if (s->numbers)
		add_to_space(s);
	if (s->flags & TCP_ACK) {
		sender->ack_packets++;
		acknowledge(s);
	}
	if (!(s->flags & TCP_RST))
		count_state(s);
}

void tcp_stats_add(struct packet *p, struct tcp_space_memory *memory)
{
	struct flow *flow = p->flow;
	struct segment s;
	if (!flow || !p->ip.has_transport || p->ip.protocol != 6)
		return;
	if (!flow->stats)
		flow->stats = tcp_stats_make(&flow->table->tcp_stats, memory);
	s.packet = p;
	s.tcp = &p->ip.tcp;
	s.stats = flow->stats;
	s.sender = p->direction ? &s.stats->side[1] : &s.stats->side[0];
	s.other = p->direction ? &s.stats->side[0] : &s.stats->side[1];
	s.length = p->payload_len;
	s.flags = s.tcp->flags;
	s.numbers = s.length;
	if (s.flags & (TCP_SYN | TCP_FIN))
		s.numbers += (s.flags / TCP_SYN & 1) + (s.flags / TCP_FIN & 1);
	s.ts_ns = p->frame->ts_ns;
	s.repeated = 0;
	s.out_of_order = 0;
	count_segment(&s);
}

// ---- rows ---------------------------------------------------------------------------------------------------------

static void set_common(struct tcp_stats_row *row, const struct tcp_stats_side *side)
{
	row->ack_packets = side->ack_packets;
	row->pure_acks = side->pure_acks;
	row->owin_max = side->owin_max;
	row->owin_min = side->owin_min_less_1 + 1u;
	row->owin_mean = side->owin_sum > 0 ? side->owin_sum / side->owin_count : 0;
	row->rtt_handshake_ns = side->rtt_handshake_ns ? side->rtt_handshake_ns : ROW_NULL;
	row->data_packets = side->data_packets;
	row->pushed_packets = side->pushed_packets;
	row->max_segment = side->max_segment;
	row->min_segment = side->min_segment;
	row->initial_window_bytes = side->initial_window_bytes;
	row->initial_window_packets = side->initial_window_packets;
	row->data_ns = side->data_packets ? side->last_data_ts_ns - side->first_data_ts_ns : ROW_NULL;
	if (side->data_packets && row->data_ns < 0)
		row->data_ns = 0;
	row->rtt_full_count = side->rtt_full.count;
	row->rtt_full_mean_ns = tcp_times_mean_ns(&side->rtt_full);
	row->rtt_full_min_ns = times_min_ns(&side->rtt_full);
	row->rtt_full_max_ns = times_max_ns(&side->rtt_full);
	row->rtt_full_stdev_ns = tcp_times_stdev_ns(&side->rtt_full);
	row->cumulative_acks = side->cumulative_acks;
	row->duplicate_acks = side->duplicate_acks;
	row->forgotten_segments = side->space.forgotten;
}

static void set_rare(struct tcp_stats_row *row, const struct tcp_stats_rare *r)
{
	row->out_of_order = r->out_of_order;
	row->triple_duplicate_acks = r->triple_duplicate_acks;
	row->max_repeats = r->max_repeats;
	row->retransmission_min_ns = times_min_ns(&r->retransmission);
	row->retransmission_mean_ns = tcp_times_mean_ns(&r->retransmission);
	row->retransmission_max_ns = times_max_ns(&r->retransmission);
	row->retransmission_stdev_ns = tcp_times_stdev_ns(&r->retransmission);
	row->post_loss_acks = r->post_loss_acks;
	row->ambiguous_acks = r->last.count;
	row->rtt_last_min_ns = times_min_ns(&r->last);
	row->rtt_last_mean_ns = tcp_times_mean_ns(&r->last);
	row->rtt_last_max_ns = times_max_ns(&r->last);
	row->rtt_last_stdev_ns = tcp_times_stdev_ns(&r->last);
	row->sack_packets = r->sack_packets;
	row->max_sack_blocks = r->max_sack_blocks;
	row->dsack_packets = r->dsack_packets;
	row->truncated_packets = r->truncated_packets;
	row->truncated_bytes = r->truncated_bytes;
	row->zero_windows = r->zero_windows;
	row->zero_window_probes = r->zero_window_probes;
	row->zero_window_probe_bytes = r->zero_window_probe_bytes;
	row->hardware_duplicates = r->hardware_duplicates;
	row->urgent_packets = r->urgent_packets;
	row->urgent_bytes = r->urgent_bytes;
}

void tcp_stats_add_rows(const struct flow *f, struct writer *w)
{
	static const struct tcp_stats_rare nothing = {0};
	for (int direction = 0; f->stats && direction < 2; direction++) {
		const struct tcp_stats_side *side = &f->stats->side[direction];
		if (side->packets == 0)
			continue;
		struct tcp_stats_row *row = writer_add(w, TABLE_TCP_STATS);
		row->tcp_stats_id = 2 * f->id + direction;
		set_common(row, side);
		set_rare(row, side->rare ? side->rare : &nothing);
	}
}
