// A file that a command writes: there is never half of it, and it is nothing that the case needs.
#ifndef QUERY_NEW_FILE_H
#define QUERY_NEW_FILE_H

#include "guard.h"

struct new_file {
	int fd;           // to write to
	const char *path; // borrowed
	char *partial;    // its name until it is whole; NULL: a device or a pipe, which is written as it is
};

// Whether what is at path is the case or one of its capture files, at its place or moved away from it. Says so.
bool new_file_is_needed(struct guard *, const char *path);

// False: errno says why; nothing is to be closed then.
bool new_file_open(struct new_file *, const char *path);

// Closes it. whole: it takes its name; else it is gone, and what was there before is there still. False: errno says why
// it has not taken its name.
bool new_file_close(struct new_file *, bool whole);

#endif
