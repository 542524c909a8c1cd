// Parameters of detectors and rules. See thresholds.h.
#include "thresholds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

#define WHOLE_MAX 9e15 // whole numbers below it are exact in a double

void thresholds_init(struct thresholds *t, const struct analysis_setting *settings, size_t count)
{
	*t = (struct thresholds){settings, count, memory_alloc((count + 1) * sizeof *t->used)};
}

void thresholds_release(struct thresholds *t)
{
	free(t->used);
	*t = (struct thresholds){0};
}

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

void thresholds_note_used(struct thresholds *t, const struct report *report)
{
	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < report->parameter_count; k++)
			t->used[i] = t->used[i] || is_of(&t->settings[i], report, &report->parameters[k]);
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

static bool bind_number(const struct report *report, const struct report_parameter *parameter, sqlite3_stmt *s,
                        int place, const char *value)
{
	char *end;
	double number = strtod(value, &end);
	if (!*value || *end || !isfinite(number) || !report_in_range(parameter, number))
		return refuse(report, parameter, value);
	bool whole = fabs(number) < WHOLE_MAX && number == floor(number);
	if (parameter->type == PARAMETER_INTEGER && (!whole || number < 0))
		return refuse(report, parameter, value);
	if (whole)
		sqlite3_bind_int64(s, place, (int64_t)number);
	else
		sqlite3_bind_double(s, place, number);
	return true;
}

static bool bind_threshold(const struct report *report, const struct report_parameter *parameter, sqlite3_stmt *s,
                           int place, const char *value)
{
	size_t length;
	const char *word = parameter->type == PARAMETER_CHOICE ? report_choice(parameter, value, &length) : NULL;
	if (word)
		return sqlite3_bind_text(s, place, word, (int)length, SQLITE_TRANSIENT) == SQLITE_OK;
	if (parameter->type == PARAMETER_CHOICE)
		return refuse(report, parameter, value);
	if (parameter->type != PARAMETER_TEXT)
		return bind_number(report, parameter, s, place, value);
	return sqlite3_bind_text(s, place, value, -1, SQLITE_TRANSIENT) == SQLITE_OK;
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

bool thresholds_all_used(const struct thresholds *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->used[i])
			continue;
		message_error(
			"--set %s: no detector or rule has such a threshold; `pcapdex query CASE.db detectors` lists them",
			t->settings[i].name);
		return false;
	}
	return true;
}
