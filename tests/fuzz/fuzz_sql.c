// Any text as SQL and as a report file: the header is parsed, and what gets past the guard runs for a moment on an empty
// case, in a format that the first byte chooses. The case must stay as it is.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../query/guard.h"
#include "../../query/output.h"
#include "../../query/report.h"

enum { STEPS = 200, MOMENT_MS = 200, ERROR_ROOM = 512 };

static const char *const formats[] = {"table", "csv", "tsv", "json", "jsonl", "markdown", "text"};

static struct guard guard;
static struct timespec deadline;

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int is_over(void *unused)
{
	struct timespec now;
	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec > deadline.tv_nsec);
}

static void begin_moment(void)
{
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += MOMENT_MS * 1000000L;
	deadline.tv_sec += deadline.tv_nsec / 1000000000L;
	deadline.tv_nsec %= 1000000000L;
	sqlite3_progress_handler(guard.db, 100, is_over, NULL);
}

static void prepare(void)
{
	if (guard.db)
		return;
	if (!guard_open_empty(&guard))
		abort();
	sqlite3_limit(guard.db, SQLITE_LIMIT_LENGTH, 1 << 20); // large values only cost time here
	sqlite3_hard_heap_limit64(256 << 20);
}

// The authorizer lets no statement through that changes something.
static void check_unchanged(void)
{
	if (sqlite3_total_changes(guard.db) != 0 || !sqlite3_get_autocommit(guard.db))
		abort();
}

static void run_statement(struct output *output, sqlite3_stmt *statement, const struct report_section *section)
{
	if (!sqlite3_stmt_readonly(statement))
		abort();
	int result = sqlite3_step(statement);
	output_section_begin(output, statement, section->title, section->formats != NULL);
	for (int i = 0; i < STEPS && result == SQLITE_ROW; i++) {
		output_row(output);
		result = sqlite3_step(statement);
	}
	output_section_end(output);
	check_unchanged();
}

static void run_section(struct output *output, const struct report_section *section)
{
	char error[ERROR_ROOM];
	sqlite3_stmt *statement;
	const char *tail, *sql = section->sql;
	while (*sql && !is_over(NULL) && guard_prepare(&guard, sql, 1, &statement, &tail, error, sizeof error)) {
		if (statement)
			run_statement(output, statement, section);
		sqlite3_finalize(statement);
		sql = tail;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
	struct report report;
	char error[ERROR_ROOM];
	if (length == 0)
		return 0;
	prepare();
	begin_moment();
	char *text = memory_alloc(length);
	memcpy(text, at + 1, length - 1);
	const char *format = formats[at[0] % (sizeof formats / sizeof *formats)];
	if (report_parse(&report, at[0] & 128 ? REPORT_FILE : REPORT_SQL, "fuzz", text, error, sizeof error)) {
		struct output output;
		struct sink sink;
		sink_init(&sink, -1);
		sink.terminal = at[0] & 64;
		output_begin(&output, format, &sink, true, report.section_count > 1);
		for (size_t i = 0; i < report.section_count; i++) {
			if (report_shows(&report, &report.sections[i], format))
				run_section(&output, &report.sections[i]);
		}
		output_end(&output);
		sink_release(&sink);
		report_release(&report);
	}
	free(text);
	return 0;
}
