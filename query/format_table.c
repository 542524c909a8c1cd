// table: aligned columns for people. The first rows are held back to find the widths. A later value that is wider takes
// room from what pads the values behind it and, but on a terminal, widens its column from then on. On a terminal, when
// nobody chose the format, text that makes rows wider than the screen is cut, with an ellipsis: sentences, names that are
// very long, and times behind the second, but never numbers, addresses and settings (limit-ms=200). Where that does not
// do, columns that are the same in all rows are left out and told at the end, and rows are folded into a few lines. A single
// row, and rows that would take more lines, are printed as blocks, a line for each column. Elsewhere everything is printed
// in full.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "cell.h"
#include "output.h"

enum {
	HELD_ROWS = 2000,
	WIDEN_MOST = 64, // columns; one long text does not widen all rows behind it
	HELD_BYTES = 1 << 20,
	WORD_LEAST = 32, // what is left of a name that is cut
	TEXT_LEAST = 20, // and of text with blanks in it
	TIME_LEAST = 20, // of "2018-09-26T21:21:02.883718124Z": seconds
	HEAD_LEAST = 20, // of a column's name
	FOLD_LEAST = 32, // of text in rows that are folded
	FOLD_LINES = 3,
	FOLD_INDENT = 4, // of all lines of a row but its first
	GAP = 2,
};

struct column {
	size_t width;
	size_t least;      // may be cut to this
	bool number;       // no text seen
	bool any;          // a value seen
	bool same;         // in all rows, so it is not among them
	size_t line;       // of the row, where it stands
	bool begins, ends; // that line
};

struct held_cell {
	size_t at, length; // in `held`
};

struct table {
	struct column *columns;
	struct held_cell *cells; // of the held rows, one row after another
	size_t cell_count;
	struct sink held; // their texts
	struct sink line; // of a row, until it is known whether anything stands in it
	bool line_filled;
	size_t beyond;  // columns that the line is ahead of its place, after values that were too wide
	bool streaming; // widths are fixed
	bool complete;  // all rows are held
	bool blocks;    // rows do not fit: a line for each column
	bool colour;
	size_t screen; // columns of the terminal to fit; 0: none
	size_t name_width;
	int blocks_begun; // 0 or 1
};

// ---- one line -----------------------------------------------------------------------------------------------------

// The length of a name of letters and '-' or '_' at text.
static size_t name_length(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length && (isalpha((unsigned char)text[at]) || (at > 0 && strchr("-_", text[at]))))
		at++;
	return at;
}

// "limit-ms=200 min-count=5"
static bool is_settings(const char *text, size_t length)
{
	size_t at = 0;
	while (at < length) {
		size_t name = name_length(text + at, length - at);
		at += name;
		if (name == 0 || at == length || text[at] != '=')
			return false;
		while (at < length && text[at] != ' ')
			at++;
		at += at < length;
	}
	return length > 0;
}

// Of numbers and addresses alone.
static bool is_number_or_address(const char *text, size_t length)
{
	static const char address[] = "0123456789abcdefABCDEF.:/-";
	size_t whole = 0;
	while (whole < length && text[whole] && strchr(address, text[whole]))
		whole++;
	return whole == length;
}

// What is left of a value at least: numbers, addresses and settings stay whole.
static size_t least_width(const char *text, size_t length, size_t width)
{
	if (is_number_or_address(text, length) || is_settings(text, length))
		return width;
	bool time = length > TIME_LEAST && text[4] == '-' && text[10] == 'T';
	size_t least = time ? TIME_LEAST : memchr(text, ' ', length) ? TEXT_LEAST : WORD_LEAST;
	return width < least ? width : least;
}

// Prints the line that was put together, but not one that is empty and may be left out.
static void end_line(struct output *output, bool optional)
{
	struct table *table = output->state;
	if (table->line_filled || !optional) {
		sink_write(output->sink, table->line.at, table->line.used);
		sink_char(output->sink, '\n');
	}
	table->line.used = 0;
	table->line_filled = false;
	table->beyond = 0;
}

