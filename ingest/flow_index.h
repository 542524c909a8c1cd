// The flow of each packet, kept in a temporary file until all packets are in, then written as flow_packets in the
// order of flows: a counting sort whose memory does not grow with the packets.
#ifndef INGEST_FLOW_INDEX_H
#define INGEST_FLOW_INDEX_H

#include <stdint.h>
#include <stdio.h>

#include "writer.h"

enum { FLOW_INDEX_NOTES = 4096 }; // kept before they are written

struct flow_index {
	FILE *file;
	int64_t first_packet_id, first_flow_id;
	int64_t packets; // noted so far
	int error;       // errno of the first write that failed; 0 none
	uint32_t notes[FLOW_INDEX_NOTES];
};

// The temporary file lies beside case_path and has no name. False after a message.
bool flow_index_init(struct flow_index *, const char *case_path, int64_t first_packet_id, int64_t first_flow_id);

// The flow of the next packet_id in order; ROW_NULL for none.
void flow_index_add(struct flow_index *, int64_t flow_id);

// Writes flow_packets for flows up to last_flow_id, and frees everything. False after a message.
bool flow_index_finish(struct flow_index *, int64_t last_flow_id, struct writer *);

#endif
