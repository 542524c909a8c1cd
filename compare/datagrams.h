// UDP datagrams that one point saw joined (segmentation and receive offload, as QUIC uses them) and the other one each for
// itself.
#ifndef COMPARE_DATAGRAMS_H
#define COMPARE_DATAGRAMS_H

#include "room.h"

// Matches a datagram that waits, and that nothing else was found for, with what it was joined of, or with what it is the
// first part of. Those of the other point leave the room.
void datagrams_match(struct room *, int point, uint32_t place);

#endif
