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

const struct decoder decoder_arp = {
	.name = "arp",
	.keys = {{"ethertype", 0x0806}, {"ethertype", 0x8035}},
	.decode = decode,
};
