// LINKTYPE_LINUX_SLL, "cooked" captures (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html).
#include "sll.h"

// Packet type, ARPHRD_ type, address length, address, protocol.
static void decode(struct dissection *d)
{
	uint16_t packet_type = bytes_u16(&d->rest);
	uint16_t hardware = bytes_u16(&d->rest);
	uint16_t address_len = bytes_u16(&d->rest);
	struct bytes address = bytes_split(&d->rest, SLL_ADDRESS_LEN);
	uint16_t protocol = bytes_u16(&d->rest);

	sll_set_unit(d->packet, 0, (uint8_t)packet_type);
	sll_follow(d, hardware, address, address_len, protocol);
}

static const struct field fields[] = {
	FIELD("sll.pkttype", 0, 2, FIELD_NUMBER, .names = sll_packet_types),
	FIELD("sll.hatype", 2, 2, FIELD_NUMBER, .names = field_arphrds),
	FIELD("sll.halen", 4, 2, FIELD_NUMBER),
	FIELD("sll.src.eth", 6, 6, FIELD_MAC, FIELD_WHEN(4, 2, 0xffff, 6, 6)),
	FIELD("sll.src.ipv4", 6, 4, FIELD_IPV4, FIELD_WHEN(4, 2, 0xffff, 4, 4)),
	FIELD("sll.etype", 14, 2, FIELD_HEX, .names = field_ethertypes,
          FIELD_WHEN(14, 2, 0xffff, LINK_ETHERTYPE_MIN + 1, 0xffff)),
	FIELD("sll.ltype", 14, 2, FIELD_HEX, FIELD_WHEN(14, 2, 0xffff, 0, LINK_ETHERTYPE_MIN)),
	FIELD_END,
};

const struct decoder decoder_linux_sll = {
	.name = "sll",
	.keys = {{"linktype", 113}},
	.tables = SLL_TABLES,
	.decode = decode,
	.fields = fields,
};
