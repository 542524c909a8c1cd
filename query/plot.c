// Rows to series, series to gnuplot's language. See plot.h.
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/text.h"
#include "cell.h"
#include "gnuplot.h"
#include "plot_lines.h"
#include "watch.h"

enum { TEXT_ROOM = 512 };

struct point {
	double x, y, to;
	size_t place; // in the order of the rows
	bool gap;     // the line breaks before it
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

// ---- rows to series -------------------------------------------------------------------------------------------------

static const char *text_at(sqlite3_stmt *row, int column)
{
	const char *text = column >= 0 ? (const char *)sqlite3_column_text(row, column) : NULL;
	return text ? text : "";
}

static double x_at(struct plot *p, sqlite3_stmt *row, int column)
{
	if (!plot_is_ts_ns(p->x_name))
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
	point.place = s->count;
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
	if (!cell_is_finite(row, column) || (line->to && !cell_is_finite(row, to))) {
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
	if (!cell_is_finite(row, column))
		return;
	double x = x_at(p, row, column);
	for (size_t i = 0; i < p->line_count; i++)
		if (p->lines[i].style >= PLOT_LINE)
			add_to_line(p, &p->lines[i], row, x);
}

static int compare_points(const void *a, const void *b)
{
	const struct point *one = a, *two = b;
	if (one->x != two->x)
		return one->x < two->x ? -1 : 1;
	return one->place < two->place ? -1 : one->place > two->place;
}

// Lines go forward in time, in whatever order the rows came.
static void sort_points(struct series *s)
{
	for (size_t i = 1; i < s->count; i++)
		if (s->points[i].x < s->points[i - 1].x) {
			qsort(s->points, s->count, sizeof *s->points, compare_points);
			return;
		}
}

static void release_series(struct plot *p)
{
	for (size_t i = 0; i < p->series_count; i++) {
		free(p->series[i].group);
		free(p->series[i].points);
	}
	free(p->series);
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
	bool in_bytes = text_ends_in(label, bytes);
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

// Whether a point of it has no neighbour that a line goes to.
static bool has_lone_point(const struct series *s)
{
	for (size_t i = 0; i < s->count; i++)
		if ((i == 0 || s->points[i].gap) && (i + 1 == s->count || s->points[i + 1].gap))
			return true;
	return false;
}

// A point that no line goes to is seen as a dot.
static const char *line_style(const struct series *s)
{
	if (s->plot->style == PLOT_STEPS && s->count > 1)
		return "steps";
	return has_lone_point(s) ? "linespoints pointtype 7 pointsize 0.5" : "lines";
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
		snprintf(text, sizeof text, "using 1:2 with %s linewidth 1.5 dashtype %d linecolor '%s'", line_style(s),
		         s->plot->right ? 2 : 1, colour);
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
	for (size_t i = 0; i < p->series_count; i++)
		sort_points(&p->series[i]);
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

// Draws a section that does not say how: looks at its rows first.
static int draw_any(struct plot *p, const struct report_section *section, const struct parameters *parameters,
                    const char *path, struct sink *out)
{
	struct report_section invented = *section;
	struct plot_survey *survey = plot_survey_new();
	struct row_taker taker = plot_survey_taker(survey);
	const char *title = p->report->summary ? p->report->summary : "";
	int code = run_section_rows(p->guard, p->report, section, parameters, &taker);
	invented.plots = NULL;
	invented.plot_count = 0;
	if (code == EXIT_DONE && plot_survey_is_empty(survey))
		message_note("--plot: there is nothing to draw");
	else if (code == EXIT_DONE)
		code = plot_lines_invent(survey, section->title && *section->title ? section->title : title, &invented)
		           ? draw(p, &invented, parameters, path, out)
		           : EXIT_USAGE;
	plot_survey_free(survey);
	plot_lines_release(&invented);
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
