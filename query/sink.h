// Where data goes: a descriptor behind a buffer, or memory.
#ifndef QUERY_SINK_H
#define QUERY_SINK_H

#include <stdbool.h>
#include <stddef.h>

struct sink {
	int fd;        // -1: memory, at[0..used) grows
	bool terminal; // fd is one: control bytes must not pass
	char *at;
	size_t used, size;
	int error; // errno of the write that failed: from then on, everything is dropped. EPIPE: the reader has enough
};

void sink_init(struct sink *, int fd);
void sink_release(struct sink *);       // does not flush, does not close
size_t sink_width(const struct sink *); // columns of the terminal ($COLUMNS, if set); 0: it is none
bool sink_flush(struct sink *);         // false: error is set

// Flushes standard output at the end. False after a message; a reader who has enough is no trouble.
bool sink_finish(struct sink *);

void sink_write(struct sink *, const char *text, size_t length);
void sink_text(struct sink *, const char *text);
void sink_char(struct sink *, char c);
void sink_repeat(struct sink *, char c, size_t count);

#endif
