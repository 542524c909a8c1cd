// ERSPAN, mirrored Ethernet frames over GRE: draft-foschiano-erspan-03, 4.1 (type I, no header of its own), 4.2
// (type II) and 4.3 (type III).
#include "../decoder.h"

enum { ETHERNET_LINK };

enum { VERSION_II = 1, VERSION_III = 2 };

enum { HEADER_II_LEN = 8, HEADER_III_LEN = 12, SUBHEADER_LEN = 8 };

enum { III_FRAME_TYPE = 0x7c00, III_SUBHEADER = 0x0001 }; // of the last two bytes; frame type 0 is Ethernet

static void decode_type_iii(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_III_LEN - 2);
	uint16_t flags = bytes_u16(&d->rest);

	if (flags & III_SUBHEADER)
		bytes_skip(&d->rest, SUBHEADER_LEN);
	if (flags & III_FRAME_TYPE)
		dissect_unknown(d);
	else
		dissect_next(d, ETHERNET_LINK, 1);
}

static void decode(struct dissection *d)
{
	uint64_t version = bytes_peek(d->rest, 0, 1) >> 4;

	if (!d->rest.left) {
		bytes_fail(&d->rest);
	} else if (version == VERSION_II) {
		bytes_skip(&d->rest, HEADER_II_LEN);
		dissect_next(d, ETHERNET_LINK, 1);
	} else if (version == VERSION_III) {
		decode_type_iii(d);
	}
}

const struct decoder decoder_erspan = {
	.name = "erspan",
	.keys = {{"gre.erspan", 1}, {"gre.proto", 0x22eb}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode,
};

static void decode_type_i(struct dissection *d)
{
	dissect_next(d, ETHERNET_LINK, 1);
}

const struct decoder decoder_erspan_type_i = {
	.name = "erspan",
	.keys = {{"gre.erspan", 0}},
	.tables = {[ETHERNET_LINK] = "linktype"},
	.decode = decode_type_i,
};
