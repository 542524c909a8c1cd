// Slow protocols: IEEE 802.3-2018, annex 57A.4; a subtype in the first byte.
#include "../decoder.h"

static const char *const names[] = {[1] = "lacp", [2] = "marker", [3] = "oampdu", [10] = "ossp"};

static void decode(struct dissection *d)
{
	uint8_t subtype = bytes_u8(&d->rest);

	if (d->rest.bad)
		return;
	if (subtype < sizeof names / sizeof *names && names[subtype])
		dissect_layer(d, names[subtype]);
	else
		dissect_layer(d, "data");
}

const struct decoder decoder_slow = {
	.name = "slow",
	.keys = {{"ethertype", 0x8809}},
	.decode = decode,
};
