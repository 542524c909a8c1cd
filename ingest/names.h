// Names that a capture tells of addresses: rows of host_names.
#ifndef INGEST_NAMES_H
#define INGEST_NAMES_H

#include "writer.h"

enum {
	NAMES_MAX = 262144, // pairs of address and name; beyond it no new one is learned
	NAME_LEN_MAX = 255,
};

struct name_entry;

struct names {
	struct name_entry *first, *last;
	struct name_entry **buckets;
	size_t bucket_count, count;
	int64_t refused; // times that a pair was beyond NAMES_MAX; names_finish() leaves it
};

void names_init(struct names *);

// Notes that `source` (static text) calls an address by a name of `length` bytes, in packet packet_id. Names are folded
// to lower case and lose a final dot; bytes that are no printable text become \xHH. An empty name is none.
void names_learn(struct names *, const struct address *, const char *name, size_t length, const char *source,
                 int64_t packet_id);

// Writes the rows and frees everything. A writer that updates adds the counts to those that are there.
void names_finish(struct names *, struct writer *, int64_t capture_id);

#endif
