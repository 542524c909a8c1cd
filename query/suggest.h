// What somebody may have meant who named what is not there.
#ifndef QUERY_SUGGEST_H
#define QUERY_SUGGEST_H

#include <sqlite3.h>
#include <stddef.h>

// Names of what there is.
struct names {
	const char **at;
	size_t count;
};

void names_add(struct names *, const char *name); // a copy

// Adds the first column of what sql gives; as many as there is use for, but not those that are too long for a path.
void names_read(struct names *, sqlite3 *db, const char *sql);
void names_release(struct names *);

// What to do about SQLite's message on sql, which names something that the case does not have: "; did you mean src?", "; it
// is in flows"; "" when nothing is known.
void suggest(sqlite3 *db, const char *sql, const char *message, char *to, size_t size);

#endif
