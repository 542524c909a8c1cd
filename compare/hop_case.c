// The case as compare writes it. See hop_case.h.
#include "hop_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../common/case.h"
#include "../common/case_schema.h"
#include "../common/message.h"

enum { BUSY_MS = 5000, NAMES_MAX = 64 };

void hop_case_say_why(const struct hop_case *c, int rc)
{
	if (rc == SQLITE_BUSY)
		message_error("%s: another program is writing it; wait until that ends", c->path);
	else if (rc == SQLITE_READONLY)
		message_error("%s: may only be read; comparing writes to the case: change its permissions, or copy it",
		              c->path);
	else if (rc == SQLITE_FULL)
		message_error("%s: the disk is full: make room", c->path);
	else
		message_error("%s: %s", c->path, sqlite3_errmsg(c->db));
}

bool hop_case_run(struct hop_case *c, const char *sql)
{
	int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		hop_case_say_why(c, rc);
	return rc == SQLITE_OK;
}

bool hop_case_prepare(struct hop_case *c, sqlite3_stmt **statement, const char *sql)
{
	int rc = sqlite3_prepare_v2(c->db, sql, -1, statement, NULL);
	if (rc != SQLITE_OK)
		hop_case_say_why(c, rc);
	return rc == SQLITE_OK;
}

bool hop_case_step(struct hop_case *c, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);
	if (rc != SQLITE_DONE)
		hop_case_say_why(c, rc);
	return sqlite3_reset(statement) == SQLITE_OK && rc == SQLITE_DONE;
}

void hop_case_bind_if(sqlite3_stmt *s, int column, bool known, int64_t value)
{
	if (known)
		sqlite3_bind_int64(s, column, value);
	else
		sqlite3_bind_null(s, column);
}

static int64_t pragma(struct hop_case *c, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t value = -1;
	if (sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static bool check_case(struct hop_case *c)
{
	int rc = sqlite3_exec(c->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (rc != SQLITE_OK && rc != SQLITE_NOTADB) {
		hop_case_say_why(c, rc);
		return false;
	}
	if (pragma(c, "PRAGMA application_id") != CASE_APPLICATION_ID) {
		message_error("%s: is not a pcapdex case; make one with pcapdex ingest", c->path);
		return false;
	}
	int64_t version = pragma(c, "PRAGMA user_version");
	if (version != CASE_VERSION) {
		message_error("%s: is a case of version %lld, and this program writes version %d; %s", c->path,
		              (long long)version, CASE_VERSION,
		              version > CASE_VERSION ? "use a newer pcapdex" : "ingest the captures again into a new case");
		return false;
	}
	if (pragma(c, "SELECT count(*) FROM sqlite_schema WHERE name = 'hop_comparisons'") != 1) {
		message_error("%s: has no tables for comparisons; ingest the captures again into a new case", c->path);
		return false;
	}
	return case_schema_check(c->db, c->path);
}

// False after a message: there is no regular file.
static bool is_file(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		message_error("%s: %s%s", path, strerror(errno),
		              errno == ENOENT ? "; make a case with pcapdex ingest" : "");
	else if (!S_ISREG(status.st_mode))
		message_error("%s: is not a regular file", path);
	else
		return true;
	return false;
}

bool hop_case_open(struct hop_case *c, const char *path)
{
	// SQLite takes a name that begins with file: for a URI.
	*c = (struct hop_case){.path = memory_join(strncmp(path, "file:", 5) == 0 ? "./" : "", path, "")};
	if (!is_file(path))
		return false;
	int rc = sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		message_error("%s: %s", path, c->db ? sqlite3_errmsg(c->db) : "out of memory");
		return false;
	}
	sqlite3_busy_timeout(c->db, BUSY_MS);
	return check_case(c) && hop_case_run(c, "PRAGMA synchronous = FULL; PRAGMA temp_store = FILE; BEGIN IMMEDIATE");
}

bool hop_case_commit(struct hop_case *c)
{
	return hop_case_run(c, "COMMIT");
}

void hop_case_release(struct hop_case *c)
{
	if (c->db && !sqlite3_get_autocommit(c->db))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	// After a full disk, it is the next read that brings back what was there.
	if (c->db)
		sqlite3_exec(c->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
	sqlite3_close(c->db);
	free(c->path);
	*c = (struct hop_case){0};
}

// ---- captures by name -----------------------------------------------------------------------------------------------

static void say_no_capture(struct hop_case *c, const char *name)
{
	sqlite3_stmt *row;
	char *names[NAMES_MAX];
	size_t count = 0;
	char suggestion[128];
	if (sqlite3_prepare_v2(c->db, "SELECT name FROM captures ORDER BY capture_id", -1, &row, NULL) != SQLITE_OK)
		return;
	while (count < NAMES_MAX && sqlite3_step(row) == SQLITE_ROW)
		names[count++] = memory_copy_text((const char *)sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
	if (!*message_nearest(suggestion, sizeof suggestion, name, (const char *const *)names, count))
		snprintf(suggestion, sizeof suggestion, "pcapdex query CASE.db captures lists them");
	message_error("%s: has no capture %s; %s", c->path, name, suggestion);
	while (count > 0)
		free(names[--count]);
}

int64_t hop_case_capture(struct hop_case *c, const char *name)
{
	static const char sql[] =
		"SELECT capture_id FROM captures"
		" WHERE name = ?1 OR CAST(capture_id AS TEXT) = ?1 ORDER BY name <> ?1 LIMIT 1";
	sqlite3_stmt *row;
	int64_t capture_id = 0;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &row, NULL);
	if (rc != SQLITE_OK) {
		hop_case_say_why(c, rc);
		return 0;
	}
	sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(row) == SQLITE_ROW)
		capture_id = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	if (!capture_id)
		say_no_capture(c, name);
	return capture_id;
}
