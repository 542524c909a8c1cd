// A first look at both captures. See sampling.h.
#include "sampling.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "samples.h"
#include "streams.h"

enum {
	GROUP_MAX = 16,          // combinations of packets that look the same; more tell nothing
	CLUSTER_NS = 2000000000, // differences of time that delays explain
	DRIFT_PPM_MAX = 200,     // of two clocks
	START_TOLERANCE_NS = 1000000000,
};

// One packet that both may have.
struct candidate {
	int64_t raw_ns; // time at the second point less time at the first
	uint32_t at[2]; // samples
	bool is_only;   // each point has no other sample like it
	uint8_t weight; // enum weight
};

struct search {
	struct pairing *pairing;
	struct samples samples[2];
	struct candidate *candidates;
	size_t count, capacity;
};

// ---- finding the same packets ---------------------------------------------------------------------------------------

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return x->raw_ns < y->raw_ns ? -1 : x->raw_ns > y->raw_ns;
}

// Identification and timestamp tell packets apart that are otherwise alike. Where they differ, it is another copy, or they
// were rewritten: of a connection that both saw begin, no more than the one or the other.
static enum weight weight_of_match(const struct search *s, const struct sample *a, const struct sample *b)
{
	const struct point_flow *f = &s->pairing->points[0].flows[a->flow];
	bool have_ids = a->ip_id > 0 && b->ip_id > 0, have_tsvals = a->has_tsval && b->has_tsval;
	bool is_tcp = f->kind == KIND_TCP;
	enum weight otherwise = is_tcp && pairing_is_settled(s->pairing, f) ? WEIGHT_LIKELY : WEIGHT_DOUBTFUL;
	if ((have_ids && a->ip_id != b->ip_id) || (have_tsvals && a->tsval != b->tsval))
		return a->weight > WEIGHT_REPEATABLE ? otherwise : WEIGHT_NONE;
	if ((have_ids || have_tsvals) && (is_tcp || !a->is_weak || a->is_of_half))
		return WEIGHT_SURE;
	return a->weight;
}

static void add_candidate(struct search *s, size_t a, size_t b, enum weight most)
{
	const struct sample *x = &s->samples[0].at[a], *y = &s->samples[1].at[b];
	if (x->is_of_half && x->is_hash_whole && y->is_hash_whole)
		return; // the whole fingerprint tells
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? s->capacity * 2 : 4096;
		s->candidates = memory_resize(s->candidates, s->capacity * sizeof *s->candidates);
	}
	enum weight weight = weight_of_match(s, x, y);
	s->candidates[s->count++] = (struct candidate){
		.raw_ns = ns_difference(y->ts_ns, x->ts_ns),
		.at = {(uint32_t)a, (uint32_t)b},
		.is_only = most == WEIGHT_SURE,
		.weight = (uint8_t)(weight < most ? weight : most),
	};
}

// As many on either side: the first is the first. Else any may be any.
static void add_combinations(struct search *s, size_t a, size_t a_count, size_t b, size_t b_count)
{
	for (size_t i = 0; a_count == b_count && i < a_count; i++)
		add_candidate(s, a + i, b + i, a_count == 1 ? WEIGHT_SURE : WEIGHT_REPEATABLE);
	if (a_count == b_count || a_count > GROUP_MAX || b_count > GROUP_MAX || a_count * b_count > GROUP_MAX)
		return;
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			add_candidate(s, a + i, b + j, WEIGHT_NONE);
}

