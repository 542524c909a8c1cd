// What people type who know other programs for SQL.
#ifndef QUERY_HABIT_H
#define QUERY_HABIT_H

#include <stddef.h>

// sqlite3's .tables and .schema [TABLE] as a report's text (report.h); NULL: it is neither. The caller frees it.
char *habit_report(const char *question);

// The way out for what begins no query, "; did you mean SELECT?" or how tables are listed; "" not known.
void habit_hint(const char *sql, const char *case_path, char *to, size_t size);

#endif
