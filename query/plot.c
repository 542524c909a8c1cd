// Rows to series, series to gnuplot's language. See plot.h.
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "cell.h"
#include "gnuplot.h"
#include "watch.h"

enum { TEXT_ROOM = 512, SURVEY_MAX = 128 };

struct point {
	double x, y, to;
	bool gap; // the line breaks before it
};

// What is drawn with one colour.
struct series {
	const struct report_plot *plot;
	char *group; // value of its `by` column; NULL none
	struct point *points;
	size_t count, capacity;
	bool broken; // rows without a value came after the last point
	size_t colour;
};

struct plot {
	struct guard *guard;
	const struct report *report;
	const struct report_plot *lines;
	size_t line_count;
	const char *x_name;
	struct series *series;
	size_t series_count, points;
	bool too_many_points, too_many_series;
	int64_t first_ns; // of x columns in ns; what they are relative to
	bool has_first;
	enum gnuplot_kind kind;
};

// ---- names of columns -----------------------------------------------------------------------------------------------

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);
	return length > end_length && !strcmp(name + length - end_length, end);
}

static bool is_ns(const char *name)
{
	return !strcmp(name, "ts_ns") || ends_in(name, "_ts_ns");
}

static bool is_time(const char *name)
{
	return !strcmp(name, "time_s") || ends_in(name, "_s") || is_ns(name);
}

// Numbers that are names: packet 12 is not twice packet 6.
static bool is_name(const char *name)
{
	static const char *const names[] = {"number", "port", "id", "flow_id", "direction", "raw_window", "line"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return ends_in(name, "_number") || ends_in(name, "_id") || ends_in(name, "_port");
}

// "ms" of rtt_ms; "" where the name tells none.
static const char *unit_of(const char *name)
{
	static const char *const units[] = {"per_s", "bytes", "bps", "percent", "ns", "us", "ms", "s"};
	char end[16];
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		snprintf(end, sizeof end, "_%s", units[i]);
		if (!strcmp(name, units[i]) || ends_in(name, end))
			return units[i];
	}
	return "";
}

// ---- rows to series -------------------------------------------------------------------------------------------------

static bool is_number(sqlite3_stmt *row, int column)
{
	int type = column >= 0 ? sqlite3_column_type(row, column) : SQLITE_NULL;
	return (type == SQLITE_INTEGER || type == SQLITE_FLOAT) && isfinite(sqlite3_column_double(row, column));
}

static const char *text_at(sqlite3_stmt *row, int column)
{
	const char *text = column >= 0 ? (const char *)sqlite3_column_text(row, column) : NULL;
	return text ? text : "";
}

static double x_at(struct plot *p, sqlite3_stmt *row, int column)
{
	if (!is_ns(p->x_name))
		return sqlite3_column_double(row, column);
	int64_t ns = sqlite3_column_int64(row, column);
	if (!p->has_first)
		p->first_ns = ns;
	p->has_first = true;
	return ((double)ns - (double)p->first_ns) / 1e9;
}

static struct series *find_series(struct plot *p, const struct report_plot *line, const char *group)
{
	for (size_t i = 0; i < p->series_count; i++)
		if (p->series[i].plot == line && (!group || !strcmp(p->series[i].group, group)))
			return &p->series[i];
	return NULL;
}

// NULL: there are too many.
static struct series *make_series(struct plot *p, const struct report_plot *line, const char *group)
{
	p->too_many_series = p->too_many_series || p->series_count == PLOT_SERIES_MAX;
	if (p->series_count == PLOT_SERIES_MAX)
		return NULL;
	p->series = memory_resize(p->series, (p->series_count + 1) * sizeof *p->series);
	struct series *s = &p->series[p->series_count++];
	*s = (struct series){.plot = line, .group = memory_copy_text(group)};
	return s;
}

static void add_point(struct plot *p, struct series *s, struct point point)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 64;
		s->points = memory_resize(s->points, s->capacity * sizeof *s->points);
	}
	point.gap = s->broken;
	s->broken = false;
	s->points[s->count++] = point;
	p->points++;
}

static void add_value(struct plot *p, const struct report_plot *line, const char *group, struct point point)
{
	struct series *s = find_series(p, line, group);
	p->too_many_points = p->too_many_points || p->points == PLOT_POINTS_MAX;
	if (p->points == PLOT_POINTS_MAX || (!s && !(s = make_series(p, line, group))))
		return;
	add_point(p, s, point);
}

