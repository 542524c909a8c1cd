// Carving: the original bytes of packets, read from the capture files again, in a file of their own.
#ifndef QUERY_CARVE_H
#define QUERY_CARVE_H

#include "guard.h"
#include "packet_set.h"

struct carve_options {
	const char *path;          // of the file to write; "-": standard output
	const char *source_folder; // where to look for capture files that were moved; NULL nowhere
	const char *reason; // why these packets: the file's comment, and that of packets without one of their own
};

// Writes the packets of a sorted set: those of a capture in its order, of several captures by time. A name that ends in
// .pcap gives classic pcap, where all packets fit into that: one link type, times from 1970 to 2106. Else it is pcapng:
// interfaces keep what is known of them, packets their options. The file comes to be when it is whole. An exit code,
// after a message: of what was written, if it was.
int carve_packets(struct guard *, const struct packet_set *, const struct carve_options *);

#endif
