// Linux netfilter's log: tcpdump.org/linktypes/LINKTYPE_NFLOG.html. The packet is in one of its attributes.
#include "../decoder.h"

enum { ETHERTYPE };

enum {
	FAMILY_IPV4 = 2,
	FAMILY_IPV6 = 10,
	ATTRIBUTE_PACKET = 1, // begins with the ethertype of what a bridge, say, passed on
	ATTRIBUTE_PAYLOAD = 9,
	ATTRIBUTE_HEADER_LEN = 4,
};

static void offer(struct dissection *d, uint8_t family, uint16_t ethertype)
{
	if (family == FAMILY_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (family == FAMILY_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else if (ethertype)
		dissect_next(d, ETHERTYPE, ethertype);
	else
		dissect_unknown(d);
}

// Attributes start at multiples of four bytes; their length covers their header, both in the capturing machine's order.
static void decode(struct dissection *d)
{
	uint8_t family = bytes_u8(&d->rest);
	uint16_t ethertype = 0;

	bytes_skip(&d->rest, 3);
	while (d->rest.left) {
		size_t length = bytes_uint_le(&d->rest, 2);
		uint64_t type = bytes_uint_le(&d->rest, 2);
		if (length < ATTRIBUTE_HEADER_LEN) {
			bytes_fail(&d->rest);
			return;
		}
		length -= ATTRIBUTE_HEADER_LEN;
		if (type == ATTRIBUTE_PAYLOAD) {
			dissect_limit(d, (uint32_t)length);
			offer(d, family, ethertype);
			return;
		}
		struct bytes value = bytes_split(&d->rest, length);
		if (type == ATTRIBUTE_PACKET)
			ethertype = bytes_u16(&value);
		bytes_skip(&d->rest, (4 - length % 4) % 4);
	}
}

const struct decoder decoder_nflog = {
	.name = "nflog",
	.keys = {{"linktype", 239}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
