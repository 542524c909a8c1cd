// The case as ingest writes it. See case_file.h.
#include "case_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/case_schema.h"
#include "../common/embedded.h"
#include "../common/interrupt.h"
#include "../common/message.h"
#include "../common/temporary.h"
#include "conn_state.h"

#define STRING(x) #x
#define EXPAND(x) STRING(x)
#define CASE_PAGE_SIZE 16384 // TABLE_PAGES_SIZE as a text
_Static_assert(CASE_PAGE_SIZE == TABLE_PAGES_SIZE, "the pages of a new case");

enum {
	LOG_END_MS = 1000, // how long a case's readers are waited for when all is done
	LOG_END_STEP_MS = 50,
	OPEN_FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, // the threads take turns with the connection
};

static void say_why_not_written(const struct case_file *c, int error)
{
	char *folder = folder_of(c->building);
	switch (error) {
	case ENOSPC:
	case EFBIG:
		case_say_full(c->path, CASE_OUTPUT);
		break;
	case ENOENT:
		message_error("%s: there is no folder %s; make it, or name another place with -o", c->path, folder);
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		message_error("%s: no permission to write in %s; name another place with -o", c->path,
		              strcmp(folder, ".") ? folder : "this folder");
		break;
	default:
		message_error("%s: cannot write %s: %s", c->path, c->building, strerror(error));
	}
	free(folder);
}

bool (*case_file_analysis)(sqlite3 *);

bool case_file_run(struct case_file *c, const char *sql)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		case_say_why(c->db, c->path, CASE_OUTPUT, rc);
	return rc == SQLITE_OK;
}

// ---- a new case ---------------------------------------------------------------------------------------------------

// sql is from sqlite3_mprintf(), and freed.
static bool run_and_free(struct case_file *c, char *sql)
{
	bool ok = sql && case_file_run(c, sql);
	sqlite3_free(sql);
	return ok;
}

static bool write_packet_errors(struct case_file *c)
{
	static const struct {
		int bit;
		const char *name, *meaning;
	} errors[] = {
#define X(id, name, meaning) {PACKET_ERROR_BIT_##id, name, meaning},
		PACKET_ERRORS(X)
#undef X
	};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (!run_and_free(c, sqlite3_mprintf("INSERT INTO packet_errors VALUES (%d, %Q, %Q)", errors[i].bit,
		                                     errors[i].name, errors[i].meaning)))
			return false;
	return true;
}

static bool write_tcp_states(struct case_file *c)
{
	static const struct {
		const char *name, *meaning;
	} states[] = {
#define X(name, meaning) {#name, meaning},
		CONN_STATES(X)
#undef X
	};
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (!run_and_free(
				c, sqlite3_mprintf("INSERT INTO tcp_states VALUES (%Q, %Q)", states[i].name, states[i].meaning)))
			return false;
	return true;
}

static bool write_schema(struct case_file *c)
{
	for (const struct embedded *e = embedded_schema; e->name; e++)
		if (!case_file_run(c, e->text))
			return false;
	return case_file_run(
		c, "PRAGMA application_id = " EXPAND(CASE_APPLICATION_ID) "; PRAGMA user_version = " EXPAND(CASE_VERSION));
}

// Whether a file is what an ingest that was killed leaves behind: an empty one, or a database without another owner. Who
// owns the file could read and change the case: in a folder that all may write to, it may be somebody else's trap.
static bool is_leftover(int fd)
{
	enum { HEADER_LEN = 100, APPLICATION_ID_AT = 68 };
	struct stat status;
	uint8_t header[HEADER_LEN];
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != geteuid())
		return false;
	if (status.st_size == 0)
		return true;
	if (pread(fd, header, sizeof header, 0) != HEADER_LEN || memcmp(header, "SQLite format 3", 16) != 0)
		return false;
	struct bytes at = bytes_of(header + APPLICATION_ID_AT, 4);
	uint32_t application = bytes_u32(&at);
	return application == 0 || application == CASE_APPLICATION_ID;
}

