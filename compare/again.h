// What was sent again: what became of it before.
#ifndef COMPARE_AGAIN_H
#define COMPARE_AGAIN_H

#include "timeline.h"

// Fills the sides of a timeline, the fates of its legs, and which of them were overtaken.
void again_find(struct timeline *);

// What of a packet, of which some arrived, the receiver's point has, as the sender's point numbers it.
static inline int64_t again_shifted(const struct timeline_side *side, int64_t receiver_seq)
{
	return receiver_seq + side->shift;
}

#endif
