// Statements to rows to output. See run.h.
#include "run.h"

#include <stdio.h>
#include <string.h>

#include "../common/message.h"
#include "nothing.h"
#include "watch.h"

enum { ERROR_ROOM = 1024 };

struct run {
	struct guard *guard;
	const struct report *report;
	const struct parameters *parameters;
	const struct row_taker *taker; // NULL: rows are printed
	struct output output;
	int rows;               // printed so far, up to 2 a section
	size_t sections;        // of the report that are printed
	int statements;         // run so far
	char error[ERROR_ROOM]; // "" none
	bool usage;             // the error is the SQL's, not the case's
};

// The reader of the output is gone, or something else stopped us.
static bool must_stop(const struct run *run)
{
	const struct sink *sink = run->output.sink;
	return run->error[0] || (sink && sink->error) || watch_cause() != WATCH_RUNNING;
}

static bool step(struct run *run, sqlite3_stmt *statement)
{
	int result = must_stop(run) ? SQLITE_DONE : sqlite3_step(statement);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		guard_explain(run->guard, result, run->error, sizeof run->error);
	return result == SQLITE_ROW;
}

// Nothing is printed of a statement that fails before its first row.
static void run_statement(struct run *run, sqlite3_stmt *statement, const struct report_section *section)
{
	if (!parameters_bind(run->parameters, statement, run->error, sizeof run->error)) {
		run->usage = true;
		return;
	}
	if (run->taker && !run->taker->begin(run->taker->context, statement))
		return;
	bool has_row = step(run, statement);
	for (; run->taker && has_row; has_row = step(run, statement))
		run->taker->row(run->taker->context, statement);
	if (run->error[0] || run->taker)
		return;
	output_section_begin(&run->output, statement, section->title, section->formats != NULL);
	for (; has_row; has_row = step(run, statement))
		output_row(&run->output);
	run->rows += run->output.rows;
	output_section_end(&run->output);
}

// Why nothing was printed, where that is known, where not even names of columns were, or where empty sections hide it.
static void explain_nothing(const struct run *run)
{
	char why[ERROR_ROOM];
	if (nothing_explain(run->parameters, run->report, run->guard, why, sizeof why))
		message_note("report %s found nothing: %s", run->report->name, why);
	else if (run->output.raw || run->sections > 1)
		message_note("report %s found nothing", run->report->name);
}

static int count_lines(const char *from, const char *to)
{
	int lines = 0;
	for (; from < to; from++)
		lines += *from == '\n';
	return lines;
}

static void run_section(struct run *run, const struct report_section *section)
{
	const char *sql = section->sql, *tail;
	int line = section->sql_line;
	while (*sql && !must_stop(run)) {
		sqlite3_stmt *statement;
		if (!guard_prepare(run->guard, sql, line, &statement, &tail, run->error, sizeof run->error)) {
			run->usage = !run->report->summary;
			return;
		}
		if (statement) {
			run->statements++;
			run_statement(run, statement, section);
		}
		sqlite3_finalize(statement);
		line += count_lines(sql, tail);
		sql = tail;
	}
}

// Whether plain SQL has a second statement; nothing is run.
static bool has_several_statements(const struct run *run)
{
	bool is_plain = !run->report->summary && run->report->section_count > 0;
	const char *sql = is_plain ? run->report->sections[0].sql : "";
	char error[ERROR_ROOM];
	sqlite3_stmt *statement;
	int count = 0;
	while (*sql && count < 2 && guard_prepare(run->guard, sql, 1, &statement, &sql, error, sizeof error)) {
		count += statement != NULL;
		sqlite3_finalize(statement);
	}
	return count > 1;
}

static int exit_code(struct run *run)
{
	if (watch_cause() == WATCH_INTERRUPT) {
		message_error("stopped");
		return EXIT_INTERRUPTED;
	}
	if (!run->report->summary && run->statements == 0 && !must_stop(run)) {
		snprintf(run->error, sizeof run->error, "%s: nothing to run: no SQL but comments and blanks",
		         run->report->name);
		message_error("%s", run->error);
		return EXIT_USAGE;
	}
	if (!run->error[0] && watch_cause() == WATCH_TIMEOUT)
		guard_explain(run->guard, SQLITE_INTERRUPT, run->error, sizeof run->error);
	if (run->error[0]) {
		if (run->report->summary)
			message_error("%s: report %s: %s", run->guard->path, run->report->name, run->error);
		else
			message_error("%s: %s", run->guard->path, run->error);
		return run->usage ? EXIT_USAGE : EXIT_FAILED;
	}
	return EXIT_DONE;
}

bool run_shows(const struct report *report, const struct report_section *section,
               const struct parameters *parameters, const char *format)
{
	if (section->depends && parameters_has(parameters, section->depends) == section->without)
		return false;
	return report_shows(report, section, format);
}

static bool is_shown(const struct run *run, const struct report_section *section, const char *format)
{
	return run_shows(run->report, section, run->parameters, format);
}

int run_report(struct guard *guard, const struct report *report, const struct parameters *parameters,
               const char *format, bool header, struct sink *sink)
{
	struct run run = {.guard = guard, .report = report, .parameters = parameters};
	const char *shown_as = format ? format : "table";
	for (size_t i = 0; i < report->section_count; i++)
		run.sections += is_shown(&run, &report->sections[i], shown_as);
	bool titled = run.sections > 1 || (!strcmp(shown_as, "json") && has_several_statements(&run)); // one document
	output_begin(&run.output, format, sink, header, titled);
	for (size_t i = 0; i < report->section_count && !must_stop(&run); i++) {
		if (is_shown(&run, &report->sections[i], shown_as))
			run_section(&run, &report->sections[i]);
	}
	if (!run.error[0])
		output_end(&run.output);
	sink_flush(sink);
	if (run.rows == 0 && report->summary && !must_stop(&run))
		explain_nothing(&run);
	return exit_code(&run);
}

int run_rows(struct guard *guard, const struct report *report, const struct parameters *parameters,
             const struct row_taker *taker)
{
	struct run run = {.guard = guard, .report = report, .parameters = parameters, .taker = taker};
	for (size_t i = 0; i < report->section_count && !must_stop(&run); i++)
		if (!report->sections[i].left_out)
			run_section(&run, &report->sections[i]);
	return exit_code(&run);
}

int run_section_rows(struct guard *guard, const struct report *report, const struct report_section *section,
                     const struct parameters *parameters, const struct row_taker *taker)
{
	struct run run = {.guard = guard, .report = report, .parameters = parameters, .taker = taker};
	run_section(&run, section);
	return exit_code(&run);
}
