// Report headers against their statements. See check.h.
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../common/message.h"
#include "guard.h"
#include "output.h"

struct check {
	struct guard guard;
	const struct option_spec *command_options;
	const struct report *report;
	bool used[256]; // parameters of the report that a statement has
	int wrong;
};

PRINTF_LIKE(2, 3)
static void say(struct check *check, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	message_error("report %s: %s", check->report->name, text);
	check->wrong++;
}

static void check_columns(struct check *check, const struct report_section *section, sqlite3_stmt *statement)
{
	int count = sqlite3_column_count(statement);
	if (count == 1 && !strcmp(sqlite3_column_name(statement, 0), "line") && section->column_count == 0)
		return;
	for (int i = 0; i < count; i++) {
		const char *name = sqlite3_column_name(statement, i);
		if ((size_t)i >= section->column_count)
			say(check, "line %d: column %s is not documented", section->line, name);
		else if (strcmp(section->columns[i].name, name) != 0)
			say(check, "line %d: column %d is %s, documented is %s", section->line, i + 1, name,
			    section->columns[i].name);
	}
	for (size_t i = (size_t)count; i < section->column_count; i++)
		say(check, "line %d: column %s is documented, but not there", section->line, section->columns[i].name);
	for (size_t i = 0; i < section->column_count; i++) {
		if (!*section->columns[i].help)
			say(check, "column %s has no text", section->columns[i].name);
	}
}

static void check_plot_column(struct check *check, const struct report_section *section, const char *name)
{
	for (size_t i = 0; name && i < section->column_count; i++)
		if (!strcmp(section->columns[i].name, name))
			return;
	if (name)
		say(check, "line %d: the plot wants a column %s, which is not there", section->line, name);
}

static void check_plots(struct check *check, const struct report_section *section)
{
	size_t series = 0;
	for (size_t i = 0; i < section->plot_count; i++) {
		const struct report_plot *plot = &section->plots[i];
		series += plot->style >= PLOT_LINE;
		check_plot_column(check, section, plot->column);
		check_plot_column(check, section, plot->to);
		check_plot_column(check, section, plot->by);
		check_plot_column(check, section, plot->when);
		if (!*plot->label)
			say(check, "line %d: a plot line has no label", section->line);
	}
	if (section->plot_count > 0 && (series == 0 || section->plots[0].style != PLOT_TITLE))
		say(check, "line %d: a plot begins with a title, and draws a series", section->line);
}

static void check_bound(struct check *check, sqlite3_stmt *statement)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
		const char *name = sqlite3_bind_parameter_name(statement, i);
		const struct report_parameter *parameter =
			name && name[0] == ':' ? report_find_parameter(check->report, name + 1) : NULL;
		if (!parameter)
			say(check, "parameter %s is not declared", name ? name : "?");
		else if (parameter - check->report->parameters < 256)
			check->used[parameter - check->report->parameters] = true;
	}
}

static void check_statement(struct check *check, const struct report_section *section)
{
	char error[1024];
	sqlite3_stmt *statement, *second = NULL;
	const char *tail;
	if (!guard_prepare(&check->guard, section->sql, section->sql_line, &statement, &tail, error, sizeof error)) {
		say(check, "%s", error);
		return;
	}
	if (!statement) {
		say(check, "line %d: no statement", section->line);
		return;
	}
	check_columns(check, section, statement);
	check_bound(check, statement);
	sqlite3_finalize(statement);
	if (!guard_prepare(&check->guard, tail, section->sql_line, &second, &tail, error, sizeof error) || second)
		say(check, "line %d: a second statement; write '-- section: Title' before it", section->line);
	sqlite3_finalize(second);
}

static bool known_format(const char *formats)
{
	static const char all[] = "|" OUTPUT_FORMATS "|";
	for (const char *at = formats; *at;) {
		char word[32];
		at += strspn(at, ", ");
		size_t length = strcspn(at, ", ");
		snprintf(word, sizeof word, "|%.*s|", (int)length, at);
		if (!strstr(all, word))
			return false;
		at += length;
	}
	return true;
}

static bool is_command_option(const struct check *check, const char *name)
{
	for (const struct option_spec *spec = check->command_options; spec->name; spec++)
		if (!strcmp(spec->name, name))
			return true;
	return !strcmp(name, "help");
}

static void check_parameters(struct check *check)
{
	for (size_t i = 0; i < check->report->parameter_count; i++) {
		const struct report_parameter *parameter = &check->report->parameters[i];
		if (i < 256 && !check->used[i])
			say(check, "parameter :%s is declared, but not used", parameter->name);
		if (!*parameter->help)
			say(check, "parameter :%s has no text", parameter->name);
		if (is_command_option(check, parameter->option))
			say(check, "parameter :%s is an option of the command; choose another name", parameter->name);
	}
}

// ---- detectors and rules (analyze/analysis.h) ---------------------------------------------------------------------

static bool is_word_of(const char *word, const char *words)
{
	const struct report_parameter any = {.choices = (char *)words};
	size_t length;
	const char *found = report_choice(&any, word, &length);
	return found && strncmp(found, word, length) == 0;
}

