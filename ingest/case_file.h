// The case as ingest writes it: a new one is built aside and renamed when it is complete; to one that exists, each
// capture is added in a transaction of its own.
#ifndef INGEST_CASE_FILE_H
#define INGEST_CASE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "../common/case.h"
#include "table_pages.h"

struct case_file {
	sqlite3 *db;            // the case; of a new one, a temporary database with the rows that are not laid out
	char *path;             // of the case
	char *building;         // of the file built aside; NULL: the case existed before
	int lock;               // descriptor of `building`, which holds its lock; -1
	bool has_log;           // of one that existed: others can read it meanwhile
	bool is_live;           // others read what is being added, too
	int64_t next_packet_id; // of the next packet to be added

	// Of a new case: the tables that are laid out in `building` as their rows come, where they come in order. One
	// without `table` is inserted into `db`.
	struct page_file page_file;
	struct table_pages pages[TABLE_COUNT];
};

// Opens or begins the case. False after a message: it is no case, is of a newer version, is in use, or cannot be
// written; nothing was changed.
bool case_file_open(struct case_file *, const char *path);

// The same for a capture that others read while it is added: a new case appears at once, and empty.
bool case_file_open_live(struct case_file *, const char *path);

// Commits what was added so far, and goes on. False after a message.
bool case_file_save(struct case_file *);

int64_t case_file_bytes(struct case_file *); // of the case, with what is not saved yet; 0 not known

// A transaction about one capture. After a failed or abandoned one, the case is as it was before.
bool case_file_begin(struct case_file *);
bool case_file_end(struct case_file *);     // commits; false after a message
void case_file_abandon(struct case_file *); // rolls back

// The id after the greatest in a table, whose first column it is.
int64_t case_file_next_id(struct case_file *, enum table_id);

// What runs on a case when all captures are in, before a new one appears: on an open connection without a transaction.
// False after a message. NULL: nothing.
extern bool (*case_file_analysis)(sqlite3 *);

// Makes a new case appear under its name, synced to disk. From here on, a signal (interrupt.h) asks the analysis to stop.
// False after a message.
bool case_file_finish(struct case_file *);

// Closes; a new case that was not finished is removed. False after a message: what was added is in the log beside the
// case, for which there is no room in it.
bool case_file_close(struct case_file *);

bool case_file_run(struct case_file *, const char *sql); // false after a message

#endif
