// What became of packets before they were sent again. See again.h.
#include "again.h"

// ---- what was sent ------------------------------------------------------------------------------------------------------

static bool takes_numbers(const struct passage *p, int point)
{
	return p->payload_len[point] > 0 || p->tcp_flags[point] & (FLAG_FIN | FLAG_SYN);
}

static void list_sent(struct timeline *t, struct timeline_side *side, bool from_server)
{
	int sender = from_server ? FAR : NEAR;
	int64_t highest = INT64_MIN;
	side->sent_count = 0;
	for (size_t i = 0; i < t->at_count[sender]; i++) {
		const struct passage *p = t->at[sender][i];
		if (p->from_server != from_server || p->is_copy || !takes_numbers(p, sender))
			continue;
		int64_t end = passage_end(p, sender);
		highest = end > highest ? end : highest;
		side->sent_highest[side->sent_count] = highest;
		side->sent[side->sent_count++] = p;
	}
}

static void list_lost(struct timeline *t, struct timeline_side *side, bool from_server)
{
	int sender = from_server ? FAR : NEAR;
	int64_t ack = -1;
	side->lost_count = 0;
	for (size_t i = 0; i < t->at_count[sender]; i++) {
		const struct passage *p = t->at[sender][i];
		if (p->from_server != from_server || !p->is_lost)
			continue;
		ack = p->has_ack[sender] && p->ack[sender] > ack ? p->ack[sender] : ack;
		side->lost_ack[side->lost_count] = ack;
		side->lost[side->lost_count++] = p;
	}
}

static void list_unsent(struct timeline *t, struct timeline_side *side, bool from_server)
{
	int receiver = from_server ? NEAR : FAR;
	side->unsent_count = 0;
	for (size_t i = 0; i < t->at_count[receiver]; i++) {
		const struct passage *p = t->at[receiver][i];
		if (p->from_server == from_server && !p->packet_id[!receiver] && !p->is_copy && takes_numbers(p, receiver))
			side->unsent[side->unsent_count++] = p;
	}
}

// Of whole packets at both points, the greatest difference of their numbers.
static void find_shift(const struct timeline *t, struct timeline_side *side, bool from_server)
{
	side->has_shift = false;
	for (size_t i = 0; i < t->far_count; i++) {
		const struct passage *p = t->far[i]->p;
		int64_t shift = p->seq[passage_sender(p)] - p->seq[passage_receiver(p)];
		if (p->from_server != from_server || p->payload_len[NEAR] != p->payload_len[FAR])
			continue;
		side->shift = side->has_shift && side->shift > shift ? side->shift : shift;
		side->has_shift = true;
	}
}

static void list_repeats(struct timeline *t, bool from_server)
{
	struct timeline_side *side = &t->side[from_server];
	struct leg **far = t->far;
	side->repeat_count = 0;
	for (size_t i = 0; i < (from_server ? t->far_count : t->count); i++) {
		struct leg *l = from_server ? far[i] : &t->legs[i];
		if (l->p->from_server == from_server && l->p->marks[passage_sender(l->p)] & MARK_AGAIN)
			side->repeats[side->repeat_count++] = (struct repeat){.leg = l};
	}
	int64_t lowest = INT64_MAX;
	for (size_t i = side->repeat_count; i-- > 0;) {
		const struct passage *p = side->repeats[i].leg->p;
		int64_t seq = p->seq[passage_sender(p)];
		side->repeats[i].lowest = lowest = seq < lowest ? seq : lowest;
	}
}

// ---- the latest before it -----------------------------------------------------------------------------------------------

// Whether a point has the byte, or SYN or FIN, of that number, in numbers of the sender's point.
static bool was_sent(const struct passage *p, int64_t seq)
{
	int sender = passage_sender(p);
	return p->seq[sender] <= seq && passage_end(p, sender) > seq;
}

// A number at the receiver's point, as the sender's point numbers it.
static int64_t shifted(const struct timeline_side *side, int64_t receiver_seq)
{
	return receiver_seq + side->shift;
}