static void break_line(struct plot *p, const struct report_plot *line, const char *group)
{
	struct series *s = line->gaps ? find_series(p, line, group) : NULL;
	if (s)
		s->broken = true;
}

static void add_to_line(struct plot *p, const struct report_plot *line, sqlite3_stmt *row, double x)
{
	int column = cell_column(row, line->column), to = cell_column(row, line->to);
	if (line->when && strcmp(text_at(row, cell_column(row, line->when)), line->value) != 0)
		return;
	const char *group = line->by ? text_at(row, cell_column(row, line->by)) : NULL;
	if (!is_number(row, column) || (line->to && !is_number(row, to))) {
		break_line(p, line, group);
		return;
	}
	double y = sqlite3_column_double(row, column);
	add_value(p, line, group, (struct point){.x = x, .y = y, .to = line->to ? sqlite3_column_double(row, to) : y});
}

static bool begin_rows(void *context, sqlite3_stmt *statement)
{
	(void)context, (void)statement;
	return true;
}

static void take_row(void *context, sqlite3_stmt *row)
{
	struct plot *p = context;
	int column = cell_column(row, p->x_name);
	if (!is_number(row, column))
		return;
	double x = x_at(p, row, column);
	for (size_t i = 0; i < p->line_count; i++)
		if (p->lines[i].style >= PLOT_LINE)
			add_to_line(p, &p->lines[i], row, x);
}

static void release_series(struct plot *p)
{
	for (size_t i = 0; i < p->series_count; i++) {
		free(p->series[i].group);
		free(p->series[i].points);
	}
	free(p->series);
}

// ---- plot lines for rows that come without --------------------------------------------------------------------------

// What the columns of a section hold.
struct survey {
	int columns;
	char *names[SURVEY_MAX];
	bool has_number[SURVEY_MAX], has_text[SURVEY_MAX];
	char *values[SURVEY_MAX][PLOT_SPLIT_MAX + 1]; // different texts, one more than are drawn
	int value_count[SURVEY_MAX];
};

static bool begin_survey(void *context, sqlite3_stmt *statement)
{
	struct survey *survey = context;
	int columns = sqlite3_column_count(statement);
	if (survey->columns > 0)
		return false; // of several statements, the first one is drawn
	survey->columns = columns < SURVEY_MAX ? columns : SURVEY_MAX;
	for (int i = 0; i < survey->columns; i++)
		survey->names[i] = memory_copy_text(sqlite3_column_name(statement, i));
	return true;
}

static void note_text(struct survey *survey, int column, const char *text)
{
	int *count = &survey->value_count[column];
	survey->has_text[column] = true;
	for (int i = 0; i < *count; i++)
		if (!strcmp(survey->values[column][i], text))
			return;
	if (*count <= PLOT_SPLIT_MAX)
		survey->values[column][(*count)++] = memory_copy_text(text);
}

static void survey_row(void *context, sqlite3_stmt *row)
{
	struct survey *survey = context;
	for (int i = 0; i < survey->columns; i++) {
		if (is_number(row, i))
			survey->has_number[i] = true;
		else if (sqlite3_column_type(row, i) == SQLITE_TEXT)
			note_text(survey, i, text_at(row, i));
	}
}

static void survey_release(struct survey *survey)
{
	for (int i = 0; i < survey->columns; i++) {
		free(survey->names[i]);
		for (int j = 0; j < survey->value_count[i]; j++)
			free(survey->values[i][j]);
	}
	free(survey);
}

static int time_column(const struct survey *survey)
{
	int found = -1;
	for (int i = survey->columns - 1; i >= 0; i--)
		if (survey->has_number[i] && is_time(survey->names[i]) &&
		    (found < 0 || strcmp(survey->names[found], "time_s") != 0 || !strcmp(survey->names[i], "time_s")))
			found = i;
	return found;
}

// The text column that splits lines: the first one with a few values.
static const char *split_column(const struct survey *survey)
{
	for (int i = 0; i < survey->columns; i++)
		if (survey->has_text[i] && !survey->has_number[i] && survey->value_count[i] >= 2 &&
		    survey->value_count[i] <= PLOT_SPLIT_MAX)
			return survey->names[i];
	return NULL;
}

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

// Makes the plot lines of a section for what its columns hold; false after a message. The texts are those of a report.
// A sentence as a title: its caller frees it.
static char *without_stop(const char *sentence)
{
	char *title = memory_copy_text(sentence);
	size_t length = strlen(title);
	if (length && title[length - 1] == '.')
		title[length - 1] = 0;
	return title;
}

