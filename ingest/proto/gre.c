// GRE: RFC 2784, 2 and RFC 2890, 2; with the routing field of RFC 1701; enhanced for PPTP: RFC 2637, 4.1; over UDP: RFC
// 8086; WCCP version 2's redirect header: draft-mclaggan-wccp-v2rev1, 4.12.1. Aruba's access points tunnel frames of
// 802.11, with one of 24 numbers by the queue they are in.
#include "../decoder.h"

enum { PROTOCOL, ETHERTYPE, ERSPAN, WLAN };

enum {
	FLAG_CHECKSUM = 0x8000,
	FLAG_ROUTING = 0x4000,
	FLAG_KEY = 0x2000,
	FLAG_SEQUENCE = 0x1000,
	FLAG_ACK = 0x0080, // of the enhanced header
};

enum protocol {
	PROTOCOL_IPX = 0x8137,
	PROTOCOL_PPP = 0x880b,
	PROTOCOL_WCCP = 0x883e,
	PROTOCOL_ERSPAN = 0x88be,
	PROTOCOL_CDMA2000 = 0x8881,
	PROTOCOL_NSH = 0x894f,
	PROTOCOL_ARP = 0x0806,
	PROTOCOL_BRIDGED = 0x6400,
	PROTOCOL_ARUBA_FIRST = 0x8200, // and on in steps of 16
	PROTOCOL_ARUBA_LAST = 0x8370,
};

// The source routes of RFC 1701 end with one of no family and no length.
static void skip_routes(struct bytes *b)
{
	uint16_t family;
	uint8_t length;

	do {
		family = bytes_u16(b);
		bytes_skip(b, 1);
		length = bytes_u8(b);
		bytes_skip(b, length);
	} while (!b->bad && (family || length));
}

static void skip_options(struct bytes *b, uint16_t flags, uint16_t protocol)
{
	if (flags & (FLAG_CHECKSUM | FLAG_ROUTING))
		bytes_skip(b, 4);
	if (flags & FLAG_KEY)
		bytes_skip(b, 4);
	if (flags & FLAG_SEQUENCE)
		bytes_skip(b, 4);
	if ((flags & FLAG_ACK) && (protocol == PROTOCOL_PPP || protocol == PROTOCOL_CDMA2000))
		bytes_skip(b, 4);
	if (flags & FLAG_ROUTING)
		skip_routes(b);
}

static bool is_aruba(uint16_t protocol)
{
	return protocol >= PROTOCOL_ARUBA_FIRST && protocol <= PROTOCOL_ARUBA_LAST && protocol % 16 == 0;
}

static void offer(struct dissection *d, uint16_t flags, uint16_t protocol)
{
	if (is_aruba(protocol)) {
		dissect_next(d, WLAN, 0);
		return;
	}
	switch (protocol) {
	case PROTOCOL_ARP:
	case PROTOCOL_IPX:
	case PROTOCOL_NSH:
		dissect_next(d, ETHERTYPE, protocol);
		break;
	case PROTOCOL_BRIDGED:
		dissect_next(d, ETHERTYPE, 0x6558);
		break;
	case PROTOCOL_WCCP:
		if (bytes_peek(d->rest, 0, 1) >> 4 != 4) // version 2: a header of four bytes
			bytes_skip(&d->rest, 4);
		dissect_next(d, ETHERTYPE, 0x0800);
		break;
	case PROTOCOL_ERSPAN:
		dissect_next(d, ERSPAN, (flags & FLAG_SEQUENCE) != 0);
		break;
	default:
		dissect_next(d, PROTOCOL, protocol);
	}
}

static void decode(struct dissection *d)
{
	uint16_t flags = bytes_u16(&d->rest);
	uint16_t protocol = bytes_u16(&d->rest);

	skip_options(&d->rest, flags, protocol);
	if (d->rest.bad)
		return;
	if (dissect_wire_left(d) || (flags & FLAG_SEQUENCE)) // else a keep-alive, or PPTP's mere acknowledgment
		offer(d, flags, protocol);
}

static const struct field fields[] = {
	FIELD("gre.flags.checksum", 0, 2, FIELD_NUMBER, .mask = FLAG_CHECKSUM),
	FIELD("gre.flags.routing", 0, 2, FIELD_NUMBER, .mask = FLAG_ROUTING),
	FIELD("gre.flags.key", 0, 2, FIELD_NUMBER, .mask = FLAG_KEY),
	FIELD("gre.flags.sequence_number", 0, 2, FIELD_NUMBER, .mask = FLAG_SEQUENCE),
	FIELD("gre.flags.version", 0, 2, FIELD_NUMBER, .mask = 0x0007),
	FIELD("gre.proto", 2, 2, FIELD_HEX, .names = field_ethertypes),
	FIELD("gre.checksum", FIELD_NEXT, 2, FIELD_HEX, FIELD_IF(0, 2, FLAG_CHECKSUM | FLAG_ROUTING)),
	FIELD("gre.offset", FIELD_NEXT, 2, FIELD_NUMBER, FIELD_IF(0, 2, FLAG_CHECKSUM | FLAG_ROUTING)),
	FIELD("gre.key", FIELD_NEXT, 4, FIELD_HEX, FIELD_WHEN(0, 2, FLAG_KEY | 7, FLAG_KEY, FLAG_KEY)),
	FIELD("gre.key.payload_length", FIELD_NEXT, 2, FIELD_NUMBER,
          FIELD_WHEN(0, 2, FLAG_KEY | 7, FLAG_KEY | 1, FLAG_KEY | 1)),
	FIELD("gre.key.call_id", FIELD_NEXT, 2, FIELD_NUMBER,
          FIELD_WHEN(0, 2, FLAG_KEY | 7, FLAG_KEY | 1, FLAG_KEY | 1)),
	FIELD("gre.sequence_number", FIELD_NEXT, 4, FIELD_NUMBER, FIELD_IF(0, 2, FLAG_SEQUENCE)),
	FIELD("gre.ack_number", FIELD_NEXT, 4, FIELD_NUMBER,
          FIELD_WHEN(0, 2, FLAG_ACK | 7, FLAG_ACK | 1, FLAG_ACK | 1)),
	FIELD_END,
};

const struct decoder decoder_gre = {
	.name = "gre",
	.keys = {{"ip.proto", 47}, {"udp.port", 4754}},
	.tables = {[PROTOCOL] = "gre.proto", [ETHERTYPE] = "ethertype", [ERSPAN] = "gre.erspan", [WLAN] = "wlan"},
	.decode = decode,
	.fields = fields,
};
