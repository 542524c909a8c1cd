// Runs of bytes of both directions of a connection, in the order of the packets with which they could be read.
//
// A stream goes on with one direction while the other waits behind a hole, and gives what waited when the hole is filled,
// or given up long after. Here the one is held back meanwhile, so that an answer comes behind its request. A run that
// waited for a hole to be filled comes in the turn of the packet that filled it.
#ifndef INSPECT_CHUNK_QUEUE_H
#define INSPECT_CHUNK_QUEUE_H

#include "../ingest/stream.h"

struct queued_chunk;

// All zero: empty.
struct chunk_queue {
	struct queued_chunk *first, *last; // owned, by their turn
	struct queued_chunk *lent;
	int64_t latest[2]; // packet, of each direction
	size_t bytes, count;
};

void chunk_queue_release(struct chunk_queue *);

// Takes a copy.
void chunk_queue_add(struct chunk_queue *, const struct stream_chunk *);

// Whether nothing more should be held back.
bool chunk_queue_is_full(const struct chunk_queue *);

// True: *chunk is the next one, borrowed until the next call.
bool chunk_queue_take(struct chunk_queue *, struct stream_chunk *chunk);

#endif
