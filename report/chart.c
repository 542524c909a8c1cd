// Charts as SVG. See html.h.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "html.h"

enum {
	PLOT_TOP = 18, // room for the topmost number
	PLOT_HEIGHT = 150,
	CHART_HEIGHT = 192,
	LABEL_Y = 186, // baseline of what stands below
	LABELS_MOST = 6,
	NUMBERS_MOST = 5,
	AXIS_WIDTH = 74, // of what stands left of the plot
	BAR_HEIGHT = 9,
	PALETTE = 6, // colours of layers without a severity, in style.css
	LINE_ROOM = 400,
	NUMBER_ROOM = 64,
};

static const double GAP = 0.12; // between columns, of their step
static const double AMOUNT_MAX = 1e300;

struct range {
	size_t first, count; // rows
	double top;          // of the y axis
};

// ---- parts --------------------------------------------------------------------------------------------------------

PRINTF_LIKE(2, 3)
static void put(struct sink *sink, const char *format, ...)
{
	char line[LINE_ROOM];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	sink_text(sink, line);
}

// What a pointer sees: each column and its value, a line each.
static void write_tooltip(struct sink *sink, const struct block *block, size_t row)
{
	bool any = false;
	sink_text(sink, "<title>");
	for (size_t i = 0; i < block->column_count; i++) {
		const struct value *value = block_value(block, row, i);
		if (value->kind == CELL_NULL)
			continue;
		char *text = value_with_unit(&block->columns[i], value);
		sink_text(sink, any ? "\n" : "");
		html_write_text(sink, block->columns[i].heading);
		sink_text(sink, ": ");
		html_write_text(sink, text);
		any = true;
		free(text);
	}
	sink_text(sink, "</title>");
}

// 1, 2 or 5 times a power of ten, at least the number.
static double nice_top(double number)
{
	if (!(number > 0) || !isfinite(number))
		return 1;
	double power = pow(10, floor(log10(number)));
	static const double steps[] = {1, 2, 3, 4, 5, 6, 8, 10};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (number <= steps[i] * power * 1.0000001)
			return steps[i] * power;
	}
	return 10 * power;
}

// Of counts, half of which stands at the axis as well.
static double even_top(double top)
{
	return top < 10 && fmod(top, 2) != 0 ? top + 1 : top;
}

// What a bar is as long as: nothing for less than nothing, and never so much that a sum of a few has no end.
static double amount_of(const struct value *value)
{
	return fmin(fmax(value->number, 0), AMOUNT_MAX);
}

