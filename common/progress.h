// A progress line on standard error, only when that is a terminal; redrawn at most five times a second.
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include <stdint.h>

struct progress {
	const char *what; // file name; borrowed
	int64_t total;    // bytes to read; -1 unknown
	int64_t begun_ns, drawn_ns;
	int on;
};

void progress_begin(struct progress *, const char *what, int64_t total_bytes);
// done: bytes read so far; packets: packets so far. Cheap: call it every few thousand packets.
void progress_update(struct progress *, int64_t done_bytes, int64_t packets);
void progress_end(struct progress *); // clears the line

// Something that says nothing of how far it is: "looking for issues ...", until the line is cleared.
void progress_say(const char *what);

// Clears a progress line, if one is on the screen, so that a message can be written.
void progress_clear(void);

int64_t progress_now_ns(void); // monotonic clock

#endif
