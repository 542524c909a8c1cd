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

const struct decoder decoder_igmp = {
	.name = "igmp",
	.keys = {{"ip.proto", IP_PROTO_IGMP}},
	.decode = decode,
};
