// Sequence numbers that one direction has sent. See tcp_space.h.
#include "tcp_space.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/seq.h"

enum {
	SPAN_KEPT = TCP_SPACE_SPAN_MAX / 2, // of a longer one; a longer jump starts anew
	KEPT_MAX = 64,                      // segments that an empty list has room for
	CAPACITY_MIN = 16,                  // that every direction may have, whatever the others hold
};

static bool is_empty(const struct tcp_segment *segment)
{
	return segment->begin == segment->end;
}

// ---- lists of segments --------------------------------------------------------------------------------------------

static struct tcp_segment *segment_at(const struct tcp_segments *list, uint32_t place)
{
	return list->at + list->first + place;
}

// How many of a list's segments end at or below seq: the place of the first that does not.
static uint32_t place_of(const struct tcp_segments *list, uint32_t seq)
{
	uint32_t low = 0, high = list->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (seq_le(segment_at(list, middle)->end, seq))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void list_release(struct tcp_space *space, struct tcp_segments *list)
{
	if (list->at == space->few || !list->at)
		return;
	space->memory->segments -= list->capacity;
	free(list->at);
}

static void list_grow(struct tcp_space *space, struct tcp_segments *list)
{
	uint32_t capacity = list->capacity < CAPACITY_MIN / 2 ? CAPACITY_MIN / 2 : list->capacity * 2;
	struct tcp_segment *at = memory_alloc(capacity * sizeof *at);
	if (list->count)
		memcpy(at, segment_at(list, 0), list->count * sizeof *at);
	list_release(space, list);
	space->memory->segments += capacity;
	list->at = at;
	list->first = 0;
	list->capacity = capacity;
}

static bool may_grow(const struct tcp_space *space, const struct tcp_segments *list)
{
	return list->capacity < CAPACITY_MIN || (list->capacity < TCP_SPACE_SEGMENTS_MAX &&
	                                         space->memory->segments + list->capacity <= TCP_SPACE_TOTAL_MAX);
}

// Makes room for one more behind the last. False: there are too many.
static bool list_make_room(struct tcp_space *space, struct tcp_segments *list)
{
	if (list->first + list->count < list->capacity)
		return true;
	bool is_half_empty = list->first > 0 && list->first >= list->count;
	if (!is_half_empty && may_grow(space, list)) {
		list_grow(space, list);
		return true;
	}
	if (!list->at || list->first <= list->capacity / 4)
		return false;
	memmove(list->at, segment_at(list, 0), list->count * sizeof *list->at);
	list->first = 0;
	return true;
}

// There must be room.
static void list_insert(struct tcp_segments *list, uint32_t place, const struct tcp_segment *segment)
{
	struct tcp_segment *at = segment_at(list, place);
	if (place < list->count)
		memmove(at + 1, at, (list->count - place) * sizeof *at);
	*at = *segment;
	list->count++;
}

static void list_remove_first(struct tcp_segments *list, uint32_t count)
{
	list->first = list->count == count ? 0 : list->first + count;
	list->count -= count;
}

// ---- acknowledged runs --------------------------------------------------------------------------------------------

static void forget_below(struct tcp_space *space, uint32_t seq)
{
	space->forgot = true;
	if (seq_lt(space->lowest, seq))
		space->lowest = seq;
}

static void older_make_room(struct tcp_space *space)
{
	struct tcp_segments *older = &space->older;
	if (list_make_room(space, older))
		return;
	uint32_t half = older->count / 2;
	forget_below(space, segment_at(older, half - 1)->end);
	space->forgotten += half;
	list_remove_first(older, half);
	list_make_room(space, older);
}

static void merge(struct tcp_segment *run, const struct tcp_segment *segment)
{
	if (seq_lt(segment->begin, run->begin))
		run->begin = segment->begin;
	if (seq_lt(run->end, segment->end))
		run->end = segment->end;
	if (run->ts_ns < segment->ts_ns)
		run->ts_ns = segment->ts_ns;
}

// A segment below the highest run: it may close a gap.
static void add_older(struct tcp_space *space, struct tcp_segment segment)
{
	struct tcp_segments *older = &space->older;
	uint32_t place = place_of(older, segment.begin);
	if (place > 0 && segment_at(older, place - 1)->end == segment.begin) {
		merge(&segment, segment_at(older, --place));
		memmove(segment_at(older, place), segment_at(older, place) + 1, (--older->count - place) * sizeof segment);
	}
	if (segment.end == space->acked.begin) {
		merge(&space->acked, &segment);
		return;
	}
	if (place < older->count && segment_at(older, place)->begin == segment.end) {
		merge(segment_at(older, place), &segment);
		return;
	}
	older_make_room(space);
	list_insert(older, place_of(older, segment.begin), &segment);
}

// In order, and nothing is missing: the common case.
static bool extend_acked(struct tcp_space *space, const struct tcp_segment *segment)
{
	struct tcp_segment *acked = &space->acked;
	if (segment->begin != acked->end) // of an empty run 0, where it then begins
		return false;
	acked->end = segment->end;
	if (acked->ts_ns < segment->ts_ns)
		acked->ts_ns = segment->ts_ns;
	if (space->acked_ts_ns < segment->ts_ns)
		space->acked_ts_ns = segment->ts_ns;
	return true;
}

static void add_acked(struct tcp_space *space, const struct tcp_segment *segment)
{
	struct tcp_segment *acked = &space->acked;
	if (extend_acked(space, segment))
		return;
	if (space->acked_ts_ns < segment->ts_ns)
		space->acked_ts_ns = segment->ts_ns;
	if (is_empty(acked)) {
		*acked = *segment;
	} else if (seq_lt(acked->end, segment->begin)) {
		older_make_room(space);
		list_insert(&space->older, space->older.count, acked);
		*acked = *segment;
	} else {
		add_older(space, *segment);
	}
}

// The latest time that something below seq was sent, of what is acknowledged.
static int64_t latest_below(const struct tcp_space *space, uint32_t seq)
{
	int64_t latest = INT64_MIN;
	if (seq_le(space->acked.end, seq) || is_empty(&space->acked))
		return space->acked_ts_ns;
	for (uint32_t i = 0; i < space->older.count && seq_lt(segment_at(&space->older, i)->begin, seq); i++)
		if (segment_at(&space->older, i)->ts_ns > latest)
			latest = segment_at(&space->older, i)->ts_ns;
	return latest;
}

bool tcp_space_ends_at(const struct tcp_space *space, uint32_t ack)
{
	if (is_empty(&space->acked))
		return false;
	if (space->acked.end == ack)
		return true;
	uint32_t place = place_of(&space->older, ack);
	return place > 0 && segment_at(&space->older, place - 1)->end == ack;
}

// ---- waiting segments ---------------------------------------------------------------------------------------------

static void waiting_make_room(struct tcp_space *space)
{
	struct tcp_segments *waiting = &space->waiting;
	if (list_make_room(space, waiting))
		return;
	uint32_t half = waiting->count / 2;
	for (uint32_t i = 0; i < half; i++)
		add_acked(space, segment_at(waiting, i));
	space->forgotten += half;
	list_remove_first(waiting, half);
	list_make_room(space, waiting);
}

// A long list is not kept for what may not come again.
static void waiting_emptied(struct tcp_space *space)
{
	if (space->waiting.capacity <= KEPT_MAX)
		return;
	list_release(space, &space->waiting);
	space->waiting = (struct tcp_segments){.at = space->few, .capacity = TCP_SPACE_FEW};
}

static void measure(const struct tcp_segment *segment, int64_t latest_ns, int64_t ts_ns,
                    struct tcp_space_acked *found)
{
	found->rtt_ns = ts_ns > segment->ts_ns ? ts_ns - segment->ts_ns : 0;
	found->length = segment->end - segment->begin;
	if (latest_ns > segment->ts_ns)
		found->measurement = TCP_AFTER_LOSS;
	else
		found->measurement = segment->repeats ? TCP_AMBIGUOUS : TCP_MEASURED;
}

void tcp_space_acknowledge_some(struct tcp_space *space, uint32_t ack, int64_t ts_ns, struct tcp_space_acked *found)
{
	struct tcp_segments *waiting = &space->waiting;
	const struct tcp_segment *first = segment_at(waiting, 0), *segment = first, *end = first + waiting->count;
	*found = (struct tcp_space_acked){.measurement = TCP_MEASURED_NOTHING};
	for (; segment < end && seq_lt(segment->begin, ack); segment++) {
		if (segment->end == ack)
			measure(segment, latest_below(space, segment->begin), ts_ns, found);
		else
			found->others++;
		if (!extend_acked(space, segment))
			add_acked(space, segment);
	}
	list_remove_first(waiting, (uint32_t)(segment - first));
	if (waiting->count == 0)
		waiting_emptied(space);
}

// ---- adding -------------------------------------------------------------------------------------------------------

void tcp_space_init(struct tcp_space *space, struct tcp_space_memory *memory)
{
	*space = (struct tcp_space){.memory = memory};
	space->waiting = (struct tcp_segments){.at = space->few, .capacity = TCP_SPACE_FEW};
}

void tcp_space_release(struct tcp_space *space)
{
	list_release(space, &space->waiting);
	list_release(space, &space->older);
}

static void restart(struct tcp_space *space, uint32_t seq)
{
	list_remove_first(&space->waiting, space->waiting.count);
	list_remove_first(&space->older, space->older.count);
	space->acked = (struct tcp_segment){.ts_ns = INT64_MIN};
	space->acked_ts_ns = INT64_MIN;
	space->lowest = space->highest = seq;
	space->used = true;
	space->forgot = false;
}

// Forgets what is so far behind that numbers could be taken for ones to come.
static void shorten(struct tcp_space *space)
{
	uint32_t lowest = space->highest - SPAN_KEPT;
	while (space->waiting.count && seq_lt(segment_at(&space->waiting, 0)->begin, lowest)) {
		add_acked(space, segment_at(&space->waiting, 0));
		list_remove_first(&space->waiting, 1);
	}
	list_remove_first(&space->older, place_of(&space->older, lowest));
	if (space->older.count && seq_lt(segment_at(&space->older, 0)->begin, lowest))
		segment_at(&space->older, 0)->begin = lowest;
	if (seq_le(space->acked.end, lowest))
		space->acked = (struct tcp_segment){.ts_ns = INT64_MIN};
	else if (seq_lt(space->acked.begin, lowest))
		space->acked.begin = lowest;
	forget_below(space, lowest);
}

// Beyond all that was sent: the common case.
static void append(struct tcp_space *space, const struct tcp_segment *segment)
{
	struct tcp_segments *waiting = &space->waiting;
	if (waiting->first + waiting->count == waiting->capacity)
		waiting_make_room(space);
	*segment_at(waiting, waiting->count++) = *segment;
	space->highest = segment->end;
	if (space->highest - space->lowest > TCP_SPACE_SPAN_MAX)
		shorten(space);
}

// The first segment that ends beyond seq; NULL: none. It may not survive the next change of a list.
static struct tcp_segment *first_beyond(struct tcp_space *space, uint32_t seq, bool *waits)
{
	struct tcp_segment *found = NULL;
	uint32_t place = place_of(&space->older, seq);
	*waits = false;
	if (place < space->older.count)
		found = segment_at(&space->older, place);
	else if (!is_empty(&space->acked) && seq_lt(seq, space->acked.end))
		found = &space->acked;
	place = place_of(&space->waiting, seq);
	if (place == space->waiting.count)
		return found;
	struct tcp_segment *waiting = segment_at(&space->waiting, place);
	*waits = !found || seq_lt(waiting->begin, found->begin);
	return *waits ? waiting : found;
}

static void insert(struct tcp_space *space, const struct tcp_segment *segment)
{
	waiting_make_room(space);
	list_insert(&space->waiting, place_of(&space->waiting, segment->begin), segment);
}

// A segment was sent again, in part at least.
static void repeat(struct tcp_space *space, struct tcp_segment *segment, bool waits, int64_t ts_ns,
                   struct tcp_space_added *found)
{
	if (waits) {
		found->repeats = segment->repeats;
		found->since_last_ns = ts_ns > segment->ts_ns ? ts_ns - segment->ts_ns : 0;
	} else if (space->acked_ts_ns < ts_ns) {
		space->acked_ts_ns = ts_ns;
	}
	segment->ts_ns = ts_ns;
}

// Lays [begin, end) over what is there: what was not sent yet becomes segments of its own, in the gaps and behind.
static void overlay(struct tcp_space *space, struct tcp_segment rest, struct tcp_space_added *found)
{
	bool is_first = true, waits;
	while (rest.begin != rest.end) {
		struct tcp_segment *there = first_beyond(space, rest.begin, &waits);
		if (!there || seq_lt(rest.begin, there->begin)) {
			struct tcp_segment piece = rest;
			if (there && seq_lt(rest.end, there->end))
				found->out_of_order = true;
			if (there && seq_lt(there->begin, rest.end))
				piece.end = there->begin;
			insert(space, &piece);
			rest.begin = piece.end;
			continue;
		}
		there->repeats++;
		if (is_first)
			repeat(space, there, waits, rest.ts_ns, found);
		is_first = false;
		uint32_t end = seq_lt(rest.end, there->end) ? rest.end : there->end;
		found->repeated += end - rest.begin;
		rest.begin = end;
	}
}

// Keeps count of the gaps after [begin, begin + count) was laid over what was known as [lowest, highest).
static void count_gaps(struct tcp_space *space, uint32_t begin, uint32_t count, uint32_t repeated)
{
	uint32_t end = begin + count, unseen = count - repeated;
	if (seq_lt(space->highest, end)) {
		unseen -= end - space->highest;
		space->highest = end;
	}
	if (seq_lt(begin, space->lowest)) {
		space->missed += space->lowest - begin;
		space->lowest = begin;
	}
	space->missed -= unseen < space->missed ? unseen : space->missed; // what a start left out was never counted
}

static bool is_far(const struct tcp_space *space, uint32_t seq)
{
	return seq - space->highest + SPAN_KEPT > 2u * SPAN_KEPT;
}

void tcp_space_add_any(struct tcp_space *space, uint32_t seq, uint32_t count, int64_t ts_ns, bool is_start,
                       struct tcp_space_added *found)
{
	if (count > SPAN_KEPT)
		count = SPAN_KEPT; // a jumbogram that no capture holds
	struct tcp_segment segment = {.ts_ns = ts_ns, .begin = seq, .end = seq + count};
	*found = (struct tcp_space_added){0};
	if (!space->used || is_far(space, seq))
		restart(space, seq);
	if (seq_le(space->highest, seq)) {
		if (!is_start)
			space->missed += seq - space->highest;
		append(space, &segment);
		return;
	}
	if (space->forgot && seq_lt(seq, space->lowest)) {
		uint32_t below = space->lowest - seq;
		found->repeated = below < count ? below : count;
		segment.begin += found->repeated;
		if (segment.begin == segment.end)
			return;
	}
	uint32_t begin = segment.begin, known = found->repeated;
	overlay(space, segment, found);
	if (is_start && seq_lt(segment.end, space->lowest))
		space->lowest = segment.end;
	count_gaps(space, begin, count - known, found->repeated - known);
}
