// Runs detectors and rules. See analysis.h.
#include "analysis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/message.h"
#include "../query/catalog.h"
#include "../query/query.h"
#include "../query/report.h"

static const char *const severities[] = {"low", "medium", "high", "critical"};

enum { SEVERITY_COUNT = sizeof severities / sizeof *severities };

#define WHOLE_MAX 9e15 // whole numbers below it are exact in a double

struct analysis {
	sqlite3 *db;
	const struct analysis_setting *settings;
	size_t setting_count;
	bool *used; // by setting
	struct found {
		int64_t issues, last_id; // of the detector that runs: issues found, and the last one kept
	} * found;                   // by capture_id, up to last_capture_id
	int64_t last_capture_id;
	sqlite3_stmt *add_detector, *add_issue, *add_packet, *add_link, *set_cause, *say_more;
	struct analysis_totals *totals;
};

// ---- statements ---------------------------------------------------------------------------------------------------

static bool fail(const struct analysis *a, const char *what)
{
	message_error("%s: %s", what, sqlite3_errmsg(a->db));
	return false;
}

static bool run_sql(const struct analysis *a, const char *sql)
{
	return sqlite3_exec(a->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(a, "preparing the analysis");
}

static bool prepare_all(struct analysis *a)
{
	const struct {
		sqlite3_stmt **statement;
		const char *sql;
	} all[] = {
		{&a->add_detector, "INSERT INTO detectors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
		{&a->add_issue, "INSERT INTO issues VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
		{&a->add_packet, "INSERT OR IGNORE INTO issue_packets VALUES (?, ?)"},
		{&a->add_link, "INSERT OR IGNORE INTO issue_links VALUES (?, ?, ?, ?, ?)"},
		{&a->set_cause, "UPDATE issues SET cause = ?2, confidence = ?3 WHERE issue_id = ?1 AND confidence < ?3"},
		{&a->say_more,
	     "UPDATE issues SET symptoms = symptoms || printf('; %lld more such issues are not listed', ?2) "
	     "WHERE issue_id = ?1"},
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (sqlite3_prepare_v2(a->db, all[i].sql, -1, all[i].statement, NULL) != SQLITE_OK)
			return fail(a, "preparing the analysis");
	return true;
}

static void finalize_all(struct analysis *a)
{
	sqlite3_finalize(a->add_detector);
	sqlite3_finalize(a->add_issue);
	sqlite3_finalize(a->add_packet);
	sqlite3_finalize(a->add_link);
	sqlite3_finalize(a->set_cause);
	sqlite3_finalize(a->say_more);
}

static bool step(const struct analysis *a, sqlite3_stmt *statement)
{
	sqlite3_step(statement);
	return sqlite3_reset(statement) == SQLITE_OK || fail(a, "writing issues");
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text, -1, SQLITE_TRANSIENT);
}

// ---- a file's columns by name -------------------------------------------------------------------------------------

// The column of a name; -1: there is none.
static int column(sqlite3_stmt *statement, const char *name)
{
	for (int i = 0; i < sqlite3_column_count(statement); i++)
		if (strcmp(sqlite3_column_name(statement, i), name) == 0)
			return i;
	return -1;
}

static sqlite3_value *value_of(sqlite3_stmt *statement, const char *name)
{
	int place = column(statement, name);
	if (place < 0 || sqlite3_column_type(statement, place) == SQLITE_NULL)
		return NULL;
	return sqlite3_column_value(statement, place);
}

static void bind_value(sqlite3_stmt *to, int place, sqlite3_stmt *from, const char *name)
{
	sqlite3_value *value = value_of(from, name);
	if (value)
		sqlite3_bind_value(to, place, value);
	else
		sqlite3_bind_null(to, place);
}

static const char *text_of(sqlite3_stmt *statement, const char *name, const char *otherwise)
{
	sqlite3_value *value = value_of(statement, name);
	return value ? (const char *)sqlite3_value_text(value) : otherwise;
}

static double real_of(sqlite3_stmt *statement, const char *name, double otherwise)
{
	sqlite3_value *value = value_of(statement, name);
	return value ? sqlite3_value_double(value) : otherwise;
}

// ---- thresholds ---------------------------------------------------------------------------------------------------

static const char *base_name(const struct report *report)
{
	return strchr(report->name, '/') + 1;
}

// The value given with "NAME.OPTION=VALUE" for a parameter; its default without one.
static const char *setting_of(const struct analysis *a, const struct report *report,
                              const struct report_parameter *parameter)
{
	const char *name = base_name(report);
	size_t length = strlen(name);
	const char *value = parameter->fallback;
	for (size_t i = 0; i < a->setting_count; i++) {
		const char *setting = a->settings[i].name;
		if (strncmp(setting, name, length) != 0 || setting[length] != '.' ||
		    strcmp(setting + length + 1, parameter->option) != 0)
			continue;
		a->used[i] = true;
		value = a->settings[i].value;
	}
	return value;
}

static bool refuse(const struct report *report, const struct report_parameter *parameter, const char *value)
{
	const char *kind = parameter->type == PARAMETER_INTEGER ? "a whole number" : "a number";
	if (parameter->type == PARAMETER_CHOICE)
		message_error("--set %s.%s wants one of %s, got '%s'", base_name(report), parameter->option,
		              parameter->choices, value);
	else if (parameter->ranged)
		message_error("--set %s.%s wants %s from %g to %g, got '%s'", base_name(report), parameter->option, kind,
		              parameter->least, parameter->most, value);
	else
		message_error("--set %s.%s wants %s%s, got '%s'", base_name(report), parameter->option, kind,
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
	bind_text(s, place, value);
	return true;
}

static bool bind_thresholds(const struct analysis *a, const struct report *report, sqlite3_stmt *s)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
		const struct report_parameter *parameter =
			report_find_parameter(report, sqlite3_bind_parameter_name(s, i) + 1);
		const char *value = parameter ? setting_of(a, report, parameter) : NULL;
		if (value && !bind_threshold(report, parameter, s, i, value))
			return false;
	}
	return true;
}

// "limit-ms=200 min-packets=10".
static char *thresholds_text(const struct analysis *a, const struct report *report)
{
	char *text = memory_copy_text("");
	for (size_t i = 0; i < report->parameter_count; i++) {
		const char *value = setting_of(a, report, &report->parameters[i]);
		char *pair = memory_join(report->parameters[i].option, "=", value ? value : "");
		char *longer = memory_join(text, *text ? " " : "", pair);
		free(pair);
		free(text);
		text = longer;
	}
	return text;
}

// ---- detectors ----------------------------------------------------------------------------------------------------

// Every note of a key, a line each. The caller frees it.
static char *notes(const struct report *report, const char *key)
{
	char *text = memory_copy_text("");
	for (size_t i = 0; i < report->note_count; i++) {
		if (strcmp(report->notes[i].key, key) != 0)
			continue;
		char *longer = memory_join(text, *text ? "\n" : "", report->notes[i].text);
		free(text);
		text = longer;
	}
	return text;
}

static const char *note(const struct report *report, const char *key)
{
	for (size_t i = 0; i < report->note_count; i++)
		if (strcmp(report->notes[i].key, key) == 0)
			return report->notes[i].text;
	return "";
}

// 0 low to 3 critical; -1: no severity.
static int severity_rank(const char *severity)
{
	for (int i = 0; i < SEVERITY_COUNT; i++)
		if (strcmp(severities[i], severity) == 0)
			return i;
	return -1;
}

// The ids in a text such as "12,15 19".
static bool add_packets(const struct analysis *a, sqlite3_int64 issue_id, const char *ids)
{
	char *end;
	for (int i = 0; ids && *ids && i < ANALYSIS_PACKETS_MAX; i++) {
		ids += strspn(ids, ", ");
		long long id = strtoll(ids, &end, 10);
		if (end == ids)
			break;
		ids = end;
		sqlite3_bind_int64(a->add_packet, 1, issue_id);
		sqlite3_bind_int64(a->add_packet, 2, id);
		if (!step(a, a->add_packet))
			return false;
	}
	return true;
}

// What a detector's rows have in common.
struct defaults {
	char *title, *causes, *remedies;
	const char *severity, *category, *protocol;
};

static void first_line(char *text)
{
	text[strcspn(text, "\n")] = '\0';
}

// The place to count an issue of a row; NULL: its capture_id is none.
static struct found *found_of(const struct analysis *a, sqlite3_stmt *row)
{
	int64_t capture_id = (int64_t)real_of(row, "capture_id", -1);
	return capture_id >= 0 && capture_id <= a->last_capture_id ? &a->found[capture_id] : NULL;
}

static bool add_issue(struct analysis *a, const struct report *report, const struct defaults *d, sqlite3_stmt *row)
{
	sqlite3_stmt *s = a->add_issue;
	const char *severity = text_of(row, "severity", d->severity);
	int rank = severity_rank(severity);
	struct found *found = found_of(a, row);
	if (rank < 0 || !found) {
		message_error("detector %s: %s '%s'", base_name(report), rank < 0 ? "severity" : "a row without capture_id",
		              rank < 0 ? severity : "");
		return false;
	}
	if (++found->issues > ANALYSIS_ISSUES_MAX)
		return true;
	bind_value(s, 1, row, "capture_id");
	bind_text(s, 2, base_name(report));
	bind_text(s, 3, d->category);
	bind_text(s, 4, severity);
	sqlite3_bind_int(s, 5, rank + 1);
	bind_text(s, 6, d->protocol);
	bind_value(s, 7, row, "ts_ns");
	bind_value(s, 8, row, "src");
	bind_value(s, 9, row, "dst");
	bind_value(s, 10, row, "flow_id");
	bind_text(s, 11, text_of(row, "title", d->title));
	bind_text(s, 12, text_of(row, "symptoms", d->title));
	bind_value(s, 13, row, "value");
	bind_text(s, 14, text_of(row, "cause", d->causes));
	sqlite3_bind_double(s, 15, real_of(row, "confidence", 0.3));
	bind_text(s, 16, d->remedies);
	if (!step(a, s))
		return false;
	a->totals->issues++;
	a->totals->by_severity[rank]++;
	found->last_id = sqlite3_last_insert_rowid(a->db);
	return add_packets(a, found->last_id, text_of(row, "packets", NULL));
}

// Says of each capture how many issues were not kept, and counts from 0 again.
static bool finish_counts(struct analysis *a)
{
	bool ok = true;
	for (int64_t i = 0; i <= a->last_capture_id && ok; i++) {
		const struct found *found = &a->found[i];
		if (found->issues <= ANALYSIS_ISSUES_MAX)
			continue;
		sqlite3_bind_int64(a->say_more, 1, found->last_id);
		sqlite3_bind_int64(a->say_more, 2, found->issues - ANALYSIS_ISSUES_MAX);
		ok = step(a, a->say_more);
	}
	memset(a->found, 0, (size_t)(a->last_capture_id + 1) * sizeof *a->found);
	return ok;
}

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool add_detector(struct analysis *a, const struct report *report, const struct defaults *d, int64_t issues,
                         int64_t elapsed_ns)
{
	sqlite3_stmt *s = a->add_detector;
	char *thresholds = thresholds_text(a, report), *causes = notes(report, "cause");
	bind_text(s, 1, base_name(report));
	bind_text(s, 2, d->title);
	bind_text(s, 3, d->severity);
	bind_text(s, 4, d->category);
	bind_text(s, 5, d->protocol);
	bind_text(s, 6, report->description);
	bind_text(s, 7, thresholds);
	bind_text(s, 8, causes);
	bind_text(s, 9, d->remedies);
	bind_text(s, 10, note(report, "source"));
	sqlite3_bind_int64(s, 11, issues);
	sqlite3_bind_int64(s, 12, elapsed_ns);
	free(thresholds);
	free(causes);
	a->totals->detectors++;
	return step(a, s);
}

// Runs a file's statement; each row goes to `take`.
static bool each_row(struct analysis *a, const struct report *report, const void *context,
                     bool (*take)(struct analysis *, const struct report *, const void *, sqlite3_stmt *))
{
	sqlite3_stmt *row = NULL;
	char what[128];
	snprintf(what, sizeof what, "sql/%s.sql", report->name);
	if (sqlite3_prepare_v2(a->db, report->sections[0].sql, -1, &row, NULL) != SQLITE_OK)
		return fail(a, what);
	bool ok = bind_thresholds(a, report, row);
	int rc = SQLITE_DONE;
	while (ok && (rc = sqlite3_step(row)) == SQLITE_ROW)
		ok = take(a, report, context, row);
	if (ok && rc != SQLITE_DONE)
		ok = fail(a, what);
	sqlite3_finalize(row);
	return ok;
}

static bool take_issue(struct analysis *a, const struct report *report, const void *context, sqlite3_stmt *row)
{
	return add_issue(a, report, context, row);
}

static bool run_detector(struct analysis *a, const struct report *report)
{
	struct defaults d = {
		.title = memory_copy_text(report->summary),
		.causes = notes(report, "cause"),
		.remedies = notes(report, "remedy"),
		.severity = note(report, "severity"),
		.category = note(report, "category"),
		.protocol = note(report, "protocol"),
	};
	size_t length = strlen(d.title);
	if (length > 0 && d.title[length - 1] == '.')
		d.title[length - 1] = '\0';
	first_line(d.causes);
	int64_t begun_ns = now_ns(), before = a->totals->issues;
	bool ok = each_row(a, report, &d, take_issue) && finish_counts(a) &&
	          add_detector(a, report, &d, a->totals->issues - before, now_ns() - begun_ns);
	free(d.title);
	free(d.causes);
	free(d.remedies);
	return ok;
}

// ---- rules --------------------------------------------------------------------------------------------------------

static bool take_link(struct analysis *a, const struct report *report, const void *context, sqlite3_stmt *row)
{
	sqlite3_stmt *s = a->add_link;
	const char *cause = text_of(row, "cause", NULL);
	(void)context;
	if (value_of(row, "cause_issue_id")) {
		bind_value(s, 1, row, "issue_id");
		bind_value(s, 2, row, "cause_issue_id");
		bind_text(s, 3, base_name(report));
		sqlite3_bind_double(s, 4, real_of(row, "confidence", 0.5));
		bind_text(s, 5, text_of(row, "why", ""));
		if (!step(a, s))
			return false;
		a->totals->links++;
	}
	if (!cause)
		return true;
	bind_value(a->set_cause, 1, row, "issue_id");
	bind_text(a->set_cause, 2, cause);
	sqlite3_bind_double(a->set_cause, 3, real_of(row, "confidence", 0.5));
	return step(a, a->set_cause);
}

static bool run_rule(struct analysis *a, const struct report *report)
{
	return each_row(a, report, NULL, take_link);
}

// ---- all of them --------------------------------------------------------------------------------------------------

static bool run_all(struct analysis *a, const struct catalog *catalog, enum catalog_kind kind,
                    bool (*run)(struct analysis *, const struct report *))
{
	struct report report;
	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		if (catalog_kind(entry->name) != kind)
			continue;
		if (!catalog_parse(entry, &report))
			return false;
		bool ok = run(a, &report);
		report_release(&report);
		if (!ok)
			return false;
	}
	return true;
}

static bool check_settings(const struct analysis *a)
{
	for (size_t i = 0; i < a->setting_count; i++) {
		if (a->used[i])
			continue;
		message_error(
			"--set %s: no detector or rule has such a threshold; `pcapdex query CASE.db detectors` lists them",
			a->settings[i].name);
		return false;
	}
	return true;
}

static bool count_captures(struct analysis *a)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(a->db, "SELECT max(capture_id) FROM captures", -1, &s, NULL) != SQLITE_OK)
		return fail(a, "preparing the analysis");
	a->last_capture_id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	a->found = memory_alloc((size_t)(a->last_capture_id + 1) * sizeof *a->found);
	return true;
}

bool analysis_run(sqlite3 *db, const struct analysis_setting *settings, size_t count,
                  struct analysis_totals *totals)
{
	struct analysis a = {.db = db, .settings = settings, .setting_count = count, .totals = totals};
	struct catalog catalog;
	*totals = (struct analysis_totals){0};
	a.used = memory_alloc((count + 1) * sizeof *a.used);
	bool ok = catalog_init(&catalog, NULL);
	if (ok) {
		ok = functions_register(db) == SQLITE_OK &&
		     run_sql(
				 &a,
				 "DELETE FROM issue_links; DELETE FROM issue_packets; DELETE FROM issues; DELETE FROM detectors") &&
		     count_captures(&a) && prepare_all(&a) && run_all(&a, &catalog, CATALOG_DETECTOR, run_detector) &&
		     run_all(&a, &catalog, CATALOG_RULE, run_rule) && check_settings(&a);
		finalize_all(&a);
		catalog_release(&catalog);
	}
	free(a.used);
	free(a.found);
	return ok;
}
