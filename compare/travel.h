// Which way packets go: from the first point to the second, or back.
//
// A lower TTL is farther from the sender, unless a device between the points sets TTLs anew: by those, most packets would
// arrive before they left, or both directions of a flow would go the same way. Where TTLs do not tell, of the two directions
// of a flow the one whose packets show the greater difference of time goes forward: delays are added to the clocks'
// difference one way, and taken off the other. Where not all of them do, the addresses that other flows show on this side or
// that tell, and else the average.
#ifndef COMPARE_TRAVEL_H
#define COMPARE_TRAVEL_H

#include "pairing.h"

// Sets the travel of both sides of every pair, as far as it can be told.
void travel_find(struct pairing *);

// Whether other flows between the two addresses of a flow are at both points.
struct travel_paths {
	uint64_t *at; // of pairs of addresses at one point, sorted
	size_t count;
};

void travel_paths_init(struct travel_paths *, const struct pairing *, int point);
bool travel_paths_has(const struct travel_paths *, const struct point_flow *);
void travel_paths_release(struct travel_paths *);

#endif
