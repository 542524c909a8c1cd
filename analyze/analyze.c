// The analyze command. See analyze.h.
#include "analyze.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/case.h"
#include "../common/case_schema.h"
#include "../common/message.h"
#include "analysis.h"

enum { BUSY_MS = 5000, SETTINGS_MAX = 256 };

struct settings {
	bool quiet;
};

static int analyze_run(int argc, char **argv);

#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
	{'q', "quiet", NULL, OPTION_FLAG, AT(quiet), NULL, "Print no summary line."},
	{0},
};
#undef AT

const struct command command_analyze = {
	.name = "analyze",
	.synopsis = {"CASE.db [--set DETECTOR.THRESHOLD=VALUE ...]"},
	.summary = "Look for trouble in a case again, with other thresholds.",
	.description =
		"Ingest runs all detectors with their default thresholds at its end. analyze runs them again: what they found "
		"before is replaced by what they find now, in one transaction. `pcapdex query CASE.db issues` shows what was "
		"found, `pcapdex query CASE.db detectors` what was looked for and the thresholds' names and values.\n\n"
		"A threshold is set with --set, as often as needed: --set tcp-high-rtt.limit-ms=100.",
	.examples =
		"  pcapdex analyze trace.db\n"
		"  pcapdex analyze trace.db --set tcp-high-rtt.limit-ms=100 --set tcp-retransmissions.percent=1\n"
		"  pcapdex query trace.db issues\n",
	.options = options,
	.completion = "file",
	.has_threads = true,
	.run = analyze_run,
};

// ---- settings -----------------------------------------------------------------------------------------------------

// "NAME.OPTION=VALUE" split at the '='; the text is the caller's and is changed. False after a message.
static bool read_setting(struct analysis_setting *setting, char *text)
{
	char *equals = text ? strchr(text, '=') : NULL;
	if (!equals || !memchr(text, '.', (size_t)(equals - text))) {
		message_error("--set wants DETECTOR.THRESHOLD=VALUE, as in --set tcp-high-rtt.limit-ms=100; got '%s'",
		              text ? text : "");
		return false;
	}
	*equals = '\0';
	*setting = (struct analysis_setting){text, equals + 1};
	return true;
}

// The --set options; their number, or -1 after a message. The texts are owned by `texts`.
static int read_settings(const struct arguments *arguments, struct analysis_setting *settings, char **texts)
{
	int count = 0;
	for (int i = 0; i < arguments->unknown_count; i++) {
		const struct option_pair *pair = &arguments->unknown[i];
		if (strcmp(pair->name, "set") != 0) {
			message_error("analyze has no option --%s; see pcapdex analyze -h", pair->name);
			return -1;
		}
		if (count == SETTINGS_MAX) {
			message_error("too many --set options: %d is the most", SETTINGS_MAX);
			return -1;
		}
		texts[count] = memory_copy_text(pair->value);
		if (!read_setting(&settings[count], texts[count]))
			return -1;
		count++;
	}
	return count;
}

// ---- the case -----------------------------------------------------------------------------------------------------

