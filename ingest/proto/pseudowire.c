// Pseudowires over MPLS: Ethernet with and without a control word (RFC 4448, 4.6), and the associated channel
// (RFC 4385, 5; its types: RFC 4446, 3.2, and RFC 5586).
#include "../decoder.h"

enum { CONTROL_WORD_LEN = 4, ETHERNET_HEADER_LEN = 14, MAC_GROUP_OR_LOCAL = 0x03 };

// Of a MAC address's first byte.
static bool is_global_unicast(uint64_t first_byte)
{
	return !(first_byte & MAC_GROUP_OR_LOCAL);
}

static bool is_common_type(uint64_t type)
{
	return type == 0x0800 || type == 0x0806 || type == 0x8100 || type == 0x86dd || type == 0x88a8 || type == 0x8847;
}

// A MAC address that starts with four zero bits looks like a control word. The control word goes on with twelve bits
// that must be zero; few vendors' numbers do, and there the type tells. (Wireshark asks its list of vendors.)
static bool looks_like_ethernet(struct bytes b)
{
	if (b.left < ETHERNET_HEADER_LEN)
		return false;
	if (bytes_peek(b, 0, 2) == 0)
		return is_common_type(bytes_peek(b, 12, 2)) && !is_common_type(bytes_peek(b, 12 + CONTROL_WORD_LEN, 2));
	return is_global_unicast(bytes_peek(b, 0, 1)) && is_global_unicast(bytes_peek(b, 6, 1));
}

enum { CONTROL_WORD };

static void decode_heuristic(struct dissection *d)
{
	if (d->rest.left)
		dissect_next(d, CONTROL_WORD, !looks_like_ethernet(d->rest));
}

const struct decoder decoder_pseudowire_ethernet = {
	.name = "pwethheuristic",
	.keys = {{"mpls.nibble", 0}},
	.tables = {[CONTROL_WORD] = "pw.control_word"},
	.decode = decode_heuristic,
};

enum { ETHERNET_LINK };

static void decode_without(struct dissection *d)
{
	dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_pseudowire_without_control_word = {
	.name = "pwethnocw",
	.keys = {{"pw.control_word", 0}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode_without,
};

static void decode_with(struct dissection *d)
{
	if (dissect_wire_left(d) < CONTROL_WORD_LEN) {
		dissect_reject(d);
		return;
	}
	bytes_skip(&d->rest, CONTROL_WORD_LEN);
	if (!d->rest.bad)
		dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_pseudowire_with_control_word = {
	.name = "pwethcw",
	.keys = {{"pw.control_word", 1}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode_with,
};

enum { ETHERTYPE, CHANNEL_TYPE };

enum { CHANNEL_IPV4 = 0x0021, CHANNEL_IPV6 = 0x0057 };

static void decode_channel(struct dissection *d)
{
	bytes_skip(&d->rest, 2);
	uint16_t type = bytes_u16(&d->rest);

	if (d->rest.bad)
		return;
	if (type == CHANNEL_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (type == CHANNEL_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else
		dissect_next(d, CHANNEL_TYPE, type);
}

const struct decoder decoder_pseudowire_channel = {
	.name = "pwach",
	.keys = {{"mpls.nibble", 1}},
	.tables = {[ETHERTYPE] = "ethertype", [CHANNEL_TYPE] = "pwach.channel_type"},
	.decode = decode_channel,
};

const struct decoder decoder_pseudowire_bfd = {
	.name = "bfd",
	.keys = {{"pwach.channel_type", 0x0007}, {"pwach.channel_type", 0x0022}, {"pwach.channel_type", 0x0023}},
};

const struct decoder decoder_pseudowire_echo = {
	.name = "mpls-echo",
	.keys = {{"pwach.channel_type", 0x0025}},
};
