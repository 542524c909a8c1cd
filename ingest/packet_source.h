// The packets of a capture: frames that were read, asked whether they are wanted, and dissected.
//
// Of a file on disk that is done on a thread of its own, some batches of packets ahead of who asks for them: flows and
// their analysis hide behind it. A pipe, an interface, a file that may still grow and a small file are read when a packet
// is asked for: a read of those may have to end when a signal comes.
#ifndef INGEST_PACKET_SOURCE_H
#define INGEST_PACKET_SOURCE_H

#include "capture.h"
#include "filter.h"
#include "packet.h"

// Which packets are wanted.
struct packet_wishes {
	struct filter *filter;      // borrowed; the source's while it lasts
	int64_t since_ns, until_ns; // from since_ns on, before until_ns
};

struct sourced_packet {
	struct frame frame;
	bool wanted;              // else it was not dissected
	uint64_t file_bytes_read; // of the capture's file, when this packet had been read
	struct packet packet;     // borrows from frame
};

struct packet_source;

// The capture is the source's until packet_source_stop(). `ahead`: on a thread of its own, where that is of use. Never
// NULL.
struct packet_source *packet_source_start(struct capture *, const struct packet_wishes *, bool ahead);

// As capture_next(). The packet is the caller's until the next call; time stamps are such that their differences do not
// overflow.
enum capture_result packet_source_next(struct packet_source *, struct sourced_packet **, struct capture_fault *);

// Ends the thread and frees the source. NULL is fine.
void packet_source_stop(struct packet_source *);

#endif
