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

const struct decoder decoder_linux_sll = {
	.name = "sll",
	.keys = {{"linktype", 113}},
	.tables = SLL_TABLES,
	.decode = decode,
};
