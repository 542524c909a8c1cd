// Teredo, IPv6 over UDP: RFC 4380, 5.1.1 (authentication and origin indication).
#include "../decoder.h"

enum { ETHERTYPE };

enum { INDICATOR_ORIGIN = 0x0000, INDICATOR_AUTHENTICATION = 0x0001 };

enum { ORIGIN_LEN = 8, NONCE_AND_CONFIRMATION_LEN = 9 };

static void skip_authentication(struct bytes *b)
{
	bytes_skip(b, 2);
	size_t id_len = bytes_u8(b);
	size_t value_len = bytes_u8(b);
	bytes_skip(b, id_len + value_len + NONCE_AND_CONFIRMATION_LEN);
}

static void decode(struct dissection *d)
{
	if (d->rest.left >= 2 && bytes_peek(d->rest, 0, 2) == INDICATOR_AUTHENTICATION)
		skip_authentication(&d->rest);
	if (d->rest.left >= 2 && bytes_peek(d->rest, 0, 2) == INDICATOR_ORIGIN)
		bytes_skip(&d->rest, ORIGIN_LEN);
	if (d->rest.left < 2)
		bytes_fail(&d->rest);
	else if (bytes_peek(d->rest, 0, 1) >> 4 == 6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else
		dissect_unknown(d);
}

const struct decoder decoder_teredo = {
	.name = "teredo",
	.keys = {{"udp.port", 3544}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
