// CAPWAP data: RFC 5415, 4.2 (preamble), 4.3 (header) and 4.4 (payload).
#include "../decoder.h"

enum { LINK, WLAN };

enum { WLAN_SWAPPED = 2 };

enum {
	PREAMBLE_TYPE = 0x0f,
	PREAMBLE_DTLS = 1,
	LENGTH_SHIFT = 19, // of the header's first four bytes; in words of four bytes
	LENGTH_MASK = 0x1f,
	FLAG_NATIVE = 0x0100, // the payload is a wireless frame
	FLAG_FRAGMENT = 0x0080,
	FLAG_KEEPALIVE = 0x0008,
	BINDING_SHIFT = 9,
	BINDING_MASK = 0x1f,
	BINDING_WLAN = 1,
	HEADER_LEN_MIN = 8,
};

static void decode_payload(struct dissection *d, uint32_t header)
{
	if ((header & FLAG_KEEPALIVE) || !dissect_wire_left(d))
		return;
	if (header & FLAG_FRAGMENT)
		dissect_layer(d, "data");
	else if (!(header & FLAG_NATIVE))
		dissect_next(d, LINK, 1);
	else if ((header >> BINDING_SHIFT & BINDING_MASK) == BINDING_WLAN)
		dissect_next(d, WLAN, WLAN_SWAPPED);
	else
		dissect_unknown(d);
}

static void decode(struct dissection *d)
{
	uint32_t header = (uint32_t)bytes_peek(d->rest, 0, 4);
	size_t length = (header >> LENGTH_SHIFT & LENGTH_MASK) * 4u;

	if ((bytes_peek(d->rest, 0, 1) & PREAMBLE_TYPE) == PREAMBLE_DTLS) {
		bytes_skip(&d->rest, 4);
		dissect_layer(d, "dtls");
		return;
	}
	if (length < HEADER_LEN_MIN)
		bytes_fail(&d->rest);
	bytes_skip(&d->rest, length);
	if (!d->rest.bad)
		decode_payload(d, header);
}

const struct decoder decoder_capwap_data = {
	.name = "capwap.data",
	.keys = {{"udp.port", 5247}},
	.tables = {[LINK] = "linktype", [WLAN] = "wlan"},
	.decode = decode,
};
