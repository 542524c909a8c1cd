// A flow's accounts as a row of flows, and what detectors look for in it as a row of flow_signs.
#ifndef INGEST_FLOW_ROW_H
#define INGEST_FLOW_ROW_H

#include "community_id.h"
#include "writer.h"

// Adds the rows of a flow that has ended. The flow stays the caller's.
void flow_row_add(const struct flow *, const struct community_ids *, struct writer *, int64_t capture_id);

#endif
