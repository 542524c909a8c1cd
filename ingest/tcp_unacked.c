// Segments that were sent and not yet acknowledged. See tcp_unacked.h.
#include "tcp_unacked.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/seq.h"

enum {
	FIRST = 8, // segments that a list has room for at first, when there are more than a few,
	KEPT = 64, // and still when it was emptied
};

#define SORTED_SPAN_MAX (UINT32_C(1) << 30) // sequence numbers, so that all comparisons agree

// ---- room -----------------------------------------------------------------------------------------------------------

static bool has_room(const struct tcp_side *side)
{
	return side->unacked != side->few;
}

static void unlink_flow(struct tcp_flow *flow)
{
	struct tcp_analyzer *a = flow->analyzer;
	*(flow->older ? &flow->older->newer : &a->oldest) = flow->newer;
	*(flow->newer ? &flow->newer->older : &a->newest) = flow->older;
	flow->listed = false;
}

// The flow becomes the last to be given up.
static void touch_flow(struct tcp_flow *flow)
{
	struct tcp_analyzer *a = flow->analyzer;
	if (a->newest == flow)
		return;
	if (flow->listed)
		unlink_flow(flow);
	flow->older = a->newest;
	flow->newer = NULL;
	*(a->newest ? &a->newest->newer : &a->oldest) = flow;
	a->newest = flow;
	flow->listed = true;
}

// With what is there. True: there was something.
static bool free_room(struct tcp_analyzer *a, struct tcp_side *side)
{
	bool forgets = side->unacked_count > 0;
	if (!has_room(side))
		return false;
	a->room -= side->unacked_capacity;
	free(side->unacked);
	side->unacked = side->few;
	side->unacked_capacity = TCP_UNACKED_FEW;
	side->unacked_first = side->unacked_count = 0;
	side->unacked_sorted = true;
	return forgets;
}

bool tcp_unacked_release(struct tcp_flow *flow)
{
	if (flow->listed)
		unlink_flow(flow);
	bool forgets = free_room(flow->analyzer, &flow->side[0]);
	return free_room(flow->analyzer, &flow->side[1]) || forgets;
}

// Those idle for longest forget what waits for an ACK, until there is room for `more`, or only one is left.
static void give_up_idle(struct tcp_analyzer *a, size_t more)
{
	while (a->room + more > a->room_max && a->oldest != a->newest) {
		struct tcp_flow *flow = a->oldest;
		bool forgets = tcp_unacked_release(flow);
		flow->given_up |= forgets;
		a->given_up += forgets;
	}
}

// ---- segments -------------------------------------------------------------------------------------------------------

static void grow(struct tcp_flow *flow, struct tcp_side *side)
{
	struct tcp_analyzer *a = flow->analyzer;
	uint32_t more = has_room(side) ? side->unacked_capacity : FIRST;
	touch_flow(flow);
	give_up_idle(a, more);
	a->room += more;
	if (has_room(side)) {
		side->unacked_capacity += more;
		side->unacked = memory_resize(side->unacked, side->unacked_capacity * sizeof *side->unacked);
		return;
	}
	side->unacked_capacity = more;
	side->unacked = memory_alloc(more * sizeof *side->unacked);
	memcpy(side->unacked, side->few, sizeof side->few);
}

static void make_room(struct tcp_flow *flow, struct tcp_side *side)
{
	if (side->unacked_first > 0 && side->unacked_first >= side->unacked_count) {
		memmove(side->unacked, side->unacked + side->unacked_first, side->unacked_count * sizeof *side->unacked);
		side->unacked_first = 0;
		return;
	}
	grow(flow, side);
}

// Whether a segment may follow `last` in a sorted list that begins with `first`.
static bool in_order(const struct tcp_unacked *first, const struct tcp_unacked *last,
                     const struct tcp_unacked *segment)
{
	return seq_le(last->next_seq, segment->seq) && segment->next_seq - first->seq < SORTED_SPAN_MAX;
}

static void widen_span(struct tcp_side *side, const struct tcp_unacked *segment)
{
	uint32_t low = segment->seq - side->span_base, high = segment->next_seq - side->span_base;
	side->span_low = low < side->span_low ? low : side->span_low;
	side->span_high = high > side->span_high ? high : side->span_high;
	side->span_wraps |= high < low;
}

