// ICMPv6: RFC 4443, 2.1, 3 and 4; extended echo: RFC 8335, 2.
#include "ip.h"

enum { PROTOCOL };

enum type {
	TYPE_UNREACHABLE = 1,
	TYPE_PACKET_TOO_BIG = 2,
	TYPE_TIME_EXCEEDED = 3,
	TYPE_PARAMETER_PROBLEM = 4,
	TYPE_ECHO_REQUEST = 128,
	TYPE_ECHO_REPLY = 129,
	TYPE_EXTENDED_ECHO_REQUEST = 160,
	TYPE_EXTENDED_ECHO_REPLY = 161,
};

static bool is_error(uint8_t type)
{
	return type >= TYPE_UNREACHABLE && type <= TYPE_PARAMETER_PROBLEM;
}

// The second word of the header means something else for each type.
static void read_body_word(struct icmp_header *icmp, uint32_t word)
{
	switch (icmp->type) {
	case TYPE_PACKET_TOO_BIG:
		icmp->gateway_mtu = word;
		break;
	case TYPE_EXTENDED_ECHO_REQUEST:
	case TYPE_EXTENDED_ECHO_REPLY:
		icmp->ident = (uint16_t)(word >> 16);
		icmp->seq = (word >> 8) & 0xff;
		break;
	case TYPE_ECHO_REQUEST:
	case TYPE_ECHO_REPLY:
		icmp->ident = (uint16_t)(word >> 16);
		icmp->seq = word & 0xffff;
		break;
	default:
		break;
	}
}

static void decode(struct dissection *d)
{
	struct icmp_header *icmp = &d->ip->icmp;
	struct bytes message = d->rest;

	icmp->type = bytes_u8(&d->rest);
	icmp->code = bytes_u8(&d->rest);
	icmp->checksum = bytes_u16(&d->rest);
	read_body_word(icmp, bytes_u32(&d->rest));
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	ip_verify_all(d, message, icmp->checksum, ip_pseudo_sum(d, IP_PROTO_ICMPV6, message.left + d->cut));
	if (!is_error(icmp->type) || d->quoting)
		return;
	dissect_quote(d);
	if (!dissect_wire_left(d))
		return;
	dissect_next(d, PROTOCOL, IP_PROTO_IPV6);
}

enum neighbour_type {
	TYPE_ROUTER_SOLICITATION = 133,
	TYPE_ROUTER,
	TYPE_SOLICITATION,
	TYPE_ADVERTISEMENT,
	TYPE_REDIRECT
};

#define IS(type) FIELD_WHEN(0, 1, 0xff, type, type)
#define IS_ECHO FIELD_WHEN(0, 1, 0xff, TYPE_ECHO_REQUEST, TYPE_ECHO_REPLY)

static const struct field_value types[] = {
	{TYPE_UNREACHABLE, "destination unreachable"},
	{TYPE_PACKET_TOO_BIG, "packet too big"},
	{TYPE_TIME_EXCEEDED, "time exceeded"},
	{TYPE_PARAMETER_PROBLEM, "parameter problem"},
	{TYPE_ECHO_REQUEST, "echo request"},
	{TYPE_ECHO_REPLY, "echo reply"},
	{130, "multicast listener query"},
	{131, "multicast listener report"},
	{132, "multicast listener done"},
	{TYPE_ROUTER_SOLICITATION, "router solicitation"},
	{TYPE_ROUTER, "router advertisement"},
	{TYPE_SOLICITATION, "neighbor solicitation"},
	{TYPE_ADVERTISEMENT, "neighbor advertisement"},
	{TYPE_REDIRECT, "redirect"},
	{143, "multicast listener report v2"},
	{TYPE_EXTENDED_ECHO_REQUEST, "extended echo request"},
	{TYPE_EXTENDED_ECHO_REPLY, "extended echo reply"},
	{0, NULL},
};

// Options of neighbor discovery: RFC 4861, 4.6.
static const struct field source_fields[] = {
	FIELD("icmpv6.opt.src_linkaddr", 2, 6, FIELD_MAC, FIELD_WHEN(1, 1, 0xff, 1, 1)),
	FIELD_END,
};

static const struct field target_fields[] = {
	FIELD("icmpv6.opt.target_linkaddr", 2, 6, FIELD_MAC, FIELD_WHEN(1, 1, 0xff, 1, 1)),
	FIELD_END,
};

