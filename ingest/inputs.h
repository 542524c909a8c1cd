// The files that an ingest was asked for: arguments, and what lies in folders among them.
#ifndef INGEST_INPUTS_H
#define INGEST_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

struct input {
	char *path;     // "-": standard input
	bool in_folder; // found in a folder: passed over in silence when it is no capture
};

struct inputs {
	struct input *at;
	size_t count, capacity;
};

void inputs_init(struct inputs *);
void inputs_release(struct inputs *);

// Adds a file, or the files of a folder and its folders, in the order of their names. False after a message: a folder
// cannot be read.
bool inputs_add(struct inputs *, const char *path);

// Whether a file begins as a capture or a compressed file does.
bool input_looks_like_capture(const char *path);

// The file's name without folder and without the endings of captures and compression: "web" of "a/web.pcap.gz".
// The caller frees it.
char *input_name(const char *path);

#endif