static void write_cell(struct output *output, int i, const char *text, size_t length, bool right)
{
	struct table *table = output->state;
	struct column *column = &table->columns[i];
	size_t columns = text_width(text, length), width = column->width;
	bool cut = table->screen > 0 && columns > width && least_width(text, length, columns) < columns;
	struct sink *line = &table->line;
	if (column->same)
		return;
	sink_repeat(line, ' ', !column->begins ? GAP : column->line > 0 ? FOLD_INDENT : 0);
	if (cut) {
		length = text_fit(text, length, width - 1);
		columns = text_width(text, length) + 1;
	}
	size_t padding = columns < width ? width - columns : 0;
	size_t taken = padding < table->beyond ? padding : table->beyond;
	padding -= taken;
	table->beyond += (columns > width ? columns - width : 0) - taken;
	if (columns > width && columns <= WIDEN_MOST && table->screen == 0)
		column->width = columns;
	if (right)
		sink_repeat(line, ' ', padding);
	sink_write(line, text, length);
	if (cut)
		sink_text(line, "\xe2\x80\xa6"); // …
	table->line_filled = table->line_filled || length > 0;
	if (column->ends)
		end_line(output, column->line > 0);
	else if (!right)
		sink_repeat(line, ' ', padding);
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
	sink_text(output->sink, table->colour ? "\033[0m" : "");
	for (int i = 0; i < output->columns; i++) {
		const struct column *column = &table->columns[i];
		if (column->same || column->line > 0)
			continue;
		sink_repeat(output->sink, ' ', column->begins ? 0 : GAP);
		sink_repeat(output->sink, '-', column->width);
	}
	sink_char(output->sink, '\n');
	sink_release(&name);
}

// ---- widths -------------------------------------------------------------------------------------------------------

// All columns on one line: takes from the widest until the rows fit; false: they cannot.
static bool fit_screen(struct output *output)
{
	struct table *table = output->state;
	size_t total = 0, least = 0;
	for (int i = 0; i < output->columns; i++) {
		const struct column *column = &table->columns[i];
		total += column->same ? 0 : column->width + (total > 0 ? GAP : 0);
		least += column->same ? 0 : column->least + (least > 0 ? GAP : 0);
	}
	if (least > table->screen)
		return false;
	while (total > table->screen) {
		struct column *widest = NULL;
		for (int i = 0; i < output->columns; i++) {
			struct column *column = &table->columns[i];
			if (!column->same && column->width > column->least && (!widest || column->width > widest->width))
				widest = column;
		}
		if (!widest)
			return false;
		widest->width--;
		total--;
	}
	return true;
}

// Finds the columns that are the same in all rows; one at least stays.
static void find_same(struct output *output)
{
	struct table *table = output->state;
	size_t columns = (size_t)output->columns, left = columns;
	for (size_t i = 0; i < columns && left > 1; i++) {
		const struct held_cell *first = &table->cells[i];
		const char *text = table->held.at + first->at;
		size_t at = i + columns;
		while (at < table->cell_count && table->cells[at].length == first->length &&
		       !memcmp(table->held.at + table->cells[at].at, text, first->length))
			at += columns;
		table->columns[i].same = at >= table->cell_count;
		left -= table->columns[i].same;
	}
}

// Gives a line's spare room to its columns that want it, always to the narrowest.
static void widen(struct column *columns, int from, int to, const size_t *wanted, size_t spare)
{
	struct column *narrowest;
	do {
		narrowest = NULL;
		for (int i = from; i < to; i++) {
			struct column *column = &columns[i];
			bool wants = !column->same && column->width < wanted[i];
			if (wants && (!narrowest || column->width < narrowest->width))
				narrowest = column;
		}
		if (narrowest && spare > 0)
			narrowest->width++;
	} while (narrowest && spare-- > 1);
}

// Spreads the columns over the lines of a row; false: they are too many.
static bool fold(struct output *output)
{
	struct table *table = output->state;
	size_t *wanted = memory_alloc((size_t)output->columns * sizeof *wanted);
	size_t line = 0, used = 0;
	int begin = 0;
	bool fits = true;
	for (int i = 0; i < output->columns; i++) {
		struct column *column = &table->columns[i];
		size_t least = column->least > FOLD_LEAST ? column->least : FOLD_LEAST;
		wanted[i] = column->width;
		if (column->same)
			continue;
		column->width = column->width < least ? column->width : least;
		if (used > 0 && used + GAP + column->width > table->screen) {
			widen(table->columns, begin, i, wanted, table->screen - used);
			line++;
			used = 0;
			begin = i;
		}
		used += column->width + (used > 0 ? GAP : line > 0 ? FOLD_INDENT : 0);
		column->line = line;
		fits = fits && used <= table->screen && line < FOLD_LINES;
	}
	if (fits)
		widen(table->columns, begin, output->columns, wanted, table->screen - used);
	free(wanted);
	return fits;
}

static void mark_lines(struct output *output)
{
	struct table *table = output->state;
	struct column *last = NULL;
	for (int i = 0; i < output->columns; i++) {
		struct column *column = &table->columns[i];
		if (column->same)
			continue;
		column->begins = !last || last->line != column->line;
		if (last)
			last->ends = column->begins;
		last = column;
	}
	if (last)
		last->ends = true;
}

