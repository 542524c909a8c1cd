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

const struct decoder decoder_linux_sll2 = {
	.name = "sll",
	.keys = {{"linktype", 276}},
	.tables = SLL_TABLES,
	.decode = decode,
};