static bool invent_lines(const struct survey *survey, const char *title, struct report_section *section)
{
	const char *units[2] = {NULL, NULL}, *by = split_column(survey);
	char left_out[TEXT_ROOM] = "";
	int x = time_column(survey), series = 0;
	if (x < 0) {
		message_error("--plot: no column of these rows is a time: one called time_s, or ending in _s or ts_ns");
		return false;
	}
	const char *x_name = survey->names[x];
	add_line(section, (struct report_plot){.style = PLOT_TITLE, .label = without_stop(title)});
	add_line(section,
	         (struct report_plot){
				 .style = PLOT_X,
				 .column = memory_copy_text(x_name),
				 .label = is_ns(x_name) ? memory_copy_text("time since the first row (s)") : label_of(x_name, "s"),
			 });
	for (int i = 0; i < survey->columns; i++) {
		const char *name = survey->names[i];
		bool right;
		if (i == x || !survey->has_number[i] || is_name(name) || is_ns(name))
			continue;
		if (!choose_axis(section, units, name, &right)) {
			size_t used = strlen(left_out);
			snprintf(left_out + used, sizeof left_out - used, "%s%s", used ? ", " : "", name);
			continue;
		}
		series++;
		add_line(section, (struct report_plot){.style = PLOT_LINE,
		                                       .column = memory_copy_text(name),
		                                       .by = memory_copy_text(by),
		                                       .right = right,
		                                       .label = by ? label_of_split(name) : label_of(name, unit_of(name))});
	}
	name_axes(section);
	if (series == 0)
		message_error("--plot: these rows have no numbers beside the time");
	else if (*left_out)
		message_note("--plot: not drawn, because a plot has two axes: %s; SQL can choose columns", left_out);
	return series > 0;
}

// ---- gnuplot's language ---------------------------------------------------------------------------------------------

static const char *label_in(const struct plot *p, enum report_plot_style style)
{
	for (size_t i = 0; i < p->line_count; i++)
		if (p->lines[i].style == style)
			return p->lines[i].label;
	return "";
}

// Largest value on an axis, and the smallest.
static void range_of(const struct plot *p, bool right, double *least, double *most)
{
	*least = INFINITY;
	*most = -INFINITY;
	for (size_t i = 0; i < p->series_count; i++) {
		const struct series *s = &p->series[i];
		for (size_t j = 0; j < s->count && s->plot->right == right; j++) {
			*least = fmin(*least, fmin(s->points[j].y, s->points[j].to));
			*most = fmax(*most, fmax(s->points[j].y, s->points[j].to));
		}
	}
}

// Bytes are shown in kB, MB, GB where they are many: what they are divided by, and the label with that unit.
static double scale_of(double most, const char *label, char to[TEXT_ROOM])
{
	static const char bytes[] = "(bytes)", *const units[] = {"(bytes)", "(kB)", "(MB)", "(GB)", "(TB)"};
	double scale = 1;
	size_t unit = 0;
	bool in_bytes = ends_in(label, bytes);
	for (; in_bytes && most / scale >= 5000 && unit < 4; unit++)
		scale *= 1000;
	size_t length = strlen(label) - (in_bytes ? strlen(bytes) : 0);
	snprintf(to, TEXT_ROOM, "%.*s%s", (int)length, label, in_bytes ? units[unit] : "");
	return scale;
}

// What an axis shows, and what values are divided by for it; 0: it has none.
static double describe_axis(const struct plot *p, bool right, char label[TEXT_ROOM])
{
	double least, most;
	*label = 0;
	range_of(p, right, &least, &most);
	return most < least ? 0 : scale_of(most, label_in(p, right ? PLOT_RIGHT : PLOT_LEFT), label);
}

// An axis from 0 on, unless what there is lies far above it. Returns what values are divided by; 0: it has none. A
// terminal has no letters that stand upright: there, the title says what the axes are.
static double write_axis(const struct plot *p, struct sink *script, bool right)
{
	double least, most;
	char label[TEXT_ROOM], text[TEXT_ROOM];
	const char *axis = right ? "y2" : "y";
	double scale = describe_axis(p, right, label);
	range_of(p, right, &least, &most);
	if (scale == 0)
		return 0;
	if (p->kind != GNUPLOT_TERMINAL) {
		snprintf(text, sizeof text, "set %slabel ", axis);
		sink_text(script, text);
		gnuplot_quote(script, label);
	}
	snprintf(text, sizeof text, "\nset %stics nomirror\nset format %s '%%g'\nset %srange [%s:%s]\n", axis, axis,
	         axis, least >= 0 && least < most / 2 + 1e-12 ? "0" : "*",
	         most > 0    ? "*"
	         : least < 0 ? "*"
	                     : "1");
	sink_text(script, text);
	return scale;
}

