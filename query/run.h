// Runs the statements of a report, or of plain SQL, and writes their rows.
#ifndef QUERY_RUN_H
#define QUERY_RUN_H

#include "guard.h"
#include "output.h"
#include "parameter.h"
#include "report.h"

// format: as output_begin has it. An exit code; a message was given for all but EXIT_DONE.
int run_report(struct guard *, const struct report *, const struct parameters *, const char *format, bool header,
               struct sink *);

// Who takes rows that are not printed. begin is asked before a statement runs; false: it is left out.
struct row_taker {
	bool (*begin)(void *context, sqlite3_stmt *);
	void (*row)(void *context, sqlite3_stmt *);
	void *context;
};

// Whether a section is shown for the parameters that were given, in a format.
bool run_shows(const struct report *, const struct report_section *, const struct parameters *, const char *format);

// Hands the rows of one section over. Exit codes as above.
int run_section_rows(struct guard *, const struct report *, const struct report_section *,
                     const struct parameters *, const struct row_taker *);

// Hands the rows of all sections over, whatever formats they are for. Exit codes as above.
int run_rows(struct guard *, const struct report *, const struct parameters *, const struct row_taker *);

#endif
