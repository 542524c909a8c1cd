// LINKTYPE_LINUX_SLL2 (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html); Wireshark calls it "sll", as the first.
#include "sll.h"

// Protocol, reserved, interface index, ARPHRD_ type, packet type, address length, address.
static void decode(struct dissection *d)
{
	uint16_t protocol = bytes_u16(&d->rest);
	bytes_skip(&d->rest, 2);
	uint32_t interface = bytes_u32(&d->rest);
	uint16_t hardware = bytes_u16(&d->rest);
	uint8_t packet_type = bytes_u8(&d->rest);
	uint8_t address_len = bytes_u8(&d->rest);
	struct bytes address = bytes_split(&d->rest, SLL_ADDRESS_LEN);

	sll_set_unit(d->packet, interface, packet_type);
	sll_follow(d, hardware, address, address_len, protocol);
}

static const struct field fields[] = {
	FIELD("sll.etype", 0, 2, FIELD_HEX, .names = field_ethertypes,
          FIELD_WHEN(0, 2, 0xffff, LINK_ETHERTYPE_MIN + 1, 0xffff)),
	FIELD("sll.ltype", 0, 2, FIELD_HEX, FIELD_WHEN(0, 2, 0xffff, 0, LINK_ETHERTYPE_MIN)),
	FIELD("sll.ifindex", 4, 4, FIELD_NUMBER),
	FIELD("sll.hatype", 8, 2, FIELD_NUMBER, .names = field_arphrds),
	FIELD("sll.pkttype", 10, 1, FIELD_NUMBER, .names = sll_packet_types),
	FIELD("sll.halen", 11, 1, FIELD_NUMBER),
	FIELD("sll.src.eth", 12, 6, FIELD_MAC, FIELD_WHEN(11, 1, 0xff, 6, 6)),
	FIELD("sll.src.ipv4", 12, 4, FIELD_IPV4, FIELD_WHEN(11, 1, 0xff, 4, 4)),
	FIELD_END,
};

const struct decoder decoder_linux_sll2 = {
	.name = "sll",
	.keys = {{"linktype", 276}},
	.tables = SLL_TABLES,
	.decode = decode,
	.fields = fields,
};
