// csv as RFC 4180 has it (comma, CR LF, quotes where needed), and tsv (line feeds, tabs in values as \t).
//
// Titles of sections stand on a line of their own, an empty line between sections.
#include <string.h>

#include "cell.h"
#include "output.h"

static bool needs_quotes(const struct cell *cell)
{
	for (size_t i = 0; i < cell->length; i++) {
		char c = cell->at[i];
		if (c == ',' || c == '"' || c == '\r' || c == '\n')
			return true;
	}
	return cell->length == 0; // NULL is without
}

static void write_csv(struct output *output, const struct cell *cell)
{
	struct sink *sink = output->sink;
	struct cell quoted = *cell;
	if (cell->kind != CELL_TEXT) {
		cell_write(sink, cell);
		return;
	}
	bool quotes = needs_quotes(cell);
	if (quotes)
		sink_char(sink, '"');
	for (const char *at = cell->at, *end = at + cell->length; at < end;) {
		const char *quote = memchr(at, '"', (size_t)(end - at));
		quoted.at = at;
		quoted.length = (size_t)((quote ? quote + 1 : end) - at);
		if (sink->terminal)
			text_write_clean(sink, quoted.at, quoted.length, "\n");
		else
			cell_write(sink, &quoted);
		if (quote)
			sink_char(sink, '"');
		at += quoted.length;
	}
	if (quotes)
		sink_char(sink, '"');
}

static void write_tsv(struct output *output, const struct cell *cell)
{
	struct sink *sink = output->sink;
	if (cell->kind != CELL_TEXT) {
		cell_write(sink, cell);
		return;
	}
	for (size_t i = 0, plain; i < cell->length; i += plain) {
		plain = 0;
		while (i + plain < cell->length && !(cell->at[i + plain] && strchr("\t\n\r\\", cell->at[i + plain])))
			plain++;
		if (sink->terminal)
			text_write_clean(sink, cell->at + i, plain, "");
		else
			sink_write(sink, cell->at + i, plain);
		if (i + plain == cell->length)
			break;
		char c = cell->at[i + plain++];
		sink_text(sink, c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\\\");
	}
}

static void write_value(struct output *output, const struct cell *cell)
{
	if (output->format == &format_csv)
		write_csv(output, cell);
	else
		write_tsv(output, cell);
}

static void end_line(struct output *output)
{
	bool crlf = output->format == &format_csv && !output->sink->terminal;
	sink_text(output->sink, crlf ? "\r\n" : "\n");
}

static void write_name(struct output *output, const char *name)
{
	struct cell cell = {.kind = CELL_TEXT, .at = name, .length = strlen(name)};
	write_value(output, &cell);
}

static void section_begin(struct output *output)
{
	if (output->sections > 1)
		end_line(output);
	if (output->title && output->titled) {
		write_name(output, output->title);
		end_line(output);
	}
	for (int i = 0; output->header && i < output->columns; i++) {
		if (i > 0)
			sink_char(output->sink, output->format == &format_csv ? ',' : '\t');
		write_name(output, sqlite3_column_name(output->row, i));
	}
	if (output->header)
		end_line(output);
}

static void row(struct output *output)
{
	struct cell cell;
	for (int i = 0; i < output->columns; i++) {
		if (i > 0)
			sink_char(output->sink, output->format == &format_csv ? ',' : '\t');
		cell_read(&cell, output->row, i, CELL_EXACT);
		write_value(output, &cell);
	}
	end_line(output);
}

const struct format format_csv = {.name = "csv", .section_begin = section_begin, .row = row};
const struct format format_tsv = {.name = "tsv", .section_begin = section_begin, .row = row};
