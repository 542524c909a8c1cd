// Where fuzz targets write their rows: an empty case in memory, emptied again from time to time.
#ifndef FUZZ_MEMORY_CASE_H
#define FUZZ_MEMORY_CASE_H

#include <sqlite3.h>
#include <stdlib.h>

#include "../../common/embedded.h"
#include "../../ingest/writer.h"

enum { MEMORY_CASE_INPUTS = 2000 }; // after which its rows are thrown away

static inline void memory_case_run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
}

static inline sqlite3 *memory_case_open(void)
{
	sqlite3 *db;
	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		abort();
	for (const struct embedded *e = embedded_schema; e->name; e++)
		memory_case_run(db, e->text);
	return db;
}

// The writer for the next input, the same as for the last one in most cases.
static inline struct writer *memory_case_writer(void)
{
	static sqlite3 *db;
	static struct writer *writer;
	static int inputs;

	if (!db)
		db = memory_case_open();
	if (writer && inputs++ % MEMORY_CASE_INPUTS)
		return writer;
	if (writer) {
		if (!writer_finish(writer))
			abort();
		memory_case_run(db, "ROLLBACK");
	}
	memory_case_run(db, "BEGIN");
	writer = writer_start(db, NULL, "fuzz", false);
	if (!writer)
		abort();
	return writer;
}

#endif
