// IPv4: RFC 791, 3.1; the DS field: RFC 2474, 3.
#include "ip.h"

enum { PROTOCOL };

enum {
	HEADER_MIN = 20,
	FLAG_RESERVED = 0x8000,
	FLAG_DONT_FRAGMENT = 0x4000,
	FLAG_MORE_FRAGMENTS = 0x2000,
	FRAGMENT_OFFSET = 0x1fff, // in units of 8 bytes
};

enum option {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_LOOSE_SOURCE_ROUTE = 131,
	OPTION_STRICT_SOURCE_ROUTE = 137,
};

// Header length, or 0 when the header cannot be one.
static size_t header_len(struct dissection *d)
{
	uint8_t first = (uint8_t)bytes_peek(d->rest, 0, 1);
	size_t length = (size_t)(first & 0x0f) * 4;

	if (d->rest.left < HEADER_MIN) {
		bytes_fail(&d->rest);
		return 0;
	}
	if (first >> 4 != 4) {
		dissect_malformed(d, PACKET_ERROR_MALFORMED);
		return 0;
	}
	if (length < HEADER_MIN || length > dissect_wire_left(d)) {
		dissect_malformed(d, PACKET_ERROR_IP_HEADER_LENGTH);
		return 0;
	}
	uint16_t total = (uint16_t)bytes_peek(d->rest, 2, 2);
	if (total && total < length) {
		dissect_malformed(d, PACKET_ERROR_IP_TOTAL_LENGTH);
		return 0;
	}
	return length;
}

static void read_fragment(struct dissection *d, uint16_t field)
{
	struct headers *ip = d->ip;

	if (field & FLAG_RESERVED)
		dissect_error(d, PACKET_ERROR_IP_RESERVED_BIT);
	ip->dont_fragment = field & FLAG_DONT_FRAGMENT;
	ip->more_fragments = field & FLAG_MORE_FRAGMENTS;
	ip->fragment_offset = (uint16_t)((field & FRAGMENT_OFFSET) * 8);
	ip->is_fragment = ip->more_fragments || ip->fragment_offset;
}

// A packet on its way along a source route has the next stop for destination, and the final one as last of the route
// (RFC 791, 3.1), which is what its pseudo header has (RFC 1122, 3.2.1.8 c), and what Wireshark shows.
static void read_source_route(struct headers *ip, struct bytes options)
{
	while (options.left) {
		uint8_t kind = bytes_u8(&options);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		uint8_t length = bytes_u8(&options);
		struct bytes body = bytes_split(&options, length > 2 ? length - 2u : 0);
		if (kind != OPTION_LOOSE_SOURCE_ROUTE && kind != OPTION_STRICT_SOURCE_ROUTE)
			continue;
		uint8_t pointer = bytes_u8(&body);
		if (pointer < length && body.left >= 4) {
			bytes_skip(&body, body.left - 4);
			ip_address4(&body, &ip->dst);
		}
	}
}

static void verify_header(struct dissection *d, struct bytes header, uint16_t checksum)
{
	if (d->quoting || header.bad)
		return;
	if (checksum_is_right(checksum_sum(header)))
		d->packet->ip_checksum = CHECKSUM_OK;
	else
		d->packet->ip_checksum = checksum ? CHECKSUM_WRONG : CHECKSUM_UNKNOWN;
}

// Cuts the rest to the packet; true when all of it was captured. A total length of 0 is that of a packet which the
// network card was to segment: it ends with the frame.
static bool limit(struct dissection *d, uint32_t total, uint32_t header)
{
	uint32_t there = dissect_wire_left(d);

	if (total == 0)
		return !d->cut;
	if (total - header > there)
		dissect_error(d, PACKET_ERROR_IP_TOTAL_LENGTH);
	dissect_limit(d, total - header);
	return total - header == d->rest.left;
}

// A packet that ends here lacks the transport header that it tells of. Wireshark shows none either.
static void end_early(struct dissection *d)
{
	uint8_t protocol = d->ip->protocol;
	if (protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == IP_PROTO_ICMP ||
	    protocol == IP_PROTO_SCTP)
		dissect_missing(d);
}

// What the packet carries. A fragment's data goes to the reassembly; a first fragment that is not whole cannot take
// part in it, and is decoded as far as it goes, as Wireshark has it.
static void follow(struct dissection *d, bool whole)
{
	const struct headers *ip = d->ip;

	if (!dissect_wire_left(d)) {
		end_early(d);
		return;
	}
	if (ip->is_fragment)
		ip_note_fragment(d, ip->fragment_offset ? !d->cut : whole);
	if (ip->is_fragment && (whole || ip->fragment_offset))
		dissect_layer(d, "data");
	else
		dissect_next(d, PROTOCOL, ip->protocol);
}

