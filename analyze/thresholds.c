// Parameters of detectors and rules. See thresholds.h.
#include "thresholds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { NAMES_MAX = 512 }; // among which the nearest to a wrong one is looked for

#define WHOLE_MAX 9e15 // whole numbers below it are exact in a double

const char *thresholds_name(const struct report *report)
{
	return strchr(report->name, '/') + 1;
}

// Whether a setting is of a parameter: "NAME.OPTION".
static bool is_of(const struct analysis_setting *setting, const struct report *report,
                  const struct report_parameter *parameter)
{
	const char *name = thresholds_name(report);
	size_t length = strlen(name);
	return strncmp(setting->name, name, length) == 0 && setting->name[length] == '.' &&
	       strcmp(setting->name + length + 1, parameter->option) == 0;
}

// The value set last for a parameter; its default without one.
static const char *setting_of(const struct thresholds *t, const struct report *report,
                              const struct report_parameter *parameter)
{
	const char *value = parameter->fallback;
	for (size_t i = 0; i < t->count; i++)
		if (is_of(&t->settings[i], report, parameter))
			value = t->settings[i].value;
	return value;
}

static bool refuse(const struct report *report, const struct report_parameter *parameter, const char *value)
{
	const char *kind = parameter->type == PARAMETER_INTEGER ? "a whole number" : "a number";
	if (parameter->type == PARAMETER_CHOICE)
		message_error("--set %s.%s wants one of %s, got '%s'", thresholds_name(report), parameter->option,
		              parameter->choices, value);
	else if (parameter->ranged)
		message_error("--set %s.%s wants %s from %g to %g, got '%s'", thresholds_name(report), parameter->option,
		              kind, parameter->least, parameter->most, value);
	else
		message_error("--set %s.%s wants %s%s, got '%s'", thresholds_name(report), parameter->option, kind,
		              parameter->type == PARAMETER_INTEGER ? ", not negative" : "", value);
	return false;
}

static bool read_number(const struct report *report, const struct report_parameter *parameter, const char *value,
                        double *number)
{
	char *end;
	*number = strtod(value, &end);
	if (!*value || *end || !isfinite(*number) || !report_in_range(parameter, *number))
		return refuse(report, parameter, value);
	bool whole = fabs(*number) < WHOLE_MAX && *number == floor(*number);
	return parameter->type != PARAMETER_INTEGER || (whole && *number >= 0) || refuse(report, parameter, value);
}

static bool bind_number(sqlite3_stmt *s, int place, double number)
{
	if (fabs(number) < WHOLE_MAX && number == floor(number))
		return sqlite3_bind_int64(s, place, (int64_t)number) == SQLITE_OK;
	return sqlite3_bind_double(s, place, number) == SQLITE_OK;
}

// Binds a value; without a statement, only says whether it is one.
static bool bind_threshold(const struct report *report, const struct report_parameter *parameter, sqlite3_stmt *s,
                           int place, const char *given)
{
	double number;
	const char *value = given;
	size_t length = strlen(value);
	if (parameter->type == PARAMETER_CHOICE)
		value = report_choice(parameter, value, &length);
	if (!value)
		return refuse(report, parameter, given);
	if (parameter->type != PARAMETER_CHOICE && parameter->type != PARAMETER_TEXT)
		return read_number(report, parameter, value, &number) && (!s || bind_number(s, place, number));
	return !s || sqlite3_bind_text(s, place, value, (int)length, SQLITE_TRANSIENT) == SQLITE_OK;
}

bool thresholds_bind(const struct thresholds *t, const struct report *report, sqlite3_stmt *s)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
		const struct report_parameter *parameter =
			report_find_parameter(report, sqlite3_bind_parameter_name(s, i) + 1);
		const char *value = parameter ? setting_of(t, report, parameter) : NULL;
		if (value && !bind_threshold(report, parameter, s, i, value))
			return false;
	}
	return true;
}

// "limit-ms=200 min-packets=10".
char *thresholds_text(const struct thresholds *t, const struct report *report)
{
	char *text = memory_copy_text("");
	for (size_t i = 0; i < report->parameter_count; i++) {
		const char *value = setting_of(t, report, &report->parameters[i]);
		char *pair = memory_join(report->parameters[i].option, "=", value ? value : "");
		char *longer = memory_join(text, *text ? " " : "", pair);
		free(pair);
		free(text);
		text = longer;
	}
	return text;
}

// ---- what users set -------------------------------------------------------------------------------------------------

// Whether a file has the parameter of a setting; *ok: its value is one.
static bool has(const struct report *report, const struct analysis_setting *setting, bool *ok)
{
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		if (!is_of(setting, report, parameter))
			continue;
		*ok = bind_threshold(report, parameter, NULL, 0, setting->value);
		return true;
	}
	return false;
}

static void say_unknown(const struct analysis_setting *setting, const struct report *reports, size_t count)
{
	const char *names[NAMES_MAX] = {NULL};
	char *owned[NAMES_MAX], nearest[256];
	size_t name_count = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].parameter_count && name_count < NAMES_MAX; k++, name_count++)
			names[name_count] = owned[name_count] =
				memory_join(thresholds_name(&reports[i]), ".", reports[i].parameters[k].option);
	const char *hint = message_nearest(nearest, sizeof nearest, setting->name, names, name_count);
	message_error(
		"--set %s: no detector or rule has such a threshold; %s%s`pcapdex query CASE.db detectors` lists them",
		setting->name, hint, *hint ? " " : "");
	for (size_t i = 0; i < name_count; i++)
		free(owned[i]);
}

static bool check_setting(const struct analysis_setting *setting, const struct report *reports, size_t count)
{
	bool ok = true;
	for (size_t i = 0; i < count; i++)
		if (has(&reports[i], setting, &ok))
			return ok;
	say_unknown(setting, reports, count);
	return false;
}

bool thresholds_check(const struct thresholds *t, const struct catalog *catalog)
{
	struct report *reports = memory_alloc((catalog->count + 1) * sizeof *reports);
	size_t count = 0;
	bool ok = true;
	for (size_t i = 0; i < catalog->count && ok; i++) {
		enum catalog_kind kind = catalog_kind(catalog->entries[i].name);
		if (kind != CATALOG_DETECTOR && kind != CATALOG_RULE)
			continue;
		ok = catalog_parse(&catalog->entries[i], &reports[count]);
		count += ok;
	}
	for (size_t i = 0; i < t->count && ok; i++)
		ok = check_setting(&t->settings[i], reports, count);
	for (size_t i = 0; i < count; i++)
		report_release(&reports[i]);
	free(reports);
	return ok;
}
