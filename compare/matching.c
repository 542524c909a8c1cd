// Each packet of one point with its appearance at the other. See matching.h.
#include "matching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../common/message.h"
#include "../common/seq.h"
#include "feed.h"
#include "ranges.h"

enum { OPTION_UNKNOWN = -2 }; // it may have been cut off

enum {
	HEADS = 1 << 18,                // chains of waiting packets of a point
	FRAGMENT_GRACE_NS = 2000000000, // fragments wait longer, so that they are there when their datagram leaves
	FRAGMENTS_APART_NS = 250000000, // of one packet, where its identification recurs
	COPIES_NS = 1000000,            // that a mirror port's copies are apart
	AGAIN_NS = 100000000,  // that copies of a segment are apart, which a sender sent: less than any time-out
	RECENT_MAX = 4096,     // packets that copies are looked for among
	TOLERANCE_NS = 100000, // beside what delays vary by
	PROGRESS_PACKETS = 16384,
	EPOCH_PACKETS = 4096, // after which the clocks' difference is looked at again
};

struct waiting {
	struct sighting seen;
	uint64_t key;
	int64_t deadline_ns;                 // on the second point's clock
	uint32_t chain;                      // next packet of the same hash; 0 none
	uint32_t older, newer;               // of its point
	uint32_t before, behind;             // of its flow and direction, if it is TCP data
	uint32_t again_before, again_behind; // the same of those that were sent again
	struct ranges found;                 // bytes of the payload that the other point has
	int32_t pair;
	uint8_t direction; // of the pair
	bool is_listed;
	bool is_paired;       // it, or a part of it, with one of the other point
	bool is_in_fragments; // the other point has it in fragments
};

// The packets of one point that wait.
struct lounge {
	uint32_t *heads;
	uint32_t oldest, newest;
	size_t count;
};

// The fastest packets of late, which tell how the clocks drift apart.
struct epoch {
	int64_t count;
	int64_t forward_ns, back_ns; // raw times
	bool has_forward, has_back;
};

// A packet that a point saw a moment ago.
struct recent {
	uint64_t key;
	int64_t ts_ns;
	uint32_t payload_hash, tsval;
	int32_t window;
	bool is_copy;
};

struct room {
	struct matching *m;
	struct lounge lounge[2];
	struct recent *recent[2]; // by key
	struct waiting *at;       // [0] stands for none
	size_t used, capacity;
	uint32_t vacant;   // chain of places that are free
	int64_t now_ns;    // on the second point's clock
	int64_t offset_ns; // time at the second point less time at the first, at present
	struct epoch epoch;
	bool failed;
};

static struct flow_pair *pair_of(const struct room *r, int32_t pair)
{
	return &r->m->pairing->pairs[pair];
}

static struct point_flow *flow_of(const struct room *r, int point, const struct sighting *s)
{
	return &r->m->pairing->points[point].flows[s->flow];
}

static bool is_fragment(const struct sighting *s)
{
	return s->fragment_offset >= 0;
}

static bool is_tcp(const struct sighting *s)
{
	return s->tcp_flags >= 0;
}

// A time of a point, as the second point's clock has it.
static int64_t common_time(const struct room *r, int point, int64_t ts_ns)
{
	return point == 0 ? ns_sum(ts_ns, r->offset_ns) : ts_ns;
}

// ---- keys -----------------------------------------------------------------------------------------------------------

enum key_kind { KEY_PAIRED, KEY_FRAGMENT };

static uint64_t fragment_key(int64_t ip_id)
{
	uint64_t parts[2] = {KEY_FRAGMENT, (uint64_t)ip_id};
	return XXH3_64bits(parts, sizeof parts);
}

// What both sightings of a packet have in common, as far as the way leaves it alone.
static uint64_t paired_key(const struct room *r, int point, const struct sighting *s, int32_t index, int direction)
{
	direction = lead_direction(r->m->pairing, index, direction);
	index = pair_of(r, index)->lead;
	const struct flow_pair *pair = pair_of(r, index);
	const struct pair_side *side = &pair->side[direction];
	uint64_t parts[6] = {KEY_PAIRED | (uint64_t)direction << 1 | (uint64_t)index << 2, s->payload_len};
	if (is_tcp(s) && side->has_seq_delta) {
		uint32_t seq = s->seq - (point ? side->seq_delta : 0);
		uint32_t ack = s->ack - (point ? pair->side[!direction].seq_delta : 0);
		parts[2] = seq;
		parts[3] = s->has_ack && side->has_ack ? ack + 1ULL : 0;
		parts[4] = (uint64_t)(s->tcp_flags & SYN_ONLY_FLAGS);
	} else {
		parts[4] = (uint64_t)(uint32_t)s->echo_seq << 1 | s->is_echo_reply;
	}
	if (pair_keeps_ip_id(r->m->pairing, side))
		parts[5] = (uint64_t)s->ip_id;
	return XXH3_64bits(parts, sizeof parts);
}

// ---- places ---------------------------------------------------------------------------------------------------------

static uint32_t take_place(struct room *r)
{
	uint32_t place = r->vacant;
	if (place) {
		r->vacant = r->at[place].chain;
		return place;
	}
	if (r->used == r->capacity) {
		r->capacity = r->capacity ? r->capacity * 2 : 4096;
		r->at = memory_resize(r->at, r->capacity * sizeof *r->at);
	}
	return (uint32_t)r->used++;
}

static void list_again(struct room *r, struct pair_side *side, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	w->again_behind = side->again[point];
	if (w->again_behind)
		r->at[w->again_behind].again_before = place;
	side->again[point] = place;
}

static void unlist_again(struct room *r, struct pair_side *side, int point, const struct waiting *w)
{
	*(w->again_before ? &r->at[w->again_before].again_behind : &side->again[point]) = w->again_behind;
	if (w->again_behind)
		r->at[w->again_behind].again_before = w->again_before;
}

