// Segments that one direction sent and the other has not acknowledged yet: the lists in struct tcp_side, and the room
// that those of all flows share. For tcp_analysis.c.
//
// A list stays in the order in which the segments were sent; while that is also the order of their numbers, an ACK
// touches no more than the first ones.
#ifndef INGEST_TCP_UNACKED_H
#define INGEST_TCP_UNACKED_H

#include "tcp_analysis.h"

// Appends a segment. May make the flows that sent nothing for longest forget theirs.
void tcp_unacked_add(struct tcp_flow *, struct tcp_side *, const struct tcp_unacked *);

// Removes what an ACK covers, of a list that is not empty. True: *acked is the oldest segment that ends exactly there.
bool tcp_unacked_remove(struct tcp_analyzer *, struct tcp_side *, uint32_t ack, struct tcp_unacked *acked);

// Bytes from the lowest to the highest number of a list that is not empty, where numbers relative to base are unsigned
// 32-bit ones, as Wireshark has them: of a list across 4 GB, those behind.
uint32_t tcp_unacked_span(struct tcp_side *, uint32_t base);

// Empties both lists of a flow and gives back their room. True: something was forgotten.
bool tcp_unacked_release(struct tcp_flow *);

#endif
