// json: an array of objects; of several sections, an object with such an array for each title, or "section N" without one.
// jsonl: an object a line; with titled sections, its first member "section" is the title.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "cell.h"
#include "json_text.h"
#include "output.h"

static void write_value(struct sink *sink, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL:
		sink_text(sink, "null");
		break;
	case CELL_NUMBER: // JSON has no infinity: a number that is read as one
		sink_text(sink, !strcmp(cell->at, "Inf") ? "9e999" : !strcmp(cell->at, "-Inf") ? "-9e999" : cell->at);
		break;
	case CELL_TEXT:
		json_write_text(sink, cell->at, cell->length);
		break;
	case CELL_BLOB:
		sink_char(sink, '"');
		cell_write(sink, cell);
		sink_char(sink, '"');
		break;
	}
}

static void write_member(struct sink *sink, const char *name)
{
	json_write_text(sink, name, strlen(name));
	sink_char(sink, ':');
}

// What stands before the values of an object: `{"number":`, `,"time_s":`; written once, for all rows of the section.
struct keys {
	struct sink text;
	size_t *ends; // in it, of each column's
};

static void keys_begin(struct output *output)
{
	struct keys *keys = memory_alloc(sizeof *keys);
	output->state = keys;
	sink_init(&keys->text, -1);
	keys->ends = memory_alloc((size_t)output->columns * sizeof *keys->ends);
	sink_char(&keys->text, '{');
	if (output->titled && output->format == &format_jsonl) {
		write_member(&keys->text, "section");
		json_write_text(&keys->text, output->title ? output->title : "", output->title ? strlen(output->title) : 0);
		sink_char(&keys->text, ',');
	}
	for (int i = 0; i < output->columns; i++) {
		sink_text(&keys->text, i > 0 ? "," : "");
		write_member(&keys->text, sqlite3_column_name(output->row, i));
		keys->ends[i] = keys->text.used;
	}
}

static void keys_end(struct output *output)
{
	struct keys *keys = output->state;
	sink_release(&keys->text);
	free(keys->ends);
	free(keys);
	output->state = NULL;
}

static void write_object(struct output *output)
{
	const struct keys *keys = output->state;
	struct cell cell;
	for (int i = 0; i < output->columns; i++) {
		size_t begin = i > 0 ? keys->ends[i - 1] : 0;
		sink_write(output->sink, keys->text.at + begin, keys->ends[i] - begin);
		cell_read(&cell, output->row, i, CELL_EXACT);
		write_value(output->sink, &cell);
	}
	sink_char(output->sink, '}');
}

static void json_section_begin(struct output *output)
{
	char number[32];
	keys_begin(output);
	if (output->titled) {
		snprintf(number, sizeof number, "section %d", output->sections);
		sink_text(output->sink, output->sections > 1 ? ",\n" : "{\n");
		write_member(output->sink, output->title ? output->title : number);
	}
	sink_char(output->sink, '[');
}

static void json_row(struct output *output)
{
	sink_text(output->sink, output->rows > 0 ? ",\n" : "\n");
	write_object(output);
}

static void json_section_end(struct output *output)
{
	keys_end(output);
	sink_text(output->sink, output->rows > 0 ? "\n]" : "]");
	if (!output->titled)
		sink_char(output->sink, '\n');
}

static void json_end(struct output *output)
{
	if (output->titled)
		sink_text(output->sink, output->sections > 0 ? "\n}\n" : "{}\n");
}

static void jsonl_row(struct output *output)
{
	write_object(output);
	sink_char(output->sink, '\n');
}

const struct format format_json = {
	.name = "json",
	.section_begin = json_section_begin,
	.row = json_row,
	.section_end = json_section_end,
	.end = json_end,
};

const struct format format_jsonl = {
	.name = "jsonl",
	.section_begin = keys_begin,
	.row = jsonl_row,
	.section_end = keys_end,
};
