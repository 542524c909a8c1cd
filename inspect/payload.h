// The payloads of packets, from the capture files (packet_bytes).
//
// That of a packet whose fragment completes a datagram is the datagram's: the packets with its other fragments are read,
// too, each once and in their order, and put together by the ingest's own reassembly.
#ifndef INSPECT_PAYLOAD_H
#define INSPECT_PAYLOAD_H

#include <sqlite3.h>

#include "../ingest/reassemble.h"

// Of packets that are asked for in the order of their ids.
struct payload_reader {
	sqlite3_stmt *frame;  // owned: of a packet by its id
	sqlite3_stmt *pieces; // owned: the packets whose fragments are needed, in order
	int64_t piece_id;     // of the next; 0 none
	struct defragmenter defragmenter;
	struct frame at_hand;
	struct packet packet;
};

// Begins with the packets of a flow, or with one packet. To be released also where the result is an error of SQLite.
int payload_reader_init_flow(struct payload_reader *, sqlite3 *, int64_t flow_id);
int payload_reader_init_packet(struct payload_reader *, sqlite3 *, int64_t packet_id);
void payload_reader_release(struct payload_reader *);

// A packet, as far as it was captured.
struct payload {
	struct bytes bytes; // borrowed until the next call
	bool is_piece;      // of a datagram that a later packet completes: its bytes are there
};

// Reads a packet with so many rows of `fragments` that complete a datagram. SQLITE_OK, or an error.
int payload_read(struct payload_reader *, int64_t packet_id, int completes, struct payload *);

// Sets a frame up; false: its numbers cannot be those of one. bytes: borrowed.
bool payload_frame(struct frame *, struct bytes bytes, int64_t link_type, int64_t wire_len, int64_t fcs_len);

#endif
