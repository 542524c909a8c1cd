// Findings, from sightings. See found.h.
#include "found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum {
	OPTION_UNKNOWN = -2,  // it may have been cut off
	EPOCH_PACKETS = 4096, // after which the clocks' difference is looked at again
};

static void write_finding(struct room *r, const struct finding *f)
{
	if (f->pair >= 0)
		room_pair(r, f->pair)->findings++;
	if (fwrite(f, sizeof *f, 1, r->m->findings) == 1)
		return;
	if (!r->failed)
		message_error("compare: cannot write a temporary file: %s", strerror(errno));
	r->failed = true;
}

static struct tcp_sighting tcp_of(const struct room *r, int point, const struct sighting *s)
{
	uint32_t isn = s->flow >= 0 ? room_flow(r, point, s)->isn[s->direction] : 0;
	return (struct tcp_sighting){
		.seq = s->seq - isn,
		.ack = s->own_ack,
		.payload_len = s->payload_len,
		.flags = s->tcp_flags < 0 ? 0 : s->tcp_flags & SYN_ONLY_FLAGS,
		.marks = s->marks,
		.has_ack = s->has_own_ack,
		.is_tcp = s->tcp_flags >= 0,
	};
}

// What one point has.
static struct finding finding_at(const struct room *r, int point, const struct sighting *s, int32_t pair,
                                 int direction)
{
	struct finding f = {.pair = pair, .direction = (uint8_t)direction};
	f.packet_id[point] = s->packet_id;
	f.ts_ns[point] = s->ts_ns;
	f.tcp[point] = tcp_of(r, point, s);
	return f;
}

void found_alone(struct room *r, int point, const struct sighting *s, int32_t pair, int direction,
                 enum reason reason)
{
	struct finding f = finding_at(r, point, s, pair, direction);
	f.reason = s->is_copy ? REASON_DUPLICATE : reason;
	r->m->only[point]++;
	if (pair >= 0)
		room_pair(r, pair)->side[direction].only[point]++;
	write_finding(r, &f);
}

// Some of a packet's bytes: the others were matched.
void found_part(struct room *r, int point, const struct waiting *w, struct range part, enum reason reason)
{
	struct finding f = finding_at(r, point, &w->seen, w->pair, w->direction);
	f.reason = (uint8_t)reason;
	f.part_offset = part.begin;
	f.part_len = part.end - part.begin;
	write_finding(r, &f);
}

// Options of a SYN: of one whose header was cut, those that were found.
static struct syn_options options_of(const struct room *r, int point, const struct sighting *s)
{
	struct syn_options options = room_flow(r, point, s)->options[s->direction];
	if (!s->is_header_cut)
		return options;
	return (struct syn_options){
		.mss = options.mss < 0 ? OPTION_UNKNOWN : options.mss,
		.window_scale = options.window_scale < 0 ? OPTION_UNKNOWN : options.window_scale,
		.sack = options.sack < 1 ? OPTION_UNKNOWN : options.sack,
		.timestamps = options.timestamps < 1 ? OPTION_UNKNOWN : options.timestamps,
	};
}

static bool is_changed(int32_t a, int32_t b)
{
	return a != b && a != OPTION_UNKNOWN && b != OPTION_UNKNOWN;
}

static uint32_t syn_changes(const struct syn_options *a, const struct syn_options *b)
{
	bool options = is_changed(a->sack, b->sack) || is_changed(a->timestamps, b->timestamps);
	return (is_changed(a->mss, b->mss) ? CHANGE_MSS : 0U) |
	       (is_changed(a->window_scale, b->window_scale) ? CHANGE_WINDOW_SCALE : 0U) |
	       (options ? CHANGE_OPTIONS : 0U);
}

