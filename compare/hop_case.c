// The case as compare writes it. See hop_case.h.
#include "hop_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/case.h"
#include "../common/case_schema.h"
#include "../common/message.h"

enum { NAMES_MAX = 64 };

void hop_case_say_why(const struct hop_case *c, int rc)
{
	case_say_why(c->db, c->path, CASE_GIVEN, rc);
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

bool hop_case_open(struct hop_case *c, const char *path)
{
	*c = (struct hop_case){.path = memory_copy_text(path), .db = case_open_to_write(path, CASE_GIVEN)};
	return c->db && case_schema_has_room(c->db, path) &&
	       hop_case_run(c, "PRAGMA synchronous = FULL; PRAGMA temp_store = FILE; BEGIN IMMEDIATE");
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
		case_integer(c->db, 0, "SELECT count(*) FROM sqlite_schema");
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
	char suggestion[256];
	if (sqlite3_prepare_v2(c->db, "SELECT name FROM captures ORDER BY capture_id", -1, &row, NULL) != SQLITE_OK)
		return;
	while (count < NAMES_MAX && sqlite3_step(row) == SQLITE_ROW)
		names[count++] = memory_copy_text((const char *)sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
	if (*message_nearest(suggestion, sizeof suggestion, name, (const char *const *)names, count))
		message_error("%s: has no capture %s; %s", c->path, name, suggestion);
	else
		message_error("%s: has no capture %s; pcapdex query %s captures lists them", c->path, name, c->path);
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
