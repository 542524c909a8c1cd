// Values picked from a group of rows: only(x) and first_few(x, order, n). NULLs do not count.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// ---- only(x): what all rows of the group have, or NULL where they differ ------------------------------------------

struct only {
	sqlite3_value *value; // owned; NULL: no row yet
	bool differs;
};

static bool is_same(sqlite3_value *a, sqlite3_value *b)
{
	int type = sqlite3_value_type(a);
	if (type != sqlite3_value_type(b))
		return false;
	if (type == SQLITE_INTEGER)
		return sqlite3_value_int64(a) == sqlite3_value_int64(b);
	if (type == SQLITE_FLOAT)
		return sqlite3_value_double(a) == sqlite3_value_double(b);
	const void *at_a = sqlite3_value_blob(a), *at_b = sqlite3_value_blob(b);
	int length = sqlite3_value_bytes(a);
	return length == sqlite3_value_bytes(b) && (length == 0 || memcmp(at_a, at_b, (size_t)length) == 0);
}

void function_only_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	struct only *only = sqlite3_aggregate_context(context, sizeof *only);
	if (only && !only->value)
		only->value = sqlite3_value_dup(argv[0]);
	else if (only && !only->differs)
		only->differs = !is_same(only->value, argv[0]);
	if (!only || !only->value)
		sqlite3_result_error_nomem(context);
}

void function_only_final(sqlite3_context *context)
{
	struct only *only = sqlite3_aggregate_context(context, 0);
	if (!only)
		return;
	if (only->value && !only->differs)
		sqlite3_result_value(context, only->value);
	sqlite3_value_free(only->value);
	only->value = NULL;
}

// ---- first_few(x, order, n): the x of the n rows with the lowest order, a whole number, with commas between them ---

enum { FEW_MAX = 1000 };

struct pick {
	sqlite3_int64 order;
	char *text; // owned
};

struct few {
	struct pick *picks; // owned; in their order, those of the same order as they came
	sqlite3_int64 count, room;
};

static bool add(struct few *few, sqlite3_int64 most, sqlite3_int64 order, sqlite3_value *value)
{
	if (few->count == most && order >= few->picks[most - 1].order)
		return true;
	if (few->count < most && few->count == few->room) {
		sqlite3_int64 room = few->room ? 2 * few->room : 4;
		struct pick *moved = sqlite3_realloc64(few->picks, (sqlite3_uint64)room * sizeof *moved);
		if (!moved)
			return false;
		few->picks = moved;
		few->room = room;
	}
	char *text = sqlite3_mprintf("%s", sqlite3_value_text(value));
	if (!text)
		return false;
	if (few->count == most)
		sqlite3_free(few->picks[--few->count].text);
	sqlite3_int64 at = few->count++;
	for (; at > 0 && few->picks[at - 1].order > order; at--)
		few->picks[at] = few->picks[at - 1];
	few->picks[at] = (struct pick){order, text};
	return true;
}

void function_first_few_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	sqlite3_int64 most = sqlite3_value_int64(argv[2]);
	if (most < 1 || most > FEW_MAX) {
		sqlite3_result_error(context, "first_few: the third argument is a number from 1 to 1000", -1);
		return;
	}
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	bool has_order = sqlite3_value_type(argv[1]) != SQLITE_NULL;
	struct few *few = sqlite3_aggregate_context(context, sizeof *few);
	if (!few || !add(few, most, has_order ? sqlite3_value_int64(argv[1]) : INT64_MIN, argv[0]))
		sqlite3_result_error_nomem(context);
}

void function_first_few_final(sqlite3_context *context)
{
	struct few *few = sqlite3_aggregate_context(context, 0);
	if (!few || few->count == 0)
		return;
	sqlite3_str *all = sqlite3_str_new(NULL);
	for (sqlite3_int64 i = 0; i < few->count; i++) {
		sqlite3_str_appendf(all, "%s%s", i ? ", " : "", few->picks[i].text);
		sqlite3_free(few->picks[i].text);
	}
	sqlite3_free(few->picks);
	*few = (struct few){0};
	char *text = sqlite3_str_finish(all);
	if (text)
		sqlite3_result_text(context, text, -1, sqlite3_free);
	else
		sqlite3_result_error_nomem(context);
}
