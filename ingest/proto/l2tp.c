// L2TP: version 2, RFC 2661, 3.1; version 3, RFC 3931, 4.1.1 (over IP) and 4.1.2 (over UDP). What a version 3 session
// carries is negotiated: a data message alone does not tell.
#include "../decoder.h"

enum { PPP };

enum {
	FLAG_CONTROL = 0x8000,
	FLAG_LENGTH = 0x4000,
	FLAG_SEQUENCE = 0x0800,
	FLAG_OFFSET = 0x0200,
	VERSION = 0x000f,
	CONTROL_REST = 10, // of the control header, behind the flags
	PPP_HDLC = 1,
};

static void decode_version_2(struct dissection *d, uint16_t flags)
{
	uint16_t offset = 0;

	if (flags & FLAG_LENGTH) {
		uint16_t length = bytes_u16(&d->rest);
		dissect_limit(d, length > 4 ? length - 4u : 0);
	}
	bytes_skip(&d->rest, 4);
	if (flags & FLAG_SEQUENCE)
		bytes_skip(&d->rest, 4);
	if (flags & FLAG_OFFSET)
		offset = bytes_u16(&d->rest);
	if (d->rest.bad || dissect_wire_left(d) <= offset)
		return;
	bytes_skip(&d->rest, offset);
	dissect_next(d, PPP, PPP_HDLC);
}

static void decode_session(struct dissection *d)
{
	bytes_skip(&d->rest, 4);
	if (!d->rest.bad && dissect_wire_left(d))
		dissect_unknown(d);
}

static void decode_over_udp(struct dissection *d)
{
	uint16_t flags = (uint16_t)bytes_peek(d->rest, 0, 2);
	unsigned version = flags & VERSION;

	if (version != 2 && version != 3) {
		dissect_reject(d);
		return;
	}
	bytes_skip(&d->rest, 2);
	if (flags & FLAG_CONTROL) {
		bytes_skip(&d->rest, CONTROL_REST);
	} else if (version == 2) {
		decode_version_2(d, flags);
	} else {
		bytes_skip(&d->rest, 2);
		decode_session(d);
	}
}

#define VERSION_2(flag) FIELD_WHEN(0, 2, (flag) | VERSION, (flag) | 2, (flag) | 2)

static const struct field fields[] = {
	FIELD("l2tp.type", 0, 2, FIELD_NUMBER, .mask = FLAG_CONTROL),
	FIELD("l2tp.length_bit", 0, 2, FIELD_NUMBER, .mask = FLAG_LENGTH),
	FIELD("l2tp.seq_bit", 0, 2, FIELD_NUMBER, .mask = FLAG_SEQUENCE),
	FIELD("l2tp.offset_bit", 0, 2, FIELD_NUMBER, .mask = FLAG_OFFSET),
	FIELD("l2tp.priority", 0, 2, FIELD_NUMBER, .mask = 0x0100),
	FIELD("l2tp.version", 0, 2, FIELD_NUMBER, .mask = VERSION),
	FIELD("l2tp.length", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(FLAG_LENGTH)),
	FIELD("l2tp.tunnel", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(0)),
	FIELD("l2tp.session", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(0)),
	FIELD("l2tp.Ns", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(FLAG_SEQUENCE)),
	FIELD("l2tp.Nr", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(FLAG_SEQUENCE)),
	FIELD("l2tp.offset", FIELD_NEXT, 2, FIELD_NUMBER, VERSION_2(FLAG_OFFSET)),
	FIELD_END,
};

const struct decoder decoder_l2tp = {
	.name = "l2tp",
	.keys = {{"udp.port", 1701}},
	.tables = {[PPP] = "ppp"},
	.decode = decode_over_udp,
	.fields = fields,
};

// Session 0 is the control connection.
static void decode_over_ip(struct dissection *d)
{
	if (bytes_peek(d->rest, 0, 4) == 0)
		bytes_skip(&d->rest, 4 + 2 + CONTROL_REST);
	else
		decode_session(d);
}

const struct decoder decoder_l2tp_over_ip = {
	.name = "l2tp",
	.keys = {{"ip.proto", 115}},
	.tables = {[PPP] = "ppp"},
	.decode = decode_over_ip,
};
