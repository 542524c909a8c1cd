// TCP segments to the two byte streams of a connection, in order.
//
// A segment is offered with stream_add(); stream_next() then gives what it makes readable: its own bytes, and those of
// later segments that waited for it. Bytes that were given are not given again; of two copies that differ the first to
// arrive counts. A hole is given up, as a chunk that says how many bytes are missing, when the receiver acknowledged
// what is behind it (the capture lost it, not the network), when too much waits behind it, or at the end of the
// connection. Bytes that the snap length cut are a hole at once, and so are those of which the sender knows by what the
// receiver said that it has them: an answer was given to them, and the answer to that has come.
//
// Sequence numbers are compared as signed 32-bit differences (RFC 9293, 3.4), so streams may be longer than 4 GB.
#ifndef INGEST_STREAM_H
#define INGEST_STREAM_H

#include "packet.h"

enum {
	STREAM_AHEAD_MAX = 1048576, // bytes of memory for what waits of one direction behind a hole,
	STREAM_SEGMENTS_MAX = 1024, // and segments
	STREAM_PATIENCE =
		16, // packets of a connection that a hole is left open for once what is behind it was acknowledged:
			// captures may show an ACK a little before what it acknowledges
};

// What waits, of all connections.
struct stream_budget {
	size_t bytes; // of memory
};

struct stream_segment;

struct stream_side {
	struct stream_segment *ahead; // owned; behind a hole, in the order of their numbers
	uint32_t next;                // number of the next byte to give
	uint32_t acked;               // the highest number that the receiver acknowledged
	uint32_t ahead_count;
	size_t ahead_bytes;
	bool begun, is_acked;
	// `next` is by a segment without data, maybe a keep-alive: the first byte may be one further on; or before it, where
	// what was sent before the capture is sent again.
	bool is_unsure;
	unsigned patience; // packets since what is behind the hole was acknowledged
	// Of the receiver's data: a segment, the last one that was new, or the first that acknowledges what is behind the hole.
	bool is_replied;
	uint32_t reply_ack, reply_end; // what it acknowledges, and the number behind its last byte
	int64_t packet_id, ts_ns;      // of `direct`
	struct bytes direct;           // of the segment offered last: borrowed from its packet
	uint32_t cut;                  // bytes behind them that the snap length cut
	uint32_t ack;                  // what that segment acknowledges
};

// Of one connection. All zero: nothing was seen yet.
struct stream {
	struct stream_side side[2]; // by direction
	struct stream_segment *lent;
	int direction; // of the segment offered last
	bool ended;
};

// A run of bytes in order.
struct stream_chunk {
	int direction;
	uint32_t missing; // bytes lost before the data; 0 none
	uint32_t seq;     // number of the first byte, of the data or missing
	uint32_t ack;     // number of the other direction's byte that the sender was waiting for with the segment below
	int64_t packet_id; // of the segment that carries the data; behind missing bytes, of the next one there is
	int64_t ts_ns;     // its time
	struct bytes data; // borrowed until the next call; empty where bytes are missing
};

// Offers a TCP segment whose direction is known. Its payload must live until stream_next() gives false.
void stream_add(struct stream *, struct stream_budget *, const struct packet *);

// The connection is over: what still waits is given, with its holes.
void stream_end(struct stream *);

// True: *chunk is the next run of bytes of either direction.
bool stream_next(struct stream *, struct stream_budget *, struct stream_chunk *);

void stream_release(struct stream *, struct stream_budget *);

#endif
