// Capture filters in libpcap's language, for any link type.
#ifndef INGEST_FILTER_H
#define INGEST_FILTER_H

#include <pcap/pcap.h>

#include "frame.h"

struct filter_program;

struct filter {
	const char *text;                // borrowed; NULL: everything passes
	struct filter_program *programs; // one a link type and byte order, compiled when first met
	unsigned program_count;
};

// Finds mistakes early: what no link type has a use for. False after a message.
bool filter_init(struct filter *, const char *text);
void filter_release(struct filter *);

// Whether the frame passes. A link type that the filter makes no sense for: a message, once, and nothing passes.
bool filter_passes(struct filter *, const struct frame *);

#endif
