// Captures that a case has already: found by their files, and taken out of it again.
#ifndef INGEST_EARLIER_H
#define INGEST_EARLIER_H

#include "case_file.h"
#include "load.h"

// What a case has of a file.
enum earlier {
	EARLIER_NONE,
	EARLIER_SAME,       // its bytes, from whatever path
	EARLIER_CHANGED,    // a file of this path with other bytes
	EARLIER_INTERRUPTED // a part of it: the ingest was interrupted
};

// *capture_id is the first capture with these bytes; 0 unless EARLIER_SAME. Of standard input ("-"), which cannot be read
// twice, nothing is known beforehand.
enum earlier earlier_find(struct case_file *, const char *path, int64_t *capture_id);

// Says that a file is skipped, being in this capture.
void earlier_say_skipped(struct case_file *, const char *path, int64_t capture_id);

// The capture with the bytes that came from standard input in the latest capture; 0: none.
int64_t earlier_find_stdin(struct case_file *);

// Deletes a capture's rows from every table. False after a message.
bool earlier_forget(struct case_file *, int64_t capture_id);

// Deletes the captures that hold a file of this path or content. False after a message: one has other files, too, which
// are not among those given.
bool earlier_forget_file(struct case_file *, const char *path, const struct load_input *given, unsigned count);

// Deletes the captures that earlier_find_stdin() finds. The latest one gets the name, if it is free then. False after a
// message.
bool earlier_replace_stdin(struct case_file *, const char *name);

#endif
