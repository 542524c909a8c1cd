// SNAP: IEEE 802-2014, 9.2; with ethertypes: RFC 1042. Each organization has protocol numbers of its own, and so a
// dispatch table of its own. Wireshark shows SNAP as part of LLC, without a name.
#include "link.h"

enum { ETHERTYPE, CISCO, BRIDGED, APPLE, EXTREME, NORTEL, AIRONET };

enum organization {
	OUI_ETHERTYPE = 0x000000,
	OUI_CISCO = 0x00000c,
	OUI_NORTEL = 0x000081,
	OUI_CISCO_90 = 0x0000f8,
	OUI_AIRONET = 0x004096, // Cisco's wireless LANs
	OUI_BRIDGED = 0x0080c2, // RFC 2684, 5.2
	OUI_EXTREME = 0x00e02b,
	OUI_APPLE = 0x080007,
};

static void decode(struct dissection *d)
{
	uint32_t organization = bytes_u24(&d->rest);
	uint16_t protocol = bytes_u16(&d->rest);

	if (d->rest.bad)
		return;
	switch (organization) {
	case OUI_ETHERTYPE:
	case OUI_CISCO_90:
		if (link_is_of_frame(d))
			d->packet->ethertype = protocol;
		dissect_next(d, ETHERTYPE, protocol);
		break;
	case OUI_CISCO:
		dissect_next(d, CISCO, protocol);
		break;
	case OUI_BRIDGED:
		dissect_next(d, BRIDGED, protocol);
		break;
	case OUI_APPLE:
		dissect_next(d, APPLE, protocol);
		break;
	case OUI_EXTREME:
		dissect_next(d, EXTREME, protocol);
		break;
	case OUI_NORTEL:
		dissect_next(d, NORTEL, protocol);
		break;
	case OUI_AIRONET:
		dissect_next(d, AIRONET, protocol);
		break;
	default:
		dissect_unknown(d);
	}
}

#define IS(organization) FIELD_WHEN(0, 3, 0xffffff, organization, organization)

static const struct field fields[] = {
	FIELD("llc.oui", 0, 3, FIELD_NUMBER),
	FIELD("llc.type", 3, 2, FIELD_HEX, .names = field_ethertypes, IS(OUI_ETHERTYPE)),
	FIELD("llc.cisco_pid", 3, 2, FIELD_HEX, IS(OUI_CISCO)),
	FIELD("llc.nortel_pid", 3, 2, FIELD_HEX, IS(OUI_NORTEL)),
	FIELD("llc.type", 3, 2, FIELD_HEX, .names = field_ethertypes, IS(OUI_CISCO_90)),
	FIELD("llc.wlccp_pid", 3, 2, FIELD_HEX, IS(OUI_AIRONET)),
	FIELD("llc.bridged_pid", 3, 2, FIELD_HEX, IS(OUI_BRIDGED)),
	FIELD("llc.extreme_pid", 3, 2, FIELD_HEX, IS(OUI_EXTREME)),
	FIELD("llc.apple_atalk_pid", 3, 2, FIELD_HEX, IS(OUI_APPLE)),
	FIELD_END,
};

const struct decoder decoder_snap = {
	.keys = {{"llc.snap", 0}},
	.tables = {[ETHERTYPE] = "ethertype",
               [CISCO] = "llc.cisco_pid",
               [BRIDGED] = "llc.bridged_pid",
               [APPLE] = "llc.apple_atalk_pid",
               [EXTREME] = "llc.extreme_pid",
               [NORTEL] = "llc.nortel_pid",
               [AIRONET] = "llc.wlccp_pid"},
	.decode = decode,
	.fields = fields,
};
