// Ethernet's configuration testing protocol: "The Ethernet" (DIX 2.0), 8, loopback.
#include "../decoder.h"

enum { SKIP_COUNT_LEN = 2 };

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, SKIP_COUNT_LEN);
	if (!d->rest.bad && dissect_wire_left(d))
		dissect_layer(d, "data");
}

const struct decoder decoder_loopback_test = {
	.name = "loop",
	.keys = {{"ethertype", 0x9000}},
	.decode = decode,
};