static void list_data(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	w->is_listed = true;
	if (w->seen.is_again)
		list_again(r, side, point, place);
	w->before = side->waiting_end[point];
	w->behind = 0;
	*(w->before ? &r->at[w->before].behind : &side->waiting[point]) = place;
	side->waiting_end[point] = place;
}

static void unlist_data(struct room *r, int point, const struct waiting *w)
{
	struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	*(w->before ? &r->at[w->before].behind : &side->waiting[point]) = w->behind;
	*(w->behind ? &r->at[w->behind].before : &side->waiting_end[point]) = w->before;
	if (w->seen.is_again)
		unlist_again(r, side, point, w);
}

static void seat(struct room *r, int point, const struct sighting *s, uint64_t key, int32_t pair, int direction)
{
	struct lounge *l = &r->lounge[point];
	uint32_t place = take_place(r), *head = &l->heads[key % HEADS];
	int64_t stay_ns = ns_sum(r->m->window_ns, is_fragment(s) ? FRAGMENT_GRACE_NS : 0);
	int64_t ts_ns = common_time(r, point, s->ts_ns);
	r->at[place] = (struct waiting){
		.seen = *s,
		.key = key,
		.deadline_ns = ns_sum(ts_ns > r->now_ns ? ts_ns : r->now_ns, stay_ns), // time may run backwards
		.chain = *head,
		.older = l->newest,
		.pair = pair,
		.direction = (uint8_t)direction,
	};
	*head = place;
	*(l->newest ? &r->at[l->newest].newer : &l->oldest) = place;
	l->newest = place;
	l->count++;
	if (is_tcp(s) && s->payload_len > 0 && !s->is_copy && !is_fragment(s))
		list_data(r, point, place);
}

static void unseat(struct room *r, int point, uint32_t place)
{
	struct lounge *l = &r->lounge[point];
	struct waiting *w = &r->at[place];
	uint32_t *link = &l->heads[w->key % HEADS];
	while (*link != place)
		link = &r->at[*link].chain;
	*link = w->chain;
	*(w->older ? &r->at[w->older].newer : &l->oldest) = w->newer;
	*(w->newer ? &r->at[w->newer].older : &l->newest) = w->older;
	l->count--;
	if (w->is_listed)
		unlist_data(r, point, w);
	ranges_release(&w->found);
	w->chain = r->vacant;
	r->vacant = place;
}

// ---- findings -------------------------------------------------------------------------------------------------------

static void write_finding(struct room *r, const struct finding *f)
{
	if (f->pair >= 0)
		pair_of(r, f->pair)->findings++;
	if (fwrite(f, sizeof *f, 1, r->m->findings) == 1)
		return;
	if (!r->failed)
		message_error("compare: cannot write a temporary file: %s", strerror(errno));
	r->failed = true;
}

