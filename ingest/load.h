// One capture's files to rows: the loop that reads, dissects, tracks, analyses and writes.
//
// Of a live capture, or of files that still grow, rows are saved each LOAD_SAVE_NS: all that came until then can be read
// by others, flows and hosts as they are at that moment. Saving costs as much as there is new.
#ifndef INGEST_LOAD_H
#define INGEST_LOAD_H

#include "case_file.h"
#include "capture.h"

enum {
	LOAD_SAVE_NS = 1000000000,
	// Of live captures, so that memory does not grow for ever:
	LOAD_FLOWS_MAX = 1000000, // flows in memory; beyond it the one that has been idle longest ends
};
#define LOAD_LIVE_TIMEOUT_NS (600 * INT64_C(1000000000))  // flows end that have been idle for so long
#define LOAD_CLOSED_TIMEOUT_NS (60 * INT64_C(1000000000)) // TCP flows that both sides closed, or one reset

struct load_options {
	const char *filter;         // libpcap's language; NULL none
	int64_t count;              // packets of a capture at most; 0 no limit
	int64_t since_ns, until_ns; // INT64_MIN, INT64_MAX: no limit; until is exclusive
	int64_t flow_timeout_ns;    // 0 none; of live captures LOAD_LIVE_TIMEOUT_NS
	bool live;                  // rows are saved while they come
	bool filtered;              // the capture itself applies the filter
	int64_t duration_ns;        // live: the end, so long after the begin; 0 none
	int64_t size;               // live: the end, when the case has so many bytes; 0 none
	int64_t resumed_capture_id; // live: goes on with this capture, the last of the case; 0 a new one
	bool progress;
};

// What came of one or several captures.
struct load_totals {
	int64_t captures, files, packets, flows, bytes, left_out, damaged_files, unreadable_files;
	int64_t dropped; // packets that an interface did not hand on, as far as it tells
};

// A file to load.
struct load_input {
	const char *path;     // borrowed
	struct capture *file; // open, and freed by the load; NULL: it is opened when its turn comes
	int64_t first_ts_ns;  // for the caller
};

// A part of a file that is in the case already.
struct load_part {
	int64_t file_id;     // 0: nothing is
	int64_t last_offset; // of its last packet
	int64_t first_packet_id, last_packet_id, packets;
	int64_t interface_id; // of its interface 0
};

struct load;

// Begins a capture, inside the case's transaction. NULL after a message.
struct load *load_begin(struct case_file *, const char *name, const struct load_options *);

// Takes in a file, or all that comes of an interface; what `part` tells of it is passed over. The file stays the
// caller's. False when the case cannot be written.
bool load_file(struct load *, struct capture *, const char *path, const struct load_part *part,
               struct load_totals *);

// Whether the capture is at its end: interrupted, or a limit of its options is reached.
bool load_ended(const struct load *);

// Live: saves what is new, or does so if it is time. False when the case cannot be written.
bool load_save(struct load *);
bool load_save_in_time(struct load *);

// Ends the capture and frees it. False after a message: nothing since the last save may be committed.
bool load_end(struct load *, struct load_totals *);

// Adds one capture, made of files in time order, inside the case's transaction. False after a message: nothing of it
// may be committed. Damage in a file is a warning and a row, not a failure.
bool load_capture(struct case_file *, const char *name, struct load_input *inputs, unsigned count,
                  const struct load_options *, struct load_totals *);

// Whether a signal (interrupt.h) asks the loop to stop after the packet at hand and to finish the case with what was read.
bool load_interrupted(void);

#endif