static uint32_t flow_changes(const struct room *r, const struct sighting *a, const struct sighting *b)
{
	const struct point_flow *f = room_flow(r, 0, a), *g = room_flow(r, 1, b);
	int d = a->direction, e = b->direction;
	bool addresses = f->address[d] != g->address[e] || f->address[!d] != g->address[!e];
	bool have_ports = f->port[d] >= 0 && g->port[e] >= 0; // a fragment has none
	bool ports = have_ports && (f->port[d] != g->port[e] || f->port[!d] != g->port[!e]);
	uint32_t changes = (addresses ? CHANGE_ADDRESSES : 0U) | (ports ? CHANGE_PORTS : 0U);
	if (sighting_is_tcp(a) && sighting_is_tcp(b) && a->tcp_flags & b->tcp_flags & 2) {
		struct syn_options of_a = options_of(r, 0, a), of_b = options_of(r, 1, b);
		changes |= syn_changes(&of_a, &of_b);
	}
	return changes;
}

static uint32_t ip_changes(const struct sighting *a, const struct sighting *b)
{
	bool both_tos = a->tos >= 0 && b->tos >= 0,
		 lengths = a->payload_len != b->payload_len && !sighting_show_other_parts(a, b);
	return (a->ttl >= 0 && b->ttl >= 0 && a->ttl != b->ttl ? CHANGE_TTL : 0U) |
	       (both_tos && a->tos >> 2 != b->tos >> 2 ? CHANGE_DSCP : 0U) |
	       (both_tos && (a->tos & 3) != (b->tos & 3) ? CHANGE_ECN : 0U) |
	       (a->vlan_id != b->vlan_id ? CHANGE_VLAN : 0U) | (lengths ? CHANGE_LENGTH : 0U);
}

static uint32_t content_changes(const struct sighting *a, const struct sighting *b)
{
	bool both_timed = a->has_tsval && b->has_tsval;
	bool one_timed = a->has_tsval ? !b->has_tsval && !b->is_header_cut : b->has_tsval && !a->is_header_cut;
	bool options = sighting_is_tcp(a) && (one_timed || (both_timed && a->tsval != b->tsval));
	return (a->ip_id != b->ip_id ? CHANGE_IP_ID : 0U) | (a->window != b->window ? CHANGE_WINDOW : 0U) |
	       (sighting_same_payload(a, b) ? 0U : CHANGE_PAYLOAD) | (options ? CHANGE_OPTIONS : 0U);
}

static uint32_t changes_between(const struct room *r, const struct pair_side *side, const struct sighting *a,
                                const struct sighting *b, enum method method)
{
	uint32_t changes = flow_changes(r, a, b) | ip_changes(a, b);
	if (method != METHOD_BYTE_RANGE && method != METHOD_FRAGMENT && !sighting_show_other_parts(a, b))
		changes |= content_changes(a, b);
	if (sighting_is_tcp(a) && side->has_seq_delta && side->seq_delta != 0)
		changes |= CHANGE_SEQUENCE;
	return changes;
}

static void note_delay(struct pair_side *side, int64_t raw_ns)
{
	if (side->matched == 0 || raw_ns < side->raw_min_ns)
		side->raw_min_ns = raw_ns;
	if (side->matched == 0 || raw_ns > side->raw_max_ns)
		side->raw_max_ns = raw_ns;
	if (side->matched > 0)
		side->raw_spread_ns += (ns_distance(raw_ns, side->raw_last_ns) - side->raw_spread_ns) / 8;
	side->raw_last_ns = raw_ns;
	side->matched++;
	side->raw_mean_ns += ((double)raw_ns - side->raw_mean_ns) / (double)side->matched;
}

// The clocks' difference is kept between the fastest packets either way, so that packets leave before they arrive.
static void follow_clocks(struct room *r, enum travel travel, int64_t raw_ns)
{
	struct epoch *e = &r->epoch;
	if (travel != TRAVEL_BACK && (!e->has_forward || raw_ns < e->forward_ns)) {
		e->forward_ns = raw_ns;
		e->has_forward = true;
	}
	if (travel != TRAVEL_FORWARD && (!e->has_back || raw_ns > e->back_ns)) {
		e->back_ns = raw_ns;
		e->has_back = true;
	}
	if (++e->count < EPOCH_PACKETS)
		return;
	if (e->has_forward && e->has_back)
		r->offset_ns = ns_sum(e->back_ns, ns_difference(e->forward_ns, e->back_ns) / 2);
	else
		r->offset_ns = e->has_forward ? e->forward_ns : e->back_ns;
	*e = (struct epoch){0};
}

