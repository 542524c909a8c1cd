// Flows behind a proxy, by their streams of bytes. See streams.h.
#include "streams.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"

enum {
	HEAD_SHIFT = 16, // the half of a fingerprint that is of the first bytes
	COMBINATIONS_MAX =
		64, // of flows that are alike; more are taken in their order if there are as many on either side
	STREAM_LEN_MIN = 16,       // of both directions: less may be chance
	TOLERANCE_NS = 2000000000, // a proxy connects, waits for a request, looks up a name
	CONFIDENCE_WHOLE = 85,
	CONFIDENCE_BEGINNING = 70,
	WEIGHT_WHOLE = 8, // of flows alike that are not like others, to say that the clocks are far apart
	WEIGHT_BEGINNING = 2,
	WEIGHT_ENOUGH = 16,
};

bool streams_want(const struct point_flow *f, const struct sighting *s)
{
	int d = s->direction;
	return f->kind == KIND_TCP && !f->head[d] && f->has_syn[d] && s->payload_len > 0 && s->seq == f->isn[d] + 1;
}

void streams_note(struct point_flow *f, const struct sighting *s)
{
	if (s->fragment_offset < 0)
		f->head[s->direction] = (uint16_t)(s->payload_hash >> HEAD_SHIFT);
}

// A flow by what its streams are.
struct stream_place {
	uint64_t key;
	int64_t ts_ns;
	int32_t flow;
};

struct stream_places {
	struct stream_place *at;
	size_t count;
};

// Two flows that are alike.
struct stream_candidate {
	uint64_t key;
	int64_t raw_ns;   // time of the first packet at the second point less that at the first
	int64_t error_ns; // off the clocks' difference
	int32_t flow[2];
};

struct stream_candidates {
	struct stream_candidate *at;
	size_t count, capacity;
};

static bool has_streams(const struct point_flow *f, bool whole)
{
	bool begun = f->head[0] && f->head[1];
	if (f->kind != KIND_TCP || f->pair >= 0 || !f->has_syn[0] || !f->has_syn[1])
		return false;
	return (whole ? f->head[0] || f->head[1] : begun) && f->stream_len[0] + f->stream_len[1] >= STREAM_LEN_MIN;
}

static uint64_t stream_key(const struct point_flow *f, bool whole)
{
	uint64_t parts[4] = {f->head[0], f->head[1]};
	for (int d = 0; whole && d < 2; d++)
		parts[2 + d] = (uint64_t)f->stream_len[d];
	return XXH3_64bits(parts, sizeof parts);
}

static int compare_places(const void *a, const void *b)
{
	const struct stream_place *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

static struct stream_places places_of(const struct point *p, bool whole)
{
	struct stream_places places = {.at = memory_alloc((p->flow_count + 1) * sizeof *places.at)};
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct point_flow *f = &p->flows[i];
		if (has_streams(f, whole))
			places.at[places.count++] = (struct stream_place){stream_key(f, whole), f->first_ts_ns, (int32_t)i};
	}
	if (places.count > 0)
		qsort(places.at, places.count, sizeof *places.at, compare_places);
	return places;
}

static size_t same_key(const struct stream_places *p, size_t from)
{
	size_t n = 0;
	while (from + n < p->count && p->at[from + n].key == p->at[from].key)
		n++;
	return n;
}

static void add_candidate(struct stream_candidates *c, const struct stream_place *a, const struct stream_place *b)
{
	if (c->count == c->capacity) {
		c->capacity = c->capacity ? c->capacity * 2 : 256;
		c->at = memory_resize(c->at, c->capacity * sizeof *c->at);
	}
	c->at[c->count++] = (struct stream_candidate){
		.key = a->key,
		.raw_ns = ns_difference(b->ts_ns, a->ts_ns),
		.flow = {a->flow, b->flow},
	};
}

