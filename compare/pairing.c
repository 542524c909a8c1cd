// Flows of one point with those of the other. See pairing.h.
#include "pairing.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum {
	USES_MAX = 256, // uses of the same endpoints that are looked through for one with the same sequence numbers
	WEIGHT_STRONG = 4,
	WEIGHT_WEAK = 1,
};

void pairing_init(struct pairing *p, struct point points[2])
{
	size_t a = points[0].flow_count, b = points[1].flow_count, count = (a > b ? a : b) + 1;
	*p = (struct pairing){.points = points, .capacity = count};
	p->pairs = memory_alloc(count * sizeof *p->pairs);
}

void pairing_release(struct pairing *p)
{
	for (size_t i = 0; i < p->count; i++)
		for (int d = 0; d < 2; d++)
			for (int point = 0; point < 2; point++)
				data_seen_release(&p->pairs[i].side[d].seen[point]);
	free(p->pairs);
	*p = (struct pairing){0};
}

static struct point_flow *flow_of(const struct pairing *p, int point, int32_t index)
{
	return &p->points[point].flows[index];
}

struct flow_pair *pairing_add(struct pairing *p, int32_t a, int32_t b)
{
	if (p->count == p->capacity) {
		p->capacity = p->capacity ? p->capacity * 2 : 256;
		p->pairs = memory_resize(p->pairs, p->capacity * sizeof *p->pairs);
	}
	struct flow_pair *pair = &p->pairs[p->count];
	*pair = (struct flow_pair){.flow = {a, b}, .lead = (int32_t)p->count};
	if (a >= 0)
		flow_of(p, 0, a)->pair = (int32_t)p->count;
	if (b >= 0)
		flow_of(p, 1, b)->pair = (int32_t)p->count;
	p->count++;
	return pair;
}

// ---- by endpoints -------------------------------------------------------------------------------------------------

// A flow in the order of its endpoints, then of its point, then of its time.
struct place {
	uint64_t key;
	int32_t point, flow;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->point != y->point)
		return x->point - y->point;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

static struct place *places_of(const struct pairing *p, size_t *count)
{
	size_t n = 0;
	*count = p->points[0].flow_count + p->points[1].flow_count;
	struct place *places = memory_alloc((*count + 1) * sizeof *places);
	for (int point = 0; point < 2; point++)
		for (size_t i = 0; i < p->points[point].flow_count; i++)
			places[n++] = (struct place){flow_of(p, point, (int32_t)i)->key, point, (int32_t)i};
	qsort(places, n, sizeof *places, compare_places);
	return places;
}

// Whether src at one point is dst at the other, of flows with the same endpoints.
static bool are_swapped(const struct point_flow *a, const struct point_flow *b)
{
	return a->address[0] != b->address[0] || a->port[0] != b->port[0];
}

enum agreement { NUMBERS_DIFFER, NUMBERS_UNKNOWN, NUMBERS_AGREE };

// Whether both saw the same SYNs.
static enum agreement compare_numbers(const struct point_flow *a, const struct point_flow *b, bool swapped)
{
	enum agreement agreement = NUMBERS_UNKNOWN;
	for (int d = 0; d < 2; d++) {
		int e = swapped ? !d : d;
		if (!a->has_syn[d] || !b->has_syn[e])
			continue;
		if (a->isn[d] == b->isn[e])
			return NUMBERS_AGREE;
		agreement = NUMBERS_DIFFER;
	}
	return agreement;
}

// What is added to a number: known from the SYNs that both saw; without them the numbers are taken to be the same.
static void set_deltas(struct flow_pair *pair, const struct point_flow *a, const struct point_flow *b)
{
	for (int d = 0; d < 2; d++) {
		int e = pair->is_swapped ? !d : d;
		struct pair_side *side = &pair->side[d];
		side->has_seq_delta = true;
		if (a->has_syn[d] && b->has_syn[e])
			side->seq_delta = b->isn[e] - a->isn[d];
	}
}

