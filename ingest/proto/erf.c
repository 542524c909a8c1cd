// Endace's extensible record format inside pcap: "ERF Types Reference Guide", 3 (header, extension headers), 4.2 (Ethernet
// has an offset and a pad byte in front of the frame); tcpdump.org/linktypes.html.
#include "../decoder.h"

enum { LINK };

enum { LINKTYPE_ETHERNET = 1, LINKTYPE_IPV4 = 228, LINKTYPE_IPV6 = 229 };

enum {
	EXTENDED = 0x80, // of the type: extension headers follow; of one of them: another one does
	TIME_LEN = 8,
	BEHIND_TYPE_LEN = 7, // flags, record length, loss counter, wire length
	EXTENSION_LEN = 8,
	ETHERNET_PAD_LEN = 2,
};

enum record {
	ETHERNET = 2,
	COLOR_ETHERNET = 11,
	DSM_COLOR_ETHERNET = 16,
	COLOR_HASH_ETHERNET = 20,
	IPV4 = 22,
	IPV6 = 23,
};

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, TIME_LEN);
	uint8_t type = bytes_u8(&d->rest), more = type & EXTENDED;
	bytes_skip(&d->rest, BEHIND_TYPE_LEN);
	while (more && !d->rest.bad) {
		more = bytes_u8(&d->rest) & EXTENDED;
		bytes_skip(&d->rest, EXTENSION_LEN - 1);
	}
	if (d->rest.bad)
		return;
	switch (type & ~EXTENDED) {
	case ETHERNET:
	case COLOR_ETHERNET:
	case DSM_COLOR_ETHERNET:
	case COLOR_HASH_ETHERNET:
		bytes_skip(&d->rest, ETHERNET_PAD_LEN);
		if (!d->rest.bad)
			dissect_next(d, LINK, LINKTYPE_ETHERNET);
		break;
	case IPV4:
	case IPV6:
		dissect_next(d, LINK, (type & ~EXTENDED) == IPV4 ? LINKTYPE_IPV4 : LINKTYPE_IPV6);
		break;
	default:
		break;
	}
}

const struct decoder decoder_erf = {
	.name = "erf",
	.keys = {{"linktype", 197}},
	.tables = {[LINK] = "linktype"},
	.decode = decode,
};