static int confidence_of(const struct room *r, int32_t pair, enum method method, bool is_vague)
{
	static const int confidences[] = {
#define X(id, name, confidence, meaning) confidence,
		HOP_METHODS(X)
#undef X
	};
	int of_pair = room_pair(r, pair)->confidence, of_method = confidences[method];
	if (is_vague && of_method > confidences[METHOD_OCCURRENCE])
		of_method = confidences[METHOD_OCCURRENCE];
	return of_pair < of_method ? of_pair : of_method;
}

// Whether a match may be of two copies of a packet: of a segment that was sent again, nothing tells the copies apart; a
// packet that a capture holds more than once may have been doubled anywhere.
static bool may_be_another_copy(const struct sighting *a, const struct sighting *b)
{
	bool is_told = sighting_same_id(a, b) || (a->has_tsval && b->has_tsval && a->tsval == b->tsval);
	return a->is_copy || b->is_copy || ((a->is_again || b->is_again) && !is_told);
}

// The point whose sighting tells which pair two sightings are of: a fragment may be of a flow without ports, which has
// no counterpart.
static int telling_point(const struct room *r, const struct sighting *const seen[2])
{
	const struct flow_pair *first = room_pair(r, room_flow(r, 0, seen[0])->pair);
	return first->flow[0] < 0 || first->flow[1] < 0 ? 1 : 0;
}

static void count_same(struct tally *t, bool same)
{
	(*(same ? &t->same : &t->other))++;
}

// seen[0] and seen[1] are the same packet, or parts of it.
static void report_match(struct room *r, const struct sighting *const seen[2], enum method method)
{
	int telling = sighting_is_fragment(seen[0]) ? telling_point(r, seen) : 0;
	int32_t index = pairing_of(r->m->pairing, seen[0]->flow, seen[1]->flow);
	index = index >= 0 ? index : room_flow(r, telling, seen[telling])->pair;
	int direction = pair_direction(room_pair(r, index), telling, seen[telling]->direction);
	struct pair_side *side = &room_pair(r, index)->side[direction];
	int64_t raw_ns = ns_difference(seen[1]->ts_ns, seen[0]->ts_ns);
	struct finding f = {
		.packet_id = {seen[0]->packet_id, seen[1]->packet_id},
		.ts_ns = {seen[0]->ts_ns, seen[1]->ts_ns},
		.tcp = {tcp_of(r, 0, seen[0]), tcp_of(r, 1, seen[1])},
		.pair = index,
		.changes = changes_between(r, side, seen[0], seen[1], method),
		.ttl_change = (int16_t)((unsigned)seen[0]->ttl - (unsigned)seen[1]->ttl),
		.has_ttl = seen[0]->ttl >= 0 && seen[1]->ttl >= 0,
		.direction = (uint8_t)direction,
		.method = (uint8_t)method,
		.is_vague = may_be_another_copy(seen[0], seen[1]),
	};
	f.confidence = (uint8_t)confidence_of(r, index, method, f.is_vague);
	count_same(&side->window, seen[0]->window == seen[1]->window);
	if (f.has_ttl && f.ttl_change != 0 && room_pair(r, index)->mapping != MAPPING_PROXY)
		(*(f.ttl_change > 0 ? &side->ttl_less : &side->ttl_more))++;
	note_delay(side, raw_ns);
	if ((method == METHOD_IP_ID || method == METHOD_PAYLOAD) && !f.is_vague)
		follow_clocks(r, side_travel(side), raw_ns);
	write_finding(r, &f);
}

void found_pair(struct room *r, int point, const struct sighting *here, const struct sighting *there,
                enum method method)
{
	const struct sighting *seen[2] = {point == 0 ? here : there, point == 0 ? there : here};
	report_match(r, seen, method);
}
