// Result rows in the format that was asked for. A format is a value in a file, format_*.c.
#ifndef QUERY_OUTPUT_H
#define QUERY_OUTPUT_H

#include <sqlite3.h>

#include "sink.h"

#define OUTPUT_FORMATS "table|csv|tsv|json|jsonl|markdown|text|raw"

struct output {
	const struct format *format;
	struct sink *sink;
	bool header;       // print column names
	bool titled;       // the sections have titles
	bool fit;          // nobody chose the format: it may change for a narrow terminal
	sqlite3_stmt *row; // of the section, at its current row
	int columns;
	const char *title;  // of the section; NULL none
	int sections, rows; // begun so far; rows of this section, up to 2
	bool raw;           // a section that is printed as it is
	void *state;        // the format's, of the section
};

// The functions may be NULL where there is nothing to do.
struct format {
	const char *name;
	bool raw_always; // a section whose only column is "line" is printed as it is, even if it serves other formats
	void (*section_begin)(struct output *);
	void (*row)(struct output *);
	void (*section_end)(struct output *);
	void (*end)(struct output *);
};

extern const struct format format_table, format_csv, format_tsv, format_json, format_jsonl, format_markdown,
	format_text, format_raw;

// name: one of OUTPUT_FORMATS; NULL: table, fitted to a terminal. titled: several sections with titles follow.
void output_begin(struct output *, const char *name, struct sink *, bool header, bool titled);

// own: the section was written for this format.
void output_section_begin(struct output *, sqlite3_stmt *, const char *title, bool own);
void output_row(struct output *);
void output_section_end(struct output *); // also when the statement failed: what was held back is printed
void output_end(struct output *);

#endif
