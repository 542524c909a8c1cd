// The limits of a running query: its time, and Ctrl-C.
//
// A timer counts the time that the program works, not the time that it waits for the reader of its output. At the
// limit, and at Ctrl-C, watch_cause() says so, and watch_progress() stops SQLite. Where SQLite does not ask (it does not
// while it parses, nor within one function), the program ends two seconds later by itself: nothing is lost, as it only
// reads. A second Ctrl-C ends it at once.
#ifndef QUERY_WATCH_H
#define QUERY_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum watch_cause { WATCH_RUNNING, WATCH_TIMEOUT, WATCH_INTERRUPT };

enum { EXIT_INTERRUPTED = 130 }; // as shells say it: 128 + SIGINT

void watch_begin(int64_t limit_ns); // 0: no limit. Also ignores SIGPIPE: a write then fails with EPIPE
void watch_end(void);

enum watch_cause watch_cause(void);
void watch_pause(bool paused);
void watch_again(void); // the limit counts anew

// A file that is removed when the program ends by itself; NULL: none. The path stays until then.
void watch_unfinished(const char *path);

int watch_progress(void *unused); // for sqlite3_progress_handler

#endif
