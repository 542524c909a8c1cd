// The document that `pcapdex report` makes of a case: its content, once, for all formats.
//
// A chapter is a report (query/report.h) below sql/report/, in the order of names: its summary is the heading, its
// sections are the blocks. A section's form says how a block looks; columns have their meaning by name and place:
//
//     table     a table
//     text      column line: a paragraph a row
//     list      column line: an item a row; column title, if there is one: words before it that stand out
//     facts     a row: each column and its value
//     tiles     a row a tile: its label, its value
//     bars      a bar a row: its label, its length; the columns behind say more
//     columns   a chart of upright bars: what is on the x axis, the height, more; column capture: a chart each
//     stack     the same of several numbers on top of each other: the x axis, then a number each
//     cards     a card a row: its title, and each further column with its value; line feeds separate items
//
// What columns are called, anywhere: severity is shown as a badge; issue_id and issue_ids lead to the card of the issue;
// value.h tells the units. A column without a value is left out of facts and cards, a block without rows of the document,
// and a chapter without blocks.
//
// A chapter declares which of the document's parameters it knows: :protocol, :capture.
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../query/catalog.h"
#include "../query/guard.h"
#include "value.h"

enum {
	DOCUMENT_COLUMNS_MAX = 24,    // of a block; more are left out
	DOCUMENT_ROWS_MAX = 500,      // of a block; more are counted
	DOCUMENT_BYTES_MAX = 4 << 20, // of all values together; the rows behind are counted
};

enum form {
	FORM_TABLE,
	FORM_TEXT,
	FORM_LIST,
	FORM_FACTS,
	FORM_TILES,
	FORM_BARS,
	FORM_COLUMNS,
	FORM_STACK,
	FORM_CARDS
};

struct block {
	enum form form;
	char *title; // "" none
	char *sql;
	struct column *columns;
	size_t column_count;
	struct value *values; // row by row
	size_t row_count;
	int64_t rows_left_out;
	int figure; // a chart counts figures of the document, a table tables, from 1; 0: it is neither
};

struct chapter {
	char *name;  // of the report: "report/20-performance"
	char *title; // without the final dot
	struct block *blocks;
	size_t block_count;
};

struct document {
	char *title;
	char *case_name;          // the case file's name, without its folder
	char *protocol, *capture; // as given; NULL: all
	struct chapter *chapters;
	size_t chapter_count;
	size_t bytes; // of all values
	int figures, tables;
};

// Fills it from the case. An exit code, after a message. Release it in any case.
int document_fill(struct document *, struct guard *, const struct catalog *, const char *protocol,
                  const char *capture);
void document_release(struct document *);

const struct value *block_value(const struct block *, size_t row, size_t column);

// The column of a name; -1: none.
int block_column(const struct block *, const char *name);

// Whether a card shows the issue of this number.
bool document_has_issue(const struct document *, const char *issue_id, size_t length);

const char *form_name(enum form);
bool block_is_chart(const struct block *);

// Whether no row has a value in it: such columns are not shown.
bool block_column_is_empty(const struct block *, size_t column);

// "Figure 3" or "Table 4" in front of a title; "" for what has no number.
const char *block_label(const struct block *, char *to, size_t size);

#endif
