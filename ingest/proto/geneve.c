// Geneve: RFC 8926, 3.4.
#include "../decoder.h"

enum { ETHERTYPE };

enum { OPTIONS_LEN = 0x3f }; // of the first byte, in words of four bytes

static void decode(struct dissection *d)
{
	size_t options_len = (bytes_u8(&d->rest) & OPTIONS_LEN) * 4u;
	bytes_skip(&d->rest, 1);
	uint16_t protocol = bytes_u16(&d->rest);

	bytes_skip(&d->rest, 4 + options_len);
	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, protocol);
}

const struct decoder decoder_geneve = {
	.name = "geneve",
	.keys = {{"udp.port", 6081}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
