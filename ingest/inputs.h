// The files that an ingest was asked for: arguments, and what lies in folders among them.
#ifndef INGEST_INPUTS_H
#define INGEST_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

struct inputs {
	char **at; // paths; "-": standard input
	size_t count, capacity;
};

void inputs_init(struct inputs *);
void inputs_release(struct inputs *);

// Adds a file, or the captures in a folder and its folders, in the order of their names; links to folders are not
// followed there. False after a message: a folder cannot be read.
bool inputs_add(struct inputs *, const char *path);

// The file's name without folder and without the endings of captures and compression: "web" of "a/web.pcap.gz".
// The caller frees it.
char *input_name(const char *path);

#endif
