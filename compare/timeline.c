// The packets of a connection in the order of two points. See timeline.h.
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "again.h"
#include "gaps.h"

// ---- memory -----------------------------------------------------------------------------------------------------------

static void reserve(struct timeline *t, size_t passages)
{
	if (passages <= t->capacity)
		return;
	t->capacity = passages + passages / 4;
	t->legs = memory_resize(t->legs, t->capacity * sizeof *t->legs);
	t->far = memory_resize(t->far, t->capacity * sizeof *t->far);
	for (int i = 0; i < 2; i++) {
		struct timeline_side *side = &t->side[i];
		t->at[i] = memory_resize(t->at[i], t->capacity * sizeof *t->at[i]);
		side->sent = memory_resize(side->sent, t->capacity * sizeof *side->sent);
		side->sent_highest = memory_resize(side->sent_highest, t->capacity * sizeof *side->sent_highest);
		side->unsent = memory_resize(side->unsent, t->capacity * sizeof *side->unsent);
		side->lost = memory_resize(side->lost, t->capacity * sizeof *side->lost);
		side->lost_ack = memory_resize(side->lost_ack, t->capacity * sizeof *side->lost_ack);
		side->repeats = memory_resize(side->repeats, t->capacity * sizeof *side->repeats);
	}
}

void timeline_release(struct timeline *t)
{
	free(t->legs);
	free(t->far);
	for (int i = 0; i < 2; i++) {
		free(t->at[i]);
		free(t->side[i].sent);
		free(t->side[i].sent_highest);
		free(t->side[i].unsent);
		free(t->side[i].lost);
		free(t->side[i].lost_ack);
		free(t->side[i].repeats);
	}
	*t = (struct timeline){0};
}

// ---- order ------------------------------------------------------------------------------------------------------------

// By a point's packets; of the passages of one packet, in the order of the other point, and what that has not last.
static int compare_at(int point, const void *a, const void *b)
{
	const struct passage *x = *(const struct passage *const *)a, *y = *(const struct passage *const *)b;
	if (x->packet_id[point] != y->packet_id[point])
		return x->packet_id[point] < y->packet_id[point] ? -1 : 1;
	uint64_t p = (uint64_t)x->packet_id[!point] - 1, q = (uint64_t)y->packet_id[!point] - 1;
	return p < q ? -1 : p > q;
}

static int compare_near(const void *a, const void *b)
{
	return compare_at(NEAR, a, b);
}

static int compare_far(const void *a, const void *b)
{
	return compare_at(FAR, a, b);
}

static int compare_legs(const void *a, const void *b)
{
	const struct leg *x = *(struct leg *const *)a, *y = *(struct leg *const *)b;
	return compare_far(&x->p, &y->p);
}

// Passages come about in order: mostly there is nothing to sort.
static void sort(void *of, size_t count, int (*compare)(const void *, const void *))
{
	void **at = of;
	for (size_t i = 1; i < count; i++) {
		if (compare(&at[i - 1], &at[i]) > 0) {
			qsort(at, count, sizeof *at, compare);
			return;
		}
	}
}

static void list_point(struct timeline *t, int point, const struct passage *passages, size_t count)
{
	t->at_count[point] = 0;
	for (size_t i = 0; i < count; i++)
		if (passages[i].packet_id[point])
			t->at[point][t->at_count[point]++] = &passages[i];
	sort(t->at[point], t->at_count[point], point == NEAR ? compare_near : compare_far);
}

static void list_legs(struct timeline *t)
{
	int64_t last_id = 0;
	t->count = t->far_count = 0;
	for (size_t i = 0; i < t->at_count[NEAR]; i++) {
		const struct passage *p = t->at[NEAR][i];
		if (p->is_copy || p->packet_id[NEAR] == last_id)
			continue;
		last_id = p->packet_id[NEAR];
		t->legs[t->count++] = (struct leg){.p = p, .beyond_ns = UNKNOWN_NS, .acked = -1};
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->legs[i].p->packet_id[FAR])
			t->far[t->far_count++] = &t->legs[i];
	sort(t->far, t->far_count, compare_legs);
}

struct leg *timeline_legs_behind(const struct timeline *t, int64_t near_id)
{
	size_t low = 0, high = t->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->legs[middle].p->packet_id[NEAR] <= near_id)
			low = middle + 1;
		else
			high = middle;
	}
	return t->legs + low;
}

struct leg *timeline_leg(const struct timeline *t, int64_t near_id)
{
	struct leg *behind = timeline_legs_behind(t, near_id);
	return behind > t->legs && behind[-1].p->packet_id[NEAR] == near_id ? behind - 1 : NULL;
}

size_t passages_before(const struct passage **list, size_t count, int point, int64_t packet_id)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list[middle]->packet_id[point] < packet_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t timeline_behind(const struct timeline *t, int point, int64_t packet_id)
{
	size_t i = passages_before(t->at[point], t->at_count[point], point, packet_id);
	while (i < t->at_count[point] && t->at[point][i]->packet_id[point] == packet_id)
		i++;
	return i;
}

// ---- at the far point -------------------------------------------------------------------------------------------------

// What the far point has seen.
struct far_past {
	int64_t client_id, client_ts_ns, client_excess_ns; // the client's latest packet; 0 none
	int64_t request_id;                                // its latest with data, or SYN; 0 none
	int64_t data_id, data_ts_ns;                       // the server's latest with data; 0 none
	int64_t acked;                                     // by the client; -1 none
	size_t answered;            // of the packets: the server's data among so many first ones has been acknowledged
	int64_t answered_in_flight; // when the last of that was sent, bytes; -1 not known
};

