// OSI network layer protocols, told apart by their first byte, which is their own (ISO/IEC TR 9577, annex C); IS-
// IS: ISO/IEC 10589, 9.5 (header).
#include "../decoder.h"

enum { NLPID, ETHERTYPE, PPP };

// To these, the first byte is foreign.
enum { FOREIGN_MIN = 0x8e, FOREIGN_IPV6 = 0x8e, FOREIGN_IPV4 = 0xcc, FOREIGN_PPP = 0xcf };

static void decode(struct dissection *d)
{
	uint32_t nlpid = (uint32_t)bytes_peek(d->rest, 0, 1);

	if (!d->rest.left) {
		bytes_fail(&d->rest);
		return;
	}
	if (nlpid >= FOREIGN_MIN)
		bytes_skip(&d->rest, 1);
	if (nlpid == FOREIGN_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (nlpid == FOREIGN_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else if (nlpid == FOREIGN_PPP)
		dissect_next(d, PPP, 0);
	else
		dissect_next(d, NLPID, nlpid);
}

const struct decoder decoder_osi = {
	.name = "osi",
	.keys = {{"llc.dsap", 0x14},
             {"llc.dsap", 0x20},
             {"llc.dsap", 0x34},
             {"llc.dsap", 0x54},
             {"llc.dsap", 0xfe},
             {"chdlc.protocol", 0xfefe},
             {"gre.proto", 0x00fe},
             {"ip.proto", 80},
             {"null.type", 7},
             {"ppp.protocol", 0x0023}},
	.tables = {[NLPID] = "osinl.incl", [ETHERTYPE] = "ethertype", [PPP] = "ppp"},
	.decode = decode,
};

const struct decoder decoder_osi_clnp = {
	.name = "clnp",
	.keys = {{"osinl.incl", 0x00}, {"osinl.incl", 0x81}},
};

const struct decoder decoder_osi_esis = {
	.name = "esis",
	.keys = {{"osinl.incl", 0x82}},
};

const struct decoder decoder_osi_q931 = {
	.name = "q931",
	.keys = {{"osinl.incl", 0x08}},
};

const struct decoder decoder_osi_q933 = {
	.name = "q933",
	.keys = {{"fr.osinl", 0x08}},
};

enum { TYPE };

enum { HEADER_LEN = 8, TYPE_MASK = 0x1f, HEADER_REST = 3 };

static void decode_isis(struct dissection *d)
{
	bytes_skip(&d->rest, 1);
	uint8_t header_len = bytes_u8(&d->rest);
	bytes_skip(&d->rest, 2);
	uint8_t type = bytes_u8(&d->rest) & TYPE_MASK;

	bytes_skip(&d->rest, HEADER_REST);
	if (header_len < HEADER_LEN)
		bytes_fail(&d->rest);
	else
		dissect_try(d, TYPE, type);
}

const struct decoder decoder_isis = {
	.name = "isis",
	.keys = {{"osinl.incl", 0x83}, {"ethertype", 0x22f4}},
	.tables = {[TYPE] = "isis.type"},
	.decode = decode_isis,
};

const struct decoder decoder_isis_hello = {
	.name = "isis.hello",
	.keys = {{"isis.type", 15}, {"isis.type", 16}, {"isis.type", 17}},
};

const struct decoder decoder_isis_lsp = {
	.name = "isis.lsp",
	.keys = {{"isis.type", 18}, {"isis.type", 20}},
};

const struct decoder decoder_isis_csnp = {
	.name = "isis.csnp",
	.keys = {{"isis.type", 24}, {"isis.type", 25}},
};

const struct decoder decoder_isis_psnp = {
	.name = "isis.psnp",
	.keys = {{"isis.type", 26}, {"isis.type", 27}},
};