// The flow that was asked for: "flow 2: tcp a:1 -> b:2 in capture web".
static bool describe_flow(const struct plot *p, int64_t flow_id, char to[TEXT_ROOM])
{
	static const char endpoints[] =
		"SELECT format('flow %d: %s %s%s %s %s%s in %s', flow_id, protocol, iif(instr(src, ':') AND src_port, '[' || src"
		" || ']', src), ifnull(':' || src_port, ''), ?2, iif(instr(dst, ':') AND dst_port, '[' || dst || ']', dst),"
		" ifnull(':' || dst_port, ''), c.name) FROM flows JOIN captures c USING (capture_id) WHERE flow_id = ?1";
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(p->guard->db, endpoints, -1, &statement, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(statement, 1, flow_id);
	sqlite3_bind_text(statement, 2, p->kind == GNUPLOT_TERMINAL ? "->" : "\xe2\x86\x92", -1, SQLITE_STATIC);
	bool found = sqlite3_step(statement) == SQLITE_ROW;
	if (found)
		snprintf(to, TEXT_ROOM, "%s", text_at(statement, 0));
	sqlite3_finalize(statement);
	return found;
}

// The captures of the case, where it has few.
static void describe_case(const struct plot *p, char to[TEXT_ROOM])
{
	sqlite3_stmt *statement;
	*to = 0;
	if (sqlite3_prepare_v2(p->guard->db, "SELECT group_concat(name, ', '), count(*) FROM captures", -1, &statement,
	                       NULL) != SQLITE_OK)
		return;
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 1) <= 4)
		snprintf(to, TEXT_ROOM, "%s", text_at(statement, 0));
	sqlite3_finalize(statement);
}

static void write_axis_names(const struct plot *p, struct sink *script)
{
	char left[TEXT_ROOM], right[TEXT_ROOM], text[2 * TEXT_ROOM + 32];
	describe_axis(p, false, left);
	describe_axis(p, true, right);
	snprintf(text, sizeof text, "%s%s%s%s%s", *left && *right ? "left: " : "", left, *left && *right ? ", " : "",
	         *right ? "right: " : "", right);
	sink_text(script, ".\"\\n\".");
	gnuplot_quote(script, text);
}

static void write_title(const struct plot *p, const struct parameters *parameters, struct sink *script)
{
	char about[TEXT_ROOM] = "";
	bool found = false;
	for (size_t i = 0; i < parameters->count && !found; i++) {
		const struct parameter_value *value = &parameters->values[i];
		if (value->kind == VALUE_INTEGER && !strcmp(value->name, "flow"))
			found = describe_flow(p, value->integer, about);
	}
	if (!found)
		describe_case(p, about);
	const char *title = label_in(p, PLOT_TITLE);
	sink_text(script, "set title ");
	if (*title) {
		gnuplot_quote(script, title);
		sink_text(script, ".\"\\n\".");
	}
	gnuplot_quote(script, about);
	if (p->kind == GNUPLOT_TERMINAL)
		write_axis_names(p, script);
	sink_text(script, "\nset xlabel ");
	gnuplot_quote(script, label_in(p, PLOT_X));
	sink_char(script, '\n');
}

static void write_look(const struct plot *p, struct sink *script)
{
	sink_text(script,
	          "set key below center horizontal Left reverse samplen 2 width 1 height 1\nset tics nomirror\n"
	          "set style fill solid 0.6 noborder\nset bars 0\nset autoscale xfix\n"
	          "set offsets graph 0.01, graph 0.02, 0, 0\n");
	sink_text(script, p->kind == GNUPLOT_TERMINAL ? "set border back\n"
	                                              : "set grid xtics ytics linecolor '#dddddd' linewidth 0.6\n");
}

static void write_points(const struct series *s, size_t number, double scale, struct sink *script)
{
	char text[128];
	snprintf(text, sizeof text, "$d%zu << EOD\n", number);
	sink_text(script, text);
	for (size_t i = 0; i < s->count; i++) {
		const struct point *point = &s->points[i];
		if (point->gap)
			sink_char(script, '\n');
		snprintf(text, sizeof text, "%.12g %.12g %.12g\n", point->x, point->y / scale, point->to / scale);
		sink_text(script, text);
	}
	sink_text(script, "EOD\n");
}