static bool was_received(const struct timeline_side *side, const struct passage *p, int64_t seq)
{
	int receiver = passage_receiver(p);
	return side->has_shift && shifted(side, p->seq[receiver]) <= seq &&
	       shifted(side, passage_end(p, receiver)) > seq;
}

// That byte arrived with it, as far as can be told.
static bool arrived_with(const struct timeline_side *side, const struct passage *p, int64_t seq)
{
	return p->packet_id[passage_receiver(p)] && (!side->has_shift || was_received(side, p, seq));
}

// Of the passages of one packet, that which has the byte at both points.
static const struct passage *sent_latest(const struct timeline_side *side, const struct passage *again)
{
	int sender = passage_sender(again);
	int64_t seq = again->seq[sender];
	const struct passage *found = NULL;
	size_t i = passages_before(side->sent, side->sent_count, sender, again->packet_id[sender]);
	while (i-- > 0 && side->sent_highest[i] > seq) {
		const struct passage *p = side->sent[i];
		if (found && p->packet_id[sender] != found->packet_id[sender])
			break;
		if (was_sent(p, seq) && (!found || arrived_with(side, p, seq)))
			found = p;
	}
	return found;
}

static const struct passage *unsent_latest(const struct timeline_side *side, const struct passage *again)
{
	enum { LOOK_AT = 4096 };
	int receiver = passage_receiver(again);
	int64_t seq = again->seq[passage_sender(again)];
	size_t before = passages_before(side->unsent, side->unsent_count, receiver, again->packet_id[receiver]);
	for (size_t i = before; i-- > 0 && before - i <= LOOK_AT;)
		if (was_received(side, side->unsent[i], seq))
			return side->unsent[i];
	return NULL;
}

static void find_before(const struct timeline_side *side, struct repeat *r)
{
	const struct passage *again = r->leg->p;
	r->before = sent_latest(side, again);
	if (!r->before)
		r->before = unsent_latest(side, again);
	r->has_arrived = r->before && arrived_with(side, r->before, again->seq[passage_sender(again)]);
}

// ---- ACKs ---------------------------------------------------------------------------------------------------------------

// Whether an ACK of all of it was lost between the points before it arrived again.
static bool is_ack_lost(const struct timeline *t, const struct passage *again)
{
	const struct timeline_side *acks = &t->side[!again->from_server];
	int receiver = passage_receiver(again);
	size_t before = passages_before(acks->lost, acks->lost_count, receiver, again->packet_id[receiver]);
	return before > 0 && acks->lost_ack[before - 1] >= passage_end(again, receiver);
}

// Whether an ACK of what came before would have been seen: else the receiver may have waited with it for what came again.
static bool had_to_be_acked(const struct passage *again)
{
	int receiver = passage_receiver(again);
	return again->tcp_flags[NEAR] & FLAG_SYN || !again->packet_id[receiver] ||
	       again->marks[receiver] & MARK_SPURIOUS;
}

// The first ACK of its first byte at the receiver's point, before it came again; NULL none.
static const struct passage *first_ack(const struct timeline *t, const struct timeline_side *side,
                                       const struct repeat *r)
{
	enum { LOOK_AT = 10000 };
	const struct passage *again = r->leg->p;
	int receiver = passage_receiver(again);
	int64_t before_id = r->before ? r->before->packet_id[receiver] : 0, again_id = again->packet_id[receiver];
	if (!before_id || !side->has_shift || !had_to_be_acked(again))
		return NULL;
	size_t first = timeline_behind(t, receiver, before_id);
	for (size_t i = first; i < t->at_count[receiver] && i - first < LOOK_AT; i++) {
		const struct passage *p = t->at[receiver][i];
		if (again_id && p->packet_id[receiver] >= again_id)
			break;
		if (p->from_server != again->from_server && p->has_ack[receiver] &&
		    shifted(side, p->ack[receiver]) > again->seq[passage_sender(again)])
			return p;
	}
	return NULL;
}

// ---- fates --------------------------------------------------------------------------------------------------------------

