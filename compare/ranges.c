// Which bytes of a packet are accounted for. See ranges.h.
#include "ranges.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

void ranges_init(struct ranges *r)
{
	*r = (struct ranges){0};
}

void ranges_release(struct ranges *r)
{
	free(r->at);
	*r = (struct ranges){0};
}

// The first range that ends at `begin` or behind it.
static int find(const struct ranges *r, uint32_t begin)
{
	int i = r->count; // ranges are added at the end, mostly
	while (i > 0 && r->at[i - 1].end >= begin)
		i--;
	return i;
}

bool ranges_has(const struct ranges *r, struct range range)
{
	int i = find(r, range.begin);
	if (i < r->count && r->at[i].end == range.begin)
		i++;
	return range.begin >= range.end || (i < r->count && r->at[i].begin <= range.begin && r->at[i].end >= range.end);
}

static void insert(struct ranges *r, int i, struct range range)
{
	if (r->count == r->capacity) {
		r->capacity = r->capacity ? r->capacity * 2 : 2;
		r->at = memory_resize(r->at, (size_t)r->capacity * sizeof *r->at);
	}
	memmove(r->at + i + 1, r->at + i, (size_t)(r->count - i) * sizeof *r->at);
	r->at[i] = range;
	r->count++;
}

// Makes one of the ranges from `i` on that touch the one at `i`.
static void join(struct ranges *r, int i)
{
	int next = i + 1;
	for (; next < r->count && r->at[next].begin <= r->at[i].end; next++)
		if (r->at[next].end > r->at[i].end)
			r->at[i].end = r->at[next].end;
	memmove(r->at + i + 1, r->at + next, (size_t)(r->count - next) * sizeof *r->at);
	r->count -= next - i - 1;
}

bool ranges_add(struct ranges *r, struct range range)
{
	if (ranges_has(r, range))
		return false;
	int i = find(r, range.begin);
	if (i < r->count && r->at[i].begin <= range.end) {
		if (range.begin < r->at[i].begin)
			r->at[i].begin = range.begin;
		if (range.end > r->at[i].end)
			r->at[i].end = range.end;
	} else {
		insert(r, i, range);
	}
	join(r, i);
	if (r->count > RANGES_MAX) {
		r->at[r->count - 2].end = r->at[r->count - 1].end;
		r->count--;
	}
	return true;
}

bool ranges_gap(const struct ranges *r, uint32_t from, uint32_t end, struct range *gap)
{
	int i = find(r, from);
	for (; i < r->count && r->at[i].begin <= from; i++)
		if (r->at[i].end > from)
			from = r->at[i].end;
	*gap = (struct range){from, i < r->count && r->at[i].begin < end ? r->at[i].begin : end};
	return from < end;
}