static struct tcp_sighting tcp_of(const struct room *r, int point, const struct sighting *s)
{
	uint32_t isn = s->flow >= 0 ? flow_of(r, point, s)->isn[s->direction] : 0;
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

static void report_alone(struct room *r, int point, const struct sighting *s, int32_t pair, int direction,
                         enum reason reason)
{
	struct finding f = {.pair = pair, .direction = (uint8_t)direction, .changes = 0};
	f.packet_id[point] = s->packet_id;
	f.ts_ns[point] = s->ts_ns;
	f.tcp[point] = tcp_of(r, point, s);
	f.reason = s->is_copy ? REASON_DUPLICATE : reason;
	r->m->only[point]++;
	if (pair >= 0)
		pair_of(r, pair)->side[direction].only[point]++;
	write_finding(r, &f);
}

// Some of a packet's bytes: the others were matched.
static void report_part(struct room *r, int point, const struct waiting *w, struct range part, enum reason reason)
{
	struct finding f = {
		.pair = w->pair,
		.direction = w->direction,
		.reason = (uint8_t)reason,
		.part_offset = part.begin,
		.part_len = part.end - part.begin,
	};
	f.packet_id[point] = w->seen.packet_id;
	f.ts_ns[point] = w->seen.ts_ns;
	f.tcp[point] = tcp_of(r, point, &w->seen);
	write_finding(r, &f);
}

// Options of a SYN: of one whose header was cut, those that were found.
static struct syn_options options_of(const struct room *r, int point, const struct sighting *s)
{
	struct syn_options options = flow_of(r, point, s)->options[s->direction];
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
	const struct point_flow *f = flow_of(r, 0, a), *g = flow_of(r, 1, b);
	int d = a->direction, e = b->direction;
	bool addresses = f->address[d] != g->address[e] || f->address[!d] != g->address[!e];
	bool have_ports = f->port[d] >= 0 && g->port[e] >= 0; // a fragment has none
	bool ports = have_ports && (f->port[d] != g->port[e] || f->port[!d] != g->port[!e]);
	uint32_t changes = (addresses ? CHANGE_ADDRESSES : 0U) | (ports ? CHANGE_PORTS : 0U);
	if (is_tcp(a) && is_tcp(b) && a->tcp_flags & b->tcp_flags & 2) {
		struct syn_options of_a = options_of(r, 0, a), of_b = options_of(r, 1, b);
		changes |= syn_changes(&of_a, &of_b);
	}
	return changes;
}

// Whether they are a fragment as it is, and one that completes its datagram: that has the datagram's header and payload.
static bool show_other_parts(const struct sighting *a, const struct sighting *b)
{
	return is_fragment(a) && is_fragment(b) && a->payload_len != b->payload_len;
}

static bool show_same_payload(const struct sighting *a, const struct sighting *b)
{
	return show_other_parts(a, b) || sighting_same_payload(a, b);
}

static uint32_t ip_changes(const struct sighting *a, const struct sighting *b)
{
	bool both_tos = a->tos >= 0 && b->tos >= 0,
		 lengths = a->payload_len != b->payload_len && !show_other_parts(a, b);
	return (a->ttl >= 0 && b->ttl >= 0 && a->ttl != b->ttl ? CHANGE_TTL : 0U) |
	       (both_tos && a->tos >> 2 != b->tos >> 2 ? CHANGE_DSCP : 0U) |
	       (both_tos && (a->tos & 3) != (b->tos & 3) ? CHANGE_ECN : 0U) |
	       (a->vlan_id != b->vlan_id ? CHANGE_VLAN : 0U) | (lengths ? CHANGE_LENGTH : 0U);
}

static uint32_t content_changes(const struct sighting *a, const struct sighting *b)
{
	bool both_timed = a->has_tsval && b->has_tsval;
	bool one_timed = a->has_tsval ? !b->has_tsval && !b->is_header_cut : b->has_tsval && !a->is_header_cut;
	bool options = is_tcp(a) && (one_timed || (both_timed && a->tsval != b->tsval));
	return (a->ip_id != b->ip_id ? CHANGE_IP_ID : 0U) | (a->window != b->window ? CHANGE_WINDOW : 0U) |
	       (sighting_same_payload(a, b) ? 0U : CHANGE_PAYLOAD) | (options ? CHANGE_OPTIONS : 0U);
}

static uint32_t changes_between(const struct room *r, const struct pair_side *side, const struct sighting *a,
                                const struct sighting *b, enum method method)
{
	uint32_t changes = flow_changes(r, a, b) | ip_changes(a, b);
	if (method != METHOD_BYTE_RANGE && method != METHOD_FRAGMENT && !show_other_parts(a, b))
		changes |= content_changes(a, b);
	if (is_tcp(a) && side->has_seq_delta && side->seq_delta != 0)
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

static enum travel travel_of(const struct pair_side *side)
{
	if (side->ttl_less == side->ttl_more)
		return TRAVEL_UNKNOWN;
	return side->ttl_less > side->ttl_more ? TRAVEL_FORWARD : TRAVEL_BACK;
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
	int of_pair = pair_of(r, pair)->confidence, of_method = confidences[method];
	if (is_vague && of_method > confidences[METHOD_OCCURRENCE])
		of_method = confidences[METHOD_OCCURRENCE];
	return of_pair < of_method ? of_pair : of_method;
}

// Whether a match may be of two copies of a packet: of a segment that was sent again, nothing tells the copies apart; a
// packet that a capture holds more than once may have been doubled anywhere.
static bool may_be_another_copy(const struct sighting *a, const struct sighting *b)
{
	bool is_told = (a->ip_id > 0 && a->ip_id == b->ip_id) || (a->has_tsval && b->has_tsval && a->tsval == b->tsval);
	return a->is_copy || b->is_copy || ((a->is_again || b->is_again) && !is_told);
}

// The point whose sighting tells which pair two sightings are of: a fragment may be of a flow without ports, which has
// no counterpart.
static int telling_point(const struct room *r, const struct sighting *const seen[2])
{
	const struct flow_pair *first = pair_of(r, flow_of(r, 0, seen[0])->pair);
	return first->flow[0] < 0 || first->flow[1] < 0 ? 1 : 0;
}

static void count_same(struct tally *t, bool same)
{
	(*(same ? &t->same : &t->other))++;
}

// seen[0] and seen[1] are the same packet, or parts of it.
static void report_match(struct room *r, const struct sighting *const seen[2], enum method method)
{
	int telling = is_fragment(seen[0]) ? telling_point(r, seen) : 0;
	int32_t index = pairing_of(r->m->pairing, seen[0]->flow, seen[1]->flow);
	index = index >= 0 ? index : flow_of(r, telling, seen[telling])->pair;
	int direction = pair_direction(pair_of(r, index), telling, seen[telling]->direction);
	struct pair_side *side = &pair_of(r, index)->side[direction];
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
	if (f.has_ttl && f.ttl_change != 0 && pair_of(r, index)->mapping != MAPPING_PROXY)
		(*(f.ttl_change > 0 ? &side->ttl_less : &side->ttl_more))++;
	note_delay(side, raw_ns);
	if ((method == METHOD_IP_ID || method == METHOD_PAYLOAD) && !f.is_vague)
		follow_clocks(r, travel_of(side), raw_ns);
	write_finding(r, &f);
}

static void report_pair(struct room *r, int point, const struct sighting *here, const struct sighting *there,
                        enum method method)
{
	const struct sighting *seen[2] = {point == 0 ? here : there, point == 0 ? there : here};
	report_match(r, seen, method);
}

// ---- what a point has seen of the data --------------------------------------------------------------------------------

static void note_numbers(struct room *r, int point, struct sighting *s, struct flow_pair *pair, int direction)
{
	struct pair_side *side = &pair->side[direction], *other = &pair->side[!direction];
	if (!is_tcp(s) || s->tcp_flags & SYN_ONLY_FLAGS || r->failed)
		return;
	if (s->payload_len > 0) {
		s->is_again = data_seen_some(&side->seen[point], s->seq, s->payload_len);
		data_seen_add(&side->seen[point], s->seq, s->payload_len);
	}
	if (!s->has_ack || !other->has_seq_delta)
		return;
	uint32_t ack = s->ack - (point ? other->seq_delta : 0);
	if (!other->has_acked || seq_lt(other->acked, ack))
		other->acked = ack;
	other->has_acked = true;
}

// Bytes of a segment, by numbers as a point's headers have them.
static struct range numbers_of(const struct waiting *w, struct range part, uint32_t delta)
{
	return (struct range){w->seen.seq + delta + part.begin, w->seen.seq + delta + part.end};
}

// Whether another segment with some of these bytes waits at a point, which was sent again: it, too, may have brought them.
static bool came_again(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	uint32_t begin = w->seen.seq + part.begin, end = w->seen.seq + part.end;
	int looked_at = 0;
	for (uint32_t at = side->again[point]; at && looked_at < LOOKED_AT_MAX; at = r->at[at].again_behind) {
		const struct waiting *again = &r->at[at];
		uint32_t again_end = again->seen.seq + again->seen.payload_len;
		looked_at++;
		if (again != w && seq_lt(again->seen.seq, end) && seq_lt(begin, again_end))
			return true;
	}
	return false;
}

// Whether the other point never saw some of a segment's bytes, and their receiver has them: they must have passed there.
static bool was_missed(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	struct range at_first = numbers_of(w, part, point ? 0 - side->seq_delta : 0);
	uint32_t to_there = point ? 0 : side->seq_delta;
	return side->has_seq_delta && side->has_acked && !seq_lt(side->acked, at_first.end) &&
	       data_seen_hole(&side->seen[!point], at_first.begin + to_there, at_first.end + to_there) &&
	       !came_again(r, point, w, part);
}

// Whether the other point saw all of a segment's bytes, in whatever packets.
static bool has_passed(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	struct range there = numbers_of(w, part, point ? 0 - side->seq_delta : side->seq_delta);
	return side->has_seq_delta && data_seen_all(&side->seen[!point], there.begin, there.end);
}

static enum reason reason_to_be_alone(const struct room *r, int point, const struct waiting *w, struct range part)
{
	if (!w->is_listed)
		return REASON_NONE;
	if (pair_of(r, w->pair)->mapping == MAPPING_PROXY && has_passed(r, point, w, part))
		return REASON_PROXIED;
	return was_missed(r, point, w, part) ? REASON_MISSED : REASON_NONE;
}

// ---- meeting --------------------------------------------------------------------------------------------------------

// Packets that may be one are compared in this order; the lowest sum is the best.
enum likeness {
	LIKE_PAYLOAD = 1 << 5,
	LIKE_IP_ID = 1 << 4,
	LIKE_ACK = 1 << 3,
	LIKE_WINDOW = 1 << 2,
};

struct choice {
	uint32_t place;   // 0 none
	unsigned unlike;  // enum likeness
	int64_t error_ns; // off the expected time; 0: as near as delays vary
	bool is_odd;      // one of them is a copy of another packet of its capture, the other is not
	int rivals;       // others that are as like
};

// Whether two fragments may go the same way: an answer may have the identification of what it answers.
static bool have_address_in_common(const struct room *r, int point, const struct sighting *here,
                                   const struct sighting *there)
{
	const struct point_flow *f = flow_of(r, point, here), *g = flow_of(r, !point, there);
	int d = here->direction, e = there->direction;
	if (f->pair == g->pair)
		return pair_direction(pair_of(r, f->pair), point, d) == pair_direction(pair_of(r, f->pair), !point, e);
	return f->address[d] == g->address[e] || f->address[!d] == g->address[!e];
}

static bool is_same_id(const struct sighting *a, const struct sighting *b)
{
	return a->ip_id > 0 && a->ip_id == b->ip_id;
}

// Of two packets with the same key; -1: it is so by chance.
static int32_t pair_of_both(const struct room *r, int point, const struct sighting *here,
                            const struct sighting *there)
{
	return pairing_of(r->m->pairing, (point == 0 ? here : there)->flow, (point == 0 ? there : here)->flow);
}

// Whether two packets with the same key cannot be one.
static bool contradict(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct sighting *t = &w->seen;
	if (s->is_mirrored != t->is_mirrored)
		return true;
	if (is_fragment(s))
		return s->fragment_offset != t->fragment_offset || !have_address_in_common(r, point, s, t);
	int32_t index = pair_of_both(r, point, s, t);
	if (index < 0)
		return true;
	const struct flow_pair *pair = pair_of(r, index);
	const struct pair_side *side = &pair->side[w->direction];
	if (s->has_tsval && t->has_tsval && s->tsval != t->tsval && pair_keeps_tsval(r->m->pairing, side))
		return true;
	if (pair->is_echo_ident_kept && s->echo_ident != t->echo_ident)
		return true;
	bool is_placed = is_tcp(s) && side->has_seq_delta;
	return !is_placed && !sighting_same_payload(s, t) && !is_same_id(s, t);
}

static unsigned unlikeness(const struct sighting *a, const struct sighting *b)
{
	return (show_same_payload(a, b) ? 0U : LIKE_PAYLOAD) | (a->ip_id == b->ip_id ? 0U : LIKE_IP_ID) |
	       (a->window == b->window ? 0U : LIKE_WINDOW);
}

// How far two sightings are off the time that the latest packet took.
static int64_t time_off(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	int64_t raw_ns = point == 1 ? ns_difference(s->ts_ns, w->seen.ts_ns) : ns_difference(w->seen.ts_ns, s->ts_ns);
	return ns_distance(raw_ns, side->raw_last_ns);
}

static int64_t time_error(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	int64_t error_ns = time_off(r, point, s, w);
	return error_ns <= TOLERANCE_NS + 4 * side->raw_spread_ns ? 0 : error_ns;
}

// Whether two copies of a packet, which are never far apart, are told apart by which of them is the copy.
static bool differ_as_copies(const struct choice *a, const struct choice *b)
{
	return a->unlike == b->unlike && a->is_odd != b->is_odd && ns_distance(a->error_ns, b->error_ns) <= COPIES_NS;
}

// Less is better; of equals the one that is considered last is taken.
static bool is_worse(const struct choice *a, const struct choice *b)
{
	if (a->unlike != b->unlike)
		return a->unlike > b->unlike;
	if (differ_as_copies(a, b))
		return a->is_odd;
	return a->error_ns > b->error_ns;
}

static void consider(struct choice *best, struct choice next)
{
	bool is_rival = best->place && next.unlike == best->unlike && !differ_as_copies(best, &next);
	int rivals = best->rivals + is_rival;
	if (best->place && is_worse(&next, best)) {
		best->rivals = rivals;
		return;
	}
	*best = next;
	best->rivals = is_rival ? rivals : 0;
}

static bool is_within_window(const struct room *r, int point, const struct sighting *s, const struct sighting *t)
{
	return ns_distance(common_time(r, point, s->ts_ns), common_time(r, !point, t->ts_ns)) <= r->m->window_ns;
}

// Whether a datagram has but the identification of another one with another payload, which is numbered so again.
static bool is_number_again(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	return !is_tcp(s) && !show_same_payload(s, &w->seen) && time_error(r, point, s, w) > AGAIN_NS;
}

// Among those of the other point that wait. A chain goes from the newest to the oldest: of equals the oldest is taken.
static struct choice choose(const struct room *r, int point, const struct sighting *s, uint64_t key)
{
	struct choice best = {0};
	int looked_at = 0;
	uint32_t place = r->lounge[!point].heads[key % HEADS];
	for (; place && looked_at < LOOKED_AT_MAX; place = r->at[place].chain) {
		const struct waiting *w = &r->at[place];
		if (w->key != key)
			continue;
		looked_at++;
		if (w->is_paired || !is_within_window(r, point, s, &w->seen) || contradict(r, point, s, w))
			continue;
		if (is_number_again(r, point, s, w))
			continue;
		consider(&best, (struct choice){
							.place = place,
							.unlike = unlikeness(s, &w->seen),
							.error_ns = time_error(r, point, s, w),
							.is_odd = s->is_copy != w->seen.is_copy,
						});
	}
	return best;
}

// Whether both sightings know one half of the payload's fingerprint, at least.
static bool knows_same_half(const struct sighting *a, const struct sighting *b)
{
	uint32_t x = a->payload_hash, y = b->payload_hash;
	return (x & PAYLOAD_SUM && y & PAYLOAD_SUM) || (x & PAYLOAD_PREFIX && y & PAYLOAD_PREFIX);
}

// A datagram of which nothing is known but its length is told by its turn alone.
static enum method method_of(const struct sighting *s, const struct sighting *t, const struct choice *c)
{
	if (!show_same_payload(s, t))
		return METHOD_ALTERED;
	if (c->rivals > 0)
		return METHOD_OCCURRENCE;
	if (is_same_id(s, t))
		return METHOD_IP_ID;
	if (knows_same_half(s, t))
		return METHOD_PAYLOAD;
	bool has_place = is_tcp(s) || s->echo_seq >= 0 || s->payload_len == 0;
	return has_place ? METHOD_HEADER : METHOD_OCCURRENCE;
}

// Reports both as one packet; the other one need not wait any longer.
static void match(struct room *r, int point, const struct sighting *s, const struct choice *choice)
{
	const struct sighting *there = &r->at[choice->place].seen;
	r->m->matched[0]++;
	r->m->matched[1]++;
	report_pair(r, point, s, there, method_of(s, there, choice));
	unseat(r, !point, choice->place);
}

// Whether a packet seems to have arrived before it left, and nothing but its likeness says that it is the same.
static bool is_too_early(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	enum travel travel = travel_of(&pair_of(r, w->pair)->side[w->direction]);
	return travel != TRAVEL_UNKNOWN && !is_same_id(s, &w->seen) && (travel == TRAVEL_FORWARD) == (point == 0);
}

// Whether identification or timestamp, which most flows pass on, tell two packets apart that are else alike.
static bool are_told_apart(const struct room *r, const struct sighting *s, const struct sighting *t)
{
	const struct pairing *p = r->m->pairing;
	return (s->ip_id > 0 && t->ip_id > 0 && s->ip_id != t->ip_id && is_passed_on(&p->ip_id)) ||
	       (s->has_tsval && t->has_tsval && s->tsval != t->tsval && is_passed_on(&p->tsval));
}

// Whether the window differs, where most segments of a direction keep it.
static bool has_other_window(const struct room *r, const struct sighting *s, const struct waiting *w)
{
	return s->window != w->seen.window && is_passed_on(&pair_of(r, w->pair)->side[w->direction].window);
}

// Whether another one like it may come, which is rather the same packet: that of which the other one is a copy, or of which
// it is. If none does, they meet when one of them leaves.
static bool is_doubtful(const struct room *r, int point, const struct sighting *s, const struct choice *choice)
{
	const struct waiting *w = &r->at[choice->place];
	bool is_far = choice->error_ns > AGAIN_NS && !is_same_id(s, &w->seen);
	return choice->is_odd || is_far || is_too_early(r, point, s, w) || are_told_apart(r, s, &w->seen) ||
	       has_other_window(r, s, w);
}

// Whether they are rather two copies of a segment: they are told apart, and as far from the usual time as a sender waits
// before it sends again.
static bool was_sent_again(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	return is_tcp(s) && are_told_apart(r, s, &w->seen) &&
	       time_off(r, point, s, w) > AGAIN_NS + 4 * side->raw_spread_ns;
}

// Whether a segment is like another one of a moment ago, which is no copy itself. Notes it for the next.
static bool is_alike(struct room *r, int point, const struct sighting *s, uint64_t key)
{
	struct recent *last = &r->recent[point][key % RECENT_MAX], before = *last;
	bool alike = before.key == key && !before.is_copy && ns_distance(before.ts_ns, s->ts_ns) <= COPIES_NS &&
	             before.window == s->window && before.tsval == s->tsval && before.payload_hash == s->payload_hash;
	*last = (struct recent){
		.key = key,
		.ts_ns = s->ts_ns,
		.payload_hash = s->payload_hash,
		.tsval = s->tsval,
		.window = s->window,
		.is_copy = alike || s->is_copy,
	};
	return alike;
}

// Where a point sees nearly all of a conversation's packets twice, what is alike was not sent twice either, though it might
// have been: an ACK without data or a RST, of a sender that numbers no packets (ingest/copies.h).
static void note_copies(struct room *r, int point, struct sighting *s, struct flow_pair *pair, uint64_t key)
{
	if (!is_tcp(s) || is_fragment(s))
		return;
	bool is_copy = is_alike(r, point, s, key) || s->is_copy;
	pair->packets[point]++;
	pair->copies[point] += is_copy;
	s->is_mirrored = is_copy && pair->copies[point] * 5ULL >= pair->packets[point] * 2ULL;
	s->is_copy = s->is_copy || s->is_mirrored;
}

static void leave_alone(struct room *r, int point, uint32_t place);

static void make_room(struct room *r)
{
	if (r->lounge[0].count + r->lounge[1].count < WAITING_MAX)
		return;
	int point = r->lounge[1].count > r->lounge[0].count;
	r->m->given_up++;
	leave_alone(r, point, r->lounge[point].oldest);
}

static void meet(struct room *r, int point, struct sighting *s)
{
	if (s->flow < 0) {
		report_alone(r, point, s, -1, 0, REASON_NONE);
		return;
	}
	int32_t index = flow_of(r, point, s)->pair;
	struct flow_pair *pair = pair_of(r, index);
	int direction = pair_direction(pair, point, s->direction);
	bool is_paired = pair->flow[0] >= 0 && pair->flow[1] >= 0;
	if (!is_paired && !is_fragment(s)) {
		report_alone(r, point, s, index, direction, REASON_NONE);
		return;
	}
	if (is_paired && pair->mapping == MAPPING_PROXY && is_tcp(s) && s->payload_len == 0) {
		report_alone(r, point, s, index, direction, REASON_PROXIED);
		return;
	}
	note_numbers(r, point, s, pair, direction);
	uint64_t key = is_fragment(s) ? fragment_key(s->ip_id) : paired_key(r, point, s, index, direction);
	struct choice choice = {0};
	note_copies(r, point, s, pair, key);
	if (is_paired)
		choice = choose(r, point, s, key);
	if (!choice.place || is_doubtful(r, point, s, &choice)) {
		make_room(r);
		seat(r, point, s, key, index, direction);
		return;
	}
	match(r, point, s, &choice);
}

// ---- leaving --------------------------------------------------------------------------------------------------------

// The bytes that two segments share, counted from the first of each; false: none.
static bool overlap(const struct room *r, int point, const struct waiting *w, const struct waiting *other,
                    struct range *here, struct range *there)
{
	uint32_t delta = pair_of(r, w->pair)->side[w->direction].seq_delta;
	int64_t start = (int32_t)(other->seen.seq - w->seen.seq + (point == 1 ? delta : 0 - delta));
	int64_t begin = start > 0 ? start : 0, end = start + other->seen.payload_len;
	if (end > w->seen.payload_len)
		end = w->seen.payload_len;
	if (begin >= end)
		return false;
	*here = (struct range){(uint32_t)begin, (uint32_t)end};
	*there = (struct range){(uint32_t)(begin - start), (uint32_t)(end - start)};
	return true;
}

// Whether these bytes of a segment of the other point are rather those of one that w's point saw when they were sent
// again.
static bool are_of_another(const struct room *r, int point, const struct waiting *w, const struct waiting *other,
                           struct range bytes, int *looked_at)
{
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	int64_t off_ns = time_off(r, point, &w->seen, other);
	for (uint32_t at = side->again[point]; at && *looked_at < LOOKED_AT_MAX; at = r->at[at].again_behind) {
		const struct waiting *again = &r->at[at];
		struct range here, there;
		(*looked_at)++;
		if (again != w && overlap(r, point, again, other, &here, &there) && there.begin < bytes.end &&
		    bytes.begin < there.end && !ranges_has(&again->found, here) &&
		    time_off(r, point, &again->seen, other) < off_ns)
			return true;
	}
	return false;
}

static void match_shared(struct room *r, int point, struct waiting *w, struct waiting *other, struct range here,
                         struct range there)
{
	r->m->matched[point] += !w->is_paired;
	r->m->matched[!point] += !other->is_paired;
	w->is_paired = other->is_paired = true;
	ranges_add(&w->found, here);
	ranges_add(&other->found, there);
	report_pair(r, point, &w->seen, &other->seen, METHOD_BYTE_RANGE);
}

static bool is_found(const struct waiting *w)
{
	return ranges_has(&w->found, (struct range){0, w->seen.payload_len});
}

// Whether two segments have just the same bytes, and yet were not taken for one: two copies, unless they were sent by two
// hosts.
static bool are_two_copies(const struct room *r, const struct waiting *w, const struct waiting *other,
                           struct range here, struct range there)
{
	return here.end - here.begin == w->seen.payload_len && there.end - there.begin == other->seen.payload_len &&
	       pair_of(r, w->pair)->mapping != MAPPING_PROXY;
}

// A segment with those of the other point that share bytes with it, which neither has found yet: of bytes that were sent
// more than once, with the sighting that is nearest in time.
static void match_bytes(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	const struct pair_side *side = &pair_of(r, w->pair)->side[w->direction];
	int looked_at = 0;
	uint32_t next = side->has_seq_delta ? side->waiting[!point] : 0;
	for (uint32_t at = next; at && looked_at < LOOKED_AT_MAX && !is_found(w); at = next) {
		struct waiting *other = &r->at[at];
		struct range here, there;
		next = other->behind;
		looked_at++;
		if (!overlap(r, point, w, other, &here, &there) || !is_within_window(r, point, &w->seen, &other->seen) ||
		    are_two_copies(r, w, other, here, there) || ranges_has(&w->found, here) ||
		    ranges_has(&other->found, there) || are_of_another(r, point, w, other, there, &looked_at) ||
		    are_of_another(r, !point, other, w, here, &looked_at))
			continue;
		match_shared(r, point, w, other, here, there);
		if (is_found(other))
			unseat(r, !point, at);
	}
}

// Whether a fragment at the other point has the addresses that a packet of this pair has there, and no other ports.
static bool is_fragment_of(const struct room *r, int point, const struct waiting *w,
                           const struct sighting *fragment)
{
	const struct flow_pair *pair = pair_of(r, w->pair);
	const struct point_flow *f = &r->m->pairing->points[!point].flows[pair->flow[!point]];
	const struct point_flow *g = flow_of(r, !point, fragment);
	int d = pair_direction(pair, !point, w->direction), e = fragment->direction;
	const struct flow_pair *own = pair_of(r, g->pair);
	if (own != pair && own->flow[0] >= 0 && own->flow[1] >= 0 && g->port[0] >= 0)
		return false;
	return f->kind == g->kind && f->address[d] == g->address[e] && f->address[!d] == g->address[!e];
}

// Bytes between the IP header and the payload, most likely.
static uint32_t header_len_of(const struct point_flow *f, const struct sighting *packet)
{
	enum { TCP_HEADER_LEN = 20, TIMESTAMPS_LEN = 12, UDP_HEADER_LEN = 8, ICMP_HEADER_LEN = 8 };
	if (f->kind == KIND_TCP)
		return TCP_HEADER_LEN + (packet->has_tsval ? TIMESTAMPS_LEN : 0);
	if (f->kind == KIND_ICMP)
		return ICMP_HEADER_LEN;
	return f->port[0] >= 0 ? UDP_HEADER_LEN : 0;
}

// The bytes of a packet's payload that a fragment brings. The one that completes its packet has the whole payload, and one
// that cannot, because it was cut, is known by its ports or echo identifier: its payload is without the header.
static struct range bytes_of_fragment(const struct room *r, int point, const struct waiting *w,
                                      const struct sighting *fragment)
{
	uint32_t offset = (uint32_t)fragment->fragment_offset, len = fragment->payload_len, whole = w->seen.payload_len;
	uint32_t header_len = header_len_of(flow_of(r, point, &w->seen), &w->seen), end = offset + len;
	if (len >= whole)
		return (struct range){0, whole};
	if (offset == 0 && (flow_of(r, !point, fragment)->port[0] >= 0 || fragment->echo_ident >= 0))
		return (struct range){0, len};
	struct range bytes = {offset > header_len ? offset - header_len : 0, end > header_len ? end - header_len : 0};
	if (bytes.end > whole)
		bytes.end = whole;
	return bytes;
}

// Fragments at the other point that may be of a packet: those that wait with its identification.
struct fragments {
	uint32_t first; // place; 0 none
	uint32_t nearest;
	bool recur; // of another packet too, which had the same identification
};

static bool may_be_fragment_of(const struct room *r, int point, const struct waiting *w,
                               const struct waiting *other)
{
	return other->key == fragment_key(w->seen.ip_id) && !other->seen.is_copy &&
	       is_fragment_of(r, point, w, &other->seen) && is_within_window(r, point, &w->seen, &other->seen);
}

static struct fragments find_fragments(const struct room *r, int point, const struct waiting *w)
{
	struct fragments found = {0};
	struct ranges offsets;
	int looked_at = 0;
	uint32_t first = r->lounge[!point].heads[fragment_key(w->seen.ip_id) % HEADS];
	ranges_init(&offsets);
	for (uint32_t at = first; at && looked_at < LOOKED_AT_MAX; at = r->at[at].chain, looked_at++) {
		uint32_t offset = (uint32_t)r->at[at].seen.fragment_offset;
		if (!may_be_fragment_of(r, point, w, &r->at[at]))
			continue;
		found.recur = !ranges_add(&offsets, (struct range){offset, offset + 1}) || found.recur;
		found.first = found.first ? found.first : at;
		if (!found.nearest ||
		    time_off(r, point, &w->seen, &r->at[at]) < time_off(r, point, &w->seen, &r->at[found.nearest]))
			found.nearest = at;
	}
	ranges_release(&offsets);
	return found;
}

static void match_fragment(struct room *r, int point, struct waiting *w, struct waiting *fragment)
{
	r->m->matched[point] += !w->is_paired;
	r->m->matched[!point]++;
	w->is_paired = w->is_in_fragments = true;
	ranges_add(&w->found, bytes_of_fragment(r, point, w, &fragment->seen));
	report_pair(r, point, &w->seen, &fragment->seen, METHOD_FRAGMENT);
}

// Of the fragments that may be of a packet, the nearest to a time, of those of which none with the same offset is in `taken`;
// 0 none.
static uint32_t nearest_fragment(const struct room *r, int point, const struct waiting *w, int64_t ts_ns,
                                 const struct ranges *taken)
{
	uint32_t nearest = 0, key_head = r->lounge[!point].heads[fragment_key(w->seen.ip_id) % HEADS];
	int64_t least_ns = FRAGMENTS_APART_NS;
	int looked_at = 0;
	for (uint32_t at = key_head; at && looked_at < LOOKED_AT_MAX; at = r->at[at].chain, looked_at++) {
		const struct sighting *f = &r->at[at].seen;
		uint32_t offset = (uint32_t)f->fragment_offset;
		int64_t off_ns = ns_distance(f->ts_ns, ts_ns);
		if (off_ns > least_ns || !may_be_fragment_of(r, point, w, &r->at[at]) ||
		    ranges_has(taken, (struct range){offset, offset + 1}))
			continue;
		nearest = at;
		least_ns = off_ns;
	}
	return nearest;
}

// Where the identification recurs: one fragment of each offset, those that came together.
static void match_nearest_fragments(struct room *r, int point, uint32_t place, int64_t ts_ns)
{
	struct ranges taken;
	uint32_t at;
	ranges_init(&taken);
	while (taken.count < RANGES_MAX && (at = nearest_fragment(r, point, &r->at[place], ts_ns, &taken)) != 0) {
		uint32_t offset = (uint32_t)r->at[at].seen.fragment_offset;
		ranges_add(&taken, (struct range){offset, offset + 1});
		match_fragment(r, point, &r->at[place], &r->at[at]);
		unseat(r, !point, at);
	}
	ranges_release(&taken);
}

static void match_all_fragments(struct room *r, int point, uint32_t place, uint32_t first)
{
	struct waiting *w = &r->at[place];
	int looked_at = 0;
	for (uint32_t at = first, next; at && looked_at < LOOKED_AT_MAX; at = next, looked_at++) {
		next = r->at[at].chain;
		if (!may_be_fragment_of(r, point, w, &r->at[at]))
			continue;
		match_fragment(r, point, w, &r->at[at]);
		unseat(r, !point, at);
	}
}

// A packet at this point that the other one saw as fragments: of packets with the same identification, those that came
// together with the fragment that is nearest in time.
static void match_fragments(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct fragments found = w->seen.ip_id > 0 ? find_fragments(r, point, w) : (struct fragments){0};
	if (found.recur)
		match_nearest_fragments(r, point, place, r->at[found.nearest].seen.ts_ns);
	else
		match_all_fragments(r, point, place, found.first);
}

// The bytes at the beginning of a gap that the other point would have seen as one segment: offload cuts from the first
// byte on, as long as they may be.
static struct range first_segment(const struct room *r, int point, const struct waiting *w, struct range gap)
{
	enum { SEGMENTS_MAX = 4096 }; // of a gap; with more, a length lies
	uint32_t longest = w->is_listed ? pair_of(r, w->pair)->side[w->direction].seen[!point].longest : 0;
	bool is_sane = longest > 0 && (gap.end - gap.begin) / longest < SEGMENTS_MAX;
	uint32_t len = is_sane ? longest - gap.begin % longest : UINT32_MAX;
	return (struct range){gap.begin, gap.end - gap.begin > len ? gap.begin + len : gap.end};
}

// Whether a gap between fragments is the options of a TCP header, which did not seem to be there.
static bool is_of_options(const struct waiting *w, struct range gap)
{
	enum { OPTIONS_LEN_MAX = 40 };
	return w->is_in_fragments && is_tcp(&w->seen) && gap.begin > 0 && gap.end < w->seen.payload_len &&
	       gap.end - gap.begin <= OPTIONS_LEN_MAX;
}

static void report_gaps(struct room *r, int point, const struct waiting *w)
{
	struct range gap;
	for (uint32_t from = 0; ranges_gap(&w->found, from, w->seen.payload_len, &gap); from = gap.end) {
		if (is_of_options(w, gap))
			continue;
		gap = first_segment(r, point, w, gap);
		report_part(r, point, w, gap, reason_to_be_alone(r, point, w, gap));
	}
}

static void report_rest(struct room *r, int point, const struct waiting *w)
{
	struct range whole = {0, w->seen.payload_len};
	if (w->is_paired)
		report_gaps(r, point, w);
	else
		report_alone(r, point, &w->seen, w->pair, w->direction, reason_to_be_alone(r, point, w, whole));
}

static void leave_alone(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct choice choice = {0};
	if (!w->is_paired)
		choice = choose(r, point, &w->seen, w->key);
	if (choice.place && !was_sent_again(r, point, &w->seen, &r->at[choice.place])) {
		match(r, point, &w->seen, &choice);
		unseat(r, point, place);
		return;
	}
	if (w->is_listed)
		match_bytes(r, point, place);
	if (!w->is_paired && !is_fragment(&w->seen) && !w->seen.is_copy)
		match_fragments(r, point, place);
	report_rest(r, point, w);
	unseat(r, point, place);
}

// The point at which a packet has to leave next; -1 none.
static int next_to_leave(const struct room *r)
{
	int64_t first_ns = r->now_ns;
	int next = -1;
	for (int point = 0; point < 2; point++) {
		uint32_t oldest = r->lounge[point].oldest;
		if (!oldest || r->at[oldest].deadline_ns >= first_ns)
			continue;
		first_ns = r->at[oldest].deadline_ns;
		next = point;
	}
	return next;
}

// In the order of their deadlines, also after a time in which nothing came: datagrams leave before their fragments.
static void let_leave(struct room *r)
{
	for (int point; (point = next_to_leave(r)) >= 0;)
		leave_alone(r, point, r->lounge[point].oldest);
}

// At the end: datagrams before fragments.
static void let_all_leave(struct room *r)
{
	for (int fragments = 0; fragments < 2; fragments++) {
		for (int point = 0; point < 2; point++) {
			// Leaving may take others of the other point along, of its own point none but itself.
			for (uint32_t place = r->lounge[point].oldest, next; place; place = next) {
				next = r->at[place].newer;
				if (fragments || !is_fragment(&r->at[place].seen))
					leave_alone(r, point, place);
			}
		}
	}
}

// ---- both captures side by side -------------------------------------------------------------------------------------

static int earlier_of(const struct room *r, struct sighting *const next[2])
{
	if (!next[0] || !next[1])
		return !next[0];
	return common_time(r, 0, next[0]->ts_ns) > common_time(r, 1, next[1]->ts_ns);
}

static void read_both(struct room *r, struct feed feeds[2])
{
	int64_t packets = 0;
	struct sighting *next[2] = {feed_peek(&feeds[0]), feed_peek(&feeds[1])};
	while ((next[0] || next[1]) && !r->failed) {
		int point = earlier_of(r, next);
		int64_t ts_ns = common_time(r, point, next[point]->ts_ns);
		if (packets == 0 || ts_ns > r->now_ns)
			r->now_ns = ts_ns;
		let_leave(r);
		meet(r, point, next[point]);
		feed_pass(&feeds[point]);
		next[point] = feed_peek(&feeds[point]);
		if (++packets % PROGRESS_PACKETS == 0 && r->m->progress)
			r->m->progress(r->m->progress_of, packets);
	}
	let_all_leave(r);
}

bool matching_run(struct matching *m)
{
	struct room r = {.m = m, .used = 1, .capacity = 4096, .offset_ns = m->offset_ns};
	struct feed feeds[2];
	r.at = memory_alloc(r.capacity * sizeof *r.at);
	for (int point = 0; point < 2; point++) {
		r.lounge[point].heads = memory_alloc(HEADS * sizeof *r.lounge[point].heads);
		r.recent[point] = memory_alloc(RECENT_MAX * sizeof *r.recent[point]);
	}
	bool ok = feed_begin(&feeds[0], &m->pairing->points[0]);
	ok = feed_begin(&feeds[1], &m->pairing->points[1]) && ok;
	if (ok)
		read_both(&r, feeds);
	ok = feed_end(&feeds[0]) && ok;
	ok = feed_end(&feeds[1]) && ok && !r.failed;
	free(r.at);
	for (int point = 0; point < 2; point++) {
		free(r.lounge[point].heads);
		free(r.recent[point]);
	}
	return ok;
}
