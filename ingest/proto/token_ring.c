// Token Ring: IEEE 802.5, 3.2; source routing: IEEE 802.1D, annex C.3.3.2.
#include "link.h"

enum { LLC };

enum {
	FRAME_TYPE = 0xc0,
	FRAME_LLC = 0x40,
	MAC_LEN = 6,
	ROUTED = 0x80, // the first bit of the source address, which is never a group's
	ROUTE_LEN = 0x1f,
};

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, 1);
	uint8_t control = bytes_u8(&d->rest);
	bool routed = bytes_peek(d->rest, MAC_LEN, 1) & ROUTED;

	link_macs(d);
	if (routed)
		bytes_skip(&d->rest, bytes_peek(d->rest, 0, 1) & ROUTE_LEN);
	if (d->rest.bad)
		return;
	if ((control & FRAME_TYPE) == FRAME_LLC)
		dissect_next(d, LLC, 0);
	else
		dissect_layer(d, (control & FRAME_TYPE) == 0 ? "trmac" : "data");
}

const struct decoder decoder_token_ring = {
	.name = "tr",
	.keys = {{"linktype", 6}, {"llc.bridged_pid", 0x0003}, {"llc.bridged_pid", 0x0009}},
	.tables = {[LLC] = "llc"},
	.decode = decode,
};
