// LWAPP over UDP: RFC 5412, 3.1.
#include "../decoder.h"

enum { WLAN };

enum { FLAG_CONTROL = 0x04, FLAG_FRAGMENT = 0x02, HEADER_LEN = 6 };

static void decode(struct dissection *d)
{
	uint64_t flags = bytes_peek(d->rest, 0, 1);

	bytes_skip(&d->rest, HEADER_LEN);
	if (d->rest.bad || (flags & FLAG_CONTROL))
		return;
	if (flags & FLAG_FRAGMENT)
		dissect_layer(d, "data");
	else
		dissect_next(d, WLAN, 0);
}

const struct decoder decoder_lwapp_over_udp = {
	.name = "lwapp",
	.keys = {{"udp.port", 12222}, {"udp.port", 12223}},
	.tables = {[WLAN] = "wlan"},
	.decode = decode,
};
