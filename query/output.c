// Chooses the format, and prints raw sections.
#include "output.h"

#include <string.h>

#include "cell.h"

static const struct format *const formats[] = {
	&format_table, &format_csv,      &format_tsv,  &format_json,
	&format_jsonl, &format_markdown, &format_text, &format_raw,
};

static void call(void (*function)(struct output *), struct output *output)
{
	if (function)
		function(output);
}

void output_begin(struct output *output, const char *name, struct sink *sink, bool header, bool titled)
{
	bool fit = !name;
	*output = (struct output){.format = formats[0], .sink = sink, .header = header, .titled = titled, .fit = fit};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (name && !strcmp(formats[i]->name, name))
			output->format = formats[i];
	}
}

void output_section_begin(struct output *output, sqlite3_stmt *statement, const char *title, bool own)
{
	output->row = statement;
	output->columns = sqlite3_column_count(statement);
	output->title = title && *title ? title : NULL;
	output->rows = 0;
	output->sections++;
	output->raw = output->columns == 1 && !strcmp(sqlite3_column_name(statement, 0), "line") &&
	              (own || output->format->raw_always);
	if (!output->raw)
		call(output->format->section_begin, output);
}

// Lines for people; on a terminal, they are folded behind their own indentation.
static void write_raw(struct output *output)
{
	struct cell cell;
	struct sink text;
	size_t screen = output->fit ? sink_width(output->sink) : 0;
	sink_init(&text, -1);
	cell_read(&cell, output->row, 0, CELL_ROUNDED);
	if (cell.kind == CELL_TEXT)
		text_write_clean(&text, cell.at, cell.length, "\n\t");
	else
		cell_write(&text, &cell);
	for (size_t at = 0, length; at <= text.used; at += length + 1) {
		const char *line = text.at + at, *end = text.used > at ? memchr(line, '\n', text.used - at) : NULL;
		length = end ? (size_t)(end - line) : text.used - at;
		size_t indent = 0;
		while (indent < length && line[indent] == ' ')
			indent++;
		sink_repeat(output->sink, ' ', indent);
		text_write_folded(output->sink, line + indent, length - indent, screen, indent,
		                  indent > 0 ? indent + 2 : 0);
		sink_char(output->sink, '\n');
	}
	sink_release(&text);
}

void output_row(struct output *output)
{
	if (output->raw)
		write_raw(output);
	else
		call(output->format->row, output);
	output->rows += output->rows < 2;
}

void output_section_end(struct output *output)
{
	if (!output->raw)
		call(output->format->section_end, output);
}

void output_end(struct output *output)
{
	call(output->format->end, output);
}
