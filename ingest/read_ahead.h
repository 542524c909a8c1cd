// Reads a file, and unpacks it, on a thread of its own, some pieces ahead of who asks for them. For files on disk: a
// read from a pipe may have to end when a signal comes, which then is not this thread's.
#ifndef INGEST_READ_AHEAD_H
#define INGEST_READ_AHEAD_H

#include "unpack.h"

enum {
	READ_AHEAD_PIECE = 256 << 10,
	READ_AHEAD_MARGIN = 16 << 10, // bytes before a piece that are its user's
};

struct read_ahead;

// From now on the file, and its unpack where it has one (else NULL), are the thread's until read_ahead_stop(), or until
// the end was seen. NULL: there is no thread to be had, and nothing has changed.
struct read_ahead *read_ahead_start(struct disk_file *, struct unpack *);

// The next piece, READ_AHEAD_PIECE bytes long at most and valid until the next call; *length is 0 at the end.
// *file_bytes_read is how much of the file it took so far.
uint8_t *read_ahead_next(struct read_ahead *, size_t *length, uint64_t *file_bytes_read);

void read_ahead_stop(struct read_ahead *); // NULL is fine

#endif