static void add_group(struct stream_candidates *c, const struct stream_place *a, size_t a_count,
                      const struct stream_place *b, size_t b_count)
{
	bool few = a_count <= COMBINATIONS_MAX && b_count <= COMBINATIONS_MAX && a_count * b_count <= COMBINATIONS_MAX;
	for (size_t i = 0; few && i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			add_candidate(c, a + i, b + j);
	for (size_t i = 0; !few && a_count == b_count && i < a_count; i++)
		add_candidate(c, a + i, b + i);
}

static struct stream_candidates find_candidates(const struct pairing *p, bool whole)
{
	struct stream_candidates candidates = {0};
	struct stream_places a = places_of(&p->points[0], whole), b = places_of(&p->points[1], whole);
	for (size_t i = 0, j = 0; i < a.count && j < b.count;) {
		size_t n = same_key(&a, i), m = same_key(&b, j);
		uint64_t x = a.at[i].key, y = b.at[j].key;
		if (x == y)
			add_group(&candidates, a.at + i, n, b.at + j, m);
		i += x <= y ? n : 0;
		j += y <= x ? m : 0;
	}
	free(a.at);
	free(b.at);
	return candidates;
}

static int compare_times(const void *a, const void *b)
{
	const struct stream_candidate *x = a, *y = b;
	return x->raw_ns < y->raw_ns ? -1 : x->raw_ns > y->raw_ns;
}

static int compare_errors(const void *a, const void *b)
{
	const struct stream_candidate *x = a, *y = b;
	if (x->error_ns != y->error_ns)
		return x->error_ns < y->error_ns ? -1 : 1;
	return x->flow[0] < y->flow[0] ? -1 : x->flow[0] > y->flow[0];
}

static int compare_keys(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

// How many of them are not like others.
static size_t count_unlike(const struct stream_candidate *c, size_t count)
{
	uint64_t *keys = memory_alloc((count + 1) * sizeof *keys);
	size_t unlike = 0;
	for (size_t i = 0; i < count; i++)
		keys[i] = c[i].key;
	qsort(keys, count, sizeof *keys, compare_keys);
	for (size_t i = 0; i < count; i++)
		unlike += i == 0 || keys[i] != keys[i - 1];
	free(keys);
	return unlike;
}

// Candidates next to each other, of those sorted by their difference.
struct stream_range {
	size_t first, count;
};

static struct stream_range most_that_agree(const struct stream_candidates *c)
{
	struct stream_range best = {0};
	for (size_t first = 0, last = 0; last < c->count; last++) {
		while (ns_distance(c->at[last].raw_ns, c->at[first].raw_ns) > TOLERANCE_NS)
			first++;
		if (last - first + 1 > best.count)
			best = (struct stream_range){first, last - first + 1};
	}
	return best;
}

static struct stream_range those_of_equal_clocks(const struct stream_candidates *c)
{
	struct stream_range equal = {0};
	while (equal.first < c->count && c->at[equal.first].raw_ns < -EQUAL_NS)
		equal.first++;
	while (equal.first + equal.count < c->count && c->at[equal.first + equal.count].raw_ns <= EQUAL_NS)
		equal.count++;
	return equal;
}

// The middle of the differences that most of them agree on; where those are too few to be believed, of those that say
// that the clocks agree. Sorts them.
static void find_offset(struct stream_candidates *c, struct sampling *s, size_t weight)
{
	qsort(c->at, c->count, sizeof *c->at, compare_times);
	struct stream_range range = most_that_agree(c);
	s->is_sure = count_unlike(c->at + range.first, range.count) * weight >= WEIGHT_ENOUGH;
	if (!s->is_sure)
		range = those_of_equal_clocks(c);
	s->common = range.count;
	if (range.count == 0)
		return;
	s->offset_ns = c->at[range.first + range.count / 2].raw_ns;
	s->low_ns = c->at[range.first].raw_ns;
	s->high_ns = c->at[range.first + range.count - 1].raw_ns;
}

static void join(struct pairing *p, const int32_t flow[2], int confidence)
{
	const struct point_flow *a = &p->points[0].flows[flow[0]], *b = &p->points[1].flows[flow[1]];
	struct flow_pair *pair = pairing_add(p, flow[0], flow[1]);
	pair->mapping = MAPPING_PROXY;
	pair->confidence = confidence;
	for (int d = 0; d < 2; d++) {
		struct pair_side *side = &pair->side[d];
		pair->evidence += a->head[d] != 0 && a->head[d] == b->head[d];
		side->has_seq_delta = true;
		side->seq_delta = b->isn[d] - a->isn[d];
		side->ip_id.other = side->tsval.other = 1; // another host's packets
	}
}

// How far a difference of time may be off the clocks': they may drift.
static int64_t tolerance(const struct sampling *s)
{
	return ns_sum(TOLERANCE_NS, ns_distance(s->high_ns, s->low_ns));
}

// Those that are nearest in time first.
static void join_all(struct pairing *p, struct stream_candidates *c, const struct sampling *s, int confidence)
{
	for (size_t i = 0; i < c->count; i++)
		c->at[i].error_ns = ns_distance(c->at[i].raw_ns, s->offset_ns);
	qsort(c->at, c->count, sizeof *c->at, compare_errors);
	for (size_t i = 0; i < c->count && c->at[i].error_ns <= tolerance(s); i++) {
		const int32_t *flow = c->at[i].flow;
		if (p->points[0].flows[flow[0]].pair < 0 && p->points[1].flows[flow[1]].pair < 0)
			join(p, flow, confidence);
	}
}

void streams_mark(struct pairing *p, const struct sampling *s)
{
	struct stream_candidates candidates = {0};
	if (s->common > 0)
		candidates = find_candidates(p, true);
	for (size_t i = 0; i < candidates.count; i++) {
		const struct stream_candidate *c = &candidates.at[i];
		bool is_near = ns_distance(c->raw_ns, s->offset_ns) <= tolerance(s);
		for (int point = 0; is_near && point < 2; point++)
			p->points[point].flows[c->flow[point]].has_twin = true;
	}
	free(candidates.at);
}

void streams_pair(struct pairing *p, struct sampling *s)
{
	for (int whole = 1; whole >= 0; whole--) {
		struct stream_candidates candidates = find_candidates(p, whole);
		if (candidates.count > 0 && s->common == 0)
			find_offset(&candidates, s, whole ? WEIGHT_WHOLE : WEIGHT_BEGINNING);
		if (candidates.count > 0 && s->common > 0)
			join_all(p, &candidates, s, whole ? CONFIDENCE_WHOLE : CONFIDENCE_BEGINNING);
		free(candidates.at);
	}
}