// Holds the lock of the file built aside, so that a second ingest of the same case does not take it for a leftover.
static bool lock_building(struct case_file *c)
{
	c->lock = open(c->building, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (c->lock < 0) {
		say_why_not_written(c, errno);
		return false;
	}
	if (flock(c->lock, LOCK_EX | LOCK_NB) != 0) {
		message_error("%s: another ingest is making this case; wait for it, or choose another name with -o",
		              c->path);
		close(c->lock);
		c->lock = -1;
		return false;
	}
	if (!is_leftover(c->lock)) {
		message_error("%s: is no leftover of pcapdex; move it away, or choose another name with -o", c->building);
		close(c->lock);
		c->lock = -1;
		return false;
	}
	if (ftruncate(c->lock, 0) != 0) {
		message_error("%s: %s", c->building, strerror(errno));
		return false;
	}
	return true;
}

#define NEW_FILE                                                                                                   \
	"PRAGMA page_size = " EXPAND(CASE_PAGE_SIZE) "; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"          \
	"PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY"

// Opens a database that only we know, with all tables of a case; "" is a temporary one.
static bool open_with_schema(struct case_file *c, const char *path)
{
	if (sqlite3_open_v2(path, &c->db, OPEN_FLAGS, NULL) != SQLITE_OK) {
		message_error("%s: %s", c->building, c->db ? sqlite3_errmsg(c->db) : "out of memory");
		return false;
	}
	return case_file_run(c, NEW_FILE) && case_file_run(c, "BEGIN") && write_schema(c) && case_file_run(c, "COMMIT");
}

static bool close_database(struct case_file *c)
{
	int rc = sqlite3_close(c->db);
	c->db = NULL;
	if (rc != SQLITE_OK)
		message_error("%s: %s", c->building ? c->building : c->path, sqlite3_errstr(rc));
	return rc == SQLITE_OK;
}

static bool sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return ok;
}

// What was built aside becomes the case. False after a message.
static bool give_name(struct case_file *c)
{
	if (fsync(c->lock) != 0) {
		message_error("%s: %s", c->building, strerror(errno));
		return false;
	}
	if (access(c->path, F_OK) == 0) {
		message_error("%s: appeared while it was being made; nothing was overwritten", c->path);
		return false;
	}
	if (rename(c->building, c->path) != 0) {
		message_error("%s: %s", c->path, strerror(errno));
		return false;
	}
	free(c->building);
	c->building = NULL;
	sync_folder(c->path);
	return true;
}

// Tables that are asked while a case is made.
static bool is_asked(enum table_id table)
{
	return table == TABLE_CAPTURES || table == TABLE_CAPTURE_FILES || table == TABLE_INTERFACES ||
	       table == TABLE_PROTOCOL_STACKS || table == TABLE_PACKET_ERRORS;
}

// SQLite makes the file with its schema and closes it. Then large tables grow at the file's end, while the rows of small
// ones, and those that come out of order, are gathered in a temporary database and join the others at last.
static bool open_new(struct case_file *c)
{
	c->building = memory_join(c->path, ".building", "");
	c->next_packet_id = 1;
	if (!lock_building(c) || !open_with_schema(c, c->building) || !close_database(c) || !open_with_schema(c, ""))
		return false;
	if (!page_file_begin(&c->page_file, c->lock)) {
		message_error("%s: %s", c->building, strerror(errno));
		return false;
	}
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (!is_asked(i))
			table_pages_init(&c->pages[i], &tables[i], c->db, &c->page_file);
	return write_packet_errors(c) && write_tcp_states(c);
}

int64_t case_file_next_id(struct case_file *c, enum table_id table)
{
	char sql[128];
	if (c->pages[table].table)
		return c->pages[table].last_rowid + 1;
	snprintf(sql, sizeof sql, "SELECT max(%s) FROM %s", tables[table].columns[0].name, tables[table].name);
	return case_integer(c->db, 0, sql) + 1;
}

// ---- one that exists ----------------------------------------------------------------------------------------------

// Whether the case's journal is now of this mode.
static bool set_journal(struct case_file *c, const char *pragma, const char *mode)
{
	sqlite3_stmt *statement;
	bool is_set = sqlite3_prepare_v2(c->db, pragma, -1, &statement, NULL) == SQLITE_OK &&
	              sqlite3_step(statement) == SQLITE_ROW &&
	              strcmp((const char *)sqlite3_column_text(statement, 0), mode) == 0;
	sqlite3_finalize(statement);
	return is_set;
}