static const struct field prefix_fields[] = {
	FIELD("icmpv6.opt.prefix.length", 2, 1, FIELD_NUMBER),
	FIELD("icmpv6.opt.prefix.flag.l", 3, 1, FIELD_NUMBER, .mask = 0x80),
	FIELD("icmpv6.opt.prefix.flag.a", 3, 1, FIELD_NUMBER, .mask = 0x40),
	FIELD("icmpv6.opt.prefix.valid_lifetime", 4, 4, FIELD_NUMBER),
	FIELD("icmpv6.opt.prefix.preferred_lifetime", 8, 4, FIELD_NUMBER),
	FIELD("icmpv6.opt.prefix", 16, 16, FIELD_IPV6),
	FIELD_END,
};

static const struct field mtu_fields[] = {
	FIELD("icmpv6.opt.mtu", 4, 4, FIELD_NUMBER),
	FIELD_END,
};

static const struct field_option known_options[] = {
	{1, "source link-layer address", source_fields},
	{2, "target link-layer address", target_fields},
	{3, "prefix information", prefix_fields},
	{4, "redirected header", NULL},
	{5, "MTU", mtu_fields},
	{14, "nonce", NULL},
	{25, "recursive DNS server", NULL},
	{0, NULL, NULL},
};

static const struct field_options neighbor_options = {
	.kind_name = "icmpv6.opt.type",
	.length_name = "icmpv6.opt.length",
	.known = known_options,
	.kind_width = 1,
	.length_at = 1,
	.length_unit = 8,
};

// RFC 4443, 2.1, 3, 4; RFC 4861, 4.
static const struct field fields[] = {
	FIELD("icmpv6.type", 0, 1, FIELD_NUMBER, .names = types),
	FIELD("icmpv6.code", 1, 1, FIELD_NUMBER),
	FIELD("icmpv6.checksum", 2, 2, FIELD_HEX),
	FIELD("icmpv6.mtu", 4, 4, FIELD_NUMBER, IS(TYPE_PACKET_TOO_BIG)),
	FIELD("icmpv6.pointer", 4, 4, FIELD_NUMBER, IS(TYPE_PARAMETER_PROBLEM)),
	FIELD("icmpv6.echo.identifier", 4, 2, FIELD_HEX, IS_ECHO),
	FIELD("icmpv6.echo.sequence_number", 6, 2, FIELD_NUMBER, IS_ECHO),
	FIELD("icmpv6.nd.ra.cur_hop_limit", 4, 1, FIELD_NUMBER, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ra.flag.m", 5, 1, FIELD_NUMBER, .mask = 0x80, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ra.flag.o", 5, 1, FIELD_NUMBER, .mask = 0x40, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ra.router_lifetime", 6, 2, FIELD_NUMBER, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ra.reachable_time", 8, 4, FIELD_NUMBER, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ra.retrans_timer", 12, 4, FIELD_NUMBER, IS(TYPE_ROUTER)),
	FIELD("icmpv6.nd.ns.target_address", 8, 16, FIELD_IPV6, IS(TYPE_SOLICITATION)),
	FIELD("icmpv6.nd.na.flag.r", 4, 4, FIELD_NUMBER, .mask = 0x80000000, IS(TYPE_ADVERTISEMENT)),
	FIELD("icmpv6.nd.na.flag.s", 4, 4, FIELD_NUMBER, .mask = 0x40000000, IS(TYPE_ADVERTISEMENT)),
	FIELD("icmpv6.nd.na.flag.o", 4, 4, FIELD_NUMBER, .mask = 0x20000000, IS(TYPE_ADVERTISEMENT)),
	FIELD("icmpv6.nd.na.target_address", 8, 16, FIELD_IPV6, IS(TYPE_ADVERTISEMENT)),
	FIELD("icmpv6.rd.na.target_address", 8, 16, FIELD_IPV6, IS(TYPE_REDIRECT)),
	FIELD("icmpv6.rd.na.destination_address", 24, 16, FIELD_IPV6, IS(TYPE_REDIRECT)),
	FIELD("", 8, FIELD_REST, FIELD_OPTIONS_REST, .options = &neighbor_options, IS(TYPE_ROUTER_SOLICITATION)),
	FIELD("", 16, FIELD_REST, FIELD_OPTIONS_REST, .options = &neighbor_options, IS(TYPE_ROUTER)),
	FIELD("", 24, FIELD_REST, FIELD_OPTIONS_REST, .options = &neighbor_options, IS(TYPE_SOLICITATION)),
	FIELD("", 24, FIELD_REST, FIELD_OPTIONS_REST, .options = &neighbor_options, IS(TYPE_ADVERTISEMENT)),
	FIELD("", 40, FIELD_REST, FIELD_OPTIONS_REST, .options = &neighbor_options, IS(TYPE_REDIRECT)),
	FIELD_END,
};

const struct decoder decoder_icmpv6 = {
	.name = "icmpv6",
	.keys = {{"ip.proto", IP_PROTO_ICMPV6}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
	.fields = fields,
};