static bool is_syn(const struct passage *p)
{
	return p->tcp_flags[NEAR] & FLAG_SYN;
}

static int64_t in_flight(const struct leg *l)
{
	return l->acked >= 0 ? passage_end(l->p, FAR) - l->acked : -1;
}

static bool is_data_of_server(const struct passage *p)
{
	return p->from_server && passage_has_data(p);
}

// Goes on to the latest data of the server that is acknowledged.
static void find_answered(const struct timeline *t, struct far_past *past, size_t count)
{
	for (; past->answered < count; past->answered++) {
		const struct leg *l = t->far[past->answered];
		if (is_data_of_server(l->p) && passage_end(l->p, FAR) > past->acked)
			return;
		if (is_data_of_server(l->p))
			past->answered_in_flight = in_flight(l);
	}
}

// More is under way than a round trip ago: the server's window opens, and it sends as fast as it dares.
static bool is_opening_up(const struct leg *l, const struct far_past *past)
{
	return past->answered_in_flight > 0 && in_flight(l) > past->answered_in_flight + past->answered_in_flight / 4;
}

// What the server waited for before it sent this, and how long.
static void look_back(struct leg *l, const struct far_past *past, int64_t soon_ns)
{
	const struct passage *p = l->p;
	int64_t ts_ns = p->ts_ns[FAR], since_client_ns = ns_difference(ts_ns, past->client_ts_ns);
	bool is_request_later = past->request_id > past->data_id;
	bool is_ack_later = past->client_id > past->data_id;
	bool is_soon = past->client_id && since_client_ns <= soon_ns;
	l->acked = past->acked;
	l->client_excess_ns = past->client_excess_ns;
	l->waits_for_client = is_syn(p) || !passage_has_data(p) || is_request_later || (is_ack_later && is_soon);
	if (!past->client_id)
		l->beyond_ns = 0;
	else if (!is_syn(p) && past->client_id > past->request_id && is_ack_later && is_soon)
		l->beyond_ns = 0; // it waited for an ACK
	else if (is_syn(p) || !passage_has_data(p) || is_request_later)
		l->beyond_ns = since_client_ns;
	else if (past->data_id && is_opening_up(l, past))
		l->beyond_ns = 0; // it waited for nothing but its own pace
	else if (past->data_id)
		l->beyond_ns = ns_difference(ts_ns, past->data_ts_ns);
}

static void note_client(struct far_past *past, const struct passage *p)
{
	int64_t excess_ns = passage_excess(p);
	if (past->client_id != p->packet_id[FAR] || excess_ns < past->client_excess_ns)
		past->client_excess_ns = excess_ns;
	if (!past->client_id || p->ts_ns[FAR] > past->client_ts_ns)
		past->client_ts_ns = p->ts_ns[FAR];
	past->client_id = p->packet_id[FAR];
	if (passage_has_data(p) || is_syn(p))
		past->request_id = p->packet_id[FAR];
	if (p->has_ack[FAR] && p->ack[FAR] > past->acked)
		past->acked = p->ack[FAR];
}

static void note_server(struct far_past *past, const struct passage *p)
{
	if (!passage_has_data(p))
		return;
	if (!past->data_id || p->ts_ns[FAR] > past->data_ts_ns)
		past->data_ts_ns = p->ts_ns[FAR];
	past->data_id = p->packet_id[FAR];
}

static bool is_answered(const struct timeline *t, size_t i)
{
	const struct passage *p = t->far[i]->p, *next = i + 1 < t->far_count ? t->far[i + 1]->p : NULL;
	return next && next->from_server && passage_has_data(next) &&
	       ns_difference(next->ts_ns[FAR], p->ts_ns[FAR]) <= t->of->beyond_ns[FAR];
}

// What the client's side sent before a packet, and the near point has not: a proxy's own ACKs, and what that capture dropped.
static size_t note_alone(const struct timeline *t, struct far_past *past, size_t at, int64_t before_id)
{
	for (; at < t->at_count[FAR] && t->at[FAR][at]->packet_id[FAR] < before_id; at++) {
		const struct passage *p = t->at[FAR][at];
		if (p->from_server || p->packet_id[NEAR] || p->is_copy)
			continue;
		note_client(past, p);
		if (p->payload_len[FAR] > 0)
			past->request_id = p->packet_id[FAR];
	}
	return at;
}

static void go_through_far(struct timeline *t)
{
	struct far_past past = {.acked = -1, .answered_in_flight = -1};
	int64_t server_next_id = 0;
	size_t at = 0;
	for (size_t i = 0; i < t->far_count; i++) {
		struct leg *l = t->far[i];
		at = note_alone(t, &past, at, l->p->packet_id[FAR]);
		if (l->p->from_server) {
			find_answered(t, &past, i);
			look_back(l, &past, t->of->beyond_ns[FAR]);
			note_server(&past, l->p);
		} else {
			l->is_answered_far = is_answered(t, i);
			note_client(&past, l->p);
		}
	}
	for (size_t i = t->far_count; i-- > 0;) {
		const struct passage *p = t->far[i]->p;
		t->far[i]->server_next_id = server_next_id;
		if (p->from_server && (!server_next_id || p->packet_id[NEAR] < server_next_id))
			server_next_id = p->packet_id[NEAR];
	}
}

void timeline_build(struct timeline *t, const struct connection *of, const struct passage *passages, size_t count)
{
	t->of = of;
	reserve(t, count);
	list_point(t, NEAR, passages, count);
	list_point(t, FAR, passages, count);
	list_legs(t);
	go_through_far(t);
	again_find(t);
	gaps_find(t);
}
