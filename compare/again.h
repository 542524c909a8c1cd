// What was sent again: what became of it before.
#ifndef COMPARE_AGAIN_H
#define COMPARE_AGAIN_H

#include "timeline.h"

// Fills the sides of a timeline, the fates of its legs, and which of them were overtaken.
void again_find(struct timeline *);

#endif
