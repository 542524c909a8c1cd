// Apple's PKTAP, which tells the process of a packet: bsd/net/pktap.h of XNU, struct pktap_header.
#include "../decoder.h"

enum { LINK };

enum { TYPE_PACKET = 1, HEADER_LEN_MIN = 12 };

// Little-endian.
static void decode(struct dissection *d)
{
	struct bytes header = d->rest;
	size_t length = bytes_uint_le(&header, 4);
	uint64_t type = bytes_uint_le(&header, 4);
	uint64_t link = bytes_uint_le(&header, 4);

	bytes_skip(&d->rest, length);
	if (length < HEADER_LEN_MIN)
		bytes_fail(&d->rest);
	if (d->rest.bad || type != TYPE_PACKET)
		return;
	dissect_layer(d, "pcap_pktdata");
	dissect_next(d, LINK, (uint32_t)link);
}

const struct decoder decoder_pktap = {
	.name = "pktap",
	.keys = {{"linktype", 258}, {"pktap", 0}},
	.tables = {[LINK] = "linktype"},
	.decode = decode,
};

enum { PKTAP };

// LINKTYPE_USER2, which Apple used before PKTAP had a number.
static void decode_user(struct dissection *d)
{
	dissect_next(d, PKTAP, 0);
}

const struct decoder decoder_pktap_user = {
	.name = "user_dlt",
	.keys = {{"linktype", 149}},
	.tables = {[PKTAP] = "pktap"},
	.decode = decode_user,
};
