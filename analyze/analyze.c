// The analyze command. See analyze.h.
#include "analyze.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/case.h"
#include "../common/message.h"
#include "analysis.h"

enum { SETTINGS_MAX = 256 };

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

// An SQLite result code; what is in the way has been said unless it is SQLITE_BUSY.
static int begin(sqlite3 *db, const char *path)
{
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		case_say_why(db, path, CASE_GIVEN, rc);
	return rc;
}

// Ends a transaction that was begun. False after a message, or when interrupted.
static bool run_in_transaction(sqlite3 *db, const char *path, const struct analysis_setting *settings, size_t count,
                               struct analysis_totals *totals)
{
	bool ok = analysis_run(db, settings, count, totals);
	int rc = sqlite3_exec(db, ok ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		case_say_why(db, path, CASE_GIVEN, rc);
	return ok && rc == SQLITE_OK;
}

// What was added stays, whatever keeps from looking at it.
bool analyze_with_defaults(sqlite3 *db)
{
	struct analysis_totals totals = {0};
	const char *path = sqlite3_db_filename(db, "main");
	int rc = begin(db, path);
	if (rc == SQLITE_BUSY)
		message_warning(
			"%s: another program is writing it, so that nobody looks for issues in what was added; when it has "
			"ended, pcapdex analyze does",
			path);
	bool ok = rc == SQLITE_OK ? run_in_transaction(db, path, NULL, 0, &totals) : rc == SQLITE_BUSY;
	if (totals.interrupted)
		message_warning("interrupted while looking for issues; pcapdex analyze does so");
	return ok || totals.interrupted;
}

static bool analyze_case(const char *path, const struct analysis_setting *settings, size_t count,
                         struct analysis_totals *totals)
{
	sqlite3 *db = case_open_to_write(path, CASE_GIVEN);
	int rc = db ? begin(db, path) : SQLITE_CANTOPEN;
	if (rc == SQLITE_BUSY)
		case_say_why(db, path, CASE_GIVEN, rc);
	bool ok = rc == SQLITE_OK && run_in_transaction(db, path, settings, count, totals);
	// After a full disk, it is the next read that brings back what was there.
	if (db && !ok)
		case_integer(db, 0, "SELECT count(*) FROM sqlite_schema");
	sqlite3_close(db);
	return ok;
}

static void print_summary(const char *path, const struct analysis_totals *t)
{
	message_note(
		"%s: %lld issue%s (%lld critical, %lld high, %lld medium, %lld low), %lld link%s between them, by %lld "
		"detectors",
		path, (long long)t->issues, message_plural(t->issues), (long long)t->by_severity[3],
		(long long)t->by_severity[2], (long long)t->by_severity[1], (long long)t->by_severity[0],
		(long long)t->links, message_plural(t->links), (long long)t->detectors);
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