static void join_by_endpoints(struct pairing *p, int32_t a, int32_t b)
{
	const struct point_flow *x = flow_of(p, 0, a), *y = flow_of(p, 1, b);
	struct flow_pair *pair = pairing_add(p, a, b);
	pair->is_swapped = are_swapped(x, y);
	pair->confidence = compare_numbers(x, y, pair->is_swapped) == NUMBERS_AGREE ? 99 : 95;
	pair->is_echo_ident_kept = true;
	pair->is_assumed = x->kind == KIND_TCP && compare_numbers(x, y, pair->is_swapped) == NUMBERS_UNKNOWN;
	set_deltas(pair, x, y);
}

// The first unpaired flow of the other point, near `from`, whose numbers agree at least so well; count: none.
static size_t find_use(const struct pairing *p, const struct place *a, const struct place *others, size_t from,
                       size_t count, enum agreement least)
{
	const struct point_flow *x = flow_of(p, 0, a->flow);
	size_t end = count - from > USES_MAX ? from + USES_MAX : count;
	for (size_t i = from; i < end; i++) {
		const struct point_flow *y = flow_of(p, 1, others[i].flow);
		if (y->pair < 0 && compare_numbers(x, y, are_swapped(x, y)) >= least)
			return i;
	}
	return count;
}

static void join_uses(struct pairing *p, const struct place *at, size_t a_count, size_t b_count,
                      enum agreement least)
{
	const struct place *others = at + a_count;
	size_t from = 0;
	for (size_t i = 0; i < a_count; i++) {
		if (flow_of(p, 0, at[i].flow)->pair >= 0)
			continue;
		while (from < b_count && flow_of(p, 1, others[from].flow)->pair >= 0)
			from++;
		size_t found = find_use(p, &at[i], others, from, b_count, least);
		if (found < b_count)
			join_by_endpoints(p, at[i].flow, others[found].flow);
	}
}

static void mark_disputed(struct pairing *p, const struct place *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct point_flow *f = flow_of(p, at[i].point, at[i].flow);
		f->is_disputed = f->pair < 0;
	}
}

// Calls `join` for each set of flows with the same endpoints: those of the first point, then those of the second.
static void for_each_use(struct pairing *p, void (*join)(struct pairing *, const struct place *, size_t, size_t))
{
	size_t count;
	struct place *places = places_of(p, &count);
	for (size_t begin = 0, end; begin < count; begin = end) {
		size_t a_count = 0;
		for (end = begin; end < count && places[end].key == places[begin].key; end++)
			a_count += places[end].point == 0;
		if (a_count > 0 && a_count < end - begin)
			join(p, places + begin, a_count, end - begin - a_count);
	}
	free(places);
}

static void join_same_endpoints(struct pairing *p, const struct place *at, size_t a_count, size_t b_count)
{
	join_uses(p, at, a_count, b_count, NUMBERS_AGREE);
	join_uses(p, at, a_count, b_count, NUMBERS_UNKNOWN);
	mark_disputed(p, at, a_count + b_count);
}

void pairing_by_endpoints(struct pairing *p)
{
	for_each_use(p, join_same_endpoints);
}

// ---- by votes -----------------------------------------------------------------------------------------------------

static int compare_flows(const struct vote *x, const struct vote *y)
{
	if (x->flow[0] != y->flow[0])
		return x->flow[0] < y->flow[0] ? -1 : 1;
	if (x->flow[1] != y->flow[1])
		return x->flow[1] < y->flow[1] ? -1 : 1;
	return x->is_swapped - y->is_swapped;
}

static int compare_votes(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;
	int order = compare_flows(x, y);
	if (order)
		return order;
	if (x->is_weak != y->is_weak)
		return x->is_weak - y->is_weak;
	if (x->direction != y->direction)
		return x->direction - y->direction;
	return x->seq_delta < y->seq_delta ? -1 : x->seq_delta > y->seq_delta;
}

static int compare_weights(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return compare_votes(a, b);
}

