// EtherIP: RFC 3378, 3.
#include "../decoder.h"

enum { ETHERNET_LINK };

enum { HEADER_LEN = 2 };

static void decode(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN);
	dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_etherip = {
	.name = "etherip",
	.keys = {{"ip.proto", 97}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode,
};
