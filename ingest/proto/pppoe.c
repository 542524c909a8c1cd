// PPP over Ethernet: RFC 2516, 4; the discovery stage (5) and the session stage (6).
#include "../decoder.h"

enum { PPP };

enum { HEADER_LEN = 6, PPP_PROTOCOL_LEN = 2 };

static void decode_discovery(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN);
}

static const struct field_value codes[] = {
	{0x00, "session data"},
	{0x07, "PADO, offer"},
	{0x09, "PADI, initiation"},
	{0x19, "PADR, request"},
	{0x65, "PADS, session confirmation"},
	{0xa7, "PADT, terminate"},
	{0, NULL},
};

static const struct field fields[] = {
	FIELD("pppoe.version", 0, 1, FIELD_NUMBER, .mask = 0xf0), FIELD("pppoe.type", 0, 1, FIELD_NUMBER, .mask = 0x0f),
	FIELD("pppoe.code", 1, 1, FIELD_HEX, .names = codes),     FIELD("pppoe.session_id", 2, 2, FIELD_HEX),
	FIELD("pppoe.payload_length", 4, 2, FIELD_NUMBER),        FIELD_END,
};

const struct decoder decoder_pppoe_discovery = {
	.name = "pppoed",
	.keys = {{"ethertype", 0x8863}},
	.decode = decode_discovery,
	.fields = fields,
};

static void decode_session(struct dissection *d)
{
	bytes_skip(&d->rest, HEADER_LEN - 2);
	uint16_t length = bytes_u16(&d->rest);

	dissect_limit(d, length);
	if (d->rest.left < PPP_PROTOCOL_LEN)
		bytes_fail(&d->rest);
	else
		dissect_next(d, PPP, 0);
}

const struct decoder decoder_pppoe_session = {
	.name = "pppoes",
	.keys = {{"linktype", 51}, {"ethertype", 0x8864}},
	.tables = {[PPP] = "ppp"},
	.decode = decode_session,
	.fields = fields,
};
