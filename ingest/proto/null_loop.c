// LINKTYPE_NULL and LINKTYPE_LOOP: an address family in four bytes (tcpdump.org/linktypes.html).
#include "link.h"

enum { FAMILY, ETHERTYPE, LINK };

enum {
	FAMILY_END = 0x600, // families of all systems are well below
	LINK_PPP = 9,
	PPP_ADDRESS_CONTROL = 0xff03,
};

static uint32_t swapped16(uint32_t value)
{
	return (value >> 8 & 0xff) | (value & 0xff) << 8;
}

// The family is in the byte order of the machine that captured, which the file does not tell: but it is small. IRIX
// has it in the first two bytes; old Linux has an ethertype in the last two, in network order.
static uint32_t family_of(struct bytes b)
{
	uint32_t big = (uint32_t)bytes_peek(b, 0, 4);
	uint32_t little = (uint32_t)bytes_uint_le(&b, 4);

	if (little < 0x10000)
		return (little & 0xff) || little >= FAMILY_END ? little : swapped16(little);
	return little >> 16 < FAMILY_END >> 8 ? little >> 16 : big;
}

static void decode_null(struct dissection *d)
{
	uint32_t family = family_of(d->rest);

	if (bytes_peek(d->rest, 0, 2) == PPP_ADDRESS_CONTROL) {
		dissect_next(d, LINK, LINK_PPP);
		return;
	}
	bytes_skip(&d->rest, 4);
	if (d->rest.bad)
		return;
	if (family > LINK_802_3_LENGTH_MAX)
		dissect_next(d, ETHERTYPE, family & 0xffff);
	else
		dissect_next(d, FAMILY, family);
}

static const struct field_value families[] = {
	{2, "IP"}, {10, "IPv6 (Linux)"}, {24, "IPv6 (NetBSD, OpenBSD)"}, {28, "IPv6 (FreeBSD)"}, {30, "IPv6 (macOS)"},
	{0, NULL},
};

// As the machine that captured has it: the bytes of a small number that are zero tell which way.
static const struct field null_fields[] = {
	FIELD("null.family", 0, 4, FIELD_LITTLE, .names = families, FIELD_WHEN(2, 2, 0xffff, 0, 0)),
	FIELD("null.family", 0, 4, FIELD_NUMBER, .names = families, FIELD_WHEN(0, 2, 0xffff, 0, 0)),
	FIELD_END,
};

const struct decoder decoder_null = {
	.name = "null",
	.keys = {{"linktype", 0}},
	.tables = {[FAMILY] = "null.type", [ETHERTYPE] = "ethertype", [LINK] = "linktype"},
	.decode = decode_null,
	.fields = null_fields,
};

static void decode_loop(struct dissection *d)
{
	uint32_t family = bytes_u32(&d->rest);

	if (!d->rest.bad)
		dissect_next(d, FAMILY, family);
}

static const struct field loop_fields[] = {
	FIELD("null.family", 0, 4, FIELD_NUMBER, .names = families),
	FIELD_END,
};

const struct decoder decoder_loop = {
	.name = "null",
	.keys = {{"linktype", 108}},
	.tables = {[FAMILY] = "null.type"},
	.decode = decode_loop,
	.fields = loop_fields,
};
