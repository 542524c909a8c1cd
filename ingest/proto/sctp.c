// SCTP: RFC 9260, 3.1; its checksum is CRC32c (appendix A).
#include "ip.h"

enum { PORT };

// CRC32c of each half byte, reflected: polynomial 0x82f63b78.
static const uint32_t CRC_OF_NIBBLE[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc_add(uint32_t crc, struct bytes b)
{
	while (b.left) {
		crc ^= bytes_u8(&b);
		crc = crc >> 4 ^ CRC_OF_NIBBLE[crc & 15];
		crc = crc >> 4 ^ CRC_OF_NIBBLE[crc & 15];
	}
	return crc;
}

// The CRC is taken with zeros in the place of the checksum, and is written with its lowest byte first.
static void verify(struct dissection *d, struct bytes packet)
{
	static const uint8_t zeros[4];

	if (!d->checksummable)
		return;
	struct bytes before = bytes_split(&packet, 8);
	uint32_t checksum = (uint32_t)bytes_uint_le(&packet, 4);
	uint32_t crc = crc_add(crc_add(crc_add(0xffffffff, before), bytes_of(zeros, sizeof zeros)), packet);
	if (~crc == checksum)
		d->packet->l4_checksum = CHECKSUM_OK;
	else
		d->packet->l4_checksum = checksum ? CHECKSUM_WRONG : CHECKSUM_UNKNOWN;
}

static void decode(struct dissection *d)
{
	struct bytes packet = d->rest;

	ip_ports(d, &d->rest);
	bytes_skip(&d->rest, 8);
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	verify(d, packet);
	dissect_try(d, PORT, d->ip->src_port);
	dissect_try(d, PORT, d->ip->dst_port);
}

static const struct field fields[] = {
	FIELD("sctp.srcport", 0, 2, FIELD_NUMBER),
	FIELD("sctp.dstport", 2, 2, FIELD_NUMBER),
	FIELD("sctp.verification_tag", 4, 4, FIELD_HEX),
	FIELD("sctp.checksum", 8, 4, FIELD_HEX),
	FIELD_END,
};

const struct decoder decoder_sctp = {
	.name = "sctp",
	.keys = {{"ip.proto", IP_PROTO_SCTP}},
	.tables = {[PORT] = "sctp.port"},
	.decode = decode,
	.fields = fields,
};
