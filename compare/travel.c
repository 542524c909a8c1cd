// Which way packets go. See travel.h.
#include "travel.h"

#include <stdlib.h>

#include "../common/message.h"

// Where an address is: below 0 at the first point's side, above 0 at the second's.
struct side_of {
	uint64_t address;
	int64_t score;
};

struct sides {
	struct side_of *at;
	size_t count;
};

// A few packets whose TTL differs, of many, may be copies that a router passed on.
static enum travel by_ttl(const struct pair_side *s)
{
	uint64_t differ = (uint64_t)s->ttl_less + s->ttl_more;
	if (s->ttl_less == s->ttl_more || differ * 2 < (uint64_t)s->matched)
		return TRAVEL_UNKNOWN;
	return s->ttl_less > s->ttl_more ? TRAVEL_FORWARD : TRAVEL_BACK;
}

// Packets of the one direction all seem to take longer than those of the other.
static enum travel by_delays(const struct pair_side *s, const struct pair_side *other)
{
	if (s->matched == 0 || other->matched == 0)
		return TRAVEL_UNKNOWN;
	if (s->raw_min_ns > other->raw_max_ns)
		return TRAVEL_FORWARD;
	return other->raw_min_ns > s->raw_max_ns ? TRAVEL_BACK : TRAVEL_UNKNOWN;
}

// On average: with clocks that drift, or delays that vary by more than they are. One packet taken for another may mislead.
static enum travel by_mean(const struct pair_side *s, const struct pair_side *other)
{
	if (s->matched == 0 || other->matched == 0 || s->raw_mean_ns == other->raw_mean_ns)
		return TRAVEL_UNKNOWN;
	return s->raw_mean_ns > other->raw_mean_ns ? TRAVEL_FORWARD : TRAVEL_BACK;
}

static enum travel opposite(enum travel t)
{
	return (enum travel)(-(int)t);
}

// How many packets of the pair's smaller side speak for its TTLs, where their times tell; below 0, against them.
static int64_t vote_on_ttl(const struct flow_pair *pair)
{
	const struct pair_side *s = pair->side;
	enum travel by_time = by_delays(&s[0], &s[1]);
	int64_t packets = s[0].matched < s[1].matched ? s[0].matched : s[1].matched;
	int64_t vote = 0;
	for (int d = 0; d < 2; d++) {
		enum travel told = by_ttl(&s[d]), due = d ? opposite(by_time) : by_time;
		if (told != TRAVEL_UNKNOWN && due != TRAVEL_UNKNOWN)
			vote += told == due ? packets : -packets;
	}
	return vote;
}

// A device between the points sets TTLs anew: by them, most packets would arrive before they left.
static bool is_ttl_set_anew(const struct pairing *p)
{
	int64_t vote = 0;
	for (size_t i = 0; i < p->count; i++)
		vote += vote_on_ttl(&p->pairs[i]);
	return vote < 0;
}

static void find_by_packets(struct flow_pair *pair, bool use_ttl)
{
	struct pair_side *s = pair->side;
	enum travel by_time = by_delays(&s[0], &s[1]);
	for (int d = 0; d < 2; d++)
		s[d].travel = use_ttl ? by_ttl(&s[d]) : TRAVEL_UNKNOWN;
	if (s[0].travel == s[1].travel && by_time != TRAVEL_UNKNOWN) {
		s[0].travel = by_time;
		s[1].travel = TRAVEL_UNKNOWN;
	}
	for (int d = 0; d < 2; d++)
		if (s[d].travel == TRAVEL_UNKNOWN)
			s[d].travel = opposite(s[!d].travel);
}

// ---- by addresses -----------------------------------------------------------------------------------------------------

