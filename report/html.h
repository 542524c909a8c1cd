// Text in HTML, and charts as SVG in it.
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "../query/sink.h"
#include "document.h"

// Escaped for element content and for attributes in double quotes.
void html_write_text(struct sink *, const char *text);
void html_write_escaped(struct sink *, const char *text, size_t length);

// The word as the style sheet has it, if it is a severity: "critical", "high", "medium", "low"; NULL for any other.
const char *html_severity(const char *word);

// An inline SVG for a block that is a chart: of columns, one for each value of a column "capture". It is as wide as its
// place; lengths across are per cent, so that text stays as large as the page's.
void chart_write(struct sink *, const struct block *);

#endif
