// MACsec: IEEE 802.1AE-2018, 9.3 to 9.11 (SecTAG and ICV).
#include "link.h"

enum { ETHERTYPE };

enum {
	CONTROL_SCI = 0x20,       // the secure channel's identifier is there
	CONTROL_PROTECTED = 0x0c, // encrypted, or otherwise changed: the user's data cannot be read
	HEADER_LEN = 6,
	SCI_LEN = 8,
	ICV_LEN = 16,
};

static void decode(struct dissection *d)
{
	uint8_t control = (uint8_t)bytes_peek(d->rest, 0, 1);
	uint32_t header_len = HEADER_LEN + (control & CONTROL_SCI ? SCI_LEN : 0);

	if (d->rest.left <= header_len + ICV_LEN) {
		dissect_reject(d);
		return;
	}
	dissect_limit(d, dissect_wire_left(d) - ICV_LEN);
	bytes_skip(&d->rest, header_len);
	if (d->rest.bad)
		return;
	if (control & CONTROL_PROTECTED) {
		dissect_layer(d, "data");
		return;
	}
	uint16_t type = bytes_u16(&d->rest);
	if (!d->rest.bad)
		link_ethertype(d, ETHERTYPE, type);
}

const struct decoder decoder_macsec = {
	.name = "macsec",
	.keys = {{"ethertype", 0x88e5}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