static int64_t integer(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t value = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static bool explain(sqlite3 *db, const char *path, int rc)
{
	if (rc == SQLITE_CANTOPEN)
		message_error("%s: no such case, or not readable; make one: pcapdex ingest CAPTURE -o %s", path, path);
	else if (rc == SQLITE_BUSY)
		message_error("%s: another program is writing it; wait until that ends", path);
	else if (rc == SQLITE_READONLY)
		message_error("%s: may only be read; change its permissions", path);
	else if (rc == SQLITE_NOTADB)
		message_error("%s: not a case; make one: pcapdex ingest CAPTURE", path);
	else
		message_error("%s: %s", path, sqlite3_errmsg(db));
	return false;
}

static bool check_case(sqlite3 *db, const char *path)
{
	int rc = sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return explain(db, path, rc);
	if (integer(db, "PRAGMA application_id") != CASE_APPLICATION_ID) {
		message_error("%s: an SQLite file, but not a case; make one: pcapdex ingest CAPTURE", path);
		return false;
	}
	if (integer(db, "PRAGMA user_version") == CASE_VERSION)
		return case_schema_check(db, path);
	message_error("%s: case version %lld, this pcapdex writes %d; ingest the captures again", path,
	              (long long)integer(db, "PRAGMA user_version"), CASE_VERSION);
	return false;
}

// Ends a transaction that was begun.
static bool run_in_transaction(sqlite3 *db, const char *path, const struct analysis_setting *settings, size_t count,
                               struct analysis_totals *totals)
{
	bool ok = analysis_run(db, settings, count, totals);
	int rc = sqlite3_exec(db, ok ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
	return ok && (rc == SQLITE_OK || explain(db, path, rc));
}

static int begin(sqlite3 *db)
{
	return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
}

// What was added stays, whatever keeps from looking at it.
bool analyze_with_defaults(sqlite3 *db)
{
	struct analysis_totals totals = {0};
	const char *path = sqlite3_db_filename(db, "main");
	int rc = begin(db);
	if (rc == SQLITE_BUSY) {
		message_warning(
			"%s: another program is writing it, so that nobody looks for issues in what was added; when it has "
			"ended, pcapdex analyze does",
			path);
		return true;
	}
	bool ok = rc == SQLITE_OK ? run_in_transaction(db, path, NULL, 0, &totals) : explain(db, path, rc);
	if (totals.interrupted)
		message_warning("interrupted while looking for issues; pcapdex analyze does so");
	return ok || totals.interrupted;
}

static bool analyze_case(const char *path, const struct analysis_setting *settings, size_t count,
                         struct analysis_totals *totals)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	bool ok = rc == SQLITE_OK || explain(db, path, rc);
	if (ok)
		sqlite3_busy_timeout(db, BUSY_MS);
	ok = ok && check_case(db, path) && ((rc = begin(db)) == SQLITE_OK || explain(db, path, rc)) &&
	     run_in_transaction(db, path, settings, count, totals);
	// After a full disk, it is the next read that brings back what was there.
	if (!ok)
		sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	sqlite3_close(db);
	return ok;
}

static void print_summary(const char *path, const struct analysis_totals *t)
{
	message_note(
		"%s: %lld issue%s (%lld critical, %lld high, %lld medium, %lld low), %lld link%s between them, by %lld "
		"detectors",
		path, (long long)t->issues, t->issues == 1 ? "" : "s", (long long)t->by_severity[3],
		(long long)t->by_severity[2], (long long)t->by_severity[1], (long long)t->by_severity[0],
		(long long)t->links, t->links == 1 ? "" : "s", (long long)t->detectors);
}

static int analyze_run(int argc, char **argv)
{
	struct settings chosen = {0};
	struct arguments arguments;
	struct analysis_setting *settings = memory_alloc(SETTINGS_MAX * sizeof *settings);
	char **texts = memory_alloc(SETTINGS_MAX * sizeof *texts);
	struct analysis_totals totals;
	int code = EXIT_USAGE;
	if (options_parse(&command_analyze, &chosen, true, argc, argv, &arguments)) {
		int count = read_settings(&arguments, settings, texts);
		if (arguments.help_shown)
			code = EXIT_DONE;
		else if (arguments.count != 1)
			message_error("which case? pcapdex analyze CASE.db");
		else if (count >= 0 && analysis_check(settings, (size_t)count))
			code = analyze_case(arguments.words[0], settings, (size_t)count, &totals) ? EXIT_DONE : EXIT_FAILED;
		if (code == EXIT_DONE && !arguments.help_shown && !chosen.quiet)
			print_summary(arguments.words[0], &totals);
		arguments_release(&arguments);
	}
	for (int i = 0; i < SETTINGS_MAX; i++)
		free(texts[i]);
	free(texts);
	free(settings);
	return code;
}
