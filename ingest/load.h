// One capture's files to rows: the loop that reads, dissects, tracks, analyses and writes.
#ifndef INGEST_LOAD_H
#define INGEST_LOAD_H

#include "case_file.h"
#include "capture.h"

struct load_options {
	const char *filter;         // libpcap's language; NULL none
	int64_t count;              // packets of a capture at most; 0 no limit
	int64_t since_ns, until_ns; // INT64_MIN, INT64_MAX: no limit; until is exclusive
	int64_t flow_timeout_ns;    // 0 none
	bool progress;
};

// What came of one or several captures.
struct load_totals {
	int64_t captures, files, packets, flows, bytes, left_out, damaged_files, unreadable_files;
};

// A file to load.
struct load_input {
	const char *path;     // borrowed
	struct capture *file; // open, and freed by the load; NULL: it is opened when its turn comes
	int64_t first_ts_ns;  // for the caller
};

// Adds one capture, made of files in time order, inside the case's transaction. False after a message: nothing of it
// may be committed. Damage in a file is a warning and a row, not a failure.
bool load_capture(struct case_file *, const char *name, struct load_input *inputs, unsigned count,
                  const struct load_options *, struct load_totals *);

// Asks the loop to stop after the packet at hand and to finish the case with what was read; for signal handlers.
void load_interrupt(void);
bool load_interrupted(void);

#endif
