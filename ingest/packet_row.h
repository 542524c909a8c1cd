// A packet as a row of packets, and what its fragments did as rows of fragments.
#ifndef INGEST_PACKET_ROW_H
#define INGEST_PACKET_ROW_H

#include "packet.h"
#include "writer.h"

// Adds the rows of a packet that all stages have seen. interface_id: of its file's interface 0.
void packet_row_add(const struct packet *, int64_t stack_id, int64_t interface_id, struct writer *,
                    int64_t capture_id);

#endif