// The least step between two points, which is how wide a bar is.
static double bar_width(const struct series *s)
{
	double least = INFINITY;
	for (size_t i = 1; i < s->count; i++)
		if (s->points[i].x > s->points[i - 1].x)
			least = fmin(least, s->points[i].x - s->points[i - 1].x);
	return isfinite(least) ? least : 1;
}

// Bars that may stand before others are seen through.
static void write_style(const struct series *s, size_t marks, bool alone, struct sink *script)
{
	// Colours that people tell apart who do not see all of them (Okabe and Ito 2008), and reds for what stands out.
	static const char *const colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
	                                      "#56b4e9", "#000000", "#999933"};
	static const char *const loud[] = {"#d00000", "#7b1fa2", "#ff7f00"};
	enum { COLOURS = sizeof colours / sizeof *colours, LOUD = sizeof loud / sizeof *loud };
	const char *colour = s->plot->style == PLOT_MARKS ? loud[marks % LOUD] : colours[s->colour % COLOURS];
	char text[256];
	double width = bar_width(s);
	switch (s->plot->style) {
	case PLOT_BARS:
		snprintf(text, sizeof text, "using ($1+%.9g):2:(%.9g) with boxes linecolor '%s'%s", width / 2, width,
		         colour, alone ? "" : " fillstyle transparent solid 0.3 border");
		break;
	case PLOT_SPANS:
		snprintf(text, sizeof text, "using 1:2:(0):($3-$2) with vectors nohead linewidth 2.5 linecolor '%s'",
		         colour);
		break;
	case PLOT_POINTS:
		snprintf(text, sizeof text, "using 1:2 with points pointtype %d pointsize 0.5 linecolor '%s'",
		         7 - 2 * (int)(s->colour % 2), colour);
		break;
	case PLOT_MARKS:
		snprintf(text, sizeof text, "using 1:2 with points pointtype %d pointsize 0.9 linewidth 1.5 linecolor '%s'",
		         marks % 2 ? 2 : 6, colour);
		break;
	default:
		snprintf(text, sizeof text, "using 1:2 with %s linewidth 1.5 dashtype %d linecolor '%s'",
		         s->plot->style == PLOT_STEPS ? "steps" : "lines", s->plot->right ? 2 : 1, colour);
	}
	sink_text(script, text);
}

static void write_series(const struct series *s, size_t number, size_t marks, bool alone, struct sink *script)
{
	char text[64];
	snprintf(text, sizeof text, "%s$d%zu ", number ? ", \\\n     " : "plot ", number);
	sink_text(script, text);
	write_style(s, marks, alone, script);
	sink_text(script, s->plot->right ? " axes x1y2 title " : " axes x1y1 title ");
	char *title = s->group ? memory_join(s->plot->label, " ", *s->group ? s->group : "none")
	                       : memory_copy_text(s->plot->label);
	gnuplot_quote(script, title);
	free(title);
}

static void write_script(const struct plot *p, const struct parameters *parameters, const struct sink *out,
                         struct sink *script)
{
	size_t marks = 0;
	gnuplot_set_terminal(script, p->kind, out);
	write_title(p, parameters, script);
	write_look(p, script);
	double left = write_axis(p, script, false), right = write_axis(p, script, true);
	for (size_t i = 0; i < p->series_count; i++)
		write_points(&p->series[i], i, p->series[i].plot->right ? right : left, script);
	for (size_t i = 0; i < p->series_count; i++) {
		write_series(&p->series[i], i, marks, p->series_count == 1, script);
		marks += p->series[i].plot->style == PLOT_MARKS;
	}
	sink_char(script, '\n');
}

// ---- the command ----------------------------------------------------------------------------------------------------

// As the plot lines are; those of one line as they came.
static int compare_series(const void *a, const void *b)
{
	const struct series *one = a, *two = b;
	if (one->plot != two->plot)
		return one->plot < two->plot ? -1 : 1;
	return one->colour < two->colour ? -1 : one->colour > two->colour;
}

// What a group had first: its number among all groups. `seen` are the series before.
static size_t group_number(const struct series *series, size_t number, const char *group)
{
	size_t groups = 0;
	for (size_t i = 0; i < number; i++) {
		bool again = false;
		for (size_t j = 0; j < i && series[i].group && !again; j++)
			again = series[j].group && !strcmp(series[j].group, series[i].group);
		if (series[i].group && !strcmp(series[i].group, group))
			break;
		groups += series[i].group && !again;
	}
	return groups;
}

