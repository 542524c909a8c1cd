// Runs gnuplot, which is found at run time: gnuplot.sourceforge.net. No shell is between.
#ifndef QUERY_GNUPLOT_H
#define QUERY_GNUPLOT_H

#include "sink.h"

enum gnuplot_kind { GNUPLOT_SVG, GNUPLOT_PNG, GNUPLOT_PDF, GNUPLOT_TERMINAL, GNUPLOT_NONE };

// What a path asks for, by its ending; "-" is the terminal.
enum gnuplot_kind gnuplot_kind_of(const char *path);

// The command that sets gnuplot's terminal; `out` is measured if it is a terminal.
void gnuplot_set_terminal(struct sink *script, enum gnuplot_kind, const struct sink *out);

// Text as a quoted string of gnuplot: nothing in it means anything to gnuplot, and control characters are escaped.
// Text that is too long for a picture is cut.
void gnuplot_quote(struct sink *script, const char *text);

// Has the script (in memory) drawn into path, or for "-" as text on `out`. False after a message: gnuplot is not
// installed, or has not drawn; then the file is as it was.
bool gnuplot_run(const struct sink *script, const char *path, struct sink *out);

#endif
