// A document as HTML. See writers.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/embedded.h"
#include "../common/message.h"
#include "../common/version.h"
#include "html.h"
#include "writers.h"

enum { LABEL_ROOM = 48, ID_ROOM = 64, LINK_ROOM = 96 };

struct html {
	struct sink *sink;
	const struct document *document;
};

// ---- text ---------------------------------------------------------------------------------------------------------

void html_write_escaped(struct sink *sink, const char *text, size_t length)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	size_t begin = 0;
	for (size_t i = 0; i < length; i++) {
		const char *found = text[i] ? strchr(special, text[i]) : NULL;
		if (!found)
			continue;
		sink_write(sink, text + begin, i - begin);
		sink_text(sink, entities[found - special]);
		begin = i + 1;
	}
	sink_write(sink, text + begin, length - begin);
}

void html_write_text(struct sink *sink, const char *text)
{
	html_write_escaped(sink, text, strlen(text));
}

static void tag_text(struct sink *sink, const char *begin, const char *text, const char *end)
{
	sink_text(sink, begin);
	html_write_text(sink, text);
	sink_text(sink, end);
}

// "report/20-session" gives "session": letters, digits and '-' alone.
static void write_id(struct sink *sink, const struct chapter *chapter)
{
	const char *name = strchr(chapter->name, '/');
	name = name ? name + 1 : chapter->name;
	name += strspn(name, "0123456789-");
	for (; *name; name++) {
		bool plain = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9');
		sink_char(sink, plain ? *name : '-');
	}
}

// ---- values -------------------------------------------------------------------------------------------------------

// Whether it is the number of an issue, as a card of it has it in its id.
static bool is_issue_id(const char *text, size_t length)
{
	return length > 0 && strspn(text, "0123456789") >= length;
}

// Numbers of issues, separated by blanks: each leads to its card.
static void write_issue_links(const struct html *html, const char *ids)
{
	while (*(ids += strspn(ids, " ,"))) {
		size_t length = strcspn(ids, " ,");
		bool leads = is_issue_id(ids, length) && document_has_issue(html->document, ids, length);
		if (leads) {
			sink_text(html->sink, "<a href=\"#issue-");
			html_write_escaped(html->sink, ids, length);
			sink_text(html->sink, "\">");
		}
		html_write_escaped(html->sink, ids, length);
		sink_text(html->sink, leads ? "</a>" : "");
		ids += length;
		sink_text(html->sink, ids[strspn(ids, " ,")] ? " " : "");
	}
}

const char *html_severity(const char *word)
{
	static const char *const severities[] = {"critical", "high", "medium", "low"};
	for (size_t i = 0; i < sizeof severities / sizeof *severities; i++) {
		if (!strcmp(word, severities[i]))
			return severities[i];
	}
	return NULL;
}

// Another word than a severity is shown as it is.
static void write_badge(const struct html *html, const char *word)
{
	const char *severity = html_severity(word);
	if (severity)
		tag_text(html->sink, "<span class=\"badge s-", severity, "\">");
	html_write_text(html->sink, word);
	sink_text(html->sink, severity ? "</span>" : "");
}

static void write_items(struct sink *sink, const char *text)
{
	sink_text(sink, "<ul>");
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		sink_text(sink, "<li>");
		html_write_escaped(sink, text, length);
		sink_text(sink, "</li>");
	}
	sink_text(sink, "</ul>");
}

static bool names_issues(const struct column *column)
{
	return !strcmp(column->name, "issue_id") || !strcmp(column->name, "issue_ids");
}

static void write_value(const struct html *html, const struct column *column, const struct value *value,
                        bool with_unit)
{
	if (names_issues(column)) {
		write_issue_links(html, value->shown);
	} else if (!strcmp(column->name, "severity")) {
		write_badge(html, value->shown);
	} else if (strchr(value->shown, '\n')) {
		write_items(html->sink, value->shown);
	} else {
		char *text = with_unit ? value_with_unit(column, value) : memory_copy_text(value->shown);
		html_write_text(html->sink, text);
		free(text);
	}
}

// ---- forms --------------------------------------------------------------------------------------------------------

