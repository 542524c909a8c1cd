// The files that a case was made from, read again: found where they were or in another folder, and checked against the
// size and the fingerprint that the case has of them. It lives in other programs, too (the extension): it says what is
// wrong in a text, and gives up without memory.
#ifndef QUERY_SOURCE_H
#define QUERY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source_unpack.h"

enum {
	SOURCE_PATH_ROOM = 4096,
	SOURCE_FINGERPRINT_ROOM = 33,
	SOURCE_ERROR_ROOM = 512,
	SOURCE_PACKET_MAX = 1 << 26, // bytes of a packet; a case that says more is not believed
};

// What a case says of a file: a row of capture_files.
struct source_file {
	char path[SOURCE_PATH_ROOM], compression[16];
	char fingerprint[SOURCE_FINGERPRINT_ROOM]; // "": not known; such a file is not read
	int64_t size;                              // -1: not known
};

// A file that is open.
struct source {
	int fd; // -1: none
	struct unpacked *unpacked;
	struct source_file file;
};

#define SOURCE_CLOSED ((struct source){.fd = -1})

// Opens and checks. folder: where to look for a file of the same name when it is gone or has changed; NULL nowhere.
// Reads the whole file for its fingerprint. False: error (of SOURCE_ERROR_ROOM) names the file and says what is wrong.
bool source_open(struct source *, const struct source_file *, const char *folder, char *error);
void source_close(struct source *); // also when it is closed

// Of what the descriptor has from where it stands to its end. False: it cannot be read.
bool source_fingerprint(int fd, char to[SOURCE_FINGERPRINT_ROOM]);

// Whether this file is the one that is open.
bool source_is(const struct source *, const struct source_file *);

// Bytes by their place in the uncompressed file. Forward it reads on; backward, a compressed file begins again.
// False: they are not there.
bool source_read(struct source *, int64_t offset, void *to, size_t length);

#endif