static int compare_ids(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	if (x->ip_id != y->ip_id)
		return x->ip_id < y->ip_id ? -1 : 1;
	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

static size_t same_id(const struct samples *s, size_t from, size_t end)
{
	size_t n = 1;
	while (from + n < end && s->at[from + n].ip_id == s->at[from].ip_id)
		n++;
	return n;
}

// Of samples that look the same, those with the same identification. False: there are none.
static bool add_by_ids(struct search *s, size_t a, size_t a_count, size_t b, size_t b_count)
{
	struct samples *x = &s->samples[0], *y = &s->samples[1];
	size_t a_end = a + a_count, b_end = b + b_count;
	bool found = false;
	qsort(x->at + a, a_count, sizeof *x->at, compare_ids);
	qsort(y->at + b, b_count, sizeof *y->at, compare_ids);
	while (a < a_end && b < b_end) {
		int64_t of_a = x->at[a].ip_id, of_b = y->at[b].ip_id;
		size_t n = same_id(x, a, a_end), m = same_id(y, b, b_end);
		if (of_a == of_b && of_a > 0) {
			add_combinations(s, a, n, b, m);
			found = true;
		}
		a += of_a <= of_b ? n : 0;
		b += of_b <= of_a ? m : 0;
	}
	return found;
}

static int compare_times(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

static void add_group(struct search *s, size_t a, size_t a_count, size_t b, size_t b_count)
{
	if (a_count + b_count > 2) {
		if (add_by_ids(s, a, a_count, b, b_count))
			return;
		qsort(s->samples[0].at + a, a_count, sizeof *s->samples[0].at, compare_times);
		qsort(s->samples[1].at + b, b_count, sizeof *s->samples[1].at, compare_times);
	}
	add_combinations(s, a, a_count, b, b_count);
}

static size_t same_key(const struct samples *s, size_t from)
{
	size_t n = 0;
	while (from + n < s->count && s->at[from + n].key == s->at[from].key)
		n++;
	return n;
}

static void find_candidates(struct search *s)
{
	const struct samples *a = &s->samples[0], *b = &s->samples[1];
	for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
		size_t n = same_key(a, i), m = same_key(b, j);
		if (a->at[i].key == b->at[j].key)
			add_group(s, i, n, j, m);
		bool skip_a = a->at[i].key <= b->at[j].key, skip_b = b->at[j].key <= a->at[i].key;
		i += skip_a ? n : 0;
		j += skip_b ? m : 0;
	}
}

// ---- what they say --------------------------------------------------------------------------------------------------

static int64_t cluster_width(const struct pairing *p)
{
	int64_t a = ns_distance(p->points[0].last_ts_ns, p->points[0].first_ts_ns);
	int64_t b = ns_distance(p->points[1].last_ts_ns, p->points[1].first_ts_ns);
	return CLUSTER_NS + (a < b ? a : b) / (1000000 / DRIFT_PPM_MAX);
}

// Candidates next to each other, of those sorted by their difference.
struct cluster {
	size_t first, count;
	uint64_t weight;
};

static bool is_heavier(const struct cluster *a, const struct cluster *b)
{
	return a->weight != b->weight ? a->weight > b->weight : a->count > b->count;
}

// The differences that the weightiest candidates agree on.
static struct cluster find_cluster(const struct search *s)
{
	int64_t width = cluster_width(s->pairing);
	struct cluster best = {0}, now = {0};
	for (size_t last = 0; last < s->count; last++) {
		now.weight += s->candidates[last].weight;
		while (ns_distance(s->candidates[last].raw_ns, s->candidates[now.first].raw_ns) > width)
			now.weight -= s->candidates[now.first++].weight;
		now.count = last - now.first + 1;
		if (is_heavier(&now, &best))
			best = now;
	}
	return best;
}

static int compare_flow_pairs(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

// What the candidates of a cluster weigh, where payload alone counts for WEIGHT_OF_FLOWS at most.
static uint64_t weight_to_believe(const struct search *s, const struct cluster *cluster)
{
	uint64_t *flows = memory_alloc((cluster->count + 1) * sizeof *flows), weight = 0;
	size_t count = 0, run = 0;
	for (size_t i = cluster->first; i < cluster->first + cluster->count; i++) {
		const struct candidate *c = &s->candidates[i];
		const struct sample *a = &s->samples[0].at[c->at[0]], *b = &s->samples[1].at[c->at[1]];
		if (c->weight == WEIGHT_DOUBTFUL)
			flows[count++] = (uint64_t)(uint32_t)a->flow << 32 | (uint32_t)b->flow;
		else
			weight += c->weight;
	}
	qsort(flows, count, sizeof *flows, compare_flow_pairs);
	for (size_t i = 0; i < count; i++) {
		run = i > 0 && flows[i] == flows[i - 1] ? run + 1 : 1;
		weight += run <= WEIGHT_OF_FLOWS / WEIGHT_DOUBTFUL ? WEIGHT_DOUBTFUL : 0;
	}
	free(flows);
	return weight;
}

// The candidates that say that the clocks agree.
static struct cluster cluster_of_equal_clocks(const struct search *s)
{
	struct cluster equal = {0};
	while (equal.first < s->count && s->candidates[equal.first].raw_ns < -EQUAL_NS)
		equal.first++;
	while (equal.first + equal.count < s->count && s->candidates[equal.first + equal.count].raw_ns <= EQUAL_NS)
		equal.count++;
	return equal;
}

// What the candidates say of the clocks. Sorts them, and keeps only those that agree: the weightiest, or if that is not
// enough to be believed, those that say what is likely anyhow.
static void find_offset(struct search *s, struct sampling *result)
{
	if (s->count > 0)
		qsort(s->candidates, s->count, sizeof *s->candidates, compare_candidates);
	struct cluster cluster = find_cluster(s);
	result->is_sure = weight_to_believe(s, &cluster) >= WEIGHT_ENOUGH;
	if (!result->is_sure)
		cluster = cluster_of_equal_clocks(s);
	if (cluster.count > 0)
		memmove(s->candidates, s->candidates + cluster.first, cluster.count * sizeof *s->candidates);
	s->count = result->common = cluster.count;
	if (cluster.count == 0)
		return;
	result->low_ns = s->candidates[0].raw_ns;
	result->high_ns = s->candidates[cluster.count - 1].raw_ns;
	result->offset_ns = s->candidates[cluster.count / 2].raw_ns;
}

// Whether two packets with the same payload were sent by two hosts.
static bool is_own(const struct sample *a, const struct sample *b)
{
	bool have_ids = a->ip_id > 0 && b->ip_id > 0, have_tsvals = a->has_tsval && b->has_tsval;
	return (have_ids || have_tsvals) && (!have_ids || a->ip_id != b->ip_id) &&
	       (!have_tsvals || a->tsval != b->tsval);
}

static struct vote vote_of(const struct sample *a, const struct sample *b)
{
	return (struct vote){
		.flow = {a->flow, b->flow},
		.is_swapped = a->direction != b->direction,
		.is_weak = a->is_weak,
		.is_own = is_own(a, b),
		.direction = a->direction,
		.seq_delta = b->seq - a->seq,
	};
}

// About flows that have no counterpart yet, and about pairs that are assumed.
static void collect_votes(const struct search *s)
{
	struct pairing *p = s->pairing;
	struct vote *strangers = memory_alloc((s->count + 1) * sizeof *strangers);
	struct vote *assumed = memory_alloc((s->count + 1) * sizeof *assumed);
	size_t stranger_count = 0, assumed_count = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *a = &s->samples[0].at[s->candidates[i].at[0]];
		const struct sample *b = &s->samples[1].at[s->candidates[i].at[1]];
		int32_t x = p->points[0].flows[a->flow].pair, y = p->points[1].flows[b->flow].pair;
		if (x < 0 && y < 0)
			strangers[stranger_count++] = vote_of(a, b);
		else if (x >= 0 && x == y && p->pairs[x].is_assumed)
			assumed[assumed_count++] = vote_of(a, b);
	}
	pairing_by_votes(p, strangers, stranger_count);
	pairing_check(p, assumed, assumed_count);
	free(strangers);
	free(assumed);
}

static void count(struct tally *own, struct tally *all, bool same)
{
	own->same += same;
	own->other += !same;
	all->same += same;
	all->other += !same;
}

// The pair that two samples are a packet of; NULL none.
static struct flow_pair *pair_of(const struct search *s, const struct sample *a, const struct sample *b)
{
	int32_t index = pairing_of(s->pairing, a->flow, b->flow);
	if (index < 0)
		return NULL;
	struct flow_pair *pair = &s->pairing->pairs[index];
	bool may_differ = pair->is_assumed && b->seq - a->seq != pair->side[a->direction].seq_delta;
	return may_differ ? NULL : pair;
}

// One packet seen at both: what the way does to packets of its flow.
static void learn(struct pairing *p, struct flow_pair *pair, const struct sample *a, const struct sample *b)
{
	struct pair_side *side = &pair->side[a->direction];
	if (a->ip_id > 0 || b->ip_id > 0)
		count(&side->ip_id, &p->ip_id, a->ip_id == b->ip_id);
	if (a->has_tsval && b->has_tsval)
		count(&side->tsval, &p->tsval, a->tsval == b->tsval);
	if (a->ttl >= 0 && b->ttl >= 0 && a->ttl != b->ttl)
		(*(b->ttl < a->ttl ? &side->ttl_less : &side->ttl_more))++;
	if (pair->mapping == MAPPING_NAT && a->echo_ident >= 0)
		pair->is_echo_ident_kept = a->echo_ident == b->echo_ident;
}

// Whether they are told apart by what most packets keep.
static bool are_two_copies(const struct pairing *p, const struct sample *a, const struct sample *b)
{
	return (a->ip_id > 0 && b->ip_id > 0 && a->ip_id != b->ip_id && is_passed_on(&p->ip_id)) ||
	       (a->has_tsval && b->has_tsval && a->tsval != b->tsval && is_passed_on(&p->tsval));
}

// How far apart the sightings of its flow's packets are. offset_ns is that of the clocks.
static void learn_time(const struct pairing *p, struct flow_pair *pair, const struct sample *a,
                       const struct sample *b, int64_t raw_ns, int64_t offset_ns)
{
	struct pair_side *side = &pair->side[a->direction];
	if (are_two_copies(p, a, b))
		return;
	if (!side->is_raw_known || ns_distance(raw_ns, offset_ns) < ns_distance(side->raw_last_ns, offset_ns))
		side->raw_last_ns = raw_ns;
	side->is_raw_known = true;
}

// The middle between the fastest packets forward and back, such that every packet leaves one point before it reaches the
// other; where all go one way, the fastest. One that was sent more than once may be paired with another copy of it, which
// arrived before it left.
static int64_t start_offset(const struct search *s, const struct sampling *result)
{
	int64_t forward = INT64_MAX, back = INT64_MIN;
	for (size_t i = 0; i < s->count; i++) {
		const struct candidate *c = &s->candidates[i];
		const struct sample *a = &s->samples[0].at[c->at[0]], *b = &s->samples[1].at[c->at[1]];
		if (!pair_of(s, a, b) || a->ttl < 0 || b->ttl < 0 || !c->is_only)
			continue;
		if (b->ttl < a->ttl && c->raw_ns < forward)
			forward = c->raw_ns;
		if (b->ttl > a->ttl && c->raw_ns > back)
			back = c->raw_ns;
	}
	if (forward < INT64_MAX && back > INT64_MIN)
		return ns_sum(back, ns_difference(forward, back) / 2);
	if (forward < INT64_MAX || back > INT64_MIN)
		return forward < INT64_MAX ? forward : back;
	return result->offset_ns;
}

// What is passed on is learned first.
static void learn_all(struct search *s, int64_t offset_ns)
{
	struct pairing *p = s->pairing;
	for (size_t i = 0; i < p->count; i++)
		p->pairs[i].side[0].raw_last_ns = p->pairs[i].side[1].raw_last_ns = offset_ns;
	for (size_t i = 0; i < 2 * s->count; i++) {
		const struct candidate *c = &s->candidates[i % s->count];
		const struct sample *a = &s->samples[0].at[c->at[0]], *b = &s->samples[1].at[c->at[1]];
		struct flow_pair *pair = pair_of(s, a, b);
		if (pair && i < s->count)
			learn(p, pair, a, b);
		else if (pair)
			learn_time(p, pair, a, b, c->raw_ns, offset_ns);
	}
}

bool sampling_run(struct sampling *result, struct pairing *pairing)
{
	struct search s = {.pairing = pairing};
	*result = (struct sampling){0};
	bool ok = samples_pick(s.samples, pairing);
	if (ok) {
		find_candidates(&s);
		find_offset(&s, result);
		streams_mark(pairing, result);
		collect_votes(&s);
		streams_pair(pairing, result);
		pairing_complete(pairing, result->offset_ns, START_TOLERANCE_NS);
		result->offset_ns = start_offset(&s, result);
		learn_all(&s, result->offset_ns);
	}
	samples_release(&s.samples[0]);
	samples_release(&s.samples[1]);
	free(s.candidates);
	return ok;
}
