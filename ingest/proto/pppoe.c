// PPP over Ethernet: RFC 2516, 4; the discovery stage (5) and the session stage (6).
#include "../decoder.h"

enum { PPP };

enum { HEADER_LEN = 6, PPP_PROTOCOL_LEN = 2 };

static void decode_discovery(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN);
}

const struct decoder decoder_pppoe_discovery = {
	.name = "pppoed",
	.keys = {{"ethertype", 0x8863}},
	.decode = decode_discovery,
};

static void decode_session(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN - 2);
	uint16_t length = bytes_u16(&d->rest);

	dissect_limit(d, length);
	if (d->rest.left < PPP_PROTOCOL_LEN)
		bytes_fail(&d->rest);
	else
		dissect_next(d, PPP, 0);
}

const struct decoder decoder_pppoe_session = {
	.name = "pppoes",
	.keys = {{"linktype", 51}, {"ethertype", 0x8864}},
	.tables = {[PPP] = "ppp"},
	.decode = decode_session,
};
