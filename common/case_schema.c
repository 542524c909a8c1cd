// What a case declares, and what it should. See case_schema.h.
#include "case_schema.h"

#include <stdint.h>
#include <string.h>

#include "embedded.h"
#include "message.h"
#include "sql_text.h"

#define NUMBER_MAX (INT64_MAX / 16)
#define BLANKS " \t\r\n\f"

struct word {
	const char *at;
	size_t length;
};

struct check {
	sqlite3 *db, *own; // own: an empty case, in memory
	const char *path;
	sqlite3_str *script; // what brings views up to date
};

// ---- words of SQL -------------------------------------------------------------------------------------------------

// The next name, number, quoted text or sign; empty at the end.
static struct word next_word(const char **sql)
{
	static const char quotes[] = "''\"\"``[]";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	const char *at = sql_text_skip(*sql, BLANKS), *quote = *at ? strchr(quotes, *at) : NULL;
	size_t length = strspn(at, letters);
	if (quote && (quote - quotes) % 2 == 0) {
		const char *end = strchr(at + 1, quote[1]);
		length = end ? (size_t)(end - at) + 1 : strlen(at);
	} else if (length == 0) {
		length = *at != 0;
	}
	*sql = at + length;
	return (struct word){at, length};
}

static bool is_same_sql(const char *a, const char *b)
{
	for (;;) {
		struct word one = next_word(&a), other = next_word(&b);
		if (one.length != other.length || memcmp(one.at, other.at, one.length) != 0)
			return false;
		if (one.length == 0)
			return true;
	}
}

static bool is_word(struct word word, const char *text)
{
	return word.length == strlen(text) && !sqlite3_strnicmp(word.at, text, (int)word.length);
}

static bool is_name(struct word word, const char *name)
{
	bool quoted = word.length >= 2 && word.at[0] == '"';
	return is_word(quoted ? (struct word){word.at + 1, word.length - 2} : word, name);
}

// Whether the statement makes what it is listed as: SQLite goes by the statement.
static bool is_listed_right(const char *type, const char *name, const char *sql)
{
	struct word word = next_word(&sql);
	if (!is_word(word, "CREATE"))
		return false;
	word = next_word(&sql);
	if (is_word(word, "UNIQUE") || is_word(word, "VIRTUAL"))
		word = next_word(&sql);
	return is_word(word, type) && is_name(next_word(&sql), name);
}

// ---- the check ----------------------------------------------------------------------------------------------------

static bool say_why(const struct check *c, int rc)
{
	if (rc == SQLITE_BUSY)
		message_error("%s: another program is writing it; wait until that ends", c->path);
	else if (rc == SQLITE_READONLY)
		message_error("%s: may only be read; change its permissions, or copy it", c->path);
	else
		message_error("%s: %s", c->path, sqlite3_errmsg(c->db));
	return false;
}

static bool say_other(const struct check *c, const char *type, const char *name)
{
	message_error(
		"%s: somebody has edited it: the %s %s is not as pcapdex makes it; ingest its captures into a new case",
		c->path, type, name);
	return false;
}

static const char *column(sqlite3_stmt *row, int number)
{
	const char *text = (const char *)sqlite3_column_text(row, number);
	return text ? text : "";
}

// The statement behind a name in a schema: sqlite3_free() it; NULL: there is none.
static char *statement_of(sqlite3 *db, const char *name)
{
	sqlite3_stmt *row = NULL;
	char *sql = NULL;
	if (sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema WHERE name = ? AND sql IS NOT NULL", -1, &row,
	                       NULL) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
		if (sqlite3_step(row) == SQLITE_ROW)
			sql = sqlite3_mprintf("%s", column(row, 0));
	}
	sqlite3_finalize(row);
	return sql;
}

// A table, view, index or trigger of this program.
static bool check_own(struct check *c, const char *type, const char *name, const char *sql)
{
	char *found = statement_of(c->db, name);
	bool is_same = found && is_same_sql(found, sql), is_view = !strcmp(type, "view");
	sqlite3_free(found);
	if (!is_same && is_view)
		sqlite3_str_appendf(c->script, "DROP VIEW IF EXISTS \"%w\";%s;", name, sql);
	return is_same || is_view || say_other(c, type, name);
}

// Whether an index is of columns alone: then nothing is computed when rows are added.
static bool is_plain_index(const struct check *c, const char *name)
{
	static const char sql[] =
		"SELECT 1 FROM pragma_index_xinfo(?1) WHERE cid = -2 UNION ALL "
		"SELECT 1 FROM sqlite_schema s, pragma_index_list(s.tbl_name) i "
		"WHERE s.name = ?1 AND i.name = ?1 AND i.partial";
	sqlite3_stmt *row = NULL;
	bool plain = sqlite3_prepare_v2(c->db, sql, -1, &row, NULL) == SQLITE_OK &&
	             sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
	             sqlite3_step(row) == SQLITE_DONE;
	sqlite3_finalize(row);
	return plain;
}

