// What detectors find: the rows of their statements. Several run at a time, each on a connection of its own.
#ifndef ANALYZE_DETECTION_H
#define ANALYZE_DETECTION_H

#include <stdint.h>

#include "../query/catalog.h"
#include "thresholds.h"

// Columns that a detector's statement may have.
// clang-format off
#define FINDING_COLUMNS(X)                                                                                             \
	X(CAPTURE_ID, "capture_id")                                                                                        \
	X(TS_NS, "ts_ns")                                                                                                  \
	X(FLOW_ID, "flow_id")                                                                                              \
	X(SRC, "src")                                                                                                      \
	X(DST, "dst")                                                                                                      \
	X(VALUE, "value")                                                                                                  \
	X(SYMPTOMS, "symptoms")                                                                                            \
	X(PACKETS, "packets")                                                                                              \
	X(SEVERITY, "severity")                                                                                            \
	X(TITLE, "title")                                                                                                  \
	X(CAUSE, "cause")                                                                                                  \
	X(CONFIDENCE, "confidence")                                                                                        \
	X(REMEDY, "remedy")
// clang-format on

enum finding_column {
#define X(id, name) FINDING_##id,
	FINDING_COLUMNS(X)
#undef X
		FINDING_COLUMN_COUNT
};

struct finding {
	sqlite3_value *values[FINDING_COLUMN_COUNT]; // owned; NULL for NULL, and where the statement has no such column
	size_t capture;                              // place of its capture among those of the case
	int64_t place;                               // among the detector's rows of that, from 1
};

// One detector and what it found.
struct detection {
	struct report report;     // owned
	bool is_late;             // reads what other detectors found
	struct finding *findings; // owned; of each capture the first ANALYSIS_ISSUES_MAX
	size_t count, capacity;
	int64_t *issues; // owned; by capture: how many it found in all
	int64_t elapsed_ns;
};

struct detections {
	struct detection *at; // owned; in the order of names
	size_t count;
	int64_t *capture_ids; // owned; of the case, in order
	size_t capture_count;
	bool interrupted;
};

// All detectors of a catalog, and nothing found yet in a case. False after a message. Released in both cases.
bool detections_init(struct detections *, const struct catalog *, sqlite3 *db);
void detections_release(struct detections *);

// Runs them. Some run on other connections to the database of `db`, which has changed nothing yet. What reads the table
// issues runs last, and finds there what the others found. False after a message, or when a signal was caught
// (interrupt.h).
bool detections_run(struct detections *, sqlite3 *db, const struct thresholds *);

#endif