// Chooses how rows are shown.
static void lay_out(struct output *output)
{
	struct table *table = output->state;
	bool several = table->cell_count > (size_t)output->columns;
	if (table->screen > 0 && !fit_screen(output)) {
		if (several && table->complete)
			find_same(output);
		table->blocks = !several || (!fit_screen(output) && !fold(output));
	}
	mark_lines(output);
}

// ---- blocks -------------------------------------------------------------------------------------------------------

// The columns that are not in the rows, since they are the same in all of them.
static void write_same(struct output *output)
{
	const struct table *table = output->state;
	struct sink text;
	sink_init(&text, -1);
	for (int i = 0; i < output->columns; i++) {
		const struct held_cell *cell = &table->cells[i];
		if (!table->columns[i].same)
			continue;
		const char *name = sqlite3_column_name(output->row, i);
		sink_text(&text, text.used > 0 ? ", " : "the same in all rows: ");
		text_write_clean(&text, name, strlen(name), "");
		sink_text(&text, cell->length > 0 ? " " : " empty");
		sink_write(&text, table->held.at + cell->at, cell->length);
	}
	text_write_folded(output->sink, text.at, text.used, table->screen, 0, 0);
	if (text.used > 0)
		sink_char(output->sink, '\n');
	sink_release(&text);
}

static void write_block_cell(struct output *output, int i, const char *text, size_t length)
{
	struct table *table = output->state;
	struct sink *sink = output->sink;
	const char *name = sqlite3_column_name(output->row, i);
	if (i == 0 && table->blocks_begun)
		sink_char(sink, '\n');
	table->blocks_begun = 1;
	if (output->header) {
		size_t width = text_width(name, strlen(name));
		sink_text(sink, table->colour ? "\033[1m" : "");
		text_write_clean(sink, name, strlen(name), "");
		sink_text(sink, table->colour ? "\033[0m:" : ":");
		if (length > 0)
			sink_repeat(sink, ' ', table->name_width > width ? table->name_width - width + 1 : 1);
	}
	size_t indent = output->header ? table->name_width + 2 : 0;
	text_write_folded(sink, text, length, table->screen, indent, indent);
	sink_char(sink, '\n');
}

static void write_value(struct output *output, int i, const char *text, size_t length)
{
	const struct table *table = output->state;
	if (table->blocks) {
		write_block_cell(output, i, text, length);
		return;
	}
	write_cell(output, i, text, length, table->columns[i].number);
}

static void print_held(struct output *output)
{
	struct table *table = output->state;
	if (table->streaming)
		return;
	table->streaming = true;
	lay_out(output);
	if (table->blocks && table->cell_count == 0)
		sink_text(output->sink, "(no rows)\n");
	if (output->header && !table->blocks)
		write_head(output);
	for (size_t i = 0; i < table->cell_count; i++) {
		const struct held_cell *cell = &table->cells[i];
		write_value(output, (int)(i % (size_t)output->columns), table->held.at + cell->at, cell->length);
	}
	if (!table->blocks)
		write_same(output);
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
	table->screen = output->fit ? sink_width(output->sink) : 0;
	sink_init(&table->held, -1);
	sink_init(&table->line, -1);
	for (int i = 0; i < output->columns; i++) {
		const char *name = sqlite3_column_name(output->row, i);
		table->held.used = 0;
		text_write_clean(&table->held, name, strlen(name), "");
		size_t width = output->header ? text_width(table->held.at, table->held.used) : 1;
		size_t least = width < HEAD_LEAST ? width : HEAD_LEAST;
		table->columns[i] = (struct column){.width = width, .least = least, .number = true};
		table->name_width = width > table->name_width ? width : table->name_width;
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
	size_t least = cell->kind == CELL_TEXT ? least_width(table->held.at + held->at, held->length, width) : width;
	column->width = width > column->width ? width : column->width;
	column->least = least > column->least ? least : column->least;
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
		if (cell.kind == CELL_NUMBER) {
			write_value(output, i, cell.at, cell.length);
			continue;
		}
		table->held.used = 0;
		cell_write_clean(&table->held, &cell);
		write_value(output, i, table->held.at, table->held.used);
	}
	if (!table->streaming &&
	    (table->cell_count == HELD_ROWS * (size_t)output->columns || table->held.used > HELD_BYTES))
		print_held(output);
}

static void section_end(struct output *output)
{
	struct table *table = output->state;
	table->complete = !table->streaming;
	print_held(output);
	sink_release(&table->held);
	sink_release(&table->line);
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