// What stands in the case, be it ours or not.
static bool check_found(const struct check *c, const char *type, const char *name, const char *sql)
{
	if (!is_listed_right(type, name, sql))
		return say_other(c, "schema at", name);
	if (strcmp(type, "trigger") != 0 && (strcmp(type, "index") != 0 || is_plain_index(c, name)))
		return true;
	char *own = statement_of(c->own, name);
	sqlite3_free(own);
	return own || say_other(c, type, name);
}

static bool check_all(struct check *c, sqlite3 *in, bool own)
{
	static const char sql[] = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL";
	sqlite3_stmt *row = NULL;
	bool ok = true;
	int rc = sqlite3_prepare_v2(in, sql, -1, &row, NULL);
	while (rc == SQLITE_OK && ok && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		const char *type = column(row, 0), *name = column(row, 1), *text = column(row, 2);
		ok = own ? check_own(c, type, name, text) : check_found(c, type, name, text);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(row);
	return ok && (rc == SQLITE_DONE || say_why(c, rc));
}

static bool check_names(const struct check *c)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(
		c->db, "SELECT name FROM sqlite_schema WHERE sql IS NOT NULL GROUP BY lower(name) HAVING count(*) > 1", -1,
		&row, NULL);
	rc = rc == SQLITE_OK ? sqlite3_step(row) : rc;
	bool ok = rc == SQLITE_DONE || (rc == SQLITE_ROW ? say_other(c, "schema at", column(row, 0)) : say_why(c, rc));
	sqlite3_finalize(row);
	return ok;
}

static bool renew_views(const struct check *c)
{
	if (sqlite3_str_length(c->script) == 0)
		return true;
	char *script = sqlite3_mprintf("SAVEPOINT renew_views;%sRELEASE renew_views", sqlite3_str_value(c->script));
	int rc = script ? sqlite3_exec(c->db, script, NULL, NULL, NULL) : SQLITE_NOMEM;
	sqlite3_free(script);
	if (rc == SQLITE_OK)
		return true;
	say_why(c, rc);
	sqlite3_exec(c->db, "ROLLBACK TO renew_views; RELEASE renew_views", NULL, NULL, NULL);
	return false;
}

static bool open_own(struct check *c)
{
	int rc = sqlite3_open_v2(":memory:", &c->own, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL);
	for (const struct embedded *e = embedded_schema; e->name && rc == SQLITE_OK; e++)
		rc = sqlite3_exec(c->own, e->text, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		message_error("%s: %s", c->path, sqlite3_errmsg(c->own));
	return rc == SQLITE_OK;
}

bool case_schema_check(sqlite3 *db, const char *path)
{
	struct check c = {.db = db, .path = path, .script = sqlite3_str_new(NULL)};
	bool ok = open_own(&c) && check_names(&c) && check_all(&c, db, false) && check_all(&c, c.own, true) &&
	          renew_views(&c);
	sqlite3_free(sqlite3_str_finish(c.script));
	sqlite3_close(c.own);
	return ok;
}

static bool table_has_room(const struct check *c, const char *table)
{
	sqlite3_stmt *row = NULL;
	char *sql = sqlite3_mprintf("SELECT max(rowid) FROM \"%w\"", table);
	int rc = sql ? sqlite3_prepare_v2(c->db, sql, -1, &row, NULL) : SQLITE_NOMEM;
	rc = rc == SQLITE_OK ? sqlite3_step(row) : rc;
	int64_t last = rc == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	sqlite3_free(sql);
	if (rc != SQLITE_ROW)
		return say_why(c, rc);
	if (last > NUMBER_MAX)
		message_error(
			"%s: somebody has edited it: a row of %s has the number %lld, behind which no others find room; "
			"ingest its captures into a new case",
			c->path, table, (long long)last);
	return last <= NUMBER_MAX;
}

bool case_schema_has_room(sqlite3 *db, const char *path)
{
	static const char sql[] =
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT wr "
		"AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
	struct check c = {.db = db, .path = path};
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
	bool ok = rc == SQLITE_OK || say_why(&c, rc);
	while (ok && sqlite3_step(row) == SQLITE_ROW)
		ok = table_has_room(&c, column(row, 0));
	sqlite3_finalize(row);
	return ok;
}
