// Runs detectors and rules. See analysis.h.
#include "analysis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/case.h"
#include "../common/message.h"
#include "../query/cell.h"
#include "../query/query.h"
#include "detection.h"

static const char *const severities[] = {"low", "medium", "high", "critical"};

enum { SEVERITY_COUNT = sizeof severities / sizeof *severities };

struct analysis {
	sqlite3 *db;
	struct thresholds thresholds;
	sqlite3_stmt *add_detector, *add_issue, *add_packet, *add_link, *set_cause, *say_more;
	struct analysis_totals *totals;
};

// ---- statements ---------------------------------------------------------------------------------------------------

static bool fail(const struct analysis *a, const char *what)
{
	const char *path = sqlite3_db_filename(a->db, "main");
	int rc = sqlite3_errcode(a->db) & 0xff;
	if (rc == SQLITE_READONLY || rc == SQLITE_FULL || rc == SQLITE_CORRUPT)
		case_say_why(a->db, path, CASE_GIVEN, rc);
	else
		message_error("%s: %s: %s", path, what, sqlite3_errmsg(a->db));
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
		// Its own remedy stands before those of its detector, which may have it, too: lines.
		{&a->add_issue,
	     "INSERT INTO issues VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
	     " trim(ifnull(?17, '') || ifnull(replace(char(10) || ?16 || char(10), char(10) || ?17 || char(10), char(10)),"
	     " ?16), char(10)))"},
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

static sqlite3_value *value_of(sqlite3_stmt *statement, const char *name)
{
	int place = cell_column(statement, name);
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
	const char *text = report_note_text(report, key);
	return text ? text : "";
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

static void defaults_init(struct defaults *d, const struct report *report)
{
	*d = (struct defaults){
		.title = memory_copy_text(report->summary),
		.causes = notes(report, "cause"),
		.remedies = notes(report, "remedy"),
		.severity = note(report, "severity"),
		.category = note(report, "category"),
		.protocol = note(report, "protocol"),
	};
	size_t length = strlen(d->title);
	if (length > 0 && d->title[length - 1] == '.')
		d->title[length - 1] = '\0';
	first_line(d->causes);
}

static void defaults_release(struct defaults *d)
{
	free(d->title);
	free(d->causes);
	free(d->remedies);
}

static const char *found_text(const struct finding *finding, enum finding_column column, const char *otherwise)
{
	sqlite3_value *value = finding->values[column];
	return value ? (const char *)sqlite3_value_text(value) : otherwise;
}

static void bind_found(sqlite3_stmt *to, int place, const struct finding *finding, enum finding_column column)
{
	if (finding->values[column])
		sqlite3_bind_value(to, place, finding->values[column]);
	else
		sqlite3_bind_null(to, place);
}

// Adds an issue; its id, or 0 after a message.
static int64_t add_issue(struct analysis *a, const struct report *report, const struct defaults *d,
                         const struct finding *f)
{
	sqlite3_stmt *s = a->add_issue;
	const char *severity = found_text(f, FINDING_SEVERITY, d->severity);
	sqlite3_value *confidence = f->values[FINDING_CONFIDENCE];
	int rank = severity_rank(severity);
	if (rank < 0) {
		message_error("detector %s: severity '%s'", thresholds_name(report), severity);
		return 0;
	}
	bind_found(s, 1, f, FINDING_CAPTURE_ID);
	bind_text(s, 2, thresholds_name(report));
	bind_text(s, 3, d->category);
	bind_text(s, 4, severity);
	sqlite3_bind_int(s, 5, rank + 1);
	bind_text(s, 6, d->protocol);
	bind_found(s, 7, f, FINDING_TS_NS);
	bind_found(s, 8, f, FINDING_SRC);
	bind_found(s, 9, f, FINDING_DST);
	bind_found(s, 10, f, FINDING_FLOW_ID);
	bind_text(s, 11, found_text(f, FINDING_TITLE, d->title));
	bind_text(s, 12, found_text(f, FINDING_SYMPTOMS, d->title));
	bind_found(s, 13, f, FINDING_VALUE);
	bind_text(s, 14, found_text(f, FINDING_CAUSE, d->causes));
	sqlite3_bind_double(s, 15, confidence ? sqlite3_value_double(confidence) : 0.3);
	bind_text(s, 16, d->remedies);
	bind_found(s, 17, f, FINDING_REMEDY);
	if (!step(a, s))
		return 0;
	a->totals->issues++;
	a->totals->by_severity[rank]++;
	int64_t issue_id = sqlite3_last_insert_rowid(a->db);
	return add_packets(a, issue_id, found_text(f, FINDING_PACKETS, NULL)) ? issue_id : 0;
}

// The last issue of a capture that is kept says how many more there are.
static bool say_more(const struct analysis *a, int64_t issue_id, int64_t more)
{
	sqlite3_bind_int64(a->say_more, 1, issue_id);
	sqlite3_bind_int64(a->say_more, 2, more);
	return step(a, a->say_more);
}

static bool add_issues(struct analysis *a, const struct detection *found, const struct defaults *d)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct finding *f = &found->findings[i];
		int64_t issue_id = add_issue(a, &found->report, d, f);
		int64_t more = f->place == ANALYSIS_ISSUES_MAX ? found->issues[f->capture] - ANALYSIS_ISSUES_MAX : 0;
		if (!issue_id || (more > 0 && !say_more(a, issue_id, more)))
			return false;
	}
	return true;
}

