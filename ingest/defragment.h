// IP fragments to datagrams: RFC 791, 3.2; RFC 8200, 4.5.
//
// As in Wireshark, the packet whose fragment completes a datagram carries it on. What Wireshark keeps without bound is
// bounded here: beyond the limits the oldest unfinished datagram is given up, and one with too many pieces at once. A
// fragment that the snap length cut is only noted: a datagram with such a one ends when all of it has come, or is
// completed by a whole copy of it that comes before.
#ifndef INGEST_DEFRAGMENT_H
#define INGEST_DEFRAGMENT_H

#include "packet.h"

enum {
	DEFRAGMENT_DATAGRAMS_MAX = 4096,     // unfinished at a time
	DEFRAGMENT_BYTES_MAX = 64 * 1048576, // of their data in all
	DEFRAGMENT_PIECES_MAX = 1024,        // apart from each other, of a datagram
	// Since a datagram's first fragment. Linux waits 30 s, RFC 8200 (4.5) 60 s, RFC 1122 (3.3.2) 60 to 120 s.
	DEFRAGMENT_WAIT_S = 120,
	// Without a fragment: one that had come before is then of another datagram with the same identification.
	DEFRAGMENT_AGAIN_S = 30,
};

struct datagram;

struct defragmenter {
	struct datagram *oldest, *newest;
	struct datagram **buckets; // made at the first fragment
	struct datagram *finished; // lent out by defragment(), since defragmenter_forget()
	size_t count, bytes;
	int64_t given_up; // datagrams
};

void defragmenter_init(struct defragmenter *);
void defragmenter_release(struct defragmenter *);

// Forgets the datagrams that were lent out.
void defragmenter_forget(struct defragmenter *);

// Takes a fragment of the packet, and notes in it what became of its datagram. True: it completes that; *whole is the
// datagram's payload, borrowed until defragmenter_forget(); packet->ip.is_reassembled and packet->frames_len are set.
bool defragment(struct defragmenter *, struct packet *, struct packet_fragment *, struct bytes *whole);

#endif
