// TCP connections that both points saw, packet by packet, until it is known where their time went.
//
// Of each connection its packets are kept until all of them came. Where these are many, they are looked at piece by
// piece: all but the end of what there is, and half of it is kept for what comes.
#ifndef COMPARE_CONNECTIONS_H
#define COMPARE_CONNECTIONS_H

#include "clock.h"
#include "finding.h"
#include "pairing.h"
#include "waits.h"

enum {
	PIECE_MAX = 1 << 16,    // passages of a connection that are kept, and looked at together: some 20 MB
	PASSAGES_MAX = 1 << 19, // of all: some 60 MB; more only where more connections than that are open at a time
};

// Time that went to one cause.
struct cause_wait {
	enum cause cause;
	struct wait wait;
};

// Where the time of a connection went; nothing before all of it came.
struct spent {
	struct cause_wait *causes;
	size_t count;
};

struct connections {
	const struct pairing *pairing; // borrowed
	int64_t round_trip_ns;         // the least between the points
	bool is_both_ways;             // packets go forward and back
	struct kept **kept;            // of each pair; NULL: nothing, or it is no such connection
	size_t passages, limit;        // that are kept; when it is time to look at them
	size_t most;                   // PASSAGES_MAX
	struct timeline timeline;
	struct spent *spent; // of each pair
};

// Ways and clock are known.
void connections_init(struct connections *, const struct pairing *, const struct clock *);
void connections_release(struct connections *);

// Takes a finding, in the order of arrival. With the last of a pair, its time is known.
void connections_add(struct connections *, const struct finding *, const struct outcome *);

// Whether the second point is the near one, of a pair whose time is known.
bool connections_is_turned(const struct connections *, int32_t pair);

#endif
