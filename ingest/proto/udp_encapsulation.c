// Other encapsulations over UDP: ESP and IKE through NAT, RFC 3948, 2; TZSP, sniffers' own, tzsp.sourceforge
// (archived as en.wikipedia.org/wiki/TZSP).
#include "../decoder.h"

enum { KEEPALIVE_LEN = 1, ISAKMP_HEADER_LEN = 28, ISAKMP_LENGTH_AT = 24 };

// An IKE header's length counts the header (RFC 7296, 3.1).
static bool is_isakmp(const struct dissection *d)
{
	bool is_cut = d->rest.left < ISAKMP_HEADER_LEN;
	return dissect_wire_left(d) >= ISAKMP_HEADER_LEN &&
	       (is_cut || bytes_peek(d->rest, ISAKMP_LENGTH_AT, 4) >= ISAKMP_HEADER_LEN);
}

static void decode_nat_traversal(struct dissection *d)
{
	if (d->rest.left == KEEPALIVE_LEN && !d->cut)
		return;
	uint32_t marker = bytes_u32(&d->rest);
	if (d->rest.bad)
		return;
	if (marker)
		dissect_layer(d, "esp");
	else if (is_isakmp(d))
		dissect_layer(d, "isakmp");
}

const struct decoder decoder_nat_traversal = {
	.name = "udpencap",
	.keys = {{"udp.port", 4500}},
	.decode = decode_nat_traversal,
};

enum { LINK, WLAN };

enum { TZSP_ETHERNET = 1, TZSP_WLAN = 18, TAG_PADDING = 0, TAG_END = 1 };

static void skip_tags(struct bytes *b)
{
	uint8_t tag;

	do {
		tag = bytes_u8(b);
		if (tag != TAG_END && tag != TAG_PADDING)
			bytes_skip(b, bytes_u8(b));
	} while (tag != TAG_END && !b->bad);
}

static void decode_tzsp(struct dissection *d)
{
	bytes_skip(&d->rest, 2);
	uint16_t protocol = bytes_u16(&d->rest);

	skip_tags(&d->rest);
	if (d->rest.bad)
		return;
	if (protocol == TZSP_ETHERNET)
		dissect_next(d, LINK, 1);
	else if (protocol == TZSP_WLAN)
		dissect_next(d, WLAN, 0);
	else
		dissect_unknown(d);
}

const struct decoder decoder_tzsp = {
	.name = "tzsp",
	.keys = {{"linktype", 128}, {"udp.port", 37008}},
	.tables = {[LINK] = "linktype", [WLAN] = "wlan"},
	.decode = decode_tzsp,
};
