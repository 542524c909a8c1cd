// text: a line "column: value" for each value, an empty line between rows. markdown: a table.
#include <string.h>

#include "cell.h"
#include "markdown_text.h"
#include "output.h"

static void text_title(struct output *output)
{
	if (output->sections > 1)
		sink_char(output->sink, '\n');
	if (!output->title || !output->titled)
		return;
	text_write_clean(output->sink, output->title, strlen(output->title), "");
	sink_text(output->sink, "\n\n");
}

static void text_row(struct output *output)
{
	struct cell cell;
	if (output->rows > 0)
		sink_char(output->sink, '\n');
	for (int i = 0; i < output->columns; i++) {
		const char *name = sqlite3_column_name(output->row, i);
		cell_read(&cell, output->row, i, CELL_ROUNDED);
		if (output->header) {
			text_write_clean(output->sink, name, strlen(name), "");
			sink_text(output->sink, cell.kind == CELL_NULL ? ":" : ": ");
		}
		cell_write_clean(output->sink, &cell);
		sink_char(output->sink, '\n');
	}
}

const struct format format_text = {
	.name = "text",
	.raw_always = true,
	.section_begin = text_title,
	.row = text_row,
};

static void markdown_text(struct sink *sink, const char *text, size_t length)
{
	struct sink clean;
	sink_init(&clean, -1);
	text_write_clean(&clean, text, length, "\n");
	markdown_write_text(sink, clean.at, clean.used, "<br>");
	sink_release(&clean);
}

static bool is_number_column(struct output *output, int column)
{
	int type = sqlite3_column_type(output->row, column);
	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

// The line under the names tells the alignment, so the head waits for the first row.
static void markdown_head(struct output *output, bool has_row)
{
	for (int i = 0; i < output->columns; i++) {
		const char *name = output->header ? sqlite3_column_name(output->row, i) : "";
		sink_text(output->sink, i > 0 ? " | " : "| ");
		markdown_text(output->sink, name, strlen(name));
	}
	sink_text(output->sink, " |\n");
	for (int i = 0; i < output->columns; i++)
		sink_text(output->sink, has_row && is_number_column(output, i) ? "|---:" : "|---");
	sink_text(output->sink, "|\n");
}

static void markdown_title(struct output *output)
{
	if (output->sections > 1)
		sink_char(output->sink, '\n');
	if (!output->title || !output->titled)
		return;
	sink_text(output->sink, "## ");
	markdown_text(output->sink, output->title, strlen(output->title));
	sink_text(output->sink, "\n\n");
}

static void markdown_row(struct output *output)
{
	struct cell cell;
	if (output->rows == 0)
		markdown_head(output, true);
	for (int i = 0; i < output->columns; i++) {
		sink_text(output->sink, i > 0 ? " | " : "| ");
		cell_read(&cell, output->row, i, CELL_ROUNDED);
		if (cell.kind == CELL_TEXT)
			markdown_text(output->sink, cell.at, cell.length);
		else
			cell_write(output->sink, &cell);
	}
	sink_text(output->sink, " |\n");
}

static void markdown_end(struct output *output)
{
	if (output->rows == 0)
		markdown_head(output, false);
}

const struct format format_markdown = {
	.name = "markdown",
	.section_begin = markdown_title,
	.row = markdown_row,
	.section_end = markdown_end,
};
