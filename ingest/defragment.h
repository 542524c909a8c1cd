// IP fragments to datagrams: RFC 791, 3.2; RFC 8200, 4.5.
//
// As in Wireshark, the packet whose fragment completes a datagram carries it on, and there is no time-out. What
// Wireshark keeps without bound is bounded here: beyond the limits the oldest unfinished datagram is given up.
#ifndef INGEST_DEFRAGMENT_H
#define INGEST_DEFRAGMENT_H

#include "packet.h"

enum {
	DEFRAGMENT_DATAGRAMS_MAX = 4096,     // unfinished at a time
	DEFRAGMENT_BYTES_MAX = 64 * 1048576, // of them in all
};

struct datagram;

struct defragmenter {
	struct datagram *oldest, *newest;
	struct datagram **buckets; // made at the first fragment
	struct datagram *finished; // lent out by the last defragment()
	size_t count, bytes;
};

void defragmenter_init(struct defragmenter *);
void defragmenter_release(struct defragmenter *);

// Takes the payload of a packet that is a fragment, captured whole. True: it completes a datagram, whose payload is
// *whole, borrowed until the next call; packet->ip.is_reassembled and packet->frames_len are set.
bool defragment(struct defragmenter *, struct packet *, struct bytes *whole);

#endif