// Each group has a colour, on either axis; where an axis has several lines of it, each line has colours of its own.
static void choose_colours(struct plot *p)
{
	size_t next[2] = {0, 0}, used[2] = {0, 0};
	for (size_t i = 0; i < p->series_count; i++)
		p->series[i].colour = i;
	qsort(p->series, p->series_count, sizeof *p->series, compare_series);
	for (size_t i = 0; i < p->series_count; i++) {
		struct series *s = &p->series[i];
		bool right = s->plot->right, new_line = i == 0 || p->series[i - 1].plot != s->plot;
		if (s->plot->style == PLOT_MARKS)
			continue;
		if (new_line)
			next[right] = used[right];
		s->colour = next[right] + (s->group ? group_number(p->series, i, s->group) : 0);
		used[right] = s->colour >= used[right] ? s->colour + 1 : used[right];
	}
}

static int draw(struct plot *p, const struct report_section *section, const struct parameters *parameters,
                const char *path, struct sink *out)
{
	struct row_taker taker = {.begin = begin_rows, .row = take_row, .context = p};
	struct sink script;
	p->lines = section->plots;
	p->line_count = section->plot_count;
	p->x_name = "time_s";
	for (size_t i = 0; i < p->line_count; i++)
		if (p->lines[i].style == PLOT_X)
			p->x_name = p->lines[i].column;
	int code = run_section_rows(p->guard, p->report, section, parameters, &taker);
	if (code == EXIT_DONE && p->series_count == 0)
		message_note("--plot: there is nothing to draw: no row has a time and a value");
	if (code != EXIT_DONE || p->series_count == 0)
		return code;
	if (p->too_many_points)
		message_warning(
			"--plot: only the first %d points are drawn; choose with --since and --until, or with --flow",
			PLOT_POINTS_MAX);
	if (p->too_many_series)
		message_warning("--plot: only the first %d series are drawn", PLOT_SERIES_MAX);
	choose_colours(p);
	sink_init(&script, -1);
	write_script(p, parameters, out, &script);
	watch_begin(0);
	code = gnuplot_run(&script, path, out) ? EXIT_DONE : EXIT_FAILED;
	sink_release(&script);
	return code;
}

// The section that is drawn: the first one that is shown and says how, or else the first one shown.
static const struct report_section *section_of(const struct report *report, const struct parameters *parameters)
{
	const struct report_section *first = NULL;
	for (size_t i = 0; i < report->section_count; i++) {
		const struct report_section *section = &report->sections[i];
		if (!run_shows(report, section, parameters, "csv"))
			continue;
		if (section->plot_count > 0)
			return section;
		first = first ? first : section;
	}
	return first;
}

static void release_lines(struct report_section *section)
{
	for (size_t i = 0; i < section->plot_count; i++) {
		free(section->plots[i].column);
		free(section->plots[i].by);
		free(section->plots[i].label);
	}
	free(section->plots);
}

// Draws a section that does not say how: looks at its rows first.
static int draw_any(struct plot *p, const struct report_section *section, const struct parameters *parameters,
                    const char *path, struct sink *out)
{
	struct report_section invented = *section;
	struct survey *survey = memory_alloc(sizeof *survey);
	struct row_taker taker = {.begin = begin_survey, .row = survey_row, .context = survey};
	const char *title = p->report->summary ? p->report->summary : "";
	invented.plots = NULL;
	invented.plot_count = 0;
	int code = run_section_rows(p->guard, p->report, section, parameters, &taker);
	if (code == EXIT_DONE && survey->columns == 0)
		message_note("--plot: there is nothing to draw");
	else if (code == EXIT_DONE)
		code = invent_lines(survey, section->title && *section->title ? section->title : title, &invented)
		           ? draw(p, &invented, parameters, path, out)
		           : EXIT_USAGE;
	survey_release(survey);
	release_lines(&invented);
	return code;
}

int plot_report(struct guard *guard, const struct report *report, const struct parameters *parameters,
                const char *path, struct sink *out)
{
	struct plot p = {.guard = guard, .report = report, .kind = gnuplot_kind_of(path)};
	const struct report_section *section = section_of(report, parameters);
	int code = EXIT_USAGE;
	if (!section)
		message_error("--plot: the report has nothing to draw");
	else
		code = section->plot_count > 0 ? draw(&p, section, parameters, path, out)
		                               : draw_any(&p, section, parameters, path, out);
	release_series(&p);
	return code;
}
