// NetBIOS frames over LLC: IBM LAN Technical Reference, SC30-3383, 5 (NETBIOS frame formats): length, then a delimiter.
#include "../decoder.h"

enum { DELIMITER_AT = 2, DELIMITER = 0xffef }; // little-endian efff

// Wireshark shows nothing for what lacks the delimiter.
static void decode(struct dissection *d)
{
	if (d->rest.left < DELIMITER_AT + 2) {
		dissect_layer(d, "netbios");
		bytes_fail(&d->rest);
		return;
	}
	if (bytes_peek(d->rest, DELIMITER_AT, 2) == DELIMITER)
		dissect_layer(d, "netbios");
}

const struct decoder decoder_netbios = {
	.keys = {{"llc.dsap", 0xf0}},
	.decode = decode,
};
