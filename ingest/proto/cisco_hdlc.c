// Cisco HDLC: RFC 1547, 4.3.1 mentions it; as in "Cisco-HDLC", nethelp.no/net/cisco-hdlc.txt, with SLARP.
#include "cisco_hdlc.h"

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, 2);
	uint16_t protocol = bytes_u16(&d->rest);

	if (!d->rest.left)
		bytes_fail(&d->rest);
	else
		cisco_hdlc_offer(d, protocol);
}

const struct decoder decoder_cisco_hdlc = {
	.name = "chdlc",
	.keys = {{"linktype", 104}, {"linktype", 112}, {"chdlc", 0}},
	.tables = {[CISCO_HDLC_PROTOCOL] = "chdlc.protocol", [CISCO_HDLC_ETHERTYPE] = "ethertype"},
	.decode = decode,
};

enum { SLARP_KEEPALIVE = 2 }; // the last of the known codes

static void decode_slarp(struct dissection *d)
{
	if (bytes_u32(&d->rest) > SLARP_KEEPALIVE && dissect_wire_left(d))
		dissect_layer(d, "data");
}

const struct decoder decoder_slarp = {
	.name = "slarp",
	.keys = {{"chdlc.protocol", 0x8035}},
	.decode = decode_slarp,
};
