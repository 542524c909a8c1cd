// Which bytes of a packet are accounted for, as ranges from its first byte.
#ifndef COMPARE_RANGES_H
#define COMPARE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

enum { RANGES_MAX = 128 }; // of a packet; with more, the gap before the last one is taken for accounted for

struct range {
	uint32_t begin, end;
};

struct ranges {
	struct range *at; // in order, apart from each other
	int count, capacity;
};

void ranges_init(struct ranges *);
void ranges_release(struct ranges *);

// Adds a range; true: it brought bytes that were not there yet.
bool ranges_add(struct ranges *, struct range);

// Whether all of the range is there.
bool ranges_has(const struct ranges *, struct range);

// The first gap from `from` on, in bytes up to `end`. False: there is none.
bool ranges_gap(const struct ranges *, uint32_t from, uint32_t end, struct range *gap);

#endif