void tcp_unacked_add(struct tcp_flow *flow, struct tcp_side *side, const struct tcp_unacked *segment)
{
	if (flow->listed)
		touch_flow(flow);
	if (side->unacked_first + side->unacked_count == side->unacked_capacity)
		make_room(flow, side);
	struct tcp_unacked *first = side->unacked + side->unacked_first, *end = first + side->unacked_count;
	if (side->unacked_count > 0 && side->unacked_sorted && !in_order(first, end - 1, segment))
		side->unacked_sorted = side->span_known = false;
	if (side->span_known)
		widen_span(side, segment);
	*end = *segment;
	side->unacked_count++;
}

static void note_empty(struct tcp_analyzer *a, struct tcp_side *side)
{
	side->unacked_first = 0;
	side->unacked_sorted = true;
	if (side->unacked_capacity > KEPT)
		free_room(a, side);
}

uint32_t tcp_unacked_span(struct tcp_side *side, uint32_t base)
{
	const struct tcp_unacked *first = side->unacked + side->unacked_first;
	uint32_t count = side->unacked_count;
	if (side->unacked_sorted && first->seq - base <= first[count - 1].next_seq - base)
		return first[count - 1].next_seq - first->seq;
	if (side->unacked_sorted || !side->span_known || side->span_base != base) {
		side->span_low = UINT32_MAX;
		side->span_high = 0;
		side->span_wraps = false;
		side->span_base = base;
		side->span_known = !side->unacked_sorted;
		for (uint32_t i = 0; i < count; i++)
			widen_span(side, &first[i]);
	}
	return side->span_high - side->span_low;
}

// What an ACK means to one segment: it may be the one that is acknowledged, lose its first bytes, or be done with.
// True: done with.
static bool acknowledge_one(struct tcp_unacked *waiting, uint32_t ack, const struct tcp_unacked **acked)
{
	if (ack == waiting->next_seq) {
		*acked = waiting;
		return true;
	}
	if (seq_gt(ack, waiting->seq) && seq_le(ack, waiting->next_seq))
		waiting->seq = ack;
	return !seq_gt(waiting->next_seq, ack);
}

// Notes the segment that an ACK acknowledges: of several that end there, the oldest.
static void note_acked(const struct tcp_unacked *hit, struct tcp_unacked *acked, bool *found)
{
	if (!hit || *found)
		return;
	*acked = *hit;
	*found = true;
}

// In order: only the first ones can be covered, and one more in part.
static bool remove_sorted(struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	const struct tcp_unacked *hit = NULL;
	bool found = false;
	while (side->unacked_count && acknowledge_one(side->unacked + side->unacked_first, ack, &hit)) {
		note_acked(hit, acked, &found);
		side->unacked_first++;
		side->unacked_count--;
	}
	return found;
}

// Out of order: any may be covered. What stays may be in order again.
static bool remove_unsorted(struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	if (side->span_known && !side->span_wraps && side->span_high - side->span_low < SORTED_SPAN_MAX &&
	    side->span_base + side->span_low - ack < SORTED_SPAN_MAX)
		return false; // before them all
	struct tcp_unacked *first = side->unacked + side->unacked_first;
	const struct tcp_unacked *hit = NULL;
	bool found = false, sorted = true;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < side->unacked_count; i++) {
		bool gone = acknowledge_one(&first[i], ack, &hit);
		note_acked(hit, acked, &found);
		if (gone)
			continue;
		sorted = sorted && (kept == 0 || in_order(first, &first[kept - 1], &first[i]));
		first[kept++] = first[i];
	}
	side->unacked_count = kept;
	side->unacked_sorted = sorted;
	side->span_known = false;
	return found;
}

bool tcp_unacked_remove(struct tcp_analyzer *a, struct tcp_side *side, uint32_t ack, struct tcp_unacked *acked)
{
	uint32_t first_seq = side->unacked[side->unacked_first].seq;
	bool is_near = ack - first_seq + SORTED_SPAN_MAX < 2 * SORTED_SPAN_MAX;
	bool found =
		side->unacked_sorted && is_near ? remove_sorted(side, ack, acked) : remove_unsorted(side, ack, acked);
	if (side->unacked_count == 0)
		note_empty(a, side);
	return found;
}
