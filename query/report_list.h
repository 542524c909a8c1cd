// The reports that there are, for somebody who looks for one.
#ifndef QUERY_REPORT_LIST_H
#define QUERY_REPORT_LIST_H

#include "catalog.h"
#include "sink.h"

// Their names and summaries by topic (REPORT_TOPICS), without detectors, rules and chapters. case_path: of the case that
// is shown as an example.
void report_list_print(const struct catalog *, const char *case_path, struct sink *);

#endif
