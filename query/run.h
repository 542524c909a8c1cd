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

#endif
