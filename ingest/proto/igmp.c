// IGMP: RFC 2236, 2; RFC 3376, 4; and the protocols that borrowed its number (RFC 3228, 4).
#include "ip.h"

// Wireshark shows a layer "igmp" for the envelope and another one for what its type makes of it.
static const char *name_of(uint8_t type)
{
	switch (type) {
	case 0x11: // membership query
	case 0x12: // version 1 report
	case 0x16: // version 2 report
	case 0x17: // leave group
	case 0x1e: // multicast traceroute response
	case 0x1f: // multicast traceroute
	case 0x22: // version 3 report
		return "igmp";
	case 0x13:
		return "dvmrp";
	case 0x14:
		return "pim";
	case 0x40:
	case 0x41:
		return "igap";
	default:
		return NULL;
	}
}

static void decode(struct dissection *d)
{
	struct bytes message = d->rest;
	const char *name = name_of(bytes_u8(&d->rest));

	if (name)
		dissect_layer(d, name);
	bytes_skip(&d->rest, 1);
	uint16_t checksum = bytes_u16(&d->rest);
	bytes_skip(&d->rest, 4);
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	ip_verify(d, message, checksum, 0);
}

#define IS(least, most) FIELD_WHEN(0, 1, 0xff, least, most)

static const struct field_value types[] = {
	{0x11, "membership query"}, {0x12, "membership report, version 1"}, {0x16, "membership report, version 2"},
	{0x17, "leave group"},      {0x22, "membership report, version 3"}, {0, NULL},
};

static const struct field fields[] = {
	FIELD("igmp.type", 0, 1, FIELD_HEX, .names = types),
	FIELD("igmp.max_resp", 1, 1, FIELD_NUMBER, IS(0x11, 0x11)),
	FIELD("igmp.checksum", 2, 2, FIELD_HEX),
	FIELD("igmp.maddr", 4, 4, FIELD_IPV4, IS(0x11, 0x12)),
	FIELD("igmp.maddr", 4, 4, FIELD_IPV4, IS(0x16, 0x17)),
	FIELD("igmp.num_grp_recs", 6, 2, FIELD_NUMBER, IS(0x22, 0x22)),
	FIELD_END,
};

const struct decoder decoder_igmp = {
	.name = "igmp",
	.keys = {{"ip.proto", IP_PROTO_IGMP}},
	.decode = decode,
	.fields = fields,
};
