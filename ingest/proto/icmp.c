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

const struct decoder decoder_icmp = {
	.name = "icmp",
	.keys = {{"ip.proto", IP_PROTO_ICMP}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
};
