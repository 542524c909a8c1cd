// A file or standard input as it is on disk: read from front to end, counted and hashed on the way.
#ifndef INGEST_DISK_FILE_H
#define INGEST_DISK_FILE_H

#include <xxhash.h>

#include "capture.h"

struct disk_file {
	char *name;   // for messages; owned
	int fd;       // -1: nothing to read
	int64_t size; // -1: a pipe
	uint64_t bytes_read;
	XXH3_state_t *hash;   // of the bytes read; owned
	bool (*wait)(void *); // asked at the end whether there may be more now; NULL: the end is the end
	void *wait_context;
	bool failed; // reading broke off; fault says why
	struct capture_fault fault;
};

// Opens path ("-": standard input). False, with *fault filled and nothing to close, when that cannot be read.
bool disk_file_open(struct disk_file *, const char *path, struct capture_fault *fault);

// A file whose bytes are in memory and count as read.
void disk_file_open_memory(struct disk_file *, const char *name, const void *data, size_t length);
void disk_file_close(struct disk_file *);

// Reads up to `room` bytes; 0 at the end, after a failure, and when a signal came (that is a failure, too).
size_t disk_file_read(struct disk_file *, void *to, size_t room);

// XXH3-128 of the whole file, as 32 hex digits and a NUL; what was not read yet is read.
void disk_file_fingerprint(struct disk_file *, char to[33]);

#endif