// With a write-ahead log, others read the case as it was before while a capture is added. Where there cannot be one, on
// some network file systems, they wait until that ends.
static void begin_log(struct case_file *c)
{
	c->has_log = set_journal(c, "PRAGMA journal_mode = WAL", "wal");
}

// Brings all into the one file again. Who has the case open all the time keeps the log beside it; it is empty then,
// unless somebody reads in it right now. Without room for the one file, nothing is lost either.
static bool end_log(struct case_file *c)
{
	int rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
		message_error(
			"%s: %s while its log was brought into it: until the same ingest has run again, %s-wal belongs to it",
			c->path, rc == SQLITE_FULL ? "the disk became full" : sqlite3_errmsg(c->db), c->path);
		return false;
	}
	for (int waited_ms = 0; waited_ms <= LOG_END_MS; waited_ms += LOG_END_STEP_MS) {
		if (set_journal(c, "PRAGMA journal_mode = DELETE", "delete"))
			return true;
		sqlite3_sleep(LOG_END_STEP_MS);
	}
	message_note("%s: is open in another program; until that ends, %s-wal and %s-shm belong to it", c->path,
	             c->path, c->path);
	return true;
}

static bool open_existing(struct case_file *c)
{
	c->db = case_open_to_write(c->path, CASE_OUTPUT);
	if (!c->db || !case_schema_has_room(c->db, c->path) ||
	    !case_file_run(c, "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY"))
		return false;
	if (!case_file_run(c, "SELECT count(*) FROM captures"))
		return false;
	c->has_log = set_journal(c, "PRAGMA journal_mode", "wal"); // of an ingest that was killed
	return true;
}

// By these the rows that are updated are found. They are gone from a case that is complete.
#define LIVE_INDEXES                                                                                               \
	"CREATE UNIQUE INDEX IF NOT EXISTS live_hosts ON hosts(capture_id, address);"                                  \
	"CREATE UNIQUE INDEX IF NOT EXISTS live_host_names ON host_names(capture_id, address, name, source)"
#define NO_LIVE_INDEXES "DROP INDEX IF EXISTS live_hosts; DROP INDEX IF EXISTS live_host_names"

// Makes a case without rows, of which others know from the start.
static bool make_empty(struct case_file *c)
{
	c->building = memory_join(c->path, ".building", "");
	bool ok = lock_building(c) && open_with_schema(c, c->building) && write_packet_errors(c) &&
	          write_tcp_states(c) && close_database(c) && give_name(c);
	// Before SQLite opens the file again: closing a descriptor ends all locks that a process has on a file (fcntl(2)).
	if (ok) {
		close(c->lock);
		c->lock = -1;
	}
	return ok;
}

bool case_file_open_live(struct case_file *c, const char *path)
{
	struct stat status;
	if (stat(path, &status) == 0 || errno != ENOENT) {
		if (!case_file_open(c, path))
			return false;
	} else {
		*c = (struct case_file){.path = case_sqlite_path(path), .lock = -1};
		if (!make_empty(c) || !open_existing(c))
			return false;
	}
	c->is_live = true;
	return true;
}