// The most common difference of a direction among sorted votes for one pair; how many say so, of how many.
struct common_delta {
	uint32_t delta;
	size_t count, of;
};

static struct common_delta find_delta(const struct vote *votes, size_t count, int direction)
{
	struct common_delta best = {0};
	size_t run = 0;
	for (size_t i = 0; i < count; i++) {
		if (votes[i].direction != direction)
			continue;
		bool goes_on = run > 0 && votes[i].seq_delta == votes[i - 1].seq_delta;
		run = goes_on ? run + 1 : 1;
		best.of++;
		if (run > best.count) {
			best.count = run;
			best.delta = votes[i].seq_delta;
		}
	}
	return best;
}

static bool are_own(const struct vote *votes, size_t count)
{
	size_t own = 0;
	for (size_t i = 0; i < count; i++)
		own += votes[i].is_own;
	return own * 2 > count;
}

// TCP with other numbers: a constant difference is a rewritten ISN, unless another host sent the packets; else the
// payload went through a proxy.
static void set_rewritten(struct flow_pair *pair, const struct vote *votes, size_t count,
                          const struct point_flow *a, const struct point_flow *b)
{
	bool is_constant = true;
	pair->mapping = are_own(votes, count) ? MAPPING_PROXY : MAPPING_ISN;
	for (int d = 0; d < 2; d++) {
		int e = pair->is_swapped ? !d : d;
		struct common_delta common = find_delta(votes, count, d);
		struct pair_side *side = &pair->side[d];
		uint32_t of_syns = b->isn[e] - a->isn[d];
		bool saw_syns = a->has_syn[d] && b->has_syn[e];
		side->has_seq_delta = common.of ? common.count * 2 > common.of : saw_syns;
		side->seq_delta = common.of ? common.delta : of_syns;
		is_constant = is_constant && (!common.of || side->has_seq_delta);
	}
	if (is_constant)
		return;
	pair->mapping = MAPPING_PROXY;
	pair->side[0].has_seq_delta = pair->side[1].has_seq_delta = false;
}

static void join_by_votes(struct pairing *p, const struct vote *votes, size_t count)
{
	const struct point_flow *a = flow_of(p, 0, votes->flow[0]), *b = flow_of(p, 1, votes->flow[1]);
	struct flow_pair *pair = pairing_add(p, votes->flow[0], votes->flow[1]);
	pair->is_swapped = votes->is_swapped;
	pair->evidence = (int32_t)count;
	pair->mapping = MAPPING_NAT;
	pair->confidence = votes->is_weak && count < 2 ? 60 : 90;
	pair->side[0].has_seq_delta = pair->side[1].has_seq_delta = true;
	if (a->kind == KIND_TCP && votes->is_weak)
		set_rewritten(pair, votes, count, a, b);
	else if (a->kind == KIND_TCP)
		pair->confidence = 98;
}

// Of two TCP flows that a proxy may have made of each other: what both carry may have been said in others, too, of which one
// carries all that the other does.
static bool has_better(const struct point_flow *a, const struct point_flow *b, const struct vote *votes,
                       size_t count)
{
	bool is_same = a->stream_len[0] == b->stream_len[0] && a->stream_len[1] == b->stream_len[1];
	return (a->has_twin || b->has_twin) && !is_same && votes->is_weak && are_own(votes, count);
}

// Whether no translator makes the one flow of the other, because both stay in their network or go to many: hosts say the
// same there, each for itself.
static bool are_two_hosts(const struct point_flow *a, const struct point_flow *b)
{
	return ((a->is_local && b->is_local) || (a->is_group && b->is_group)) && a->key != b->key;
}

// One weak vote may be chance, unless the endpoints are the same.
static bool is_enough(const struct pairing *p, const struct vote *votes, size_t count)
{
	const struct point_flow *a = flow_of(p, 0, votes->flow[0]), *b = flow_of(p, 1, votes->flow[1]);
	return a->pair < 0 && b->pair < 0 && a->kind == b->kind &&
	       (count > 1 || !votes->is_weak || a->key == b->key || a->kind != KIND_TCP) && !are_two_hosts(a, b) &&
	       !has_better(a, b, votes, count);
}

