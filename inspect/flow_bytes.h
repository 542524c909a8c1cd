// What the two sides of a flow said to each other, as a table: SELECT * FROM flow_bytes(FLOW_ID), in the order in which the
// bytes could be read.
//
//     direction  0: from the flow's src
//     packet_id  the packet that carries these bytes; of missing ones, the next one there is
//     offset     of the first of them in their direction
//     missing    bytes that the capture lacks here; 0: bytes holds what it has
//     bytes      NULL where bytes are missing
//
// TCP segments are put in order by ingest/stream.h, each byte given once. Of other protocols each packet is a row. The
// bytes come from the capture files (packet_bytes). A datagram that came in fragments is whole in the packet that completes
// it (payload.h); fragments that were never put together are rows of their own.
#ifndef INSPECT_FLOW_BYTES_H
#define INSPECT_FLOW_BYTES_H

#include <sqlite3.h>

int flow_bytes_register(sqlite3 *db);

#endif
