// What comparing found, as rows of the case: schema/60-hops.sql.
#ifndef COMPARE_HOP_ROWS_H
#define COMPARE_HOP_ROWS_H

#include "clock.h"
#include "hop_case.h"
#include "matching.h"

struct hop_totals {
	int64_t lost[2], reordered[2]; // forward, back
	int64_t missed[2];             // packets that passed the first, the second point, whose capture has them not
	struct clock clock;
};

// Finds ways, clocks and reasons, and writes the comparison in the place of an earlier one of the same captures. False
// after a message.
bool hop_rows_write(struct hop_case *, const struct matching *, struct hop_totals *);

#endif