// The pair of which a further flow has votes: without ports, with one address in common. -1 none.
static int32_t pair_to_share(const struct pairing *p, const struct vote *votes, size_t count)
{
	const struct point_flow *a = flow_of(p, 0, votes->flow[0]), *b = flow_of(p, 1, votes->flow[1]);
	bool swapped = votes->is_swapped, is_one_alone = (a->pair < 0) != (b->pair < 0);
	bool have_ports = a->port[0] >= 0 || b->port[0] >= 0;
	bool has_address = a->address[0] == b->address[swapped] || a->address[1] == b->address[!swapped];
	if (a->kind != b->kind || have_ports || !is_one_alone || !has_address || are_two_hosts(a, b) ||
	    (count < 2 && votes->is_weak))
		return -1;
	int32_t index = a->pair >= 0 ? a->pair : b->pair;
	return p->pairs[index].mapping == MAPPING_NAT ? index : -1;
}

static void join_shared(struct pairing *p, const struct vote *votes, size_t count, int32_t lead)
{
	int point = flow_of(p, 0, votes->flow[0])->pair == lead ? 0 : 1;
	join_by_votes(p, votes, count);
	flow_of(p, point, votes->flow[point])->pair = lead;
	p->pairs[p->count - 1].lead = lead;
}

static size_t votes_for_same(const struct vote *votes, size_t count)
{
	size_t n = 1;
	while (n < count && compare_flows(votes, votes + n) == 0)
		n++;
	return n;
}

// Each vote gets the weight of all votes for its pair.
static void weigh(struct vote *votes, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t n = votes_for_same(votes + i, count - i);
		uint32_t weight = 0;
		for (size_t j = i; j < i + n; j++)
			weight += votes[j].is_weak ? WEIGHT_WEAK : WEIGHT_STRONG;
		for (size_t j = i; j < i + n; j++)
			votes[j].weight = weight;
		i += n;
	}
}

void pairing_by_votes(struct pairing *p, struct vote *votes, size_t count)
{
	if (count == 0)
		return;
	qsort(votes, count, sizeof *votes, compare_votes);
	weigh(votes, count);
	qsort(votes, count, sizeof *votes, compare_weights);
	for (size_t i = 0; i < count;) {
		size_t n = votes_for_same(votes + i, count - i);
		int32_t lead = pair_to_share(p, votes + i, n);
		if (is_enough(p, votes + i, n))
			join_by_votes(p, votes + i, n);
		else if (lead >= 0)
			join_shared(p, votes + i, n, lead);
		i += n;
	}
}

// Whether more packets have another number, and the same payload, than have the same number.
static bool is_rewritten(const struct vote *votes, size_t strong, size_t count)
{
	for (int d = 0; d < 2; d++) {
		struct common_delta common = find_delta(votes + strong, count - strong, d);
		if (common.delta != 0 && common.count * 2 > common.of && common.count > strong)
			return true;
	}
	return false;
}

static void check_pair(struct pairing *p, const struct vote *votes, size_t count)
{
	const struct point_flow *a = flow_of(p, 0, votes->flow[0]), *b = flow_of(p, 1, votes->flow[1]);
	struct flow_pair *pair = &p->pairs[a->pair];
	size_t strong = 0;
	while (strong < count && !votes[strong].is_weak)
		strong++;
	if (!is_rewritten(votes, strong, count))
		return;
	set_rewritten(pair, votes + strong, count - strong, a, b);
	pair->evidence = (int32_t)(count - strong);
	pair->confidence = 90;
}

void pairing_check(struct pairing *p, struct vote *votes, size_t count)
{
	if (count > 0)
		qsort(votes, count, sizeof *votes, compare_votes);
	for (size_t i = 0; i < count;) {
		size_t n = votes_for_same(votes + i, count - i);
		check_pair(p, votes + i, n);
		i += n;
	}
}

