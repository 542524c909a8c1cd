// What is found, as findings: a packet at both points with what differs, one that a point has alone, or a part of one.
#ifndef COMPARE_FOUND_H
#define COMPARE_FOUND_H

#include "room.h"

// A packet of `point`, and its appearance at the other one; or two packets that share bytes.
void found_pair(struct room *, int point, const struct sighting *here, const struct sighting *there, enum method);

// One that the other point has not. reason: as in struct finding.
void found_alone(struct room *, int point, const struct sighting *, int32_t pair, int direction, enum reason);

// Some of a packet's bytes, which the other point has not; the others it has.
void found_part(struct room *, int point, const struct waiting *, struct range part, enum reason);

#endif