static void write_grid(struct sink *sink)
{
	for (int i = 0; i <= 2; i++) {
		int y = PLOT_TOP + PLOT_HEIGHT * i / 2;
		put(sink, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>", y, y);
	}
}

// An SVG of its own, left of the plot, which is as wide as the page lets it.
static void write_axis(struct sink *sink, const struct column *column, double top)
{
	char number[NUMBER_ROOM];
	put(sink, "<svg class=\"axis\" width=\"%d\" height=\"%d\" aria-hidden=\"true\">", AXIS_WIDTH, CHART_HEIGHT);
	for (int i = 0; i <= 2; i++) {
		number_with_unit(column, top * (2 - i) / 2, number, sizeof number);
		put(sink, "<text x=\"%d\" y=\"%d\">", AXIS_WIDTH - 8, PLOT_TOP + PLOT_HEIGHT * i / 2 + 4);
		html_write_text(sink, i == 2 ? "0" : number);
		sink_text(sink, "</text>");
	}
	sink_text(sink, "</svg>");
}

// 1, 2, 5, 10, 20 ..., at least the number, so that labels are as round as the steps of the chart.
static size_t round_step(size_t number)
{
	size_t step = 1;
	for (int digit = 1; step < number; digit = digit == 5 ? 1 : digit == 2 ? 5 : 2)
		step = digit == 2 ? step / 2 * 5 : step * 2;
	return step;
}

// Of a chart whose x is a number: some of them. Of words: all, or every second, third ...
static void write_labels(struct sink *sink, const struct block *block, const struct range *range)
{
	const struct column *column = &block->columns[0];
	bool numbers = block_value(block, range->first, 0)->kind == CELL_NUMBER;
	size_t every = numbers ? round_step((range->count + NUMBERS_MOST - 1) / NUMBERS_MOST)
	                       : (range->count + LABELS_MOST - 1) / LABELS_MOST;
	for (size_t i = 0; i < range->count; i += every) {
		const struct value *value = block_value(block, range->first + i, 0);
		double x = 100.0 * ((double)i + (numbers ? 0 : 0.5)) / (double)range->count;
		char number[NUMBER_ROOM];
		put(sink, "<text class=\"x%s\" x=\"%.2f%%\" y=\"%d\">", numbers ? "" : " mid", x, LABEL_Y);
		if (numbers)
			number_with_unit(column, value->number, number, sizeof number);
		html_write_text(sink, numbers ? number : value->shown);
		sink_text(sink, "</text>");
	}
}

// ---- upright bars -------------------------------------------------------------------------------------------------

// The colour of a layer: its severity, if it is called like one.
static void layer_class(const struct block *block, size_t column, char *to, size_t size)
{
	const char *severity = html_severity(block->columns[column].name);
	if (severity)
		snprintf(to, size, "s-%s", severity);
	else
		snprintf(to, size, "c%d", (int)((column - 1) % PALETTE));
}

// Columns of numbers on top of each other: all of a stack, one of other charts.
static size_t layer_end(const struct block *block)
{
	return block->form == FORM_STACK ? block->column_count : 2;
}

static double height_of(const struct block *block, size_t row)
{
	double sum = 0;
	for (size_t i = 1; i < layer_end(block) && i < block->column_count; i++)
		sum += amount_of(block_value(block, row, i));
	return sum;
}

static void write_column(struct sink *sink, const struct block *block, const struct range *range, size_t place)
{
	size_t row = range->first + place;
	double step = 100.0 / (double)range->count, x = step * ((double)place + GAP / 2), y = PLOT_TOP + PLOT_HEIGHT;
	char class[16];
	put(sink, "<g><rect class=\"hit\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%d\" height=\"%d\"/>", step * (double)place,
	    step, PLOT_TOP, PLOT_HEIGHT);
	for (size_t i = 1; i < layer_end(block) && i < block->column_count; i++) {
		double height = PLOT_HEIGHT * amount_of(block_value(block, row, i)) / range->top;
		if (height <= 0)
			continue;
		height = fmax(height, 1.5);
		y -= height;
		layer_class(block, i, class, sizeof class);
		put(sink, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\"/>", class, x,
		    step * (1 - GAP), fmax(y, 0), height);
	}
	write_tooltip(sink, block, row);
	sink_text(sink, "</g>\n");
}

static void write_name(struct sink *sink, const struct block *block)
{
	sink_text(sink, " role=\"img\" aria-label=\"");
	html_write_text(sink, block->title);
	sink_text(sink, "\">\n");
}

static void write_panel(struct sink *sink, const struct block *block, const struct range *range)
{
	sink_text(sink, "<div class=\"plot\">");
	write_axis(sink, &block->columns[1], range->top);
	put(sink, "<svg class=\"chart\" width=\"100%%\" height=\"%d\"", CHART_HEIGHT);
	write_name(sink, block);
	write_grid(sink);
	for (size_t i = 0; i < range->count; i++)
		write_column(sink, block, range, i);
	write_labels(sink, block, range);
	sink_text(sink, "</svg></div>\n");
}

// Rows from `first` on that are of the same capture.
static size_t panel_length(const struct block *block, size_t first)
{
	int column = block_column(block, "capture");
	if (column < 0)
		return block->row_count;
	size_t end = first + 1;
	const char *name = block_value(block, first, (size_t)column)->shown;
	while (end < block->row_count && !strcmp(block_value(block, end, (size_t)column)->shown, name))
		end++;
	return end - first;
}

static void write_panels(struct sink *sink, const struct block *block)
{
	double most = 0;
	int capture = block_column(block, "capture");
	bool whole = true;
	for (size_t i = 0; i < block->row_count; i++) {
		double height = height_of(block, i);
		most = fmax(most, height);
		whole = whole && height == floor(height);
	}
	struct range range = {.top = whole ? even_top(nice_top(most)) : nice_top(most)};
	for (; range.first < block->row_count; range.first += range.count) {
		range.count = panel_length(block, range.first);
		if (capture >= 0 && range.count < block->row_count) {
			sink_text(sink, "<p class=\"panel\">");
			html_write_text(sink, block_value(block, range.first, (size_t)capture)->shown);
			sink_text(sink, "</p>");
		}
		write_panel(sink, block, &range);
	}
}

static void write_legend(struct sink *sink, const struct block *block)
{
	char class[16];
	sink_text(sink, "<p class=\"legend\">");
	for (size_t i = 1; i < block->column_count; i++) {
		layer_class(block, i, class, sizeof class);
		put(sink, "<span><i class=\"%s\"></i>", class);
		html_write_text(sink, block->columns[i].heading);
		sink_text(sink, "</span>");
	}
	sink_text(sink, "</p>\n");
}

// ---- lying bars ---------------------------------------------------------------------------------------------------

// The words are HTML, so that long ones fold.
static void write_bar(struct sink *sink, const struct block *block, size_t row, double most)
{
	const struct value *value = block_value(block, row, 1);
	int severity_column = block_column(block, "severity");
	const char *severity =
		severity_column < 0 ? NULL : html_severity(block_value(block, row, (size_t)severity_column)->shown);
	double width = most > 0 ? 100 * amount_of(value) / most : 0;
	char *text = value_with_unit(&block->columns[1], value);
	sink_text(sink, "<li><span>");
	html_write_text(sink, block_value(block, row, 0)->shown);
	sink_text(sink, "</span> <b>");
	html_write_text(sink, text);
	put(sink, "</b><svg width=\"100%%\" height=\"%d\" role=\"img\">", BAR_HEIGHT);
	write_tooltip(sink, block, row);
	put(sink, "<rect class=\"track\" width=\"100%%\" height=\"%d\" rx=\"3\"/><rect class=\"", BAR_HEIGHT);
	sink_text(sink, severity ? "s-" : "c0");
	sink_text(sink, severity ? severity : "");
	put(sink, "\" width=\"%.2f%%\" height=\"%d\" rx=\"3\"/></svg></li>\n", fmin(fmax(width, 0.4), 100), BAR_HEIGHT);
	free(text);
}

static void write_bars(struct sink *sink, const struct block *block)
{
	double most = 0;
	for (size_t i = 0; i < block->row_count; i++)
		most = fmax(most, amount_of(block_value(block, i, 1)));
	sink_text(sink, "<ul class=\"bars\">\n");
	for (size_t i = 0; i < block->row_count; i++)
		write_bar(sink, block, i, most);
	sink_text(sink, "</ul>\n");
}

void chart_write(struct sink *sink, const struct block *block)
{
	if (block->column_count < 2)
		return;
	if (block->form == FORM_BARS) {
		write_bars(sink, block);
		return;
	}
	if (block->form == FORM_STACK)
		write_legend(sink, block);
	write_panels(sink, block);
}
