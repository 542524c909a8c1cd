// The case as compare writes it: one that exists, and that pcapdex made.
#ifndef COMPARE_HOP_CASE_H
#define COMPARE_HOP_CASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct hop_case {
	sqlite3 *db;
	char *path;
};

// Opens the case and begins a transaction. False after a message: it is no case, is of another version, is in use, or
// may not be written. Release it in any case: what was not committed is gone.
bool hop_case_open(struct hop_case *, const char *path);
bool hop_case_commit(struct hop_case *); // false after a message
void hop_case_release(struct hop_case *);

bool hop_case_run(struct hop_case *, const char *sql); // false after a message

// capture_id of a capture, by its name or number; 0 after a message.
int64_t hop_case_capture(struct hop_case *, const char *name);

// Prepares a statement; runs one that gives no rows, and resets it. False after a message.
bool hop_case_prepare(struct hop_case *, sqlite3_stmt **, const char *sql);
bool hop_case_step(struct hop_case *, sqlite3_stmt *);

// An integer, or NULL where it is not known.
void hop_case_bind_if(sqlite3_stmt *, int column, bool known, int64_t value);

// Says why a statement failed.
void hop_case_say_why(const struct hop_case *, int rc);

#endif
