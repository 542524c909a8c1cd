// The formats of a document. All text that comes from a case is escaped for the format: no name in it is ever markup.
#ifndef REPORT_WRITERS_H
#define REPORT_WRITERS_H

#include "../query/sink.h"
#include "document.h"

// One file that needs no other: style.css is in it, charts are SVG, nothing is loaded, no script runs.
void document_write_html(struct sink *, const struct document *);

// CommonMark with GitHub's tables; charts are tables.
void document_write_markdown(struct sink *, const struct document *);

// The values as they are in the case, with the words of the document: chapters, blocks, columns, rows.
void document_write_json(struct sink *, const struct document *);

#endif
