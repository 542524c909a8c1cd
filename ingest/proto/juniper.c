// Juniper's captures of its own routers: a header, as in tcpdump.org/linktypes.html, LINKTYPE_JUNIPER_ETHER and others,
// before a frame of the link type.
#include "../decoder.h"

enum { LINK };

enum { MAGIC = 0x4d4743, FLAG_EXTENSIONS = 0x80, FLAG_NO_LINK_LAYER = 0x02 };

static void decode(struct dissection *d, uint32_t link)
{
	uint32_t magic = bytes_u24(&d->rest);
	uint8_t flags = bytes_u8(&d->rest);

	if (magic == MAGIC && (flags & FLAG_EXTENSIONS))
		bytes_skip(&d->rest, bytes_u16(&d->rest));
	if (d->rest.bad || magic != MAGIC)
		return;
	if (flags & FLAG_NO_LINK_LAYER)
		dissect_unknown(d);
	else
		dissect_next(d, LINK, link);
}

static void decode_ethernet(struct dissection *d)
{
	decode(d, 1);
}

const struct decoder decoder_juniper_ethernet = {
	.name = "juniper",
	.keys = {{"linktype", 178}},
	.tables = {[LINK] = "linktype"},
	.decode = decode_ethernet,
};

static void decode_ppp(struct dissection *d)
{
	decode(d, 9);
}

const struct decoder decoder_juniper_ppp = {
	.name = "juniper",
	.keys = {{"linktype", 179}},
	.tables = {[LINK] = "linktype"},
	.decode = decode_ppp,
};

static void decode_frame_relay(struct dissection *d)
{
	decode(d, 107);
}

const struct decoder decoder_juniper_frame_relay = {
	.name = "juniper",
	.keys = {{"linktype", 180}},
	.tables = {[LINK] = "linktype"},
	.decode = decode_frame_relay,
};

static void decode_cisco_hdlc(struct dissection *d)
{
	decode(d, 104);
}

const struct decoder decoder_juniper_cisco_hdlc = {
	.name = "juniper",
	.keys = {{"linktype", 181}},
	.tables = {[LINK] = "linktype"},
	.decode = decode_cisco_hdlc,
};

static void decode_other(struct dissection *d)
{
	dissect_unknown(d);
}

const struct decoder decoder_juniper_other = {
	.name = "juniper",
	.keys = {{"linktype", 130},
             {"linktype", 131},
             {"linktype", 133},
             {"linktype", 135},
             {"linktype", 136},
             {"linktype", 137},
             {"linktype", 167},
             {"linktype", 183},
             {"linktype", 184},
             {"linktype", 200}},
	.decode = decode_other,
};
