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

void output_row(struct output *output)
{
	if (!output->raw) {
		call(output->format->row, output);
	} else {
		struct cell cell;
		cell_read(&cell, output->row, 0, CELL_ROUNDED);
		if (cell.kind == CELL_TEXT)
			text_write_clean(output->sink, cell.at, cell.length, "\n\t");
		else
			cell_write(output->sink, &cell);
		sink_char(output->sink, '\n');
	}
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
