// What to draw of rows that come without plot lines. See plot_lines.h.
#include "plot_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/text.h"
#include "cell.h"

enum { TEXT_ROOM = 512, COLUMNS_MAX = 128 };

// ---- names of columns -----------------------------------------------------------------------------------------------

bool plot_is_ts_ns(const char *name)
{
	return !strcmp(name, "ts_ns") || text_ends_in(name, "_ts_ns");
}

// Seconds that are no point in time: a length, or a rate.
static bool is_length(const char *name)
{
	static const char *const lengths[] = {"duration_s", "resolution_s", "per_s"};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (!strcmp(name, lengths[i]) || text_ends_in(name, lengths[i]))
			return true;
	return false;
}

static bool is_time(const char *name)
{
	return (text_ends_in(name, "_s") && !is_length(name)) || plot_is_ts_ns(name);
}

// Numbers that are names: packet 12 is not twice packet 6.
static bool is_name(const char *name)
{
	static const char *const names[] = {"number", "port", "id", "flow_id", "direction", "raw_window", "line"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return text_ends_in(name, "_number") || text_ends_in(name, "_id") || text_ends_in(name, "_port");
}

// "ms" of rtt_ms; "" where the name tells none.
static const char *unit_of(const char *name)
{
	static const char *const units[] = {"per_s", "bytes", "bps", "percent", "ns", "us", "ms", "s"};
	char end[16];
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		snprintf(end, sizeof end, "_%s", units[i]);
		if (!strcmp(name, units[i]) || text_ends_in(name, end))
			return units[i];
	}
	return "";
}

// ---- what the columns of a section hold ----------------------------------------------------------------------------

struct plot_survey {
	int columns;
	bool has_rows;
	char *names[COLUMNS_MAX];
	bool has_number[COLUMNS_MAX], has_text[COLUMNS_MAX];
	char *values[COLUMNS_MAX][PLOT_SPLIT_MAX + 1]; // different texts, one more than are drawn
	int value_count[COLUMNS_MAX];
};

static bool begin(void *context, sqlite3_stmt *statement)
{
	struct plot_survey *survey = context;
	int columns = sqlite3_column_count(statement);
	if (survey->columns > 0)
		return false; // of several statements, the first one is drawn
	survey->columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	for (int i = 0; i < survey->columns; i++)
		survey->names[i] = memory_copy_text(sqlite3_column_name(statement, i));
	return true;
}

static void note_text(struct plot_survey *survey, int column, const char *text)
{
	int *count = &survey->value_count[column];
	survey->has_text[column] = true;
	for (int i = 0; i < *count; i++)
		if (!strcmp(survey->values[column][i], text))
			return;
	if (*count <= PLOT_SPLIT_MAX)
		survey->values[column][(*count)++] = memory_copy_text(text);
}

static void take_row(void *context, sqlite3_stmt *row)
{
	struct plot_survey *survey = context;
	survey->has_rows = true;
	for (int i = 0; i < survey->columns; i++) {
		const char *text;
		if (cell_is_finite(row, i))
			survey->has_number[i] = true;
		else if (sqlite3_column_type(row, i) == SQLITE_TEXT && (text = (const char *)sqlite3_column_text(row, i)))
			note_text(survey, i, text);
	}
}

struct plot_survey *plot_survey_new(void)
{
	return memory_alloc(sizeof(struct plot_survey));
}

struct row_taker plot_survey_taker(struct plot_survey *survey)
{
	return (struct row_taker){.begin = begin, .row = take_row, .context = survey};
}

bool plot_survey_is_empty(const struct plot_survey *survey)
{
	return !survey->has_rows;
}

void plot_survey_free(struct plot_survey *survey)
{
	for (int i = 0; i < survey->columns; i++) {
		free(survey->names[i]);
		for (int j = 0; j < survey->value_count[i]; j++)
			free(survey->values[i][j]);
	}
	free(survey);
}

// A time in seconds or nanoseconds, time_s before others; -1: none.
static int time_column(const struct plot_survey *survey)
{
	int found = -1;
	for (int i = survey->columns - 1; i >= 0; i--)
		if (survey->has_number[i] && is_time(survey->names[i]) &&
		    (found < 0 || strcmp(survey->names[found], "time_s") != 0 || !strcmp(survey->names[i], "time_s")))
			found = i;
	return found;
}

// The text column that splits lines: the first one with a few values.
static const char *split_column(const struct plot_survey *survey)
{
	for (int i = 0; i < survey->columns; i++)
		if (survey->has_text[i] && !survey->has_number[i] && survey->value_count[i] >= 2 &&
		    survey->value_count[i] <= PLOT_SPLIT_MAX)
			return survey->names[i];
	return NULL;
}

// ---- plot lines ------------------------------------------------------------------------------------------------------