// A note that a detector has.
struct wanted_note {
	const char *key;
	const char *words; // "low|high": one of these; NULL any text
	bool several;      // it may be there more than once
};

static void check_note(struct check *check, const struct wanted_note *wanted)
{
	int count = 0;
	for (size_t i = 0; i < check->report->note_count; i++) {
		const struct report_note *note = &check->report->notes[i];
		if (strcmp(note->key, wanted->key) != 0)
			continue;
		count++;
		if (!*note->text)
			say(check, "%s: says nothing", note->key);
		else if (wanted->words && !is_word_of(note->text, wanted->words))
			say(check, "%s: %s is none of %s", note->key, note->text, wanted->words);
	}
	if (count == 0)
		say(check, "a detector wants a line '-- %s: ...'", wanted->key);
	else if (count > 1 && !wanted->several)
		say(check, "%d lines '-- %s: ...', a detector has one", count, wanted->key);
}

static void check_notes(struct check *check)
{
	static const struct wanted_note wanted[] = {
		{"severity", "low|medium|high|critical", false},
		{"category", "connectivity|performance|configuration|security|compliance|compatibility", false},
		{"protocol", NULL, false},
		{"cause", NULL, true},
		{"remedy", NULL, true},
		{"source", NULL, false},
	};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		check_note(check, &wanted[i]);
}

// Columns that must be there and those that may, each set as "|a|b|".
static void check_column_names(struct check *check, const char *must, const char *may)
{
	const struct report_section *section = &check->report->sections[0];
	char word[64];
	for (size_t i = 0; i < section->column_count; i++) {
		snprintf(word, sizeof word, "|%s|", section->columns[i].name);
		if (!strstr(must, word) && !strstr(may, word))
			say(check, "column %s is none of%s%s", section->columns[i].name, must, may + 1);
	}
	for (const char *at = must + 1; *at; at += strcspn(at, "|") + 1) {
		bool found = false;
		snprintf(word, sizeof word, "%.*s", (int)strcspn(at, "|"), at);
		for (size_t i = 0; i < section->column_count; i++)
			found = found || strcmp(section->columns[i].name, word) == 0;
		if (!found)
			say(check, "column %s is missing", word);
	}
}

// Nobody is asked for them when ingest runs a detector: thresholds are numbers or words, and have defaults.
static void check_thresholds(struct check *check)
{
	for (size_t i = 0; i < check->report->parameter_count; i++) {
		const struct report_parameter *parameter = &check->report->parameters[i];
		bool known = parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER ||
		             parameter->type == PARAMETER_CHOICE || parameter->type == PARAMETER_TEXT;
		if (!parameter->fallback)
			say(check, "threshold :%s has no default", parameter->name);
		if (!known)
			say(check, "threshold :%s is neither number nor text", parameter->name);
	}
}

static void check_kind(struct check *check)
{
	enum catalog_kind kind = catalog_kind(check->report->name);
	const struct report_section *section = check->report->sections;
	const char *topic = report_note_text(check->report, "topic");
	if (topic && !is_word_of(topic, REPORT_TOPICS))
		say(check, "topic: %s is none of %s", topic, REPORT_TOPICS);
	if (kind == CATALOG_REPORT || kind == CATALOG_CHAPTER || check->report->section_count == 0)
		return;
	if (check->report->section_count > 1 || section->formats || section->depends)
		say(check, "a detector or rule is one statement, without sections");
	check_thresholds(check);
	if (kind == CATALOG_RULE) {
		check_column_names(check, "|issue_id|cause_issue_id|confidence|why|", "|cause|");
		return;
	}
	check_notes(check);
	check_column_names(check, "|capture_id|ts_ns|flow_id|src|dst|value|symptoms|packets|",
	                   "|severity|title|cause|confidence|remedy|");
}

// ---- all ----------------------------------------------------------------------------------------------------------

static bool is_sentence(const char *text)
{
	size_t length = strlen(text);
	return length > 0 && strchr(".?!", text[length - 1]);
}

static void check_report(struct check *check, const struct report *report)
{
	check->report = report;
	memset(check->used, 0, sizeof check->used);
	if (!report->summary)
		say(check, "no header: the first line is a comment that says what the report shows");
	else if (!is_sentence(report->summary))
		say(check, "the first line is no whole sentence: it stands for the report in lists");
	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		if (section->formats && !known_format(section->formats))
			say(check, "section[%s]: unknown format", section->formats);
		check_statement(check, section);
		check_plots(check, section);
	}
	if (report->section_count == 0)
		say(check, "no statement");
	check_parameters(check);
	check_kind(check);
}

int check_reports(const struct catalog *catalog, const struct option_spec *command_options)
{
	struct check check = {.command_options = command_options};
	if (!guard_open_empty(&check.guard)) {
		guard_release(&check.guard);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < catalog->count; i++) {
		struct report report;
		if (!catalog_parse(&catalog->entries[i], &report)) {
			check.wrong++;
			continue;
		}
		check_report(&check, &report);
		report_release(&report);
	}
	guard_release(&check.guard);
	message_note("%d reports checked, %d things wrong", (int)catalog->count, check.wrong);
	return check.wrong ? EXIT_FAILED : EXIT_DONE;
}
