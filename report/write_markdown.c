// A document as Markdown. See writers.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/version.h"
#include "../query/markdown_text.h"
#include "writers.h"

enum { LABEL_ROOM = 48, LINE_ROOM = 96, FENCE_LEAST = 3 };

// ---- text ---------------------------------------------------------------------------------------------------------

// Within a table: one line.
static void write_escaped(struct sink *sink, const char *text, size_t length)
{
	markdown_write_text(sink, text, length, "; ");
}

static void write_text(struct sink *sink, const char *text)
{
	write_escaped(sink, text, strlen(text));
}

static void wrap_text(struct sink *sink, const char *begin, const char *text, const char *end)
{
	sink_text(sink, begin);
	write_text(sink, text);
	sink_text(sink, end);
}

// ---- forms --------------------------------------------------------------------------------------------------------

// "12 15" as " (issues 12, 15)".
static void write_issues(struct sink *sink, const char *ids)
{
	const char *between = strchr(ids, ' ') ? " (issues " : " (issue ";
	if (!*ids)
		return;
	for (size_t length; *(ids += strspn(ids, " ")); ids += length) {
		length = strcspn(ids, " ");
		sink_text(sink, between);
		write_escaped(sink, ids, length);
		between = ", ";
	}
	sink_char(sink, ')');
}

static void write_lines(struct sink *sink, const struct block *block, const char *begin, const char *end)
{
	int severity = block_column(block, "severity"), line = block_column(block, "line");
	int issues = block_column(block, "issue_ids"), title = block_column(block, "title");
	for (size_t i = 0; i < block->row_count; i++) {
		sink_text(sink, begin);
		if (severity >= 0 && *block_value(block, i, (size_t)severity)->shown)
			wrap_text(sink, "", block_value(block, i, (size_t)severity)->shown, ": ");
		if (title >= 0)
			wrap_text(sink, "**", block_value(block, i, (size_t)title)->shown, ".** ");
		write_text(sink, block_value(block, i, line < 0 ? 0 : (size_t)line)->shown);
		if (issues >= 0)
			write_issues(sink, block_value(block, i, (size_t)issues)->shown);
		sink_text(sink, end);
	}
}

static void write_items(struct sink *sink, const char *text)
{
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		sink_text(sink, "\n  * ");
		write_escaped(sink, text, length);
	}
}

static void write_facts_of(struct sink *sink, const struct block *block, size_t row, size_t first)
{
	for (size_t i = first; i < block->column_count; i++) {
		const struct value *value = block_value(block, row, i);
		bool in_heading = block->form == FORM_CARDS && (!strcmp(block->columns[i].name, "severity") ||
		                                                !strcmp(block->columns[i].name, "issue_id"));
		if (!*value->shown || in_heading)
			continue;
		wrap_text(sink, "* **", block->columns[i].heading, ":**");
		if (strchr(value->shown, '\n'))
			write_items(sink, value->shown);
		else
			wrap_text(sink, " ", value->shown, "");
		sink_char(sink, '\n');
	}
	sink_char(sink, '\n');
}

static void write_facts(struct sink *sink, const struct block *block)
{
	for (size_t i = 0; i < block->row_count; i++)
		write_facts_of(sink, block, i, 0);
}

static void write_tiles(struct sink *sink, const struct block *block)
{
	for (size_t i = 0; i < block->row_count && block->column_count > 1; i++) {
		wrap_text(sink, i > 0 ? ", **" : "**", block_value(block, i, 1)->shown, "** ");
		write_text(sink, block_value(block, i, 0)->shown);
	}
	sink_text(sink, "\n\n");
}

static void write_cards(struct sink *sink, const struct block *block)
{
	int severity = block_column(block, "severity"), issue = block_column(block, "issue_id");
	for (size_t i = 0; i < block->row_count; i++) {
		sink_text(sink, *block->title ? "#### " : "### ");
		if (issue >= 0)
			wrap_text(sink, "Issue ", block_value(block, i, (size_t)issue)->shown, ": ");
		write_text(sink, block_value(block, i, 0)->shown);
		if (severity >= 0)
			wrap_text(sink, " (", block_value(block, i, (size_t)severity)->shown, ")");
		sink_text(sink, "\n\n");
		write_facts_of(sink, block, i, 1);
	}
}

static void write_row(struct sink *sink, const struct block *block, size_t row)
{
	sink_char(sink, '|');
	for (size_t i = 0; i < block->column_count; i++) {
		if (!block_column_is_empty(block, i))
			wrap_text(sink, " ", block_value(block, row, i)->shown, " |");
	}
	sink_char(sink, '\n');
}

