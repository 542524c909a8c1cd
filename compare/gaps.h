// Gaps in what a receiver has: the times at the near point when data behind a segment lost or late between the points had
// come (of the client's data: the first ACK behind it), and the segment's own not yet.
#ifndef COMPARE_GAPS_H
#define COMPARE_GAPS_H

#include "timeline.h"

// Fills opens and closes of the legs, once fates are known.
void gaps_find(struct timeline *);

#endif
