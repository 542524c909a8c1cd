// Fragments within fragments. See reassemble.h.
#include "reassemble.h"

#include "dissect.h"

void reassembler_init(struct reassembler *r)
{
	for (int i = 0; i < PACKET_FRAGMENTS_MAX; i++)
		defragmenter_init(&r->at[i]);
}

void reassembler_release(struct reassembler *r)
{
	for (int i = 0; i < PACKET_FRAGMENTS_MAX; i++)
		defragmenter_release(&r->at[i]);
}

int64_t reassembler_given_up(const struct reassembler *r)
{
	int64_t given_up = 0;
	for (int i = 0; i < PACKET_FRAGMENTS_MAX; i++)
		given_up += r->at[i].given_up;
	return given_up;
}

// A datagram may be found to be, or to carry, a fragment of another.
void reassemble(struct reassembler *r, struct packet *p)
{
	struct bytes datagram;
	for (unsigned i = 0; i < p->fragment_count; i++) {
		if (defragment(&r->at[i], p, &p->fragments[i], &datagram))
			dissect_resume(p, datagram);
	}
}
