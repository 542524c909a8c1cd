// Flows behind a proxy, by their streams of bytes: it may cut the data into other segments, so no packet is the same.
//
// Two connections carry the same streams if both directions have the same length, and begin with the same bytes. The
// first segment of a stream begins with its first byte wherever it was cut, and the packets' fingerprints tell the first
// bytes of each (docs/definitions.md, payload_hash): no byte has to be looked at again, and short snap lengths do not
// matter. What a capture that ended early makes shorter is known by its beginnings alone. Bytes are then matched by
// ranges, each direction at the difference of its initial sequence numbers.
#ifndef COMPARE_STREAMS_H
#define COMPARE_STREAMS_H

#include "pairing.h"
#include "sampling.h"

// Whether a packet, of which the outline is enough, begins a stream of its flow.
bool streams_want(const struct point_flow *, const struct sighting *);

// Keeps the first bytes that such a packet has.
void streams_note(struct point_flow *, const struct sighting *);

// Marks the TCP flows that have a twin at the other point: one that carries just the same streams at about the same time.
void streams_mark(struct pairing *, const struct sampling *);

// Pairs TCP flows that are left. Times tell which of several that are alike; where nothing is known of the clocks
// (sampling.common is 0) the difference of time is found that most of them agree on, and set in the sampling.
void streams_pair(struct pairing *, struct sampling *);

#endif
