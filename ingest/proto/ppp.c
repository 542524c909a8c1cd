// PPP: RFC 1661, 2 (the protocol field) and 6.5 (compressed to one byte); in HDLC-like framing: RFC 1662, 3.1 and 3.2.
// PPP multilink: RFC 1990, 3; bridging: RFC 3518, 4.2.
#include "../decoder.h"

enum { PROTOCOL, HDLC };

enum {
	PROTOCOL_COMPRESSED = 0x01, // an odd first byte is all of the field
	ADDRESS_ALL_STATIONS = 0xff,
	ADDRESS_CISCO_UNICAST = 0x0f, // Cisco HDLC, met under PPP's link type
	ADDRESS_CISCO_MULTICAST = 0x8f,
};

static void decode(struct dissection *d)
{
	uint32_t protocol = bytes_u8(&d->rest);

	if (!(protocol & PROTOCOL_COMPRESSED))
		protocol = protocol << 8 | bytes_u8(&d->rest);
	if (!d->rest.bad)
		dissect_next(d, PROTOCOL, protocol);
}

static const struct field_value protocols[] = {
	{0x0021, "IPv4"}, {0x003d, "multilink"}, {0x0057, "IPv6"}, {0x0281, "MPLS"},
	{0x8021, "IPCP"}, {0x8057, "IPv6CP"},    {0xc021, "LCP"},  {0xc023, "PAP"},
	{0xc025, "LQR"},  {0xc223, "CHAP"},      {0, NULL},
};

static const struct field fields[] = {
	FIELD("ppp.protocol", 0, 2, FIELD_HEX, .names = protocols, FIELD_WHEN(0, 1, PROTOCOL_COMPRESSED, 0, 0)),
	FIELD("ppp.protocol", 0, 1, FIELD_HEX, .names = protocols, FIELD_IF(0, 1, PROTOCOL_COMPRESSED)),
	FIELD_END,
};

const struct decoder decoder_ppp = {
	.name = "ppp",
	.keys = {{"ppp", 0}, {"fr.nlpid", 0xcf}},
	.tables = {[PROTOCOL] = "ppp.protocol"},
	.decode = decode,
	.fields = fields,
};

// Address and control may have been negotiated away.
static void decode_hdlc(struct dissection *d)
{
	uint64_t address = bytes_peek(d->rest, 0, 1);

	if (address == ADDRESS_CISCO_UNICAST || address == ADDRESS_CISCO_MULTICAST) {
		dissect_next(d, HDLC, 0);
		return;
	}
	if (address == ADDRESS_ALL_STATIONS)
		bytes_skip(&d->rest, 2);
	decode(d);
}

#define HAS_ADDRESS FIELD_WHEN(0, 1, 0xff, ADDRESS_ALL_STATIONS, ADDRESS_ALL_STATIONS)

static const struct field hdlc_fields[] = {
	FIELD("ppp.address", 0, 1, FIELD_HEX, HAS_ADDRESS),
	FIELD("ppp.control", 1, 1, FIELD_HEX, HAS_ADDRESS),
	FIELD("ppp.protocol", 2, 2, FIELD_HEX, .names = protocols, HAS_ADDRESS),
	FIELD("ppp.protocol", 0, 2, FIELD_HEX, .names = protocols, FIELD_WHEN(0, 1, PROTOCOL_COMPRESSED, 0, 0)),
	FIELD_END,
};

const struct decoder decoder_ppp_hdlc = {
	.name = "ppp",
	.keys = {{"linktype", 9}, {"linktype", 50}, {"ppp", 1}, {"gre.proto", 0x880b}, {"sll.ltype", 7}},
	.tables = {[PROTOCOL] = "ppp.protocol", [HDLC] = "chdlc"},
	.decode = decode_hdlc,
	.fields = hdlc_fields,
};

// LINKTYPE_PPP_WITH_DIR: a byte that tells received from sent.
static void decode_with_direction(struct dissection *d)
{
	bytes_skip(&d->rest, 1);
	decode_hdlc(d);
}

const struct decoder decoder_ppp_with_direction = {
	.name = "ppp",
	.keys = {{"linktype", 204}},
	.tables = {[PROTOCOL] = "ppp.protocol", [HDLC] = "chdlc"},
	.decode = decode_with_direction,
};

enum { MULTILINK_WHOLE = 0xc0 }; // first and last fragment in one

// Fragments await their reassembly.
static void decode_multilink(struct dissection *d)
{
	uint8_t flags = (uint8_t)bytes_peek(d->rest, 0, 1);

	bytes_skip(&d->rest, 4);
	if (!d->rest.bad && (flags & MULTILINK_WHOLE) == MULTILINK_WHOLE)
		decode(d);
}

const struct decoder decoder_ppp_multilink = {
	.name = "mp",
	.keys = {{"ppp.protocol", 0x003d}},
	.tables = {[PROTOCOL] = "ppp.protocol"},
	.decode = decode_multilink,
};

enum { ETHERNET_LINK };

enum {
	BRIDGE_LAN_ID = 0x40,
	BRIDGE_CONTROL = 0x10, // a message to the bridge itself
	BRIDGE_PADS = 0x0f,
	BRIDGE_MAC_ETHERNET = 1,
};

static void decode_bridged(struct dissection *d)
{
	uint8_t flags = bytes_u8(&d->rest);
	uint8_t mac_type = bytes_u8(&d->rest);

	if (flags & BRIDGE_LAN_ID)
		bytes_skip(&d->rest, 4);
	bytes_skip(&d->rest, flags & BRIDGE_PADS);
	if (d->rest.bad || flags & BRIDGE_CONTROL)
		return;
	if (mac_type == BRIDGE_MAC_ETHERNET)
		dissect_next(d, ETHERNET_LINK, 1);
	else
		dissect_unknown(d);
}

const struct decoder decoder_ppp_bridged = {
	.name = "bcp_bpdu",
	.keys = {{"ppp.protocol", 0x0031}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode_bridged,
};