// "rtt_ms" as "rtt (ms)". The caller frees it.
static char *label_of(const char *name, const char *unit)
{
	size_t length = strlen(name), unit_length = strlen(unit);
	bool has_unit = unit_length > 0 && length > unit_length;
	char *label = memory_alloc(length + 4);
	snprintf(label, length + 4, has_unit ? "%.*s (%s)" : "%.*s",
	         (int)(has_unit ? length - unit_length - 1 : length), name, unit);
	for (char *c = label; *c; c++)
		if (*c == '_')
			*c = ' ';
	return label;
}

// The same of a series that is split: what splits it follows.
static char *label_of_split(const char *name)
{
	char *label = label_of(name, unit_of(name)), *split = memory_join(label, ":", "");
	free(label);
	return split;
}

static void add_line(struct report_section *section, struct report_plot line)
{
	section->plots = memory_resize(section->plots, (section->plot_count + 1) * sizeof *section->plots);
	section->plots[section->plot_count++] = line;
}

// The axis of a unit; false: both axes have others.
static bool choose_axis(struct report_section *section, const char *units[2], const char *name, bool *right)
{
	const char *unit = unit_of(name);
	for (int i = 0; i < 2; i++) {
		*right = i == 1;
		if (units[i] && !strcmp(units[i], unit))
			return true;
		if (!units[i]) {
			units[i] = unit;
			add_line(section,
			         (struct report_plot){.style = i ? PLOT_RIGHT : PLOT_LEFT, .label = label_of(name, unit)});
			return true;
		}
	}
	return false;
}

// An axis of several series is called by their unit alone.
static void name_axes(struct report_section *section)
{
	size_t series[2] = {0, 0};
	for (size_t i = 0; i < section->plot_count; i++)
		series[section->plots[i].right] += section->plots[i].style >= PLOT_LINE;
	for (size_t i = 0; i < section->plot_count; i++) {
		struct report_plot *line = &section->plots[i];
		char *unit = strrchr(line->label, '(');
		bool is_axis = line->style == PLOT_LEFT || line->style == PLOT_RIGHT;
		if (is_axis && series[line->style == PLOT_RIGHT] > 1)
			memmove(line->label, unit ? unit : "", strlen(unit ? unit : "") + 1);
	}
}

// A sentence as a title. The caller frees it.
static char *without_stop(const char *sentence)
{
	char *title = memory_copy_text(sentence);
	size_t length = strlen(title);
	if (length && title[length - 1] == '.')
		title[length - 1] = 0;
	return title;
}

static void add_time_axis(struct report_section *section, const char *name)
{
	char *label = plot_is_ts_ns(name) ? memory_copy_text("time since the first row (s)") : label_of(name, "s");
	add_line(section, (struct report_plot){.style = PLOT_X, .column = memory_copy_text(name), .label = label});
}

// A line for each number beside the time, column x, as far as two axes have units for them; the names of the others into
// left_out. How many lines.
static int add_series(const struct plot_survey *survey, int x, struct report_section *section,
                      char left_out[TEXT_ROOM])
{
	const char *units[2] = {NULL, NULL}, *by = split_column(survey);
	int series = 0;
	for (int i = 0; i < survey->columns; i++) {
		const char *name = survey->names[i];
		bool right;
		if (i == x || !survey->has_number[i] || is_name(name) || plot_is_ts_ns(name))
			continue;
		if (!choose_axis(section, units, name, &right)) {
			size_t used = strlen(left_out);
			snprintf(left_out + used, TEXT_ROOM - used, "%s%s", used ? ", " : "", name);
			continue;
		}
		series++;
		add_line(section, (struct report_plot){.style = PLOT_LINE,
		                                       .column = memory_copy_text(name),
		                                       .by = memory_copy_text(by),
		                                       .right = right,
		                                       .label = by ? label_of_split(name) : label_of(name, unit_of(name))});
	}
	return series;
}

bool plot_lines_invent(const struct plot_survey *survey, const char *title, struct report_section *section)
{
	char left_out[TEXT_ROOM] = "";
	int x = time_column(survey);
	if (x < 0) {
		message_error("--plot: no column of these rows is a time: one called time_s, or ending in _s or ts_ns");
		return false;
	}
	add_line(section, (struct report_plot){.style = PLOT_TITLE, .label = without_stop(title)});
	add_time_axis(section, survey->names[x]);
	int series = add_series(survey, x, section, left_out);
	name_axes(section);
	if (series == 0)
		message_error("--plot: these rows have no numbers beside the time");
	else if (*left_out)
		message_note("--plot: not drawn, because a plot has two axes: %s; SQL can choose columns", left_out);
	return series > 0;
}

void plot_lines_release(struct report_section *section)
{
	for (size_t i = 0; i < section->plot_count; i++) {
		free(section->plots[i].column);
		free(section->plots[i].by);
		free(section->plots[i].label);
	}
	free(section->plots);
}
