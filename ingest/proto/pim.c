// PIM: RFC 7761, 4.9. A Register message tunnels a multicast packet to the rendezvous point (4.9.3).
#include "../decoder.h"

enum { ETHERTYPE };

enum { VERSION_AND_TYPE_REGISTER = 0x21, REGISTER_LEN = 8 };

static void decode(struct dissection *d)
{
	if (bytes_peek(d->rest, 0, 1) != VERSION_AND_TYPE_REGISTER)
		return;
	bytes_skip(&d->rest, REGISTER_LEN);

	uint64_t version = bytes_peek(d->rest, 0, 1) >> 4;
	if (version == 4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (version == 6)
		dissect_next(d, ETHERTYPE, 0x86dd);
}

const struct decoder decoder_pim = {
	.name = "pim",
	.keys = {{"ip.proto", 103}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