static void write_line(const struct html *html, const struct block *block, size_t row)
{
	int severity = block_column(block, "severity"), line = block_column(block, "line");
	int issues = block_column(block, "issue_ids"), title = block_column(block, "title");
	if (severity >= 0 && block_value(block, row, (size_t)severity)->kind != CELL_NULL) {
		write_badge(html, block_value(block, row, (size_t)severity)->shown);
		sink_char(html->sink, ' ');
	}
	if (title >= 0)
		tag_text(html->sink, "<b>", block_value(block, row, (size_t)title)->shown, ".</b> ");
	html_write_text(html->sink, block_value(block, row, line < 0 ? 0 : (size_t)line)->shown);
	if (issues < 0 || block_value(block, row, (size_t)issues)->kind == CELL_NULL)
		return;
	bool several = strchr(block_value(block, row, (size_t)issues)->shown, ' ');
	sink_text(html->sink, several ? " <span class=\"refs\">Issues " : " <span class=\"refs\">Issue ");
	write_issue_links(html, block_value(block, row, (size_t)issues)->shown);
	sink_text(html->sink, "</span>");
}

static void write_lines(const struct html *html, const struct block *block, const char *begin, const char *end)
{
	for (size_t i = 0; i < block->row_count; i++) {
		sink_text(html->sink, begin);
		write_line(html, block, i);
		sink_text(html->sink, end);
	}
}

static void write_facts_of(const struct html *html, const struct block *block, size_t row, size_t first)
{
	sink_text(html->sink, "<dl>");
	for (size_t i = first; i < block->column_count; i++) {
		const struct value *value = block_value(block, row, i);
		bool in_heading = block->form == FORM_CARDS && (!strcmp(block->columns[i].name, "severity") ||
		                                                !strcmp(block->columns[i].name, "issue_id"));
		if (!*value->shown || in_heading)
			continue;
		tag_text(html->sink, "<div><dt>", block->columns[i].heading, "</dt><dd>");
		write_value(html, &block->columns[i], value, false);
		sink_text(html->sink, "</dd></div>\n");
	}
	sink_text(html->sink, "</dl>\n");
}

static void write_facts(const struct html *html, const struct block *block)
{
	for (size_t i = 0; i < block->row_count; i++)
		write_facts_of(html, block, i, 0);
}

// Of a row; NULL: it has none.
static const char *severity_of(const struct block *block, size_t row)
{
	int column = block_column(block, "severity");
	return column < 0 ? NULL : html_severity(block_value(block, row, (size_t)column)->shown);
}

static void write_tiles(const struct html *html, const struct block *block)
{
	sink_text(html->sink, "<ul class=\"tiles\">");
	for (size_t i = 0; i < block->row_count && block->column_count > 1; i++) {
		bool is_none = block_value(block, i, 1)->number == 0;
		const char *severity = severity_of(block, i);
		sink_text(html->sink, is_none ? "<li class=\"none\">" : "<li");
		if (!is_none && severity)
			tag_text(html->sink, " class=\"t-", severity, "\"");
		sink_text(html->sink, is_none ? "" : ">");
		tag_text(html->sink, "<b>", block_value(block, i, 1)->shown, "</b> ");
		tag_text(html->sink, "<span>", block_value(block, i, 0)->shown, "</span></li>");
	}
	sink_text(html->sink, "</ul>\n");
}

static void write_card_heading(const struct html *html, const struct block *block, size_t row)
{
	int severity = block_column(block, "severity"), issue = block_column(block, "issue_id");
	const char *begin = *block->title ? "<h4>" : "<h3>", *end = *block->title ? "</h4>\n" : "</h3>\n";
	sink_text(html->sink, begin);
	if (severity >= 0)
		write_badge(html, block_value(block, row, (size_t)severity)->shown);
	tag_text(html->sink, " <span class=\"title\">", block_value(block, row, 0)->shown, "</span>");
	if (issue >= 0)
		tag_text(html->sink, " <span class=\"no\">Issue ", block_value(block, row, (size_t)issue)->shown,
		         "</span>");
	sink_text(html->sink, end);
}

static void write_card(const struct html *html, const struct block *block, size_t row)
{
	const char *severity = severity_of(block, row);
	int issue = block_column(block, "issue_id");
	const char *id = issue < 0 ? "" : block_value(block, row, (size_t)issue)->shown;
	sink_text(html->sink, "<article class=\"card");
	tag_text(html->sink, severity ? " k-" : "", severity ? severity : "", "\"");
	if (is_issue_id(id, strlen(id)))
		tag_text(html->sink, " id=\"issue-", id, "\"");
	sink_text(html->sink, ">");
	write_card_heading(html, block, row);
	write_facts_of(html, block, row, 1);
	sink_text(html->sink, "</article>\n");
}

