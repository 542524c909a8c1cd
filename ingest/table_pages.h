// The b-tree of an SQLite table, built page by page as its rows come in the order of their rowids.
//
// A row costs SQLite some 150 instructions a column when it is inserted one by one; here it is encoded once and lies
// where it belongs. For a file that nobody has open: a new case, before it gets its name. The format is that of
// https://sqlite.org/fileformat2.html, sections 1.6 (b-tree pages) and 2.1 (records); the tests hold the result to
// PRAGMA integrity_check, and to what INSERT would have written.
#ifndef INGEST_TABLE_PAGES_H
#define INGEST_TABLE_PAGES_H

#include <stdio.h>

#include "row.h"

enum { TABLE_PAGES_SIZE = 16384 }; // bytes of a page; that of the file it is built for

struct table_pages {
	const struct table *table; // its first column is the rowid; all columns are INTEGER
	FILE *leaves;              // finished leaf pages, in order; a temporary file without a name
	uint8_t *page;             // the leaf at hand
	unsigned cells;            // on it
	size_t content_at;         // where its cells begin
	int64_t last_rowid;
	uint64_t leaf_count; // finished
};

// The temporary file lies beside `path`. False after a message.
bool table_pages_init(struct table_pages *, const struct table *, const char *path);
void table_pages_release(struct table_pages *);

// Adds rows whose rowids are greater than all before. False when the temporary file cannot be written (errno).
bool table_pages_add(struct table_pages *, const void *rows, unsigned count);

// Puts the tree into a database file that nobody has open, under the root page of the table, which is empty there.
// False after a message; the file is then not usable.
bool table_pages_graft(struct table_pages *, const char *path, uint32_t root);

#endif
