// table: aligned columns for people. The first rows are held back to find the widths; all later ones keep them. On a
// terminal, text that makes rows wider than the screen is cut, with an ellipsis; elsewhere nothing is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../common/message.h"
#include "cell.h"
#include "output.h"

enum {
	HELD_ROWS = 200,
	HELD_BYTES = 1 << 20,
	WIDTH_LEAST = 8, // of a text column that is cut
	TERMINAL_WIDTH = 80,
	GAP = 2,
};

struct column {
	size_t width;
	bool number; // no text seen
	bool any;    // a value seen
};

struct held_cell {
	size_t at, length; // in `held`
};

struct table {
	struct column *columns;
	struct held_cell *cells; // of the held rows, one row after another
	size_t cell_count;
	struct sink held; // their texts
	bool streaming;   // widths are fixed
	bool colour;
	size_t screen; // terminal columns; 0: no terminal
};

static size_t screen_width(const struct sink *sink)
{
	struct winsize size;
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : 0;
	if (!sink->terminal)
		return 0;
	if (columns > 0)
		return (size_t)columns;
	return ioctl(sink->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : TERMINAL_WIDTH;
}

// ---- one line -----------------------------------------------------------------------------------------------------

static void write_cell(struct output *output, int i, const char *text, size_t length, bool right)
{
	const struct table *table = output->state;
	size_t columns = text_width(text, length), width = table->columns[i].width;
	bool cut = table->screen > 0 && columns > width && !table->columns[i].number;
	if (i > 0)
		sink_repeat(output->sink, ' ', GAP);
	if (cut) {
		length = text_fit(text, length, width - 1);
		columns = text_width(text, length) + 1;
	}
	size_t padding = columns < width ? width - columns : 0;
	if (right)
		sink_repeat(output->sink, ' ', padding);
	sink_write(output->sink, text, length);
	if (cut)
		sink_text(output->sink, "\xe2\x80\xa6"); // …
	if (!right && i + 1 < output->columns)
		sink_repeat(output->sink, ' ', padding);
}

static void write_head(struct output *output)
{
	const struct table *table = output->state;
	struct sink name;
	sink_init(&name, -1);
	if (table->colour)
		sink_text(output->sink, "\033[1m");
	for (int i = 0; i < output->columns; i++) {
		const char *text = sqlite3_column_name(output->row, i);
		name.used = 0;
		text_write_clean(&name, text, strlen(text), "");
		write_cell(output, i, name.at, name.used, table->columns[i].number && table->columns[i].any);
	}
	sink_text(output->sink, table->colour ? "\033[0m\n" : "\n");
	for (int i = 0; i < output->columns; i++) {
		sink_repeat(output->sink, ' ', i > 0 ? GAP : 0);
		sink_repeat(output->sink, '-', table->columns[i].width);
	}
	sink_char(output->sink, '\n');
	sink_release(&name);
}

// ---- widths -------------------------------------------------------------------------------------------------------

// Takes from the widest text columns until the rows fit.
static void fit_screen(struct output *output)
{
	struct table *table = output->state;
	size_t total = GAP * (size_t)(output->columns - 1);
	for (int i = 0; i < output->columns; i++) {
		struct column *column = &table->columns[i];
		column->width = column->number || column->width < table->screen ? column->width : table->screen;
		total += column->width;
	}
	while (total > table->screen) {
		struct column *widest = NULL;
		for (int i = 0; i < output->columns; i++) {
			struct column *column = &table->columns[i];
			if (!column->number && column->width > WIDTH_LEAST && (!widest || column->width > widest->width))
				widest = column;
		}
		if (!widest)
			return;
		widest->width--;
		total--;
	}
}

static void print_held(struct output *output)
{
	struct table *table = output->state;
	if (table->streaming)
		return;
	table->streaming = true;
	if (table->screen > 0)
		fit_screen(output);
	if (output->header)
		write_head(output);
	for (size_t i = 0; i < table->cell_count; i++) {
		int column = (int)(i % (size_t)output->columns);
		const struct held_cell *cell = &table->cells[i];
		write_cell(output, column, table->held.at + cell->at, cell->length, table->columns[column].number);
		if (column + 1 == output->columns)
			sink_char(output->sink, '\n');
	}
	table->held.used = 0;
	table->cell_count = 0;
}

// ---- the format ---------------------------------------------------------------------------------------------------

static void section_begin(struct output *output)
{
	struct table *table = memory_alloc(sizeof *table);
	output->state = table;
	table->columns = memory_alloc((size_t)output->columns * sizeof *table->columns);
	table->cells = memory_alloc(HELD_ROWS * (size_t)output->columns * sizeof *table->cells);
	table->colour = output->sink->terminal && message_wants_colour(stdout);
	table->screen = screen_width(output->sink);
	sink_init(&table->held, -1);
	for (int i = 0; i < output->columns; i++) {
		const char *name = sqlite3_column_name(output->row, i);
		table->held.used = 0;
		text_write_clean(&table->held, name, strlen(name), "");
		table->columns[i] =
			(struct column){output->header ? text_width(table->held.at, table->held.used) : 1, true, false};
	}
	table->held.used = 0;
	if (output->sections > 1)
		sink_char(output->sink, '\n');
	if (!output->title || !output->titled)
		return;
	sink_text(output->sink, table->colour ? "\033[1m" : "");
	text_write_clean(output->sink, output->title, strlen(output->title), "");
	sink_text(output->sink, table->colour ? "\033[0m\n\n" : "\n\n");
}

static void hold_cell(struct output *output, int i, const struct cell *cell)
{
	struct table *table = output->state;
	struct column *column = &table->columns[i];
	struct held_cell *held = &table->cells[table->cell_count++];
	held->at = table->held.used;
	cell_write_clean(&table->held, cell);
	held->length = table->held.used - held->at;
	column->any = column->any || cell->kind == CELL_NUMBER;
	column->number = column->number && (cell->kind == CELL_NUMBER || cell->kind == CELL_NULL);
	size_t width = text_width(table->held.at + held->at, held->length);
	column->width = width > column->width ? width : column->width;
}

static void row(struct output *output)
{
	struct table *table = output->state;
	struct cell cell;
	for (int i = 0; i < output->columns; i++) {
		cell_read(&cell, output->row, i, CELL_ROUNDED);
		if (!table->streaming) {
			hold_cell(output, i, &cell);
			continue;
		}
		table->held.used = 0;
		cell_write_clean(&table->held, &cell);
		write_cell(output, i, table->held.at, table->held.used, table->columns[i].number);
	}
	if (table->streaming)
		sink_char(output->sink, '\n');
	else if (table->cell_count == HELD_ROWS * (size_t)output->columns || table->held.used > HELD_BYTES)
		print_held(output);
}

static void section_end(struct output *output)
{
	struct table *table = output->state;
	print_held(output);
	sink_release(&table->held);
	free(table->columns);
	free(table->cells);
	free(table);
	output->state = NULL;
}

const struct format format_table = {
	.name = "table",
	.raw_always = true,
	.section_begin = section_begin,
	.row = row,
	.section_end = section_end,
};
