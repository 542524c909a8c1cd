// Geneve: RFC 8926, 3.4.
#include "../decoder.h"

enum { ETHERTYPE };

enum { OPTIONS_LEN = 0x3f }; // of the first byte, in words of four bytes

static void decode(struct dissection *d)
{
	size_t options_len = (bytes_u8(&d->rest) & OPTIONS_LEN) * 4u;
	bytes_skip(&d->rest, 1);
	uint16_t protocol = bytes_u16(&d->rest);

	bytes_skip(&d->rest, 4 + options_len);
	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, protocol);
}

static const struct field_option known_options[] = {
	{0, NULL, NULL},
};

static const struct field_options geneve_options = {
	.kind_name = "geneve.option.class",
	.length_name = "geneve.option.length",
	.known = known_options,
	.kind_width = 2,
	.length_at = 3,
	.length_mask = 0x1f,
	.length_unit = 4,
	.length_extra = 4,
	.shows_whole = true,
};

static const struct field fields[] = {
	FIELD("geneve.version", 0, 1, FIELD_NUMBER, .mask = 0xc0),
	FIELD("geneve.flags.oam", 1, 1, FIELD_NUMBER, .mask = 0x80),
	FIELD("geneve.flags.critical", 1, 1, FIELD_NUMBER, .mask = 0x40),
	FIELD("geneve.proto_type", 2, 2, FIELD_HEX, .names = field_ethertypes),
	FIELD("geneve.vni", 4, 3, FIELD_HEX),
	FIELD("", 8, FIELD_REST, FIELD_OPTIONS, .options = &geneve_options),
	FIELD_END,
};

const struct decoder decoder_geneve = {
	.name = "geneve",
	.keys = {{"udp.port", 6081}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode,
	.fields = fields,
};
