// The packets of a point, read some way ahead by a thread of its own: decoding rows takes as long as matching them.
//
// The thread reads through a connection of its own. Where the case cannot be read twice, packets are read when they are
// asked for.
#ifndef COMPARE_FEED_H
#define COMPARE_FEED_H

#include <pthread.h>

#include "point.h"

enum { FEED_BATCHES = 4, FEED_BATCH_PACKETS = 1024 }; // half a megabyte

struct feed_batch {
	struct sighting at[FEED_BATCH_PACKETS];
	size_t count; // 0: the end
};

struct feed {
	struct point point; // a copy, with the connection that is read through
	struct cursor cursor;
	struct feed_batch *batches;
	size_t at;            // in the batch that is being taken
	size_t filled, taken; // batches, since the beginning; under the lock where there is a thread
	bool is_own;          // the connection is
	bool has_thread, is_stopped;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

// Nothing is written to the case before feed_end. False after a message; end it in any case.
bool feed_begin(struct feed *, const struct point *);

// The packet that comes next, valid until it is passed; NULL: that was all.
struct sighting *feed_peek(struct feed *);
void feed_pass(struct feed *);

// Whether all that was wanted was read; else a message was printed.
bool feed_end(struct feed *);

#endif
