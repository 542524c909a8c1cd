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

const struct decoder decoder_icmpv6 = {
	.name = "icmpv6",
	.keys = {{"ip.proto", IP_PROTO_ICMPV6}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
};
