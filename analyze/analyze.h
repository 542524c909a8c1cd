// The analyze command: looks for trouble in a case, again, with other thresholds.
#ifndef ANALYZE_ANALYZE_H
#define ANALYZE_ANALYZE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "../common/options.h"

extern const struct command command_analyze;

// Runs all detectors with their defaults, for ingest: inside a transaction of its own. False after a message; what another
// program's writing keeps from being looked for is a warning.
bool analyze_with_defaults(sqlite3 *);

#endif
