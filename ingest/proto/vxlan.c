// VXLAN: RFC 7348, 5.
#include "../decoder.h"

enum { ETHERNET_LINK };

enum { HEADER_LEN = 8 };

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN);
	dissect_next(d, ETHERNET_LINK, 1);
}

static const struct field fields[] = {
	FIELD("vxlan.flags", 0, 2, FIELD_HEX),
	FIELD("vxlan.gbp", 2, 2, FIELD_NUMBER),
	FIELD("vxlan.vni", 4, 3, FIELD_NUMBER),
	FIELD("vxlan.reserved8", 7, 1, FIELD_NUMBER),
	FIELD_END,
};

const struct decoder decoder_vxlan = {
	.name = "vxlan",
	.keys = {{"udp.port", 4789}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode,
	.fields = fields,
};
