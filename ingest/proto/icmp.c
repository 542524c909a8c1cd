// ICMP: RFC 792; next-hop MTU: RFC 1191, 4; extended echo: RFC 8335, 2.
#include "ip.h"

enum { PROTOCOL };

enum type {
	TYPE_ECHO_REPLY = 0,
	TYPE_UNREACHABLE = 3,
	TYPE_SOURCE_QUENCH = 4,
	TYPE_REDIRECT = 5,
	TYPE_ECHO_REQUEST = 8,
	TYPE_TIME_EXCEEDED = 11,
	TYPE_PARAMETER_PROBLEM = 12,
	TYPE_TIMESTAMP = 13,
	TYPE_MASK_REPLY = 18, // 13 to 18: timestamp, information, address mask
	TYPE_EXTENDED_ECHO_REQUEST = 42,
	TYPE_EXTENDED_ECHO_REPLY = 43,
};

enum { CODE_FRAGMENTATION_NEEDED = 4 };

static bool is_error(uint8_t type)
{
	return type == TYPE_UNREACHABLE || type == TYPE_SOURCE_QUENCH || type == TYPE_REDIRECT ||
	       type == TYPE_TIME_EXCEEDED || type == TYPE_PARAMETER_PROBLEM;
}

// The second word of the header means something else for each type.
static void read_rest_of_header(struct icmp_header *icmp, uint32_t word)
{
	switch (icmp->type) {
	case TYPE_UNREACHABLE:
		if (icmp->code == CODE_FRAGMENTATION_NEEDED)
			icmp->gateway_mtu = word & 0xffff;
		break;
	case TYPE_REDIRECT:
		icmp->gateway_mtu = word;
		break;
	case TYPE_EXTENDED_ECHO_REQUEST:
	case TYPE_EXTENDED_ECHO_REPLY:
		icmp->ident = (uint16_t)(word >> 16);
		icmp->seq = (word >> 8) & 0xff;
		break;
	case TYPE_ECHO_REPLY:
	case TYPE_ECHO_REQUEST:
		icmp->ident = (uint16_t)(word >> 16);
		icmp->seq = word & 0xffff;
		break;
	default:
		if (icmp->type < TYPE_TIMESTAMP || icmp->type > TYPE_MASK_REPLY)
			break;
		icmp->ident = (uint16_t)(word >> 16);
		icmp->seq = word & 0xffff;
	}
}

static void decode(struct dissection *d)
{
	struct icmp_header *icmp = &d->ip->icmp;
	struct bytes message = d->rest;

	icmp->type = bytes_u8(&d->rest);
	icmp->code = bytes_u8(&d->rest);
	icmp->checksum = bytes_u16(&d->rest);
	read_rest_of_header(icmp, bytes_u32(&d->rest));
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	ip_verify_all(d, message, icmp->checksum, 0);
	if (!is_error(icmp->type) || d->quoting)
		return;
	dissect_quote(d);
	if (!dissect_wire_left(d))
		return;
	dissect_next(d, PROTOCOL, IP_PROTO_IPV4);
}

#define IS(type) FIELD_WHEN(0, 1, 0xff, type, type)
#define IS_QUERY FIELD_WHEN(0, 1, 0xff, TYPE_TIMESTAMP, TYPE_MASK_REPLY)

static const struct field_value types[] = {
	{TYPE_ECHO_REPLY, "echo reply"},
	{TYPE_UNREACHABLE, "destination unreachable"},
	{TYPE_SOURCE_QUENCH, "source quench"},
	{TYPE_REDIRECT, "redirect"},
	{TYPE_ECHO_REQUEST, "echo request"},
	{9, "router advertisement"},
	{10, "router solicitation"},
	{TYPE_TIME_EXCEEDED, "time exceeded"},
	{TYPE_PARAMETER_PROBLEM, "parameter problem"},
	{TYPE_TIMESTAMP, "timestamp request"},
	{14, "timestamp reply"},
	{15, "information request"},
	{16, "information reply"},
	{17, "address mask request"},
	{TYPE_MASK_REPLY, "address mask reply"},
	{TYPE_EXTENDED_ECHO_REQUEST, "extended echo request"},
	{TYPE_EXTENDED_ECHO_REPLY, "extended echo reply"},
	{0, NULL},
};

static const struct field_value unreachable_codes[] = {
	{0, "network"},
	{1, "host"},
	{2, "protocol"},
	{3, "port"},
	{CODE_FRAGMENTATION_NEEDED, "fragmentation needed"},
	{5, "source route failed"},
	{6, "network unknown"},
	{7, "host unknown"},
	{9, "network administratively prohibited"},
	{10, "host administratively prohibited"},
	{13, "communication administratively filtered"},
	{0, NULL},
};

static const struct field_value exceeded_codes[] = {
	{0, "time to live in transit"},
	{1, "fragment reassembly"},
	{0, NULL},
};

static const struct field fields[] = {
	FIELD("icmp.type", 0, 1, FIELD_NUMBER, .names = types),
	FIELD("icmp.code", 1, 1, FIELD_NUMBER, .names = unreachable_codes, IS(TYPE_UNREACHABLE)),
	FIELD("icmp.code", 1, 1, FIELD_NUMBER, .names = exceeded_codes, IS(TYPE_TIME_EXCEEDED)),
	FIELD("icmp.code", 1, 1, FIELD_NUMBER, FIELD_WHEN(0, 1, 0xff, 0, 2)),
	FIELD("icmp.code", 1, 1, FIELD_NUMBER, FIELD_WHEN(0, 1, 0xff, 4, 10)),
	FIELD("icmp.code", 1, 1, FIELD_NUMBER, FIELD_WHEN(0, 1, 0xff, 12, 255)),
	FIELD("icmp.checksum", 2, 2, FIELD_HEX),
	FIELD("icmp.ident", 4, 2, FIELD_NUMBER, IS(TYPE_ECHO_REPLY)),
	FIELD("icmp.ident", 4, 2, FIELD_NUMBER, IS(TYPE_ECHO_REQUEST)),
	FIELD("icmp.ident", 4, 2, FIELD_NUMBER, IS_QUERY),
	FIELD("icmp.seq", 6, 2, FIELD_NUMBER, IS(TYPE_ECHO_REPLY)),
	FIELD("icmp.seq", 6, 2, FIELD_NUMBER, IS(TYPE_ECHO_REQUEST)),
	FIELD("icmp.seq", 6, 2, FIELD_NUMBER, IS_QUERY),
	FIELD("icmp.mtu", 6, 2, FIELD_NUMBER,
          FIELD_WHEN(0, 2, 0xffff, TYPE_UNREACHABLE << 8 | CODE_FRAGMENTATION_NEEDED,
                     TYPE_UNREACHABLE << 8 | CODE_FRAGMENTATION_NEEDED)),
	FIELD("icmp.redir_gw", 4, 4, FIELD_IPV4, IS(TYPE_REDIRECT)),
	FIELD("icmp.pointer", 4, 1, FIELD_NUMBER, IS(TYPE_PARAMETER_PROBLEM)),
	FIELD_END,
};

const struct decoder decoder_icmp = {
	.name = "icmp",
	.keys = {{"ip.proto", IP_PROTO_ICMP}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
	.fields = fields,
};
