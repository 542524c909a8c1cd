// Network service header: RFC 8300, 2.2 and 2.3; VXLAN-GPE, whose next protocols are the same: draft-ietf-
// nvo3-vxlan-gpe, 3.2.
#include "../decoder.h"

enum { ETHERTYPE };

// By the next protocol's number: RFC 8300, 9.1.5. Zero: none.
static const uint16_t ethertypes[] = {[1] = 0x0800, [2] = 0x86dd, [3] = 0x6558, [4] = 0x894f, [5] = 0x8847};

static uint16_t ethertype_of(uint8_t next)
{
	return next < sizeof ethertypes / sizeof *ethertypes ? ethertypes[next] : 0;
}

enum { LENGTH_MASK = 0x3f, FIXED_LEN = 8 }; // the length is in words of four bytes

static void decode_nsh(struct dissection *d)
{
	size_t length = (bytes_u16(&d->rest) & LENGTH_MASK) * 4u;
	bytes_skip(&d->rest, 1);
	uint8_t next = bytes_u8(&d->rest);

	if (length < FIXED_LEN) {
		dissect_malformed(d, PACKET_ERROR_MALFORMED);
		return;
	}
	bytes_skip(&d->rest, length - 4);
	if (d->rest.bad)
		return;
	if (ethertype_of(next))
		dissect_next(d, ETHERTYPE, ethertype_of(next));
	else
		dissect_unknown(d);
}

const struct decoder decoder_nsh = {
	.name = "nsh",
	.keys = {{"ethertype", 0x894f}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_nsh,
};

enum { GPE_LEN = 8 };

// Wireshark gives VXLAN-GPE no name in the stack.
static void decode_vxlan_gpe(struct dissection *d)
{
	uint16_t type = ethertype_of((uint8_t)bytes_peek(d->rest, 3, 1));

	if (d->rest.left < GPE_LEN || !type) {
		dissect_reject(d);
		return;
	}
	bytes_skip(&d->rest, GPE_LEN);
	dissect_next(d, ETHERTYPE, type);
}

const struct decoder decoder_vxlan_gpe = {
	.keys = {{"udp.port", 4790}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_vxlan_gpe,
};
