// Packets as a Wireshark display filter, for the capture files that they are in.
#ifndef QUERY_DISPLAY_FILTER_H
#define QUERY_DISPLAY_FILTER_H

#include "guard.h"
#include "packet_set.h"
#include "sink.h"

// Writes the filter for a sorted set: "frame.number in {1, 5..9}", or "tcp.stream eq 3" where the packets are all of
// one TCP connection and Wireshark is bound to number it so. Where they are in several files, a line for each: its path,
// a tab, the filter. An exit code, after a message.
int display_filter_write(struct guard *, const struct packet_set *, struct sink *);

#endif
