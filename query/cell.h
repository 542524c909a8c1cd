// A value of a result row as text.
#ifndef QUERY_CELL_H
#define QUERY_CELL_H

#include <sqlite3.h>
#include <stdint.h>

#include "../common/text.h"
#include "sink.h"

enum cell_kind { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_BLOB };

enum { CELL_NUMBER_ROOM = 40 };

struct cell {
	enum cell_kind kind;
	const char *at; // text, the bytes of a blob, or `number`; of the statement's current row
	size_t length;
	char number[CELL_NUMBER_ROOM];
};

// The first column of a name; -1: there is none, or the name is NULL.
int cell_column(sqlite3_stmt *, const char *name);

// Whether the current row has a number there, and not an infinite one. column -1: no.
bool cell_is_finite(sqlite3_stmt *, int column);

// How many digits a REAL gets: as many as tell it from its neighbours, or at most nine behind the point (six that count,
// where that is more), which people like better. Both without exponents from 1e-9 up to 1e15.
enum cell_digits { CELL_EXACT, CELL_ROUNDED };

void cell_read(struct cell *, sqlite3_stmt *, int column, enum cell_digits);

// As it is; blobs as hex digits. For files: a terminal gets the next one.
void cell_write(struct sink *, const struct cell *);

// For a terminal and for people: what text_is_unsafe() and invalid UTF-8 as \n, \t, \xHH or \u{H}.
void cell_write_clean(struct sink *, const struct cell *);

// The same for text; the characters in `kept` ("\n") stay as they are.
void text_write_clean(struct sink *, const char *text, size_t length, const char *kept);

// Terminal columns of clean text, and how many bytes of it fit into `columns`.
size_t text_width(const char *text, size_t length);
size_t text_fit(const char *text, size_t length, size_t columns);

// Clean text for a screen of so many columns, the cursor being behind `first` of them: folded between words, where it goes
// on behind `indent` columns. Nothing else of it changes. screen 0: it is not folded.
void text_write_folded(struct sink *, const char *text, size_t length, size_t screen, size_t first, size_t indent);

#endif
