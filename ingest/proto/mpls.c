// MPLS label stacks: RFC 3032, 2.1. No field says what follows: its first four bits tell IP from a pseudowire (RFC
// 4928, 3; RFC 4385, 3 and 5), and a reserved label announces the associated channel (RFC 5586, 4).
#include "../decoder.h"

enum { ETHERTYPE, NIBBLE };

enum { NIBBLE_PSEUDOWIRE = 0, NIBBLE_CHANNEL = 1, NIBBLE_IPV4 = 4, NIBBLE_IPV6 = 6 };

enum {
	ENTRY_BOTTOM = 0x100,
	ENTRY_LABEL_SHIFT = 12,
	LABEL_GAL = 13,       // RFC 5586, 4
	LABEL_OAM_ALERT = 14, // RFC 3429
};

static void decode(struct dissection *d)
{
	uint32_t entry;

	do
		entry = bytes_u32(&d->rest);
	while (d->rest.left && !(entry & ENTRY_BOTTOM));
	if (!d->rest.left) {
		bytes_fail(&d->rest);
		return;
	}

	uint32_t label = entry >> ENTRY_LABEL_SHIFT;
	uint32_t nibble = (uint32_t)bytes_peek(d->rest, 0, 1) >> 4;
	if (label == LABEL_OAM_ALERT)
		return;
	if (label == LABEL_GAL)
		dissect_next(d, NIBBLE, NIBBLE_CHANNEL);
	else if (nibble == NIBBLE_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (nibble == NIBBLE_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else
		dissect_next(d, NIBBLE, nibble);
}

static const struct field_value labels[] = {
	{0, "IPv4 explicit null"},
	{1, "router alert"},
	{2, "IPv6 explicit null"},
	{3, "implicit null"},
	{LABEL_GAL, "generic associated channel"},
	{LABEL_OAM_ALERT, "OAM alert"},
	{0, NULL},
};

static const struct field fields[] = {
	FIELD("", 0, 4, FIELD_REPEAT),
	FIELD("mpls.label", 0, 4, FIELD_NUMBER, .mask = 0xfffff000, .names = labels),
	FIELD("mpls.exp", 0, 4, FIELD_NUMBER, .mask = 0xe00),
	FIELD("mpls.bottom", 0, 4, FIELD_NUMBER, .mask = ENTRY_BOTTOM),
	FIELD("mpls.ttl", 0, 4, FIELD_NUMBER, .mask = 0xff),
	FIELD_END,
};

const struct decoder decoder_mpls = {
	.name = "mpls",
	.keys = {{"ethertype", 0x8847},
             {"ethertype", 0x8848},
             {"ppp.protocol", 0x0281},
             {"ppp.protocol", 0x0283},
             {"gre.proto", 0x8847},
             {"gre.proto", 0x8848},
             {"ip.proto", 137},
             {"udp.port", 6635}}, // RFC 4023, RFC 7510
	.tables = {[ETHERTYPE] = "ethertype", [NIBBLE] = "mpls.nibble"},
	.decode = decode,
	.fields = fields,
};
