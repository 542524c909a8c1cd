// Text as Markdown: nothing in it is markup of CommonMark or GitHub's (tables, autolinks but for mail addresses, which
// cannot be escaped there, strikethrough, math).
#ifndef QUERY_MARKDOWN_TEXT_H
#define QUERY_MARKDOWN_TEXT_H

#include <stddef.h>

#include "sink.h"

// Clean text (cell.h), but for line feeds: for each, `line_break` is written as it is.
void markdown_write_text(struct sink *, const char *text, size_t length, const char *line_break);

#endif
