// Runs of consecutive packets within a tenth of a second, for the table time_buckets.
#ifndef INGEST_TIME_BUCKETS_H
#define INGEST_TIME_BUCKETS_H

#include "packet.h"
#include "writer.h"

// The run at hand; all zero: there is none.
struct time_buckets {
	int64_t start_ts_ns, first_packet_id, last_packet_id, packets, bytes;
};

// Counts a packet in, and adds the row of the run before where another one begins.
void time_buckets_add(struct time_buckets *, const struct packet *, struct writer *, int64_t capture_id);

// Adds the row of the run at hand and ends it.
void time_buckets_flush(struct time_buckets *, struct writer *, int64_t capture_id);

#endif
