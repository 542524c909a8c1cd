// A case that somebody may have edited is written only if its tables and triggers are as this program declares them:
// then no view stands in place of a table, and nothing runs when rows are added.
#ifndef COMMON_CASE_SCHEMA_H
#define COMMON_CASE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

// Views whose text is another become those of this program. Tables, views, and indexes of columns that are not its own
// stay. False after a message that begins with the path.
bool case_schema_check(sqlite3 *db, const char *path);

// Whether rows that are added find numbers behind those that are there, of which none nor a small multiple is too large
// for an integer. False after a message that begins with the path.
bool case_schema_has_room(sqlite3 *db, const char *path);

#endif
