// What marks an SQLite file as a case, and what to say of a file that is none, or cannot be written.
#ifndef COMMON_CASE_H
#define COMMON_CASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define CASE_APPLICATION_ID 0x70636478 // 'pcdx': PRAGMA application_id
#define CASE_VERSION 9 // PRAGMA user_version: raised when a table or column is added, moved, renamed or removed

// How a command came by the name of the case: what to do about a wrong one.
enum case_role {
	CASE_GIVEN, // it should be there
	CASE_OUTPUT // it may be made: -o names another one
};

// Looks at the file before SQLite does. *is_wal: it is in WAL mode, which another program must have chosen. False after
// a message: there is none, or it cannot be read or be a case.
bool case_check_file(const char *path, bool *is_wal);

// Whether an open database is a case of this version; false after a message.
bool case_check(sqlite3 *db, const char *path, enum case_role role);

// Opens one that exists, and that somebody may have edited, to write it: its tables and triggers are as this program
// declares them, too (case_schema.h). NULL after a message; the caller closes it.
sqlite3 *case_open_to_write(const char *path, enum case_role role);

// Says what keeps SQLite from writing a case, and what to do about it: rc, and what the connection tells of it.
void case_say_why(sqlite3 *db, const char *path, enum case_role role, int rc);
void case_say_full(const char *path, enum case_role role);

// The path as SQLite should see it, which takes a name that begins with file: for a URI. The caller frees it.
char *case_sqlite_path(const char *path);

// One integer of a statement, with a text for each of its parameters; `otherwise` for NULL, no row or an error.
int64_t case_integer(sqlite3 *db, int64_t otherwise, const char *sql, ...);

#endif
