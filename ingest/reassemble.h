// Fragments to datagrams, also those that tunnels carry in fragments: defragmenters one within another.
#ifndef INGEST_REASSEMBLE_H
#define INGEST_REASSEMBLE_H

#include "defragment.h"

struct reassembler {
	struct defragmenter at[PACKET_FRAGMENTS_MAX]; // by the place in packet->fragments
};

void reassembler_init(struct reassembler *);
void reassembler_release(struct reassembler *);

// Datagrams that it waits for no longer.
int64_t reassembler_given_up(const struct reassembler *);

// Goes on with a dissected packet whose fragment completes a datagram, as dissect_resume() does, and so on with what
// that carries. packet->id and its frame's time must be set. What the packet then borrows lasts until the next call.
void reassemble(struct reassembler *, struct packet *);

#endif
