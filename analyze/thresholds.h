// What detectors and rules are run with: the defaults of their parameters, or what the user set.
#ifndef ANALYZE_THRESHOLDS_H
#define ANALYZE_THRESHOLDS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "../query/catalog.h"

// A threshold: "tcp-high-rtt.limit-ms" and its value.
struct analysis_setting {
	const char *name, *value;
};

struct thresholds {
	const struct analysis_setting *settings; // borrowed
	size_t count;
};

// "tcp-high-rtt" of "issues/tcp-high-rtt".
const char *thresholds_name(const struct report *);

// Binds the parameters of a report's statement. False after a message: a value is not what its parameter takes.
bool thresholds_bind(const struct thresholds *, const struct report *, sqlite3_stmt *);

// "limit-ms=200 min-packets=10". The caller frees it.
char *thresholds_text(const struct thresholds *, const struct report *);

// False after a message: a setting is of no detector or rule of the catalog, or its value is not what the parameter takes.
bool thresholds_check(const struct thresholds *, const struct catalog *);

#endif
