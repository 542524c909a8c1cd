// Each packet of one point with its appearance at the other.
//
// Both captures are read side by side, in the order of time as the first point's clock would have it at the second. A
// packet that does not find itself among those of the other point waits for as long as the window says. What leaves the
// window alone is looked for once more, by byte ranges (offload cuts and joins segments) and among fragments. Of a
// packet that the other point has in part, each stretch of bytes that it has not is a finding of its own.
#ifndef COMPARE_MATCHING_H
#define COMPARE_MATCHING_H

#include "finding.h"
#include "pairing.h"

enum {
	WAITING_MAX = 400000, // packets of both points that wait, some 80 MB; the oldest are given up for new ones
	LOOKED_AT_MAX = 512,  // packets alike, or of a flow, that are looked at for one match
};

struct matching {
	struct pairing *pairing;
	FILE *findings;    // struct finding, in the order in which they were made
	int64_t offset_ns; // time at the second point less time at the first, more or less
	int64_t window_ns;
	void (*progress)(void *, int64_t packets); // called now and then; may be NULL
	void *progress_of;

	int64_t matched[2], only[2]; // packets of each point; those that the other has in part are matched
	int64_t given_up;            // packets that had to leave before the window had passed
};

// Fills findings and counts, and the sides of the pairs. False after a message.
bool matching_run(struct matching *);

// Which way the packet of a finding went, as far as is known of its flow and direction.
static inline enum travel matching_travel(const struct matching *m, const struct finding *f)
{
	return f->pair >= 0 ? m->pairing->pairs[f->pair].side[f->direction].travel : TRAVEL_UNKNOWN;
}

#endif
