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

const struct decoder decoder_null = {
	.name = "null",
	.keys = {{"linktype", 0}},
	.tables = {[FAMILY] = "null.type", [ETHERTYPE] = "ethertype", [LINK] = "linktype"},
	.decode = decode_null,
};

static void decode_loop(struct dissection *d)
{
	uint32_t family = bytes_u32(&d->rest);

	if (!d->rest.bad)
		dissect_next(d, FAMILY, family);
}

const struct decoder decoder_loop = {
	.name = "null",
	.keys = {{"linktype", 108}},
	.tables = {[FAMILY] = "null.type"},
	.decode = decode_loop,
};