static bool is_right(const struct block *block, size_t column)
{
	bool any = false;
	for (size_t i = 0; i < block->row_count; i++) {
		enum cell_kind kind = block_value(block, i, column)->kind;
		if (kind != CELL_NUMBER && kind != CELL_NULL)
			return false;
		any = any || kind == CELL_NUMBER;
	}
	return any;
}

static void write_table_head(const struct html *html, const struct block *block)
{
	sink_text(html->sink, "<thead><tr>");
	for (size_t i = 0; i < block->column_count; i++) {
		if (block_column_is_empty(block, i))
			continue;
		sink_text(html->sink, is_right(block, i) ? "<th scope=\"col\" class=\"n\"" : "<th scope=\"col\"");
		tag_text(html->sink, " title=\"", block->columns[i].help, "\">");
		tag_text(html->sink, "", block->columns[i].heading, "</th>");
	}
	sink_text(html->sink, "</tr></thead>\n");
}

// Long texts get the room; addresses and numbers stay in one piece.
static const char *cell_class(const struct value *value)
{
	if (value->kind == CELL_NUMBER)
		return "<td class=\"n\">";
	if (strlen(value->shown) > 42 || strchr(value->shown, '\n'))
		return "<td class=\"w\">";
	return "<td>";
}

static void write_table_row(const struct html *html, const struct block *block, size_t row)
{
	sink_text(html->sink, "<tr>");
	for (size_t i = 0; i < block->column_count; i++) {
		const struct value *value = block_value(block, row, i);
		if (block_column_is_empty(block, i))
			continue;
		sink_text(html->sink, cell_class(value));
		if (value->kind != CELL_NULL)
			write_value(html, &block->columns[i], value, false);
		sink_text(html->sink, "</td>");
	}
	sink_text(html->sink, "</tr>\n");
}

static void write_table(const struct html *html, const struct block *block)
{
	sink_text(html->sink, "<div class=\"scroll\" tabindex=\"0\"><table>\n");
	write_table_head(html, block);
	sink_text(html->sink, "<tbody>\n");
	for (size_t i = 0; i < block->row_count; i++)
		write_table_row(html, block, i);
	sink_text(html->sink, "</tbody></table></div>\n");
}

// ---- blocks and chapters ------------------------------------------------------------------------------------------

static void write_left_out(const struct html *html, const struct block *block)
{
	char text[ID_ROOM];
	if (block->rows_left_out == 0)
		return;
	snprintf(text, sizeof text, "<p class=\"more\">%lld more rows are left out.</p>\n",
	         (long long)block->rows_left_out);
	sink_text(html->sink, text);
}

static const char *kind_of(const struct block *block)
{
	return block_is_chart(block) ? "figure" : "table";
}

static void write_figure(const struct html *html, const struct block *block)
{
	char label[LABEL_ROOM], link[LINK_ROOM];
	snprintf(link, sizeof link, "<a class=\"sql\" href=\"#sql-%s-%d\">SQL</a></figcaption>\n", kind_of(block),
	         block->figure);
	tag_text(html->sink, "<figure><figcaption><b>", block_label(block, label, sizeof label), "</b> ");
	html_write_text(html->sink, block->title);
	sink_char(html->sink, ' ');
	sink_text(html->sink, link);
	if (block_is_chart(block))
		chart_write(html->sink, block);
	else
		write_table(html, block);
	write_left_out(html, block);
	sink_text(html->sink, "</figure>\n");
}

static void write_block(const struct html *html, const struct block *block)
{
	struct sink *sink = html->sink;
	if (block->figure > 0) {
		write_figure(html, block);
		return;
	}
	if (*block->title)
		tag_text(sink, "<h3>", block->title, "</h3>\n");
	switch (block->form) {
	case FORM_TEXT:
		write_lines(html, block, "<p>", "</p>\n");
		break;
	case FORM_LIST:
		sink_text(sink, "<ul class=\"lines\">\n");
		write_lines(html, block, "<li>", "</li>\n");
		sink_text(sink, "</ul>\n");
		break;
	case FORM_FACTS:
		write_facts(html, block);
		break;
	case FORM_TILES:
		write_tiles(html, block);
		break;
	case FORM_CARDS:
		for (size_t i = 0; i < block->row_count; i++)
			write_card(html, block, i);
		break;
	default:
		break;
	}
	write_left_out(html, block);
}

