// Findings in the order in which their packets arrived.
//
// They are made about in the order of time, by whichever sighting was read last: with clocks that are not known yet, and
// of packets that had to wait, that is not the order of arrival. So as many as fit are held back.
#ifndef COMPARE_ORDER_H
#define COMPARE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"

enum { ORDER_HELD_MAX = 65536 }; // findings, some 8 MB

struct order_place {
	int64_t packet_id; // where it arrived
	uint32_t at;       // in `held`
};

struct order {
	int64_t offset_ns; // time at the second point less time at the first
	struct finding *held;
	uint32_t *vacant; // places of `held` that are free
	size_t vacant_count;
	struct order_heap {
		struct order_place *at; // that with the lowest packet_id first
		size_t count;
		int64_t left_id; // the last that left
	} arrived[2];        // at each point
};

void order_init(struct order *, int64_t offset_ns);
void order_release(struct order *);

bool order_is_full(const struct order *);
bool order_is_empty(const struct order *);

// Holds a finding back, which must not be full. It arrived at `point`, or was seen there alone.
void order_add(struct order *, int point, const struct finding *);

// Takes out the first, of which there must be one. False: one of the same point that arrived behind it left before.
bool order_take(struct order *, struct finding *);

#endif
