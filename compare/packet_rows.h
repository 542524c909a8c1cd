// Rows of hop_packets, written by a thread of their own: SQLite takes longer for a row than finding out what is in it.
#ifndef COMPARE_PACKET_ROWS_H
#define COMPARE_PACKET_ROWS_H

#include <pthread.h>

#include "finding.h"
#include "hop_case.h"

enum { ROW_BATCHES = 4, ROW_BATCH_MAX = 1024 }; // half a megabyte

struct packet_row {
	struct finding finding;
	struct outcome outcome;
};

struct row_batch {
	struct packet_row at[ROW_BATCH_MAX];
	size_t count;
};

struct packet_rows {
	struct hop_case *c; // borrowed; the thread's alone until packet_rows_end
	sqlite3_stmt *insert;
	int64_t comparison_id, first_flow_id; // hop_flow_id of the first pair
	bool has_delays;                      // else only what is beyond the fastest packet is known
	struct row_batch *batches;
	size_t filled, taken; // batches, since the beginning; under the lock where there is a thread
	bool has_thread, is_over, failed;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

// False after a message; end it in any case.
bool packet_rows_begin(struct packet_rows *, struct hop_case *, int64_t comparison_id, int64_t first_flow_id,
                       bool has_delays);

void packet_rows_add(struct packet_rows *, const struct finding *, const struct outcome *);

// Waits until all is written. False after a message: something was not.
bool packet_rows_end(struct packet_rows *);

#endif
