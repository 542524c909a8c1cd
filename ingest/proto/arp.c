// ARP: RFC 826; the same form with ethertype 0x8035 is RARP (RFC 903).
#include "link.h"

// Hardware type, protocol type, the lengths of their addresses, operation, and two pairs of addresses.
static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, 4);
	size_t hardware_len = bytes_u8(&d->rest);
	size_t protocol_len = bytes_u8(&d->rest);
	bytes_skip(&d->rest, 2);
	bytes_skip(&d->rest, 2 * (hardware_len + protocol_len));
}

#define ETHERNET_IPV4 FIELD_WHEN(4, 2, 0xffff, 0x0604, 0x0604)

static const struct field_value operations[] = {
	{1, "request"},       {2, "reply"}, {3, "reverse request"}, {4, "reverse reply"}, {8, "inverse request"},
	{9, "inverse reply"}, {0, NULL},
};

static const struct field fields[] = {
	FIELD("arp.hw.type", 0, 2, FIELD_NUMBER, .names = field_arphrds),
	FIELD("arp.proto.type", 2, 2, FIELD_HEX, .names = field_ethertypes),
	FIELD("arp.hw.size", 4, 1, FIELD_NUMBER),
	FIELD("arp.proto.size", 5, 1, FIELD_NUMBER),
	FIELD("arp.opcode", 6, 2, FIELD_NUMBER, .names = operations),
	FIELD("arp.src.hw_mac", 8, 6, FIELD_MAC, ETHERNET_IPV4),
	FIELD("arp.src.proto_ipv4", 14, 4, FIELD_IPV4, ETHERNET_IPV4),
	FIELD("arp.dst.hw_mac", 18, 6, FIELD_MAC, ETHERNET_IPV4),
	FIELD("arp.dst.proto_ipv4", 24, 4, FIELD_IPV4, ETHERNET_IPV4),
	FIELD_END,
};

const struct decoder decoder_arp = {
	.name = "arp",
	.keys = {{"ethertype", 0x0806}, {"ethertype", 0x8035}},
	.decode = decode,
	.fields = fields,
};
