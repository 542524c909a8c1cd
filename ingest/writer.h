// Rows to SQLite, on a thread of its own.
//
// The ingest thread fills a batch with writer_add() and hands it over when it is full; the writer thread lays each
// table's rows out as pages (table_pages.h), or inserts them with one INSERT ... SELECT from an eponymous virtual table
// that reads the batch. Two batches go round, so that memory is bounded and reading hides behind writing.
#ifndef INGEST_WRITER_H
#define INGEST_WRITER_H

#include <sqlite3.h>

#include "table_pages.h"

struct writer;

// Starts a writer on a connection that is inside a transaction; the connection and the pages are the writer's until
// writer_finish(). With `updates`, rows of captures, capture_files, interfaces, flows, flow_signs and tcp_stats take the
// place of those with the same id; those of hosts and host_names are added to what is there. pages[TABLE_COUNT]: rows of
// a table go there as long as they come in order; others are inserted, and all where it has no `table`, or is NULL.
// `name` is the case's, for messages; borrowed. NULL with a message when it cannot be had.
struct writer *writer_start(sqlite3 *db, struct table_pages *pages, const char *name, bool updates);

// A new row of a table, to be filled completely by the caller before it adds another. Never NULL.
void *writer_add(struct writer *, enum table_id table);

// The next value of a table's INTEGER PRIMARY KEY, counted on from what the case had; for tables whose rows name it.
int64_t writer_next_id(struct writer *, enum table_id table);

// Text that lives until the row's batch is written.
char *writer_text(struct writer *, const char *text); // NULL gives NULL
char *writer_address(struct writer *, const struct address *, unsigned ip_version);

// names[number], or the number as text where there is none.
const char *writer_name(struct writer *, const char *const *names, size_t count, unsigned number);

// Hands over what is there. False when writing failed: stop; writer_finish() says why.
bool writer_flush(struct writer *);
bool writer_failed(const struct writer *);

// Hands over what is there, and waits until it is written: the connection is the caller's until the next row. False
// when writing failed.
bool writer_wait(struct writer *);

// Waits until all is written, ends the thread and frees the writer. False, after a message, when a write failed.
bool writer_finish(struct writer *);

#endif