static void write_chapter(const struct html *html, const struct chapter *chapter)
{
	sink_text(html->sink, "<section id=\"");
	write_id(html->sink, chapter);
	tag_text(html->sink, "\">\n<h2>", chapter->title, "</h2>\n");
	for (size_t i = 0; i < chapter->block_count; i++)
		write_block(html, &chapter->blocks[i]);
	sink_text(html->sink, "</section>\n");
}

// ---- the appendix that every document has -------------------------------------------------------------------------

static void write_source(const struct html *html, const struct block *block)
{
	char label[LABEL_ROOM], id[ID_ROOM];
	snprintf(id, sizeof id, "<details id=\"sql-%s-%d\">", kind_of(block), block->figure);
	sink_text(html->sink, block->figure > 0 ? id : "<details>");
	block_label(block, label, sizeof label);
	tag_text(html->sink, "<summary><b>", label, *label ? "</b> " : "</b>");
	tag_text(html->sink, "", *block->title ? block->title : form_name(block->form), "</summary>\n");
	sink_text(html->sink, "<dl class=\"columns\">");
	for (size_t i = 0; i < block->column_count; i++) {
		if (!*block->columns[i].help)
			continue;
		tag_text(html->sink, "<div><dt>", block->columns[i].heading, "</dt>");
		tag_text(html->sink, "<dd>", block->columns[i].help, "</dd></div>");
	}
	sink_text(html->sink, "</dl>");
	tag_text(html->sink, "<pre>", block->sql, "</pre></details>\n");
}

static void write_sources(const struct html *html)
{
	const struct document *document = html->document;
	sink_text(
		html->sink,
		"<section id=\"sources\">\n<h2>Where each figure comes from</h2>\n"
		"<p>Every block of this report is the answer to one SQL statement on the case. Each opens to what its columns "
		"mean and to the statement; the command runs it again.</p>\n");
	for (size_t i = 0; i < document->chapter_count; i++) {
		const struct chapter *chapter = &document->chapters[i];
		tag_text(html->sink, "<h3>", chapter->title, "</h3>\n<p><code>pcapdex query ");
		tag_text(html->sink, "", document->case_name, " ");
		tag_text(html->sink, "", chapter->name, "");
		if (document->protocol)
			tag_text(html->sink, " --protocol ", document->protocol, "");
		if (document->capture)
			tag_text(html->sink, " --capture ", document->capture, "");
		sink_text(html->sink, "</code></p>\n");
		for (size_t j = 0; j < chapter->block_count; j++)
			write_source(html, &chapter->blocks[j]);
	}
	sink_text(html->sink, "</section>\n");
}

// ---- the page -----------------------------------------------------------------------------------------------------

static void write_head(const struct html *html)
{
	sink_text(
		html->sink,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"generator\" content=\"pcapdex " PCAPDEX_VERSION "\">\n");
	tag_text(html->sink, "<title>", html->document->title, "</title>\n<style>\n");
	for (const struct embedded *style = embedded_styles; style->name; style++)
		sink_write(html->sink, style->text, style->length);
	sink_text(html->sink, "</style>\n</head>\n<body>\n");
}

static void write_contents(const struct html *html)
{
	sink_text(html->sink, "<nav aria-label=\"Contents\"><ol>\n");
	for (size_t i = 0; i < html->document->chapter_count; i++) {
		sink_text(html->sink, "<li><a href=\"#");
		write_id(html->sink, &html->document->chapters[i]);
		tag_text(html->sink, "\">", html->document->chapters[i].title, "</a></li>\n");
	}
	sink_text(html->sink, "<li><a href=\"#sources\">Sources</a></li>\n</ol></nav>\n");
}

void document_write_html(struct sink *sink, const struct document *document)
{
	struct html html = {sink, document};
	write_head(&html);
	tag_text(sink, "<header><h1>", document->title, "</h1>\n");
	if (document->protocol)
		tag_text(sink, "<p>Only what concerns the protocol ", document->protocol, ".</p>\n");
	if (document->capture)
		tag_text(sink, "<p>Only the capture ", document->capture, ".</p>\n");
	sink_text(sink, "</header>\n");
	write_contents(&html);
	sink_text(sink, "<main>\n");
	for (size_t i = 0; i < document->chapter_count; i++)
		write_chapter(&html, &document->chapters[i]);
	write_sources(&html);
	sink_text(sink, "</main>\n<footer><p>Made by pcapdex " PCAPDEX_VERSION
	                ". Packet numbers are Wireshark's.</p></footer>\n</body>\n</html>\n");
}
