// ARCNET: RFC 1051, 1 and RFC 1201, 2 (fragmentation); tcpdump.org/linktypes.html, ARCNET_BSD and ARCNET_LINUX.
#include "../decoder.h"

enum { ETHERTYPE, LLC };

enum protocol {
	PROTOCOL_IP_1201 = 0xd4,
	PROTOCOL_ARP_1201 = 0xd5,
	PROTOCOL_RARP_1201 = 0xd6,
	PROTOCOL_IP_1051 = 0xf0,
	PROTOCOL_ARP_1051 = 0xf1,
	PROTOCOL_BACNET = 0xcd, // ASHRAE 135, 8.2: LLC, and never a fragment
	PROTOCOL_APPLETALK = 0xdd,
	PROTOCOL_IPX = 0xfa,
};

enum { ADDRESSES_LEN = 2, OFFSET_LEN = 2, FLAG_EXCEPTION = 0xff, SEQUENCE_LEN = 2 };

static uint16_t ethertype_of(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_IP_1201:
	case PROTOCOL_IP_1051:
		return 0x0800;
	case PROTOCOL_ARP_1201:
	case PROTOCOL_ARP_1051:
		return 0x0806;
	case PROTOCOL_RARP_1201:
		return 0x8035;
	case PROTOCOL_IPX:
		return 0x8137;
	default:
		return 0;
	}
}

// RFC 1201, 2.2 and 2.3. An exception packet has the flag, and padding, twice. A zero flag: not a fragment.
static uint8_t read_split_flag(struct bytes *b)
{
	uint8_t flag = bytes_u8(b);

	if (flag == FLAG_EXCEPTION) {
		bytes_skip(b, 3);
		flag = bytes_u8(b);
	}
	bytes_skip(b, SEQUENCE_LEN);
	return flag;
}

static void follow(struct dissection *d)
{
	uint8_t protocol = bytes_u8(&d->rest), flag = 0;
	bool splits = protocol != PROTOCOL_IP_1051 && protocol != PROTOCOL_ARP_1051 && protocol != PROTOCOL_BACNET;

	if (splits)
		flag = read_split_flag(&d->rest);
	if (d->rest.bad)
		return;
	if (flag)
		dissect_layer(d, "data");
	else if (protocol == PROTOCOL_BACNET)
		dissect_next(d, LLC, 0);
	else if (protocol == PROTOCOL_APPLETALK)
		dissect_layer(d, "ddp");
	else if (ethertype_of(protocol))
		dissect_next(d, ETHERTYPE, ethertype_of(protocol));
	else
		dissect_unknown(d);
}

static void decode_bsd(struct dissection *d)
{
	bytes_skip(&d->rest, ADDRESSES_LEN);
	follow(d);
}

const struct decoder decoder_arcnet_bsd = {
	.name = "arcnet",
	.keys = {{"linktype", 7}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_bsd,
};

static void decode_linux(struct dissection *d)
{
	bytes_skip(&d->rest, ADDRESSES_LEN + OFFSET_LEN);
	follow(d);
}

const struct decoder decoder_arcnet_linux = {
	.name = "arcnet",
	.keys = {{"linktype", 129}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_linux,
};
