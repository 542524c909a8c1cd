// Plot lines for a section that has none: a time across, and the numbers beside it, by the names of the columns and by what
// is in them (report.h, Plots).
#ifndef QUERY_PLOT_LINES_H
#define QUERY_PLOT_LINES_H

#include "run.h"

enum { PLOT_SPLIT_MAX = 8 }; // different values of a text column that splits lines

// What the columns of a section hold. Of several statements, it is the first one's.
struct plot_survey;

struct plot_survey *plot_survey_new(void);
void plot_survey_free(struct plot_survey *);
struct row_taker plot_survey_taker(struct plot_survey *); // for run_section_rows()
bool plot_survey_is_empty(const struct plot_survey *);    // no row came

// Adds plot lines to a section without any. False after a message: there is no time, or no number beside it. The caller
// releases them in both cases.
bool plot_lines_invent(const struct plot_survey *, const char *title, struct report_section *);
void plot_lines_release(struct report_section *);

// Whether a column of this name holds nanoseconds since 1970.
bool plot_is_ts_ns(const char *column);

#endif