bool case_file_open(struct case_file *c, const char *path)
{
	struct stat status;
	*c = (struct case_file){.path = case_sqlite_path(path), .lock = -1};
	if (stat(path, &status) != 0) {
		if (errno == ENOENT)
			return open_new(c);
		message_error("%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		message_error("%s: exists and is not a regular file; choose another name with -o", path);
		return false;
	}
	if (status.st_size == 0) {
		message_error("%s: exists and is empty, not a case; remove it, or choose another name with -o", path);
		return false;
	}
	return open_existing(c);
}

// ---- transactions -------------------------------------------------------------------------------------------------

bool case_file_save(struct case_file *c)
{
	return case_file_run(c, "COMMIT") && case_file_run(c, "BEGIN IMMEDIATE");
}

bool case_file_begin(struct case_file *c)
{
	if (!c->building && !c->has_log)
		begin_log(c);
	if (!case_file_run(c, "BEGIN IMMEDIATE"))
		return false;
	if (!c->building) // only now: another ingest may have been waited for
		c->next_packet_id = case_integer(c->db, 0, "SELECT max(packet_id) FROM packets") + 1;
	return !c->is_live || (case_file_run(c, LIVE_INDEXES) && case_file_save(c));
}

int64_t case_file_bytes(struct case_file *c)
{
	return case_integer(c->db, 0, "PRAGMA page_count") * case_integer(c->db, 0, "PRAGMA page_size");
}

bool case_file_end(struct case_file *c)
{
	return (!c->is_live || case_file_run(c, NO_LIVE_INDEXES)) && case_file_run(c, "COMMIT");
}

void case_file_abandon(struct case_file *c)
{
	if (!sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	// After a full disk, it is the next read that brings back what was there.
	sqlite3_exec(c->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

// Ends the tables that were laid out. False after a message.
static bool finish_pages(struct case_file *c)
{
	bool ok = true;
	for (unsigned i = 0; i < TABLE_COUNT && ok; i++)
		ok = !c->pages[i].table || table_pages_finish(&c->pages[i]);
	ok = ok && page_file_end(&c->page_file);
	if (!ok)
		say_why_not_written(c, errno);
	return ok;
}

// Copies the rows of the temporary database into the file.
static bool add_inserted_rows(struct case_file *c)
{
	char *sql = sqlite3_mprintf(
		"ATTACH %Q AS building; PRAGMA building.journal_mode = OFF;"
		"PRAGMA building.synchronous = OFF; BEGIN",
		c->building);
	bool ok = sql && case_file_run(c, sql);
	sqlite3_free(sql);
	for (unsigned i = 0; i < TABLE_COUNT && ok; i++) {
		char copy[128];
		const char *name = tables[i].name;
		snprintf(copy, sizeof copy, "INSERT INTO building.%s SELECT * FROM main.%s", name, name);
		ok = case_file_run(c, copy);
	}
	return ok && case_file_run(c, "COMMIT");
}

// Has what the file holds written to the disk. Gives 0 or an errno: the system tells of a failure only once.
static void *flush(void *argument)
{
	const struct case_file *c = argument;
	return (void *)(intptr_t)(fsync(c->lock) == 0 ? 0 : errno);
}

// The file that is built aside is lost if the analysis fails half way: it needs no journal.
static bool run_analysis(const struct case_file *c)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open_v2(c->building, &db, OPEN_FLAGS, NULL) == SQLITE_OK &&
	          sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE",
	                       NULL, NULL, NULL) == SQLITE_OK &&
	          case_file_analysis(db);
	sqlite3_close(db);
	return ok;
}

// Detectors read for long before they write: the disk takes the rows meanwhile.
static bool analyze_building(struct case_file *c)
{
	pthread_t thread;
	void *error = NULL;
	if (!case_file_analysis)
		return true;
	bool is_flushing = pthread_create(&thread, NULL, flush, c) == 0;
	bool ok = run_analysis(c);
	if (is_flushing)
		pthread_join(thread, &error);
	if (ok && error)
		say_why_not_written(c, (int)(intptr_t)error);
	return ok && !error;
}

bool case_file_finish(struct case_file *c)
{
	interrupt_catch();
	if (!c->building)
		return !case_file_analysis || case_file_analysis(c->db);
	return finish_pages(c) && add_inserted_rows(c) && close_database(c) && analyze_building(c) && give_name(c);
}

bool case_file_close(struct case_file *c)
{
	bool is_whole = true;
	if (c->db) {
		case_file_abandon(c);
		is_whole = !c->has_log || end_log(c);
		sqlite3_close(c->db);
	}
	if (c->building && c->lock >= 0)
		unlink(c->building);
	if (c->lock >= 0)
		close(c->lock);
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (c->pages[i].table)
			table_pages_release(&c->pages[i]);
	free(c->building);
	free(c->path);
	*c = (struct case_file){.lock = -1};
	return is_whole;
}
