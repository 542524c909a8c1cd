// LLC: IEEE 802.2, 3.2 and 5.2.
#include "link.h"

enum { DSAP, SNAP };

enum { SAP_SNAP = 0xaa, XID_BASIC = 0x81 };

enum {
	CONTROL_UNNUMBERED = 0x03, // both bits: a control field of one byte; others have two
	CONTROL_UI = 0x03,         // unnumbered information
	CONTROL_XID = 0xaf,
	CONTROL_POLL = 0x10,
	CONTROL_NOT_INFORMATION = 0x01,
};

// Whether a control field is that of a frame which carries data: I or UI.
static bool carries_information(uint8_t control)
{
	return (control & ~CONTROL_POLL) == CONTROL_UI || !(control & CONTROL_NOT_INFORMATION);
}

// 5.4.1.1.2: identification in the basic format is LLC's own.
static bool is_basic_xid(uint8_t control, struct bytes information)
{
	return (control & ~CONTROL_POLL) == CONTROL_XID && bytes_peek(information, 0, 1) == XID_BASIC;
}

static void decode(struct dissection *d)
{
	uint8_t dsap = bytes_u8(&d->rest);
	uint8_t ssap = bytes_u8(&d->rest);
	uint8_t control = bytes_u8(&d->rest);

	if ((control & CONTROL_UNNUMBERED) != CONTROL_UNNUMBERED)
		bytes_skip(&d->rest, 1);
	if (d->rest.bad || !dissect_wire_left(d))
		return;
	if (is_basic_xid(control, d->rest))
		return;
	if (!carries_information(control))
		dissect_layer(d, "data");
	else if (dsap == SAP_SNAP && ssap == SAP_SNAP)
		dissect_next(d, SNAP, 0);
	else
		dissect_next(d, DSAP, dsap);
}

#define IS_UNNUMBERED FIELD_WHEN(2, 1, CONTROL_UNNUMBERED, CONTROL_UNNUMBERED, CONTROL_UNNUMBERED)
#define IS_NUMBERED FIELD_WHEN(2, 1, CONTROL_UNNUMBERED, 0, CONTROL_UNNUMBERED - 1)

static const struct field_value saps[] = {
	{0x00, "null"}, {0x06, "IP"},      {0x42, "spanning tree"},     {0xaa, "SNAP"},
	{0xe0, "IPX"},  {0xf0, "NetBIOS"}, {0xfe, "OSI network layer"}, {0xff, "global"},
	{0, NULL},
};

static const struct field fields[] = {
	FIELD("llc.dsap", 0, 1, FIELD_HEX, .names = saps),
	FIELD("llc.ssap", 1, 1, FIELD_HEX, .names = saps),
	FIELD("llc.control", 2, 1, FIELD_HEX, IS_UNNUMBERED),
	FIELD("llc.control", 2, 2, FIELD_LITTLE, IS_NUMBERED),
	FIELD_END,
};

const struct decoder decoder_llc = {
	.name = "llc",
	.keys = {{"llc", 0}},
	.tables = {[DSAP] = "llc.dsap", [SNAP] = "llc.snap"},
	.decode = decode,
	.fields = fields,
};
