// Detectors: SQL files that find trouble and fill the table issues; and rules that link issues to their causes.
//
// A detector is a report (query/report.h) below sql/issues/ whose header also says
//
//     -- severity: low, medium, high or critical
//     -- category: connectivity, performance, configuration, security, compliance or compatibility
//     -- protocol: tcp
//     -- cause: What usually causes it.            (once or more)
//     -- remedy: What to do about it.              (once or more)
//     -- source: Where the thresholds come from.
//
// Its summary is the issue's title. Its parameters are its thresholds, with defaults. Its statement gives a row an issue:
// capture_id, ts_ns, flow_id, src, dst, value, symptoms, packets (ids of the packets that prove it, as text, separated by
// commas or blanks); and, where an issue differs from the header, severity, title, cause, confidence, and remedy: what to
// do first. Worst first: of a capture, the first ANALYSIS_ISSUES_MAX are kept, and the last of them says how many more
// there are.
//
// A rule is a report below sql/causes/ whose statement gives issue_id, cause_issue_id, confidence, why; and, where it
// knows better than the detector, cause. cause_issue_id may be NULL: a cause that is no issue of its own.
//
// `pcapdex query --check-reports` holds both to this.
#ifndef ANALYZE_ANALYSIS_H
#define ANALYZE_ANALYSIS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thresholds.h"

enum {
	ANALYSIS_PACKETS_MAX = 200, // of an issue's evidence that are kept
	ANALYSIS_ISSUES_MAX = 100,  // of a detector and a capture that are kept
};

struct analysis_totals {
	int64_t detectors, issues, links;
	int64_t by_severity[4]; // low, medium, high, critical
	bool interrupted;       // by a signal (interrupt.h), before anything was changed
};

// Whether settings are of thresholds that there are, with values that these take; false after a message.
bool analysis_check(const struct analysis_setting *, size_t count);

// Runs all detectors and rules on an open case, inside a transaction of the caller that has changed nothing yet: what
// earlier runs found goes away. False after a message, or when interrupted; the caller rolls back.
bool analysis_run(sqlite3 *, const struct analysis_setting *, size_t count, struct analysis_totals *);

#endif
