// regexp(pattern, text), which makes `text REGEXP pattern` work: POSIX extended regular expressions, found anywhere in
// the text; ^ and $ tie it down. What would cost without bounds is refused: back-references, and repetitions that
// unfold into a large expression.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	PATTERN_MAX = 1000,
	UNFOLDED_MAX = 3000, // atoms, after repetitions are unfolded
	DEPTH_MAX = 50,
	TEXT_MAX = 1 << 20,
};

// Counts atoms as the library will unfold them.
struct measure {
	const char *at;
	int depth;
	const char *trouble; // NULL: none
};

static size_t measure_alternatives(struct measure *);

static void skip_bracket(struct measure *measure)
{
	const char *at = measure->at + 1;
	at += *at == '^';
	at += *at == ']';
	while (*at && *at != ']') {
		const char *end = NULL;
		if (at[0] == '[' && at[1] && strchr(":.=", at[1])) {
			const char close[3] = {at[1], ']', 0};
			end = strstr(at + 2, close);
		}
		at = end ? end + 2 : at + 1;
	}
	measure->at = *at ? at + 1 : at;
}

static size_t measure_atom(struct measure *measure)
{
	size_t size = 1;
	if (*measure->at == '(') {
		if (++measure->depth > DEPTH_MAX)
			measure->trouble = "too deep";
		measure->at++;
		size = measure->trouble ? 1 : 1 + measure_alternatives(measure);
		measure->at += *measure->at == ')';
		measure->depth--;
	} else if (*measure->at == '[') {
		skip_bracket(measure);
	} else if (*measure->at == '\\') {
		if (measure->at[1] >= '0' && measure->at[1] <= '9')
			measure->trouble = "back-references are not supported";
		measure->at += measure->at[1] ? 2 : 1;
	} else {
		measure->at++;
	}
	return size;
}

// "{2,5}" repeats 5 times, "{2,}" 3 times; x+ becomes xx*.
static size_t measure_repetitions(struct measure *measure)
{
	size_t times = 1;
	while (*measure->at && strchr("*+?{", *measure->at)) {
		char sign = *measure->at++;
		if (sign == '+' && times < UNFOLDED_MAX)
			times *= 2;
		if (sign != '{')
			continue;
		char *end;
		unsigned long least = strtoul(measure->at, &end, 10), most = least;
		if (*end == ',')
			most = end[1] == '}' ? least + 1 : strtoul(end + 1, &end, 10);
		unsigned long more = most > least ? most : least;
		times *= more > UNFOLDED_MAX ? UNFOLDED_MAX : more > 0 ? more : 1;
		times = times > UNFOLDED_MAX ? UNFOLDED_MAX : times;
		measure->at += strcspn(measure->at, "}");
		measure->at += *measure->at == '}';
	}
	return times;
}

static size_t measure_alternatives(struct measure *measure)
{
	size_t sum = 0;
	while (*measure->at && *measure->at != ')' && !measure->trouble) {
		size_t atom = measure_atom(measure);
		sum += atom * measure_repetitions(measure);
		if (sum > UNFOLDED_MAX)
			measure->trouble = "too large";
	}
	return sum;
}

static const char *pattern_trouble(const char *pattern)
{
	struct measure measure = {.at = pattern};
	if (strlen(pattern) > PATTERN_MAX)
		return "too long";
	while (*measure.at && !measure.trouble) {
		measure_alternatives(&measure);
		measure.at += *measure.at == ')';
	}
	return measure.trouble;
}

static void free_pattern(void *pattern)
{
	regfree(pattern);
	sqlite3_free(pattern);
}

static void say_wrong(sqlite3_context *context, const char *pattern, const char *why)
{
	char *error = sqlite3_mprintf("regexp: '%.60s': %s", pattern, why);
	sqlite3_result_error(context, error ? error : "regexp", -1);
	sqlite3_free(error);
}

// NULL after an error.
static regex_t *compile(sqlite3_context *context, const char *pattern)
{
	const char *trouble = pattern_trouble(pattern);
	if (trouble) {
		say_wrong(context, pattern, trouble);
		return NULL;
	}
	regex_t *compiled = sqlite3_malloc(sizeof *compiled);
	if (!compiled) {
		sqlite3_result_error_nomem(context);
		return NULL;
	}
	int result = regcomp(compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (result == 0)
		return compiled;
	char why[128];
	regerror(result, compiled, why, sizeof why);
	sqlite3_free(compiled);
	say_wrong(context, pattern, why);
	return NULL;
}

void function_regexp(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const char *pattern = (const char *)sqlite3_value_text(argv[0]);
	const char *text = (const char *)sqlite3_value_text(argv[1]);
	(void)argc;
	if (!pattern || !text)
		return;
	if (sqlite3_value_bytes(argv[1]) > TEXT_MAX) {
		sqlite3_result_error(context, "regexp: the text is longer than 1 MiB", -1);
		return;
	}
	regex_t *compiled = sqlite3_get_auxdata(context, 0);
	if (!compiled) {
		compiled = compile(context, pattern);
		if (!compiled)
			return;
		sqlite3_set_auxdata(context, 0, compiled, free_pattern);
		compiled = sqlite3_get_auxdata(context, 0);
		if (!compiled) {
			sqlite3_result_error_nomem(context);
			return;
		}
	}
	sqlite3_result_int(context, regexec(compiled, text, 0, NULL, 0) == 0);
}
