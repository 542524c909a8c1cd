// Why a packet that one point saw may not have been seen by the other: HOP_REASONS of finding.h.
#ifndef COMPARE_REASONS_H
#define COMPARE_REASONS_H

#include "clock.h"
#include "finding.h"
#include "hop_case.h"
#include "matching.h"
#include "travel.h"

// An ICMP error about a packet of a point.
struct complaint {
	int64_t packet_id;
	enum reason reason;
};

struct complaints {
	struct complaint *at; // by packet_id
	size_t count;
};

struct reasons {
	const struct matching *m;                  // borrowed
	const struct clock *clock;                 // borrowed
	int64_t overlap_first_ns, overlap_last_ns; // when both captures ran, on the first point's clock
	struct complaints complaints[2];
	struct travel_paths paths[2];
	int64_t outside[2][2]; // packets of each point, of flows that were matched: before the other capture, after it
	bool is_outside[2][2]; // one of them must have passed the other point: its capture did not run
};

// Ways and clock are known. False after a message; release it in any case.
bool reasons_init(struct reasons *, struct hop_case *, const struct matching *, const struct clock *);
void reasons_release(struct reasons *);

// Takes each finding, before the first question.
void reasons_add(struct reasons *, const struct finding *);

// Of a packet, or a part of one, that only one point has.
enum reason reasons_of(const struct reasons *, const struct finding *);

#endif
