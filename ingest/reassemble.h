// Fragments to datagrams, also those that tunnels carry in fragments.
#ifndef INGEST_REASSEMBLE_H
#define INGEST_REASSEMBLE_H

#include "defragment.h"

// Goes on with a dissected packet whose fragment completes a datagram, as dissect_resume() does, and so on with what
// that carries. packet->id and its frame's time must be set. What the packet then borrows lasts until the next call.
void reassemble(struct defragmenter *, struct packet *);

#endif