static int compare_sides(const void *a, const void *b)
{
	const struct side_of *x = a, *y = b;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int point_of(const struct flow_pair *pair)
{
	return pair->flow[0] >= 0 ? 0 : 1;
}

static const struct point_flow *any_flow(const struct pairing *p, const struct flow_pair *pair)
{
	int point = point_of(pair);
	return &p->points[point].flows[pair->flow[point]];
}

static void add_sides(struct sides *s, const struct point_flow *f, int forward_from)
{
	s->at[s->count++] = (struct side_of){f->address[forward_from], -1};
	s->at[s->count++] = (struct side_of){f->address[!forward_from], 1};
}

static void merge_sides(struct sides *s)
{
	size_t kept = 0;
	if (s->count > 0)
		qsort(s->at, s->count, sizeof *s->at, compare_sides);
	for (size_t i = 0; i < s->count; i++) {
		if (kept > 0 && s->at[kept - 1].address == s->at[i].address)
			s->at[kept - 1].score += s->at[i].score;
		else
			s->at[kept++] = s->at[i];
	}
	s->count = kept;
}

static void sides_init(struct sides *s, const struct pairing *p)
{
	*s = (struct sides){.at = memory_alloc((p->count * 4 + 1) * sizeof *s->at)};
	for (size_t i = 0; i < p->count; i++) {
		const struct flow_pair *pair = &p->pairs[i];
		enum travel travel = pair->side[0].travel;
		if (travel == TRAVEL_UNKNOWN || pair->flow[0] < 0 || pair->flow[1] < 0)
			continue;
		bool from_dst = travel == TRAVEL_BACK;
		add_sides(s, &p->points[0].flows[pair->flow[0]], from_dst);
		add_sides(s, &p->points[1].flows[pair->flow[1]], from_dst != pair->is_swapped);
	}
	merge_sides(s);
}

static int64_t score_of(const struct sides *s, uint64_t address)
{
	struct side_of wanted = {.address = address};
	const struct side_of *found = s->count ? bsearch(&wanted, s->at, s->count, sizeof *s->at, compare_sides) : NULL;
	return found ? found->score : 0;
}

static void find_by_addresses(const struct pairing *p, struct flow_pair *pair, const struct sides *s)
{
	const struct point_flow *f = any_flow(p, pair);
	int64_t src = score_of(s, f->address[0]), dst = score_of(s, f->address[1]);
	if (src == dst)
		return;
	pair->side[0].travel = src < dst ? TRAVEL_FORWARD : TRAVEL_BACK;
	pair->side[1].travel = opposite(pair->side[0].travel);
}

static void find_all_by_addresses(struct pairing *p)
{
	struct sides sides;
	sides_init(&sides, p);
	for (size_t i = 0; i < p->count; i++)
		if (p->pairs[i].side[0].travel == TRAVEL_UNKNOWN)
			find_by_addresses(p, &p->pairs[i], &sides);
	free(sides.at);
}

static void find_by_mean(struct flow_pair *pair)
{
	struct pair_side *s = pair->side;
	if (s[0].travel != TRAVEL_UNKNOWN)
		return;
	s[0].travel = by_mean(&s[0], &s[1]);
	s[1].travel = opposite(s[0].travel);
}

// What is sure first: it tells the sides of the addresses that others have.
void travel_find(struct pairing *p)
{
	bool use_ttl = !is_ttl_set_anew(p);
	for (size_t i = 0; i < p->count; i++)
		find_by_packets(&p->pairs[i], use_ttl);
	find_all_by_addresses(p);
	for (size_t i = 0; i < p->count; i++)
		find_by_mean(&p->pairs[i]);
	find_all_by_addresses(p);
}

// ---- paths ------------------------------------------------------------------------------------------------------------

static uint64_t path_of(const struct point_flow *f)
{
	return f->address[0] ^ f->address[1];
}

static int compare_paths(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

void travel_paths_init(struct travel_paths *t, const struct pairing *p, int point)
{
	*t = (struct travel_paths){.at = memory_alloc((p->count + 1) * sizeof *t->at)};
	for (size_t i = 0; i < p->count; i++) {
		const struct flow_pair *pair = &p->pairs[i];
		if (pair->flow[0] >= 0 && pair->flow[1] >= 0 && pair->side[0].matched + pair->side[1].matched > 0)
			t->at[t->count++] = path_of(&p->points[point].flows[pair->flow[point]]);
	}
	if (t->count > 0)
		qsort(t->at, t->count, sizeof *t->at, compare_paths);
}

bool travel_paths_has(const struct travel_paths *t, const struct point_flow *f)
{
	uint64_t path = path_of(f);
	return t->count > 0 && bsearch(&path, t->at, t->count, sizeof *t->at, compare_paths);
}

void travel_paths_release(struct travel_paths *t)
{
	free(t->at);
}
