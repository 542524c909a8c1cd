// FDDI: ISO 9314-2, 7.1. Link type 10 has the addresses in the order of the bits on the fibre, which most systems that
// capture have already turned into Ethernet's.
#include "link.h"

enum { LLC };

enum { CONTROL_FORMAT = 0xf0, CONTROL_LLC = 0x50 };

static void decode(struct dissection *d)
{
	uint8_t control = bytes_u8(&d->rest);

	link_macs(d);
	if (d->rest.bad)
		return;
	if ((control & CONTROL_FORMAT) == CONTROL_LLC)
		dissect_next(d, LLC, 0);
	else
		dissect_layer(d, "data"); // ring management
}

const struct decoder decoder_fddi = {
	.name = "fddi",
	.keys = {{"linktype", 10}, {"llc.bridged_pid", 0x0004}, {"llc.bridged_pid", 0x000a}},
	.tables = {[LLC] = "llc"},
	.decode = decode,
};
