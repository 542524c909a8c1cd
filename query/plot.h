// --plot: a report's rows as a picture, as the report's plot lines say (report.h), or as fits any rows with a time.
#ifndef QUERY_PLOT_H
#define QUERY_PLOT_H

#include "run.h"

enum {
	PLOT_POINTS_MAX = 500000, // of all series; what follows is left out, with a word
	PLOT_SERIES_MAX = 24,     // the same
};

// Draws into path (.svg, .png, .pdf), or for "-" as text on standard output, which is `out`. An exit code.
int plot_report(struct guard *, const struct report *, const struct parameters *, const char *path,
                struct sink *out);

#endif
