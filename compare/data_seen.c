// What a point has seen of the data of one direction. See data_seen.h.
#include "data_seen.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/seq.h"

void data_seen_release(struct data_seen *d)
{
	free(d->holes);
	*d = (struct data_seen){0};
}

static void add_hole(struct data_seen *d, uint32_t begin, uint32_t end)
{
	if (!d->holes)
		d->holes = memory_alloc(sizeof *d->holes);
	struct holes *h = d->holes;
	if (h->count == HOLES_MAX) { // the oldest is forgotten
		memmove(h->at, h->at + 1, (HOLES_MAX - 1) * sizeof *h->at);
		h->count--;
	}
	h->at[h->count].begin = begin;
	h->at[h->count++].end = end;
}

// Takes a segment out of the holes. One in the middle of a hole leaves what is before it; what is behind is forgotten, if
// there is no room.
static void fill_holes(struct data_seen *d, uint32_t begin, uint32_t end)
{
	struct holes *h = d->holes;
	for (int i = h ? h->count - 1 : -1; i >= 0; i--) {
		uint32_t hole_begin = h->at[i].begin, hole_end = h->at[i].end;
		if (!seq_lt(begin, hole_end) || !seq_lt(hole_begin, end))
			continue;
		memmove(h->at + i, h->at + i + 1, (size_t)(h->count - 1 - i) * sizeof *h->at);
		h->count--;
		if (seq_lt(hole_begin, begin))
			add_hole(d, hole_begin, begin);
		if (seq_lt(end, hole_end))
			add_hole(d, end, hole_end);
	}
}

void data_seen_begin(struct data_seen *d, uint32_t first_seq)
{
	if (d->has_next_seq)
		return;
	d->has_next_seq = true;
	d->next_seq = first_seq;
}

void data_seen_add(struct data_seen *d, uint32_t seq, uint32_t len)
{
	uint32_t end = seq + len, next = d->next_seq;
	if (len > d->longest)
		d->longest = len;
	if (!d->has_next_seq) {
		data_seen_begin(d, end);
		return;
	}
	if (seq_lt(next, seq))
		add_hole(d, next, seq);
	else if (seq_lt(seq, next))
		fill_holes(d, seq, end);
	if (seq_lt(next, end))
		d->next_seq = end;
}

bool data_seen_hole(const struct data_seen *d, uint32_t begin, uint32_t end)
{
	const struct holes *h = d->holes;
	for (int i = 0; h && i < h->count; i++)
		if (!seq_lt(begin, h->at[i].begin) && !seq_lt(h->at[i].end, end))
			return true;
	return false;
}

bool data_seen_some(const struct data_seen *d, uint32_t seq, uint32_t len)
{
	return d->has_next_seq && seq_lt(seq, d->next_seq) && !data_seen_hole(d, seq, seq + len);
}

bool data_seen_all(const struct data_seen *d, uint32_t begin, uint32_t end)
{
	const struct holes *h = d->holes;
	if (!d->has_next_seq || seq_lt(d->next_seq, end))
		return false;
	for (int i = 0; h && i < h->count; i++)
		if (seq_lt(begin, h->at[i].end) && seq_lt(h->at[i].begin, end))
			return false;
	return true;
}
