// Chapters filled from SQL. See document.h.
#include "document.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../query/nothing.h"
#include "../query/parameter.h"
#include "../query/report.h"
#include "../query/run.h"

static const char FOLDER[] = "report/";

enum { SUGGESTION_ROOM = 300 };

static const char *const form_names[] = {
	[FORM_TABLE] = "table", [FORM_TEXT] = "text",       [FORM_LIST] = "list",
	[FORM_FACTS] = "facts", [FORM_TILES] = "tiles",     [FORM_BARS] = "bars",
	[FORM_STACK] = "stack", [FORM_COLUMNS] = "columns", [FORM_CARDS] = "cards",
};

// ---- a block's rows -----------------------------------------------------------------------------------------------

struct filling {
	struct document *document;
	struct block *block;
	const struct report_section *section;
};

static enum form form_of(const struct report_section *section)
{
	for (size_t i = 0; section->form && i < sizeof form_names / sizeof *form_names; i++) {
		if (!strcmp(form_names[i], section->form))
			return (enum form)i;
	}
	return FORM_TABLE;
}

static const char *help_of(const struct report_section *section, const char *name)
{
	for (size_t i = 0; i < section->column_count; i++) {
		if (!strcmp(section->columns[i].name, name))
			return section->columns[i].help;
	}
	return "";
}

static bool begin_rows(void *context, sqlite3_stmt *statement)
{
	const struct filling *filling = context;
	struct block *block = filling->block;
	int count = sqlite3_column_count(statement);
	if (block->columns)
		return false; // a section has one statement
	block->column_count = count < DOCUMENT_COLUMNS_MAX ? (size_t)count : DOCUMENT_COLUMNS_MAX;
	block->columns = memory_alloc((block->column_count + 1) * sizeof *block->columns);
	for (size_t i = 0; i < block->column_count; i++) {
		const char *name = sqlite3_column_name(statement, (int)i);
		column_init(&block->columns[i], name, help_of(filling->section, name));
	}
	return true;
}

static void take_row(void *context, sqlite3_stmt *statement)
{
	const struct filling *filling = context;
	struct block *block = filling->block;
	size_t *bytes = &filling->document->bytes, count = block->column_count;
	if (block->row_count == DOCUMENT_ROWS_MAX || *bytes > DOCUMENT_BYTES_MAX) {
		block->rows_left_out++;
		return;
	}
	block->values = memory_resize(block->values, (block->row_count + 1) * count * sizeof *block->values);
	struct value *row = &block->values[block->row_count++ * count];
	for (size_t i = 0; i < count; i++) {
		value_read(&row[i], &block->columns[i], statement, (int)i);
		*bytes += row[i].raw_length;
	}
}

static void release_block(struct block *block)
{
	for (size_t i = 0; i < block->row_count * block->column_count; i++)
		value_release(&block->values[i]);
	for (size_t i = 0; i < block->column_count; i++)
		column_release(&block->columns[i]);
	free(block->values);
	free(block->columns);
	free(block->title);
	free(block->sql);
}

// ---- chapters -----------------------------------------------------------------------------------------------------

// Sections for formats of `pcapdex query` are not for documents.
static bool is_wanted(const struct report_section *section, const struct parameters *parameters)
{
	bool has = section->depends && parameters_has(parameters, section->depends);
	return !section->formats && (!section->depends || has != section->without);
}

// SQL as people read it: tables that sections share stand apart from the statement, by as many lines as in their file.
static char *without_empty_lines(const char *sql)
{
	char *text = memory_copy_text(sql), *to = text;
	for (const char *at = sql; *at; at++)
		if (*at != '\n' || at[1] != '\n')
			*to++ = *at;
	*to = '\0';
	return text;
}

static int fill_block(struct document *document, struct chapter *chapter, struct guard *guard,
                      const struct report *report, const struct parameters *parameters,
                      struct report_section *section)
{
	struct report single = *report;
	struct block block = {
		.form = form_of(section),
		.title = memory_copy_text(section->title ? section->title : ""),
		.sql = without_empty_lines(section->sql),
	};
	struct filling filling = {document, &block, section};
	single.sections = section;
	single.section_count = 1;
	int code = run_rows(guard, &single, parameters, &(struct row_taker){begin_rows, take_row, &filling});
	if (code != EXIT_DONE || block.row_count == 0) {
		release_block(&block);
		return code;
	}
	if (block_is_chart(&block))
		block.figure = ++document->figures;
	else if (block.form == FORM_TABLE)
		block.figure = ++document->tables;
	chapter->blocks = memory_resize(chapter->blocks, (chapter->block_count + 1) * sizeof block);
	chapter->blocks[chapter->block_count++] = block;
	return EXIT_DONE;
}

// The document's parameters that the chapter declares, as options.
static struct arguments arguments_for(const struct report *report, const struct document *document,
                                      struct option_pair pairs[2])
{
	struct arguments arguments = {.unknown = pairs};
	if (document->protocol && report_find_parameter(report, "protocol"))
		pairs[arguments.unknown_count++] = (struct option_pair){"protocol", document->protocol};
	if (document->capture && report_find_parameter(report, "capture"))
		pairs[arguments.unknown_count++] = (struct option_pair){"capture", document->capture};
	return arguments;
}

