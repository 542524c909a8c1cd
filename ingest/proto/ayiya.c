// AYIYA, IPv6 over UDP through NAT: draft-massar-v6ops-ayiya-02, 4.
#include "../decoder.h"

enum { NEXT_HEADER };

enum { OPCODE_FORWARD = 1, EPOCH_LEN = 4 };

static void decode(struct dissection *d)
{
	size_t identity_len = (size_t)1 << (bytes_u8(&d->rest) >> 4);
	size_t signature_len = (size_t)(bytes_u8(&d->rest) >> 4) * 4;
	unsigned opcode = bytes_u8(&d->rest) & 0x0f;
	uint8_t next_header = bytes_u8(&d->rest);

	bytes_skip(&d->rest, EPOCH_LEN + identity_len + signature_len);
	if (!d->rest.bad && opcode == OPCODE_FORWARD)
		dissect_next(d, NEXT_HEADER, next_header);
}

static const struct field fields[] = {
	FIELD("ayiya.idlen", 0, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ayiya.idtype", 0, 1, FIELD_NUMBER, .mask = 0x0f),
	FIELD("ayiya.siglen", 1, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ayiya.hashmethod", 1, 1, FIELD_NUMBER, .mask = 0x0f),
	FIELD("ayiya.authmethod", 2, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ayiya.opcode", 2, 1, FIELD_NUMBER, .mask = 0x0f),
	FIELD("ayiya.nextheader", 3, 1, FIELD_NUMBER),
	FIELD_END,
};

const struct decoder decoder_ayiya = {
	.name = "ayiya",
	.keys = {{"udp.port", 5072}},
	.tables = {[NEXT_HEADER] = "ip.proto"},
	.decode = decode,
	.fields = fields,
};
