// Addresses and what they sent and received, gathered from flows.
#ifndef INGEST_HOSTS_H
#define INGEST_HOSTS_H

#include "flow.h"
#include "writer.h"

struct host;
struct host_place;

struct hosts {
	struct host_place *places; // a hash table, each host at the first free place from its hash on
	size_t place_count, count;
	struct host *first, *last; // in the order they were met
	struct pool memory;        // theirs
};

void hosts_init(struct hosts *);

// Adds what flow->told does not have yet.
void hosts_add_flow(struct hosts *, const struct flow *);

// Writes the rows of a capture, and frees everything. A writer that updates adds them to those that are there.
void hosts_finish(struct hosts *, struct writer *, int64_t capture_id);

#endif
