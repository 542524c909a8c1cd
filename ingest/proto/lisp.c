// LISP data packets: RFC 9300, 5.1 and 5.2. The inner packet is IP by its first four bits.
#include "../decoder.h"

enum { ETHERTYPE };

enum { HEADER_LEN = 8 };

static void decode(struct dissection *d)
{
	uint64_t version = bytes_peek(d->rest, HEADER_LEN, 1) >> 4;

	if (dissect_wire_left(d) < HEADER_LEN) {
		dissect_reject(d);
		return;
	}
	bytes_skip(&d->rest, HEADER_LEN);
	if (version == 4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (version == 6)
		dissect_next(d, ETHERTYPE, 0x86dd);
}

const struct decoder decoder_lisp = {
	.name = "lisp-data",
	.keys = {{"udp.port", 4341}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
};