static void decode(struct dissection *d)
{
	if (bytes_peek(d->rest, 0, 1) >> 4 == 6) {
		dissect_next(d, PROTOCOL, IP_PROTO_IPV6);
		return;
	}
	size_t length = header_len(d);
	if (!length)
		return;

	struct headers *ip = ip_begin(d, 4);
	struct bytes packet = d->rest;
	struct bytes header = bytes_split(&d->rest, HEADER_MIN);

	bytes_skip(&header, 1);
	ip->tos = bytes_u8(&header);
	uint16_t total = bytes_u16(&header);
	ip->ip_id = bytes_u16(&header);
	ip->has_ip_id = true;
	read_fragment(d, bytes_u16(&header));
	ip->ttl = bytes_u8(&header);
	ip->protocol = bytes_u8(&header);
	uint16_t checksum = bytes_u16(&header);
	ip_address4(&header, &ip->src);
	ip_address4(&header, &ip->dst);
	verify_header(d, bytes_split(&packet, length), checksum);

	struct bytes options = bytes_split(&d->rest, length - HEADER_MIN);
	if (options.bad)
		return;
	read_source_route(ip, options);
	d->pseudo_sum = checksum_sum(bytes_of(ip->src.at + 12, 4)) + checksum_sum(bytes_of(ip->dst.at + 12, 4));
	bool whole = limit(d, total, (uint32_t)length);
	ip_carries(d);
	d->checksummable = whole && !ip->is_fragment && !d->quoting;
	follow(d, whole);
}

static const struct field timestamp_fields[] = {
	FIELD("ip.opt.ptr", 2, 1, FIELD_NUMBER),
	FIELD("ip.opt.overflow", 3, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ip.opt.flag", 3, 1, FIELD_HEX, .mask = 0x0f),
	FIELD_END,
};

static const struct field route_fields[] = {
	FIELD("ip.opt.ptr", 2, 1, FIELD_NUMBER),
	FIELD("", 3, 4, FIELD_REPEAT),
	FIELD("ip.rec_rt", 0, 4, FIELD_IPV4),
	FIELD_END,
};

static const struct field source_route_fields[] = {
	FIELD("ip.opt.ptr", 2, 1, FIELD_NUMBER),
	FIELD("", 3, 4, FIELD_REPEAT),
	FIELD("ip.src_rt", 0, 4, FIELD_IPV4),
	FIELD_END,
};

static const struct field alert_fields[] = {
	FIELD("ip.opt.ra", 2, 2, FIELD_NUMBER),
	FIELD_END,
};

static const struct field_option known_options[] = {
	{OPTION_END, "end of options", NULL},
	{OPTION_NOP, "no operation", NULL},
	{7, "record route", route_fields},
	{68, "timestamp", timestamp_fields},
	{OPTION_LOOSE_SOURCE_ROUTE, "loose source route", source_route_fields},
	{OPTION_STRICT_SOURCE_ROUTE, "strict source route", source_route_fields},
	{148, "router alert", alert_fields},
	{0, NULL, NULL},
};

static const struct field_options ip_options = {
	.kind_name = "ip.opt.type",
	.length_name = "ip.opt.len",
	.known = known_options,
	.kind_width = 1,
	.length_at = 1,
	.length_unit = 1,
	.singles = 1 << OPTION_END | 1 << OPTION_NOP,
	.zero_ends = true,
};

static const struct field fields[] = {
	FIELD("ip.version", 0, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ip.hdr_len", 0, 1, FIELD_NUMBER, .mask = 0x0f, .factor = 4),
	FIELD("ip.dsfield", 1, 1, FIELD_HEX),
	FIELD("ip.dsfield.dscp", 1, 1, FIELD_NUMBER, .mask = 0xfc, .names = field_dscps),
	FIELD("ip.dsfield.ecn", 1, 1, FIELD_NUMBER, .mask = 0x03, .names = field_ecns),
	FIELD("ip.len", 2, 2, FIELD_NUMBER),
	FIELD("ip.id", 4, 2, FIELD_HEX),
	FIELD("ip.flags.rb", 6, 1, FIELD_NUMBER, .mask = 0x80),
	FIELD("ip.flags.df", 6, 1, FIELD_NUMBER, .mask = 0x40),
	FIELD("ip.flags.mf", 6, 1, FIELD_NUMBER, .mask = 0x20),
	FIELD("ip.frag_offset", 6, 2, FIELD_UNITS, .mask = FRAGMENT_OFFSET, .factor = 8),
	FIELD("ip.ttl", 8, 1, FIELD_NUMBER),
	FIELD("ip.proto", 9, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ip.checksum", 10, 2, FIELD_HEX),
	FIELD("ip.src", 12, 4, FIELD_IPV4),
	FIELD("ip.dst", 16, 4, FIELD_IPV4),
	FIELD("", HEADER_MIN, FIELD_REST, FIELD_OPTIONS, .options = &ip_options),
	FIELD_END,
};

const struct decoder decoder_ipv4 = {
	.name = "ip",
	.keys = {{"linktype", 228},
             {"ethertype", 0x0800},
             {"ip.proto", IP_PROTO_IPV4},
             {"ppp.protocol", 0x0021},
             {"chdlc.protocol", 0x0800},
             {"gre.proto", 0x0800},
             {"llc.dsap", 0x06},
             {"null.type", 2}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
	.fields = fields,
};
