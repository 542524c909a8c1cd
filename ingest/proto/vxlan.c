// VXLAN: RFC 7348, 5.
#include "../decoder.h"

enum { ETHERNET_LINK };

enum { HEADER_LEN = 8 };

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN);
	dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_vxlan = {
	.name = "vxlan",
	.keys = {{"udp.port", 4789}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode,
};
