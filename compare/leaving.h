// Packets that wait no longer: looked for once more, among copies, by byte ranges and among fragments, before they are
// reported as alone, or in part.
#ifndef COMPARE_LEAVING_H
#define COMPARE_LEAVING_H

#include "room.h"

// One that waits.
void leaving_alone(struct room *, int point, uint32_t place);

// Those whose time is over, in the order of their deadlines, also after a time in which nothing came: datagrams leave
// before their fragments.
void leaving_due(struct room *);

// All, at the end: datagrams before fragments.
void leaving_all(struct room *);

#endif
