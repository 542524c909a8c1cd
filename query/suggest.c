// Suggestions. See suggest.h.
#include "suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { NAMES_MOST = 4000, NAME_LONGEST = 4096, WORD_ROOM = 128, NEAREST_ROOM = 256 };

void names_add(struct names *names, const char *name)
{
	names->at = memory_resize(names->at, (names->count + 1) * sizeof *names->at);
	names->at[names->count++] = memory_copy_text(name);
}

void names_read(struct names *names, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return;
	while (names->count < NAMES_MOST && sqlite3_step(statement) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(statement, 0);
		if (sqlite3_column_bytes(statement, 0) <= NAME_LONGEST)
			names_add(names, name ? name : "");
	}
	sqlite3_finalize(statement);
}

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free((char *)names->at[i]);
	free(names->at);
	*names = (struct names){0};
}

static void find_nearest(sqlite3 *db, const char *names_sql, const char *word, char *to, size_t size)
{
	struct names names = {0};
	names_read(&names, db, names_sql);
	message_nearest(to, size, word, names.at, names.count);
	names_release(&names);
}

// Among the columns of the tables that sql names.
static void find_nearest_column(sqlite3 *db, const char *sql, const char *word, char *to, size_t size)
{
	char *names_sql = sqlite3_mprintf(
		"SELECT DISTINCT c.name FROM pragma_table_list t, pragma_table_info(t.name) c"
		" WHERE instr(lower(%Q), lower(t.name))",
		sql);
	*to = 0;
	if (names_sql)
		find_nearest(db, names_sql, word, to, size);
	sqlite3_free(names_sql);
}

// "it is in packet_list, flow_list": the tables that have the column. First those of a family that sql names (packets and
// packet_list are of one: their first words, but for an s, are the same), then those of packets and flows.
static void find_owners(sqlite3 *db, const char *sql, const char *column, char *to, size_t size)
{
	struct names names = {0};
	char *names_sql = sqlite3_mprintf(
		"WITH tables AS MATERIALIZED ("
		" SELECT name, rtrim(substr(name, 1, instr(name || '_', '_') - 1), 's') AS family FROM pragma_table_list"
		" WHERE name NOT LIKE 'sqlite_%%')"
		" SELECT DISTINCT t.name FROM tables t, pragma_table_info(t.name) c WHERE lower(c.name) = lower(%Q)"
		" ORDER BY t.family IN (SELECT family FROM tables WHERE instr(lower(%Q), lower(name))) DESC,"
		" t.family IN ('packet', 'flow') DESC, t.name LIMIT 5",
		column, sql);
	if (names_sql)
		names_read(&names, db, names_sql);
	size_t length = 0;
	*to = '\0';
	for (size_t i = 0; i < names.count && length < size; i++)
		length += (size_t)snprintf(to + length, size - length, "%s%s", i ? ", " : "it is in ", names.at[i]);
	names_release(&names);
	sqlite3_free(names_sql);
}

// Text in double quotes, which SQL takes for the name of a column.
static bool explain_quotes(const char *sql, const char *word, char *to, size_t size)
{
	char quoted[WORD_ROOM + 2];
	snprintf(quoted, sizeof quoted, "\"%s\"", word);
	bool found = strstr(sql, quoted);
	if (found)
		snprintf(to, size, "text wants single quotes: '%s'", word);
	return found;
}

static void suggest_column(sqlite3 *db, const char *sql, const char *word, char *to, size_t size)
{
	const char *dot = strrchr(word, '.'), *column = dot ? dot + 1 : word;
	if (explain_quotes(sql, word, to, size))
		return;
	find_owners(db, sql, column, to, size);
	if (!*to)
		find_nearest_column(db, sql, column, to, size);
	if (!*to)
		find_nearest(db, "SELECT DISTINCT c.name FROM pragma_table_list t, pragma_table_info(t.name) c", column, to,
		             size);
	if (!*to)
		snprintf(to, size, "PRAGMA table_info(TABLE) lists the columns of a table");
}

static void suggest_table(sqlite3 *db, const char *sql, const char *word, char *to, size_t size)
{
	const char *dot = strrchr(word, '.');
	(void)sql;
	find_nearest(db, "SELECT name FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'", dot ? dot + 1 : word, to,
	             size);
	if (!*to)
		snprintf(to, size, "PRAGMA table_list lists the tables");
}

static void suggest_function(sqlite3 *db, const char *sql, const char *word, char *to, size_t size)
{
	(void)sql;
	find_nearest(db, "SELECT DISTINCT name FROM pragma_function_list", word, to, size);
}

void suggest(sqlite3 *db, const char *sql, const char *message, char *to, size_t size)
{
	static const struct {
		const char *message;
		void (*suggest)(sqlite3 *, const char *sql, const char *word, char *to, size_t size);
	} kinds[] = {
		{"no such column: ", suggest_column},
		{"no such table: ", suggest_table},
		{"no such function: ", suggest_function},
	};
	*to = 0;
	if (strstr(message, "single-quotes")) // SQLite 3.46 and later says it itself
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t length = strlen(kinds[i].message);
		char word[WORD_ROOM], found[NEAREST_ROOM] = "";
		if (strncmp(message, kinds[i].message, length) != 0)
			continue;
		snprintf(word, sizeof word, "%s", message + length);
		kinds[i].suggest(db, sql, word, found, sizeof found);
		snprintf(to, size, "%s%s", *found ? "; " : "", found);
	}
}
