// The b-tree of an SQLite table, built page by page as its rows come in the order of their keys.
//
// A row costs SQLite some 150 instructions a column when it is inserted one by one; here it is encoded once and lies
// where it belongs. For a file that nobody has open: a new case, before it gets its name. The format is that of
// https://sqlite.org/fileformat2.html, sections 1.6 (b-tree pages), 1.7 (overflow pages) and 2.1 (records); the tests
// hold the result to PRAGMA integrity_check, and to what INSERT would have written.
//
// A record ends with its last value that is not its column's DEFAULT, as the records of a table do to which ALTER
// TABLE ADD COLUMN gave more columns: SQLite reads the declared defaults for what a record lacks. So a schema makes
// rows short by declaring what is most often the same last.
#ifndef INGEST_TABLE_PAGES_H
#define INGEST_TABLE_PAGES_H

#include <sqlite3.h>

#include "row.h"

enum {
	TABLE_PAGES_SIZE = 16384, // bytes of a page; that of the file it is built for
	TABLE_PAGES_LEVELS = 8,   // hundreds of pages times hundreds times ...
};

// A database file that grows at its end by pages of tables. No SQLite connection may be open on it.
struct page_file {
	int fd;             // borrowed
	uint32_t last_page; // number of the last one so far
};

struct table_node;   // a page of the tree that is not full yet
struct table_column; // how a column is stored

struct table_pages {
	const struct table *table;
	struct page_file *file; // borrowed
	uint32_t root;          // page of the table, empty in the file
	bool is_index;          // WITHOUT ROWID: the key is the whole row
	int64_t last_rowid;     // 0 none
	struct table_column *columns;
	uint8_t *record; // types and values of the row at hand; with room for `record_size` bytes each
	size_t record_size;
	struct table_node *nodes[TABLE_PAGES_LEVELS]; // 0 is the leaf; NULL above the tree's height
};

// Begins to append to a database file that has a schema, and sets the file's size at the end. False: errno.
bool page_file_begin(struct page_file *, int fd);
bool page_file_end(struct page_file *);

// A table is built of pages when it has no index beside its own tree and its columns are those of `table`, in that
// order, behind the rowid's column where that is counted here. False: it is not, and its rows are to be inserted.
// `db` is any connection with the schema of the file.
bool table_pages_init(struct table_pages *, const struct table *, sqlite3 *db, struct page_file *);
void table_pages_release(struct table_pages *);

// Whether a row can be added: its key is greater than all before.
bool table_pages_is_next(const struct table_pages *, const void *row);

// Adds a row that can be. False when the file cannot be written (errno).
bool table_pages_add(struct table_pages *, const void *row);

// Writes what is left. False when the file cannot be written (errno).
bool table_pages_finish(struct table_pages *);

#endif
