// TRILL: RFC 6325, 3.1 (header) and 3.8 (options).
#include "../decoder.h"

enum { ETHERNET_LINK };

enum { OPTIONS_SHIFT = 6, OPTIONS_MASK = 0x1f, NICKNAMES_LEN = 4 }; // options are in words of four bytes

static void decode(struct dissection *d)
{
	size_t options_len = (bytes_u16(&d->rest) >> OPTIONS_SHIFT & OPTIONS_MASK) * 4u;

	bytes_skip(&d->rest, NICKNAMES_LEN + options_len);
	if (!d->rest.bad)
		dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_trill = {
	.name = "trill",
	.keys = {{"ethertype", 0x22f3}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode,
};