static int fill_chapter(struct document *document, struct guard *guard, const struct report *report)
{
	static const struct option_spec no_options[] = {{0}};
	struct option_pair pairs[2];
	struct arguments arguments = arguments_for(report, document, pairs);
	struct parameters parameters;
	size_t title_length = strlen(report->summary ? report->summary : "");
	if (!parameters_init(&parameters, report, &arguments, guard, no_options))
		return EXIT_USAGE;
	struct chapter chapter = {.name = memory_copy_text(report->name),
	                          .title = memory_copy_text(report->summary ? report->summary : report->name)};
	if (title_length > 0 && chapter.title[title_length - 1] == '.')
		chapter.title[title_length - 1] = 0;
	int code = EXIT_DONE;
	for (size_t i = 0; i < report->section_count && code == EXIT_DONE; i++) {
		if (is_wanted(&report->sections[i], &parameters))
			code = fill_block(document, &chapter, guard, report, &parameters, &report->sections[i]);
	}
	parameters_release(&parameters);
	document->chapters = memory_resize(document->chapters, (document->chapter_count + 1) * sizeof chapter);
	document->chapters[document->chapter_count] = chapter;
	document->chapter_count++;
	return code;
}

static void drop_empty_chapters(struct document *document)
{
	size_t kept = 0;
	for (size_t i = 0; i < document->chapter_count; i++) {
		struct chapter *chapter = &document->chapters[i];
		if (chapter->block_count > 0) {
			document->chapters[kept++] = *chapter;
			continue;
		}
		free(chapter->name);
		free(chapter->title);
	}
	document->chapter_count = kept;
}

// False after a message.
static bool check_protocol(struct guard *guard, const char *protocol)
{
	char nearest[SUGGESTION_ROOM];
	if (nothing_has_protocol(guard, protocol, nearest, sizeof nearest))
		return true;
	message_error("--protocol %s: the case has none%s%s", protocol, *nearest ? "; " : "", nearest);
	return false;
}

static char *lower_case(const char *text)
{
	char *copy = memory_copy_text(text);
	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

int document_fill(struct document *document, struct guard *guard, const struct catalog *catalog,
                  const char *protocol, const char *capture)
{
	*document = (struct document){
		.case_name = memory_copy_text(base_name(guard->path)),
		.protocol = lower_case(protocol),
		.capture = capture ? memory_copy_text(capture) : NULL,
	};
	document->title = memory_join("Report on ", document->case_name, "");
	if (protocol && !check_protocol(guard, document->protocol))
		return EXIT_USAGE;
	int code = EXIT_DONE;
	for (size_t i = 0; i < catalog->count && code == EXIT_DONE; i++) {
		struct report report;
		if (strncmp(catalog->entries[i].name, FOLDER, strlen(FOLDER)) != 0)
			continue;
		if (!catalog_parse(&catalog->entries[i], &report))
			return EXIT_FAILED;
		code = fill_chapter(document, guard, &report);
		report_release(&report);
	}
	drop_empty_chapters(document);
	return code;
}

void document_release(struct document *document)
{
	for (size_t i = 0; i < document->chapter_count; i++) {
		struct chapter *chapter = &document->chapters[i];
		for (size_t j = 0; j < chapter->block_count; j++)
			release_block(&chapter->blocks[j]);
		free(chapter->blocks);
		free(chapter->name);
		free(chapter->title);
	}
	free(document->chapters);
	free(document->title);
	free(document->case_name);
	free(document->protocol);
	free(document->capture);
	*document = (struct document){0};
}

// ---- what writers ask ---------------------------------------------------------------------------------------------

const struct value *block_value(const struct block *block, size_t row, size_t column)
{
	return &block->values[row * block->column_count + column];
}

int block_column(const struct block *block, const char *name)
{
	for (size_t i = 0; i < block->column_count; i++) {
		if (!strcmp(block->columns[i].name, name))
			return (int)i;
	}
	return -1;
}

bool block_column_is_empty(const struct block *block, size_t column)
{
	for (size_t i = 0; i < block->row_count; i++) {
		if (*block_value(block, i, column)->shown)
			return false;
	}
	return true;
}

const char *form_name(enum form form)
{
	return form_names[form];
}

bool block_is_chart(const struct block *block)
{
	return block->form == FORM_BARS || block->form == FORM_COLUMNS || block->form == FORM_STACK;
}

static bool has_card(const struct block *block, const char *issue_id, size_t length)
{
	int column = block->form == FORM_CARDS ? block_column(block, "issue_id") : -1;
	for (size_t i = 0; column >= 0 && i < block->row_count; i++) {
		const char *id = block_value(block, i, (size_t)column)->shown;
		if (strlen(id) == length && !memcmp(id, issue_id, length))
			return true;
	}
	return false;
}

bool document_has_issue(const struct document *document, const char *issue_id, size_t length)
{
	for (size_t i = 0; i < document->chapter_count; i++) {
		for (size_t j = 0; j < document->chapters[i].block_count; j++) {
			if (has_card(&document->chapters[i].blocks[j], issue_id, length))
				return true;
		}
	}
	return false;
}

const char *block_label(const struct block *block, char *to, size_t size)
{
	*to = 0;
	if (block->figure > 0)
		snprintf(to, size, "%s %d", block_is_chart(block) ? "Figure" : "Table", block->figure);
	return to;
}