static bool add_detector(struct analysis *a, const struct detection *found, const struct defaults *d)
{
	sqlite3_stmt *s = a->add_detector;
	const struct report *report = &found->report;
	char *thresholds = thresholds_text(&a->thresholds, report), *causes = notes(report, "cause");
	bind_text(s, 1, thresholds_name(report));
	bind_text(s, 2, d->title);
	bind_text(s, 3, d->severity);
	bind_text(s, 4, d->category);
	bind_text(s, 5, d->protocol);
	bind_text(s, 6, report->description);
	bind_text(s, 7, thresholds);
	bind_text(s, 8, causes);
	bind_text(s, 9, d->remedies);
	bind_text(s, 10, note(report, "source"));
	sqlite3_bind_int64(s, 11, (int64_t)found->count);
	sqlite3_bind_int64(s, 12, found->elapsed_ns);
	free(thresholds);
	free(causes);
	a->totals->detectors++;
	return step(a, s);
}

static bool add_findings(struct analysis *a, const struct detection *found)
{
	struct defaults d;
	defaults_init(&d, &found->report);
	bool ok = add_issues(a, found, &d) && add_detector(a, found, &d);
	defaults_release(&d);
	return ok;
}

static bool add_all_findings(struct analysis *a, const struct detections *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!add_findings(a, &all->at[i]))
			return false;
	return true;
}

// What earlier runs found goes away only when the new findings are there: until then, other connections read the case.
static bool run_detectors(struct analysis *a, const struct catalog *catalog)
{
	struct detections all;
	bool ok = detections_init(&all, catalog, a->db) && detections_run(&all, a->db, &a->thresholds) &&
	          run_sql(a,
	                  "DELETE FROM issue_links; DELETE FROM issue_packets; DELETE FROM issues;"
	                  "DELETE FROM detectors") &&
	          add_all_findings(a, &all);
	a->totals->interrupted = all.interrupted;
	detections_release(&all);
	return ok;
}

// ---- rules --------------------------------------------------------------------------------------------------------

static bool take_link(struct analysis *a, const struct report *report, sqlite3_stmt *row)
{
	sqlite3_stmt *s = a->add_link;
	const char *cause = text_of(row, "cause", NULL);
	if (value_of(row, "cause_issue_id")) {
		bind_value(s, 1, row, "issue_id");
		bind_value(s, 2, row, "cause_issue_id");
		bind_text(s, 3, thresholds_name(report));
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
	sqlite3_stmt *row = NULL;
	char what[128];
	snprintf(what, sizeof what, "sql/%s.sql", report->name);
	if (sqlite3_prepare_v2(a->db, report->sections[0].sql, -1, &row, NULL) != SQLITE_OK)
		return fail(a, what);
	bool ok = thresholds_bind(&a->thresholds, report, row);
	int rc = SQLITE_DONE;
	while (ok && (rc = sqlite3_step(row)) == SQLITE_ROW)
		ok = take_link(a, report, row);
	if (ok && rc != SQLITE_DONE)
		ok = fail(a, what);
	sqlite3_finalize(row);
	return ok;
}

static bool run_rules(struct analysis *a, const struct catalog *catalog)
{
	struct report report;
	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		if (catalog_kind(entry->name) != CATALOG_RULE)
			continue;
		if (!catalog_parse(entry, &report))
			return false;
		bool ok = run_rule(a, &report);
		report_release(&report);
		if (!ok)
			return false;
	}
	return true;
}

// ---- all of them --------------------------------------------------------------------------------------------------

bool analysis_run(sqlite3 *db, const struct analysis_setting *settings, size_t count,
                  struct analysis_totals *totals)
{
	struct analysis a = {.db = db, .thresholds = {settings, count}, .totals = totals};
	struct catalog catalog;
	*totals = (struct analysis_totals){0};
	if (!catalog_init(&catalog, NULL))
		return false;
	bool ok = functions_register(db) == SQLITE_OK && prepare_all(&a) && run_detectors(&a, &catalog) &&
	          run_rules(&a, &catalog);
	finalize_all(&a);
	catalog_release(&catalog);
	return ok;
}

bool analysis_check(const struct analysis_setting *settings, size_t count)
{
	const struct thresholds thresholds = {settings, count};
	struct catalog catalog;
	if (count == 0)
		return true;
	if (!catalog_init(&catalog, NULL))
		return false;
	bool ok = thresholds_check(&thresholds, &catalog);
	catalog_release(&catalog);
	return ok;
}
