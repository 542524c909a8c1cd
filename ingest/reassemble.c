// Fragments within fragments. See reassemble.h.
#include "reassemble.h"

#include "dissect.h"

// A datagram may be found to be, or to carry, a fragment of another.
void reassemble(struct defragmenter *d, struct packet *p)
{
	struct bytes datagram;
	defragmenter_forget(d);
	for (unsigned i = 0; i < p->fragment_count; i++) {
		if (defragment(d, p, &p->fragments[i], &datagram))
			dissect_resume(p, datagram);
	}
}
