// Habits. See habit.h.
#include "habit.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../common/message.h"
#include "guard.h"

#define BLANKS " \t\r\n;"

enum { WORD_ROOM = 64, NEAREST_ROOM = 128 };

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && !sqlite3_strnicmp(text, word, (int)length);
}

char *habit_report(const char *question)
{
	static const char all[] =
		"-- Tables and views, all or one, as they are declared.\n"
		"SELECT sql || ';' AS line FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
	static const char tables[] =
		"-- Names of tables and views.\n"
		"SELECT name AS line FROM sqlite_schema\n"
		"WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name";
	const char *at = question + strspn(question, BLANKS);
	size_t length = strcspn(at, BLANKS);
	const char *name = at + length + strspn(at + length, BLANKS);
	int name_length = (int)strcspn(name, BLANKS);
	if (is_word(at, length, ".tables"))
		return memory_copy_text(tables);
	if (!is_word(at, length, ".schema"))
		return NULL;
	if (name_length == 0)
		return memory_copy_text(all);
	char *sql = sqlite3_mprintf("%s\nAND lower(name) = lower('%.*q')", all, name_length, name);
	char *text = memory_copy_text(sql ? sql : all);
	sqlite3_free(sql);
	return text;
}

void habit_hint(const char *sql, const char *case_path, char *to, size_t size)
{
	static const char *const listings[] = {"SHOW", "DESCRIBE", "DESC"};
	size_t length = strcspn(sql, BLANKS "(");
	char word[WORD_ROOM], nearest[NEAREST_ROOM];
	bool lists = *sql == '.' || *sql == '\\';
	for (size_t i = 0; i < sizeof listings / sizeof *listings; i++)
		lists = lists || is_word(sql, length, listings[i]);
	snprintf(word, sizeof word, "%.*s", (int)length, sql);
	message_nearest(nearest, sizeof nearest, word, guard_words, GUARD_WORD_COUNT);
	*to = 0;
	if (lists)
		snprintf(
			to, size,
			"; pcapdex query %s .tables lists the tables, pcapdex query %s \".schema TABLE\" the columns of one",
			case_path, case_path);
	else if (*nearest)
		snprintf(to, size, "; %s", nearest);
}
