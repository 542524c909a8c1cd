// GTP, which carries the packets of mobile subscribers: version 0, 3GPP TS 09.60, 6; version 1, TS 29.281, 5.1 (header)
// and 5.2 (extension headers), and TS 29.060; version 2, TS 29.274, named only. GTP': TS 32.295.
#include "../decoder.h"

enum { ETHERTYPE, ETHERNET_LINK };

enum {
	VERSION_SHIFT = 5,
	FLAG_PROTOCOL_TYPE = 0x10, // clear: GTP', charging
	FLAG_EXTENSION = 0x04,
	FLAG_OPTIONAL = 0x07, // any of extension header, sequence number, N-PDU number: all three fields are there
	HEADER_0_REST = 16,   // of version 0, behind the length
	MESSAGE_PACKET = 255, // T-PDU, G-PDU: a subscriber's packet
	EXTENSION_RAN = 0x84, // NR RAN container, TS 38.425
	ETHERNET_HEADER_LEN = 14,
};

// Message types: TS 29.060, table 1, with those of TS 32.295. Ranges, both ends included.
static const uint8_t messages[][2] = {{1, 7},     {16, 37},   {48, 62},   {70, 70},  {96, 105},
                                      {112, 121}, {128, 129}, {240, 241}, {254, 255}};

static bool is_message(uint8_t type)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
		if (type >= messages[i][0] && type <= messages[i][1])
			return true;
	return false;
}

// Nothing says what a subscriber's packet is. As Wireshark has it: IP by its first byte, or Ethernet with ARP or IP.
static void offer_packet(struct dissection *d)
{
	uint64_t first = bytes_peek(d->rest, 0, 1);
	uint64_t type = bytes_peek(d->rest, 12, 2);

	if (first >= 0x45 && first <= 0x4e)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (first >> 4 == 6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else if (d->rest.left > ETHERNET_HEADER_LEN && (type == 0x0800 || type == 0x0806 || type == 0x86dd))
		dissect_next(d, ETHERNET_LINK, 1);
}

// Each is as long as its first byte says, in words of four bytes, and ends with the type of the next.
static uint8_t skip_extensions(struct dissection *d, uint8_t type)
{
	while (type && type != EXTENSION_RAN && !d->rest.bad) {
		size_t length = bytes_u8(&d->rest) * 4u;
		if (length == 0)
			bytes_fail(&d->rest);
		else
			bytes_skip(&d->rest, length - 2);
		type = bytes_u8(&d->rest);
	}
	return type;
}

static void decode_version_1(struct dissection *d, uint8_t flags, uint8_t message)
{
	uint8_t extension = 0;

	bytes_skip(&d->rest, 4);
	if (flags & FLAG_OPTIONAL) {
		bytes_skip(&d->rest, 3);
		extension = bytes_u8(&d->rest);
	}
	if (message != MESSAGE_PACKET)
		return;
	if (flags & FLAG_EXTENSION)
		extension = skip_extensions(d, extension);
	if (d->rest.bad)
		return;
	if ((flags & FLAG_EXTENSION) && extension == EXTENSION_RAN)
		dissect_layer(d, "nrup");
	else
		offer_packet(d);
}

static void decode_version_0(struct dissection *d, uint8_t message)
{
	bytes_skip(&d->rest, HEADER_0_REST);
	if (!d->rest.bad && message == MESSAGE_PACKET)
		offer_packet(d);
}

static void decode(struct dissection *d)
{
	uint8_t flags = (uint8_t)bytes_peek(d->rest, 0, 1);
	uint8_t message = (uint8_t)bytes_peek(d->rest, 1, 1);
	unsigned version = flags >> VERSION_SHIFT;

	if (version > 2 || d->rest.left < 2 || (version < 2 && !is_message(message))) {
		dissect_reject(d);
		return;
	}
	if (version == 2) {
		dissect_layer(d, "gtpv2");
		return;
	}
	bytes_skip(&d->rest, 2);
	uint16_t length = bytes_u16(&d->rest);
	if (!(flags & FLAG_PROTOCOL_TYPE))
		return;
	if (version == 1) {
		dissect_limit(d, length + 4u);
		decode_version_1(d, flags, message);
	} else {
		decode_version_0(d, message);
	}
}

// Of version 1, with the three optional fields, of which those count whose flag is set.
#define VERSION_1(flag) FIELD_WHEN(0, 1, 0xe0 | (flag), 0x20 | (flag), 0x20 | (flag))

static const struct field_value message_types[] = {
	{1, "echo request"},
	{2, "echo response"},
	{16, "create PDP context request"},
	{17, "create PDP context response"},
	{18, "update PDP context request"},
	{19, "update PDP context response"},
	{20, "delete PDP context request"},
	{21, "delete PDP context response"},
	{26, "error indication"},
	{31, "supported extension headers"},
	{254, "end marker"},
	{MESSAGE_PACKET, "T-PDU"},
	{0, NULL},
};

static const struct field fields[] = {
	FIELD("gtp.flags.version", 0, 1, FIELD_NUMBER, .mask = 0xe0, FIELD_WHEN(0, 1, 0xe0, 0, 0x20)),
	FIELD("gtp.flags.payload", 0, 1, FIELD_NUMBER, .mask = FLAG_PROTOCOL_TYPE, FIELD_WHEN(0, 1, 0xe0, 0, 0x20)),
	FIELD("gtp.flags.e", 0, 1, FIELD_NUMBER, .mask = FLAG_EXTENSION, VERSION_1(0)),
	FIELD("gtp.flags.s", 0, 1, FIELD_NUMBER, .mask = 0x02, VERSION_1(0)),
	FIELD("gtp.flags.pn", 0, 1, FIELD_NUMBER, .mask = 0x01, VERSION_1(0)),
	FIELD("gtp.message", 1, 1, FIELD_HEX, .names = message_types, FIELD_WHEN(0, 1, 0xe0, 0, 0x20)),
	FIELD("gtp.length", 2, 2, FIELD_NUMBER, FIELD_WHEN(0, 1, 0xe0, 0, 0x20)),
	FIELD("gtp.teid", 4, 4, FIELD_HEX, VERSION_1(0)),
	FIELD("gtp.seq_number", 8, 2, FIELD_HEX, VERSION_1(0x02)),
	FIELD("gtp.npdu_number", 10, 1, FIELD_HEX, VERSION_1(0x01)),
	FIELD("gtp.ext_hdr.next", 11, 1, FIELD_HEX, VERSION_1(FLAG_EXTENSION)),
	FIELD_END,
};

const struct decoder decoder_gtp = {
	.name = "gtp",
	.keys = {{"udp.port", 2123}, {"udp.port", 2152}},
	.tables = {[ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode,
	.fields = fields,
};

const struct decoder decoder_gtp_prime = {
	.name = "gtpprime",
	.keys = {{"udp.port", 3386}},
	.tables = {[ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode,
};