static enum fate fate_of_ack(const struct connection *c, const struct repeat *r, const struct passage *ack)
{
	const struct passage *again = r->leg->p, *before = r->before;
	int sender = passage_sender(again), receiver = !sender;
	bool is_acked = again->marks[sender] & MARK_SPURIOUS;
	if (ack->is_copy || !ack->packet_id[NEAR] || !ack->packet_id[FAR])
		return is_acked ? FATE_ACKED : FATE_UNKNOWN;
	int64_t ack_ns = ack->ts_ns[sender], again_ns = again->ts_ns[sender];
	int64_t excess_ns = ns_sum(passage_excess(before), passage_excess(ack));
	if (ns_difference(again_ns, ack_ns) >= c->beyond_ns[sender])
		return FATE_ACKED;
	if (ack_ns > again_ns)
		return ns_difference(ack_ns, again_ns) < excess_ns ? FATE_LATE : FATE_ARRIVED;
	return excess_ns >= ns_difference(ack->ts_ns[receiver], before->ts_ns[receiver]) ? FATE_LATE : FATE_ARRIVED;
}

// It came so short before it came again that no ACK could be back, and took most of the time until it was sent again.
static bool came_late(const struct connection *c, const struct repeat *r)
{
	const struct passage *again = r->leg->p, *before = r->before;
	int sender = passage_sender(again), receiver = !sender;
	return again->packet_id[receiver] && before->excess_ns != UNKNOWN_NS &&
	       ns_difference(again->ts_ns[receiver], before->ts_ns[receiver]) <= c->beyond_ns[receiver] &&
	       before->excess_ns >= ns_difference(again->ts_ns[sender], before->ts_ns[sender]) / 2;
}

static bool is_overtaken(const struct repeat *r)
{
	int receiver = passage_receiver(r->leg->p);
	int64_t again_id = r->leg->p->packet_id[receiver];
	return r->has_arrived && again_id && r->before->packet_id[receiver] > again_id;
}

static enum fate fate_of(const struct timeline *t, const struct timeline_side *side, const struct repeat *r)
{
	const struct passage *again = r->leg->p, *before = r->before;
	int sender = passage_sender(again), receiver = !sender;
	bool is_acked = again->marks[sender] & MARK_SPURIOUS;
	if (!is_acked && is_ack_lost(t, again))
		return FATE_LOST;
	if (!before)
		return again->seq[sender] >= 0 ? FATE_UNSEEN : FATE_UNKNOWN;
	if (!r->has_arrived && (before->is_lost || before->packet_id[receiver]))
		return FATE_LOST;
	if (!r->has_arrived || !before->packet_id[sender])
		return FATE_UNKNOWN;
	if (is_overtaken(r))
		return FATE_LATE;
	const struct passage *ack = first_ack(t, side, r);
	if (!ack)
		return came_late(t->of, r) ? FATE_LATE : FATE_ARRIVED;
	return fate_of_ack(t->of, r, ack);
}

// Notes that a packet brought the first byte of another.
static void note_bringer(struct leg *of, const struct passage *p)
{
	int receiver = passage_receiver(p);
	const struct passage *known = of->brought_by ? of->brought_by : of->p;
	if (p->packet_id[receiver] && p->packet_id[receiver] < known->packet_id[receiver])
		of->brought_by = p;
}

static void settle(struct timeline *t, const struct timeline_side *side, struct repeat *r)
{
	find_before(side, r);
	r->leg->fate = fate_of(t, side, r);
	struct leg *before = r->has_arrived ? timeline_leg(t, r->before->packet_id[NEAR]) : NULL;
	if (!before)
		return;
	note_bringer(before, r->leg->p);
	note_bringer(r->leg, r->before);
	before->is_overtaken = before->is_overtaken || (r->leg->p->from_server && is_overtaken(r));
}

void again_find(struct timeline *t)
{
	for (int from_server = 0; from_server < 2; from_server++) {
		list_repeats(t, from_server);
		list_lost(t, &t->side[from_server], from_server);
	}
	for (int from_server = 0; from_server < 2; from_server++) {
		struct timeline_side *side = &t->side[from_server];
		if (!side->repeat_count)
			continue;
		list_sent(t, side, from_server);
		list_unsent(t, side, from_server);
		find_shift(t, side, from_server);
		for (size_t i = 0; i < side->repeat_count; i++)
			settle(t, side, &side->repeats[i]);
	}
}
