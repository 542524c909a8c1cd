// Which of the packets that wait is the same one. See choice.h.
#include "choice.h"

#include "found.h"

enum {
	AGAIN_NS = 100000000,  // that copies of a segment are apart, which a sender sent: less than any time-out
	TOLERANCE_NS = 100000, // beside what delays vary by
};

// Packets that may be one are compared in this order; the lowest sum is the best.
enum likeness {
	LIKE_PAYLOAD = 1 << 5,
	LIKE_IP_ID = 1 << 4,
	LIKE_WINDOW = 1 << 2,
};

// Whether two fragments may go the same way: an answer may have the identification of what it answers.
static bool have_address_in_common(const struct room *r, int point, const struct sighting *here,
                                   const struct sighting *there)
{
	const struct point_flow *f = room_flow(r, point, here), *g = room_flow(r, !point, there);
	int d = here->direction, e = there->direction;
	if (f->pair == g->pair)
		return pair_direction(room_pair(r, f->pair), point, d) == pair_direction(room_pair(r, f->pair), !point, e);
	return f->address[d] == g->address[e] || f->address[!d] == g->address[!e];
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
	if (sighting_is_fragment(s))
		return s->fragment_offset != t->fragment_offset || !have_address_in_common(r, point, s, t);
	int32_t index = pair_of_both(r, point, s, t);
	if (index < 0)
		return true;
	const struct flow_pair *pair = room_pair(r, index);
	const struct pair_side *side = &pair->side[w->direction];
	if (s->has_tsval && t->has_tsval && s->tsval != t->tsval && pair_keeps_tsval(r->m->pairing, side))
		return true;
	if (pair->is_echo_ident_kept && s->echo_ident != t->echo_ident)
		return true;
	bool is_placed = sighting_is_tcp(s) && side->has_seq_delta;
	return !is_placed && !sighting_same_payload(s, t) && !sighting_same_id(s, t);
}

static unsigned unlikeness(const struct sighting *a, const struct sighting *b)
{
	return (sighting_show_same_payload(a, b) ? 0U : LIKE_PAYLOAD) | (a->ip_id == b->ip_id ? 0U : LIKE_IP_ID) |
	       (a->window == b->window ? 0U : LIKE_WINDOW);
}

static int64_t time_error(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	int64_t error_ns = room_time_off(r, point, s, w);
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

// Whether a datagram has but the identification of another one with another payload, which is numbered so again.
static bool is_number_again(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	return !sighting_is_tcp(s) && !sighting_show_same_payload(s, &w->seen) && time_error(r, point, s, w) > AGAIN_NS;
}

// A chain goes from the newest to the oldest: of equals the oldest is taken.
static struct choice find_in(const struct room *r, int point, const struct sighting *s, uint64_t key,
                             enum chain chain, uint32_t first)
{
	struct choice best = {0};
	int looked_at = 0;
	for (uint32_t place = first; place && looked_at < LOOKED_AT_MAX; place = room_next(r, chain, place)) {
		const struct waiting *w = &r->at[place];
		if (w->key != key)
			continue;
		looked_at++;
		if (w->is_paired || !room_is_within_window(r, point, s, &w->seen) || contradict(r, point, s, w))
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

struct choice choice_find(const struct room *r, int point, const struct sighting *s, uint64_t key)
{
	uint64_t beginning_key = room_beginning_key(s, key);
	struct choice found = {0};
	if (beginning_key)
		found = find_in(r, point, s, key, CHAIN_BEGINNING, room_first(r, !point, CHAIN_BEGINNING, beginning_key));
	if (found.place)
		return found;
	return find_in(r, point, s, key, CHAIN_KEY, room_first(r, !point, CHAIN_KEY, key));
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
	if (!sighting_show_same_payload(s, t))
		return METHOD_ALTERED;
	if (c->rivals > 0)
		return METHOD_OCCURRENCE;
	if (sighting_same_id(s, t))
		return METHOD_IP_ID;
	if (knows_same_half(s, t))
		return METHOD_PAYLOAD;
	bool has_place = sighting_is_tcp(s) || s->echo_seq >= 0 || s->payload_len == 0;
	return has_place ? METHOD_HEADER : METHOD_OCCURRENCE;
}

// Whether a packet seems to have arrived before it left, and nothing but its likeness says that it is the same.
static bool is_too_early(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	enum travel travel = side_travel(&room_pair(r, w->pair)->side[w->direction]);
	return travel != TRAVEL_UNKNOWN && !sighting_same_id(s, &w->seen) && (travel == TRAVEL_FORWARD) == (point == 0);
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
	return s->window != w->seen.window && is_passed_on(&room_pair(r, w->pair)->side[w->direction].window);
}

bool choice_is_doubtful(const struct room *r, int point, const struct sighting *s, const struct choice *choice)
{
	const struct waiting *w = &r->at[choice->place];
	bool is_far = choice->error_ns > AGAIN_NS && !sighting_same_id(s, &w->seen);
	return choice->is_odd || is_far || is_too_early(r, point, s, w) || are_told_apart(r, s, &w->seen) ||
	       has_other_window(r, s, w);
}

bool choice_is_another(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	return sighting_is_tcp(s) && are_told_apart(r, s, &w->seen) &&
	       room_time_off(r, point, s, w) > AGAIN_NS + 4 * side->raw_spread_ns;
}

void choice_take(struct room *r, int point, const struct sighting *s, const struct choice *choice)
{
	const struct sighting *there = &r->at[choice->place].seen;
	r->m->matched[0]++;
	r->m->matched[1]++;
	found_pair(r, point, s, there, method_of(s, there, choice));
	room_unseat(r, !point, choice->place);
}
