// regexp(pattern, text), which makes `text REGEXP pattern` work: found anywhere in the text; ^ and $ tie it down.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include "functions_pattern.h"

enum { PATTERN_MAX = 4000 };

static void say_wrong(sqlite3_context *context, const char *pattern, const char *why)
{
	char *error = sqlite3_mprintf("regexp: '%.60s': %s", pattern, why);
	sqlite3_result_error(context, error ? error : "regexp", -1);
	sqlite3_free(error);
}

// Kept with the statement while the pattern is constant; NULL after an error.
static struct pattern *compiled(sqlite3_context *context, sqlite3_value *value)
{
	struct pattern *pattern = sqlite3_get_auxdata(context, 0);
	const char *text = (const char *)sqlite3_value_text(value), *error = "too long";
	int length = sqlite3_value_bytes(value);
	if (pattern)
		return pattern;
	if (length <= PATTERN_MAX)
		pattern = pattern_new(text, (size_t)length, &error);
	if (!pattern) {
		say_wrong(context, text, error);
		return NULL;
	}
	sqlite3_set_auxdata(context, 0, pattern, pattern_free);
	return sqlite3_get_auxdata(context, 0); // NULL: no memory to keep it, and it was freed
}

void function_regexp(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[1]);
	(void)argc;
	if (!text || !sqlite3_value_text(argv[0]))
		return;
	struct pattern *pattern = compiled(context, argv[0]);
	if (pattern)
		sqlite3_result_int(context, pattern_found(pattern, text, (size_t)sqlite3_value_bytes(argv[1])));
}