// ---- what is left -------------------------------------------------------------------------------------------------

struct one_use {
	int32_t flow[2];
	size_t count[2];
};

static struct one_use unpaired_uses(const struct pairing *p, const struct place *at, size_t count)
{
	struct one_use use = {{-1, -1}, {0, 0}};
	for (size_t i = 0; i < count; i++) {
		int point = at[i].point;
		if (flow_of(p, point, at[i].flow)->pair >= 0)
			continue;
		use.flow[point] = at[i].flow;
		use.count[point]++;
	}
	return use;
}

struct completion {
	struct pairing *pairing;
	int64_t offset_ns, tolerance_ns;
};

static void join_disputed(struct completion *c, const struct place *at, size_t count)
{
	struct one_use use = unpaired_uses(c->pairing, at, count);
	if (use.count[0] != 1 || use.count[1] != 1)
		return;
	const struct point_flow *a = flow_of(c->pairing, 0, use.flow[0]), *b = flow_of(c->pairing, 1, use.flow[1]);
	if (ns_distance(ns_sum(a->first_ts_ns, c->offset_ns), b->first_ts_ns) > c->tolerance_ns)
		return;
	join_by_endpoints(c->pairing, use.flow[0], use.flow[1]);
	struct flow_pair *pair = &c->pairing->pairs[c->pairing->count - 1];
	pair->mapping = MAPPING_ISN;
	pair->confidence = 60;
}

static void complete_uses(struct completion *c)
{
	size_t count;
	struct place *places = places_of(c->pairing, &count);
	for (size_t begin = 0, end; begin < count; begin = end) {
		for (end = begin; end < count && places[end].key == places[begin].key;)
			end++;
		if (end - begin > 1)
			join_disputed(c, places + begin, end - begin);
	}
	free(places);
}

static void set_has_ack(const struct pairing *p, struct flow_pair *pair)
{
	const struct point_flow *a = flow_of(p, 0, pair->flow[0]), *b = flow_of(p, 1, pair->flow[1]);
	for (int d = 0; d < 2; d++)
		pair->side[d].has_ack = pair->mapping != MAPPING_PROXY && pair->side[!d].has_seq_delta && a->has_isn[!d] &&
		                        b->has_isn[pair->is_swapped ? d : !d];
}

void pairing_complete(struct pairing *p, int64_t offset_ns, int64_t tolerance_ns)
{
	struct completion completion = {p, offset_ns, tolerance_ns};
	complete_uses(&completion);
	for (size_t i = 0; i < p->count; i++)
		set_has_ack(p, &p->pairs[i]);
	for (int point = 0; point < 2; point++) {
		for (size_t i = 0; i < p->points[point].flow_count; i++) {
			if (flow_of(p, point, (int32_t)i)->pair >= 0)
				continue;
			struct flow_pair *pair = pairing_add(p, point == 0 ? (int32_t)i : -1, point == 1 ? (int32_t)i : -1);
			pair->mapping = MAPPING_ABSENT;
		}
	}
}

bool is_passed_on(const struct tally *t)
{
	return t->same >= 4 * (uint64_t)t->other;
}

int32_t pairing_of(const struct pairing *p, int32_t a, int32_t b)
{
	int32_t x = flow_of(p, 0, a)->pair, y = flow_of(p, 1, b)->pair;
	if (x < 0 || y < 0 || p->pairs[x].lead != p->pairs[y].lead)
		return -1;
	return p->pairs[x].lead != x ? x : y;
}

// Where a pair told nothing, the others speak for it.
static bool is_kept(const struct tally *own, const struct tally *all)
{
	return is_passed_on(own->same + own->other > 0 ? own : all);
}

bool pair_keeps_ip_id(const struct pairing *p, const struct pair_side *side)
{
	return is_kept(&side->ip_id, &p->ip_id);
}

bool pair_keeps_tsval(const struct pairing *p, const struct pair_side *side)
{
	return is_kept(&side->tsval, &p->tsval);
}
