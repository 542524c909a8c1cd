// LINKTYPE_RAW: an IP packet without a link layer; its first four bits say which (tcpdump.org/linktypes.html). 12 and
// 14 are what some systems write for it. LINKTYPE_IPV4 and LINKTYPE_IPV6 are keys of the IP decoders themselves.
#include "ip.h"

enum { PROTOCOL, LINK };

enum {
	LINK_PPP = 9,
	PPP_ADDRESS_CONTROL = 0xff03, // RFC 1662, 3.1: some PPP drivers leave it in
};

static void decode(struct dissection *d)
{
	unsigned version = (unsigned)bytes_peek(d->rest, 0, 1) >> 4;

	if (!d->rest.left)
		bytes_fail(&d->rest);
	else if (bytes_peek(d->rest, 0, 2) == PPP_ADDRESS_CONTROL)
		dissect_next(d, LINK, LINK_PPP);
	else if (version == 4)
		dissect_next(d, PROTOCOL, IP_PROTO_IPV4);
	else if (version == 6)
		dissect_next(d, PROTOCOL, IP_PROTO_IPV6);
	else
		dissect_unknown(d);
}

const struct decoder decoder_raw = {
	.name = "raw",
	.keys = {{"linktype", 101}, {"linktype", 12}, {"linktype", 14}},
	.tables = {[PROTOCOL] = "ip.proto", [LINK] = "linktype"},
	.decode = decode,
};
