// A document as JSON. See writers.h.
#include <stdio.h>
#include <string.h>

#include "../common/version.h"
#include "../query/json_text.h"
#include "writers.h"

enum { NUMBER_ROOM = 32 };

static void write_text(struct sink *sink, const char *text)
{
	if (text)
		json_write_text(sink, text, strlen(text));
	else
		sink_text(sink, "null");
}

static void write_member(struct sink *sink, const char *name, const char *text)
{
	write_text(sink, name);
	sink_char(sink, ':');
	write_text(sink, text);
}

static void write_value(struct sink *sink, const struct value *value)
{
	bool infinite = value->kind == CELL_NUMBER && strstr(value->raw, "Inf");
	if (value->kind == CELL_NULL || infinite)
		sink_text(sink, "null");
	else if (value->kind == CELL_NUMBER)
		sink_write(sink, value->raw, value->raw_length);
	else if (value->kind == CELL_BLOB)
		write_text(sink, value->shown);
	else
		json_write_text(sink, value->raw, value->raw_length);
}

static void write_row(struct sink *sink, const struct block *block, size_t row)
{
	sink_char(sink, '{');
	for (size_t i = 0; i < block->column_count; i++) {
		sink_text(sink, i > 0 ? "," : "");
		write_text(sink, block->columns[i].name);
		sink_char(sink, ':');
		write_value(sink, block_value(block, row, i));
	}
	sink_char(sink, '}');
}

static void write_columns(struct sink *sink, const struct block *block)
{
	sink_text(sink, "\"columns\":[");
	for (size_t i = 0; i < block->column_count; i++) {
		sink_text(sink, i > 0 ? ",{" : "{");
		write_member(sink, "name", block->columns[i].name);
		sink_char(sink, ',');
		write_member(sink, "heading", block->columns[i].heading);
		sink_char(sink, ',');
		write_member(sink, "help", block->columns[i].help);
		sink_char(sink, '}');
	}
	sink_char(sink, ']');
}

static void write_block(struct sink *sink, const struct block *block)
{
	char number[NUMBER_ROOM], label[NUMBER_ROOM];
	sink_char(sink, '{');
	write_member(sink, "form", form_name(block->form));
	sink_char(sink, ',');
	write_member(sink, "label", *block_label(block, label, sizeof label) ? label : NULL);
	sink_char(sink, ',');
	write_member(sink, "title", block->title);
	snprintf(number, sizeof number, "%lld", (long long)block->rows_left_out);
	sink_text(sink, ",\"rows_left_out\":");
	sink_text(sink, number);
	sink_text(sink, ",\n");
	write_columns(sink, block);
	sink_text(sink, ",\n\"rows\":[");
	for (size_t i = 0; i < block->row_count; i++) {
		sink_text(sink, i > 0 ? ",\n" : "\n");
		write_row(sink, block, i);
	}
	sink_text(sink, "\n],\n");
	write_member(sink, "sql", block->sql);
	sink_char(sink, '}');
}

static void write_chapter(struct sink *sink, const struct chapter *chapter)
{
	sink_char(sink, '{');
	write_member(sink, "name", chapter->name);
	sink_char(sink, ',');
	write_member(sink, "title", chapter->title);
	sink_text(sink, ",\n\"blocks\":[\n");
	for (size_t i = 0; i < chapter->block_count; i++) {
		sink_text(sink, i > 0 ? ",\n" : "");
		write_block(sink, &chapter->blocks[i]);
	}
	sink_text(sink, "]}");
}

void document_write_json(struct sink *sink, const struct document *document)
{
	sink_text(sink, "{\n");
	write_member(sink, "title", document->title);
	sink_text(sink, ",\n");
	write_member(sink, "case", document->case_name);
	sink_text(sink, ",\n");
	write_member(sink, "generator", "pcapdex " PCAPDEX_VERSION);
	sink_text(sink, ",\n");
	write_member(sink, "protocol", document->protocol);
	sink_text(sink, ",\n");
	write_member(sink, "capture", document->capture);
	sink_text(sink, ",\n\"chapters\":[\n");
	for (size_t i = 0; i < document->chapter_count; i++) {
		sink_text(sink, i > 0 ? ",\n" : "");
		write_chapter(sink, &document->chapters[i]);
	}
	sink_text(sink, "\n]}\n");
}