static void write_table(struct sink *sink, const struct block *block)
{
	sink_char(sink, '|');
	for (size_t i = 0; i < block->column_count; i++) {
		if (!block_column_is_empty(block, i))
			wrap_text(sink, " ", block->columns[i].heading, " |");
	}
	sink_text(sink, "\n|");
	for (size_t i = 0; i < block->column_count; i++) {
		if (!block_column_is_empty(block, i))
			sink_text(sink, block_value(block, 0, i)->kind == CELL_NUMBER ? "---:|" : "---|");
	}
	sink_char(sink, '\n');
	for (size_t i = 0; i < block->row_count; i++)
		write_row(sink, block, i);
	sink_char(sink, '\n');
}

// ---- blocks and chapters ------------------------------------------------------------------------------------------

static void write_block_title(struct sink *sink, const struct block *block)
{
	char label[LABEL_ROOM];
	if (block->figure > 0) {
		wrap_text(sink, "**", block_label(block, label, sizeof label), ".** ");
		wrap_text(sink, "", block->title, "\n\n");
	} else if (*block->title) {
		wrap_text(sink, "### ", block->title, "\n\n");
	}
}

static void write_block(struct sink *sink, const struct block *block)
{
	char more[LINE_ROOM];
	write_block_title(sink, block);
	switch (block->form) {
	case FORM_TEXT:
		write_lines(sink, block, "", "\n\n");
		break;
	case FORM_LIST:
		write_lines(sink, block, "* ", "\n");
		sink_char(sink, '\n');
		break;
	case FORM_FACTS:
		write_facts(sink, block);
		break;
	case FORM_TILES:
		write_tiles(sink, block);
		break;
	case FORM_CARDS:
		write_cards(sink, block);
		break;
	default:
		write_table(sink, block);
		break;
	}
	if (block->rows_left_out == 0)
		return;
	snprintf(more, sizeof more, "%lld more rows are left out.\n\n", (long long)block->rows_left_out);
	sink_text(sink, more);
}

// A line of backticks longer than any in the text.
static void write_fence(struct sink *sink, const char *text)
{
	size_t longest = FENCE_LEAST - 1;
	for (const char *at = text; (at = strchr(at, '`'));) {
		size_t length = strspn(at, "`");
		longest = length > longest ? length : longest;
		at += length;
	}
	sink_repeat(sink, '`', longest + 1);
}

static void write_source(struct sink *sink, const struct block *block)
{
	char label[LABEL_ROOM];
	wrap_text(sink, "**", *block_label(block, label, sizeof label) ? label : form_name(block->form), "** ");
	wrap_text(sink, "", block->title, "\n\n");
	for (size_t i = 0; i < block->column_count; i++) {
		if (!*block->columns[i].help)
			continue;
		wrap_text(sink, "* ", block->columns[i].heading, ": ");
		wrap_text(sink, "", block->columns[i].help, "\n");
	}
	sink_char(sink, '\n');
	write_fence(sink, block->sql);
	wrap_text(sink, "sql\n", "", "");
	sink_text(sink, block->sql);
	sink_char(sink, '\n');
	write_fence(sink, block->sql);
	sink_text(sink, "\n\n");
}

static void write_sources(struct sink *sink, const struct document *document)
{
	sink_text(
		sink,
		"## Where each figure comes from\n\n"
		"Every block of this report is the answer to one SQL statement on the case. `pcapdex query CASE.db NAME` "
		"runs those of a chapter again.\n\n");
	for (size_t i = 0; i < document->chapter_count; i++) {
		const struct chapter *chapter = &document->chapters[i];
		wrap_text(sink, "### ", chapter->title, " (");
		wrap_text(sink, "", chapter->name, ")\n\n");
		for (size_t j = 0; j < chapter->block_count; j++)
			write_source(sink, &chapter->blocks[j]);
	}
}

void document_write_markdown(struct sink *sink, const struct document *document)
{
	wrap_text(sink, "# ", document->title, "\n\n");
	if (document->protocol)
		wrap_text(sink, "Only what concerns the protocol ", document->protocol, ".\n\n");
	if (document->capture)
		wrap_text(sink, "Only the capture ", document->capture, ".\n\n");
	for (size_t i = 0; i < document->chapter_count; i++) {
		wrap_text(sink, "## ", document->chapters[i].title, "\n\n");
		for (size_t j = 0; j < document->chapters[i].block_count; j++)
			write_block(sink, &document->chapters[i].blocks[j]);
	}
	write_sources(sink, document);
	sink_text(sink, "Made by pcapdex " PCAPDEX_VERSION ". Packet numbers are Wireshark's.\n");
}
