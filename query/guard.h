// The one way from query to a case: nothing can be changed through it, and no other file be touched.
//
// The walls, each enough for most of what they keep out: the file is open for reading only; the authorizer allows
// SELECT, READ, harmless FUNCTIONs, RECURSIVE and named PRAGMAs; a statement must begin with SELECT, WITH, VALUES,
// EXPLAIN or PRAGMA and be read-only in SQLite's eyes; nothing can be attached; extensions and virtual tables are off;
// the schema of the case is not trusted; sizes and depths are limited, memory too. watch.h limits time.
#ifndef QUERY_GUARD_H
#define QUERY_GUARD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

// What a statement may begin with.
enum { GUARD_WORD_COUNT = 5 };
extern const char *const guard_words[GUARD_WORD_COUNT];

struct guard {
	sqlite3 *db;
	const char *path;  // for messages; borrowed
	char refused[256]; // what the authorizer refused last; "" nothing
};

// Opens a case. False after a message that says what it is instead, and what to do.
bool guard_open(struct guard *, const char *path);

// An empty case in memory with the schema of this program, for checking reports.
bool guard_open_empty(struct guard *);

void guard_release(struct guard *);

// Prepares the first statement of sql; *tail is what follows it. *statement may be NULL without an error: only comments.
// False: error (of size) says what is wrong and where, with the nearest names. line: where sql begins in its file.
bool guard_prepare(struct guard *, const char *sql, int line, sqlite3_stmt **statement, const char **tail,
                   char *error, size_t size);

// The first row of a statement with ?1 = text and ?2 = more, either may be NULL. NULL: there is none. The caller finalizes.
sqlite3_stmt *guard_look_up(struct guard *, const char *sql, const char *text, const char *more);

// The error of a step, in words.
void guard_explain(struct guard *, int result, char *error, size_t size);

#endif
