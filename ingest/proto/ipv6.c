// IPv6 and its extension headers: RFC 8200, 3 and 4; AH: RFC 4302, 2; jumbograms: RFC 2675.
#include "ip.h"

enum { PROTOCOL };

enum {
	HEADER_LEN = 40,
	ADDRESS_LEN = 16,
	JUMBO_MIN = 65536,
	FRAGMENT_OFFSET = 0xfff8,
	FRAGMENT_MORE = 0x0001,
};

static void follow(struct dissection *d, uint8_t next)
{
	d->ip->protocol = next;
	if (next != IP_PROTO_NONE)
		dissect_next(d, PROTOCOL, next);
	else if (d->rest.left)
		dissect_layer(d, "data");
}

// RFC 8200, 4.2.
enum option {
	OPTION_PAD1 = 0,
	OPTION_JUMBO = 0xc2,        // RFC 2675, 2
	OPTION_HOME_ADDRESS = 0xc9, // RFC 6275, 6.3
};

// RFC 8200, 4.3, 4.4, 4.6: next header, length in 8 bytes beyond the first 8. Takes the header off the window and
// returns what is behind these two.
static struct bytes take_extension(struct bytes *from, uint8_t *next)
{
	*next = bytes_u8(from);
	size_t length = (bytes_u8(from) + 1u) * 8;
	return bytes_split(from, length - 2);
}

// Takes off a header of options, also where the last one goes on behind its end: *overrun. The body of the first option
// of a kind; empty when there is none. *from is bad when an option is longer than the packet.
static struct bytes take_options(struct bytes *from, uint8_t wanted, uint8_t *next, bool *overrun)
{
	struct bytes options = *from, found = {.left = 0};

	take_extension(from, next);
	bytes_skip(&options, 2);
	while (options.left > from->left) {
		uint8_t kind = bytes_u8(&options);
		if (kind == OPTION_PAD1)
			continue;
		struct bytes body = bytes_split(&options, bytes_u8(&options));
		if (kind == wanted && !found.left)
			found = body;
	}
	*overrun = options.left < from->left;
	if (options.bad)
		bytes_fail(from);
	return found;
}

// The length that a jumbogram's hop-by-hop header gives for the payload; 0 when there is none.
static uint32_t jumbo_length(struct bytes rest)
{
	uint8_t next;
	bool overrun;
	struct bytes body = take_options(&rest, OPTION_JUMBO, &next, &overrun);
	uint32_t length = bytes_u32(&body);

	return length >= JUMBO_MIN ? length : 0;
}

// Cuts the rest to the packet. A payload length of 0 is that of a jumbogram, or of TCP or UDP which the network card was
// to segment: then it ends with the frame. Of any other protocol, there is no payload: what follows is padding.
static void limit(struct dissection *d, uint32_t payload, uint8_t next)
{
	uint32_t there = dissect_wire_left(d);

	if (payload == 0 && next == IP_PROTO_HOPOPTS)
		payload = jumbo_length(d->rest);
	else if (payload == 0)
		payload = next == IP_PROTO_TCP || next == IP_PROTO_UDP ? there : 0;
	if (payload > there) {
		dissect_error(d, PACKET_ERROR_IP_TOTAL_LENGTH);
		d->checksummable = false;
	}
	dissect_limit(d, payload);
	if (d->cut)
		d->checksummable = false;
}

static void decode(struct dissection *d)
{
	unsigned version = (unsigned)bytes_peek(d->rest, 0, 1) >> 4;

	if (d->rest.left && version != 6) {
		dissect_reject(d);
		return;
	}
	if (d->rest.left < HEADER_LEN) {
		bytes_fail(&d->rest);
		return;
	}
	struct headers *ip = ip_begin(d, 6);
	ip->tos = (uint8_t)(bytes_peek(d->rest, 0, 2) >> 4); // behind the version, before the flow label
	struct bytes header = bytes_split(&d->rest, HEADER_LEN);
	bytes_skip(&header, 4);
	uint16_t payload = bytes_u16(&header);
	uint8_t next = bytes_u8(&header);
	ip->ttl = bytes_u8(&header);
	struct bytes addresses = header;
	ip_address6(&header, &ip->src);
	ip_address6(&header, &ip->dst);
	d->pseudo_sum = checksum_sum(addresses);
	d->checksummable = !d->quoting;
	limit(d, payload, next);
	ip_carries(d);
	follow(d, next);
}

static const struct field fields[] = {
	FIELD("ipv6.version", 0, 1, FIELD_NUMBER, .mask = 0xf0),
	FIELD("ipv6.tclass", 0, 4, FIELD_HEX, .mask = 0x0ff00000),
	FIELD("ipv6.tclass.dscp", 0, 4, FIELD_NUMBER, .mask = 0x0fc00000, .names = field_dscps),
	FIELD("ipv6.tclass.ecn", 0, 4, FIELD_NUMBER, .mask = 0x00300000, .names = field_ecns),
	FIELD("ipv6.flow", 0, 4, FIELD_HEX, .mask = 0x000fffff),
	FIELD("ipv6.plen", 4, 2, FIELD_NUMBER),
	FIELD("ipv6.nxt", 6, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ipv6.hlim", 7, 1, FIELD_NUMBER),
	FIELD("ipv6.src", 8, 16, FIELD_IPV6),
	FIELD("ipv6.dst", 24, 16, FIELD_IPV6),
	FIELD_END,
};

const struct decoder decoder_ipv6 = {
	.name = "ipv6",
	.keys = {{"linktype", 229},
             {"ethertype", 0x86dd},
             {"ip.proto", IP_PROTO_IPV6},
             {"ppp.protocol", 0x0057},
             {"chdlc.protocol", 0x86dd},
             {"gre.proto", 0x86dd},
             {"null.type", 24},
             {"null.type", 28},
             {"null.type", 30}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode,
	.fields = fields,
};

// Replaces the source or destination address, in the pseudo header too. Only for IPv6: an IPv4 packet with these
// headers is not what they were made for.
static void replace_address(struct dissection *d, struct address *which, struct bytes by)
{
	struct headers *ip = d->ip;

	if (ip->ip_version != 6)
		return;
	ip_address6(&by, which);
	d->pseudo_sum = checksum_sum(bytes_of(ip->src.at, sizeof ip->src.at)) +
	                checksum_sum(bytes_of(ip->dst.at, sizeof ip->dst.at));
}

// A mobile node's home address stands for the source address, in the pseudo header too (RFC 6275, 11.3.1).
static void decode_options(struct dissection *d)
{
	uint8_t next;
	bool overrun;
	struct bytes home = take_options(&d->rest, OPTION_HOME_ADDRESS, &next, &overrun);

	if (d->rest.bad)
		return;
	if (overrun)
		dissect_error(d, PACKET_ERROR_IPV6_OPTIONS);
	if (home.left == ADDRESS_LEN)
		replace_address(d, &d->ip->src, home);
	follow(d, next);
}

static const struct field jumbo_fields[] = {
	FIELD("ipv6.opt.jumbo", 2, 4, FIELD_NUMBER),
	FIELD_END,
};

static const struct field alert_fields[] = {
	FIELD("ipv6.opt.router_alert", 2, 2, FIELD_NUMBER),
	FIELD_END,
};

static const struct field home_fields[] = {
	FIELD("ipv6.opt.mipv6.home_address", 2, ADDRESS_LEN, FIELD_IPV6),
	FIELD_END,
};

static const struct field_option known_options[] = {
	{OPTION_PAD1, "Pad1", NULL},
	{1, "PadN", NULL},
	{5, "router alert", alert_fields},
	{OPTION_JUMBO, "jumbo payload", jumbo_fields},
	{OPTION_HOME_ADDRESS, "home address", home_fields},
	{0, NULL, NULL},
};

static const struct field_options ipv6_options = {
	.kind_name = "ipv6.opt.type",
	.length_name = "ipv6.opt.length",
	.known = known_options,
	.kind_width = 1,
	.length_at = 1,
	.length_unit = 1,
	.length_extra = 2,
	.singles = 1 << OPTION_PAD1,
};

static const struct field hopopts_fields[] = {
	FIELD("ipv6.hopopts.nxt", 0, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ipv6.hopopts.len", 1, 1, FIELD_NUMBER),
	FIELD("", 2, FIELD_REST, FIELD_OPTIONS, .options = &ipv6_options),
	FIELD_END,
};

const struct decoder decoder_ipv6_hopopts = {
	.name = "ipv6.hopopts",
	.keys = {{"ip.proto", IP_PROTO_HOPOPTS}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_options,
	.fields = hopopts_fields,
};

static const struct field dstopts_fields[] = {
	FIELD("ipv6.dstopts.nxt", 0, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ipv6.dstopts.len", 1, 1, FIELD_NUMBER),
	FIELD("", 2, FIELD_REST, FIELD_OPTIONS, .options = &ipv6_options),
	FIELD_END,
};

const struct decoder decoder_ipv6_dstopts = {
	.name = "ipv6.dstopts",
	.keys = {{"ip.proto", IP_PROTO_DSTOPTS}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_options,
	.fields = dstopts_fields,
};

enum routing_type { ROUTING_SOURCE = 0, ROUTING_MOBILE = 2, ROUTING_SEGMENT = 4 };

// The address at which the packet is to end up, which its pseudo header has for destination (RFC 8200, 8.1); empty:
// as the IPv6 header says. A segment routing header (RFC 8754, 2) lists the last segment first.
static struct bytes final_destination(struct bytes body)
{
	uint8_t type = bytes_u8(&body);
	uint8_t segments_left = bytes_u8(&body);
	bytes_skip(&body, 4);
	if (!segments_left || body.left < ADDRESS_LEN)
		return bytes_split(&body, 0);
	if (type == ROUTING_SOURCE || type == ROUTING_MOBILE)
		bytes_skip(&body, body.left - ADDRESS_LEN);
	else if (type != ROUTING_SEGMENT)
		return bytes_split(&body, 0);
	return bytes_split(&body, ADDRESS_LEN);
}

// Whether the segments up to the last entry are in the header (RFC 8754, 4.3.1.1).
static bool holds_segments(struct bytes body)
{
	uint8_t type = bytes_u8(&body);
	bytes_skip(&body, 1);
	size_t last_entry = bytes_u8(&body);
	bytes_skip(&body, 3);
	return type != ROUTING_SEGMENT || (last_entry + 1) * ADDRESS_LEN <= body.left;
}

static void decode_routing(struct dissection *d)
{
	uint8_t next;
	struct bytes body = take_extension(&d->rest, &next);

	if (body.bad)
		return;
	if (!holds_segments(body)) {
		dissect_malformed(d, PACKET_ERROR_MALFORMED);
		return;
	}
	struct bytes final = final_destination(body);
	if (final.left)
		replace_address(d, &d->ip->dst, final);
	follow(d, next);
}

#define IS_SEGMENT FIELD_WHEN(2, 1, 0xff, ROUTING_SEGMENT, ROUTING_SEGMENT)

static const struct field_value routing_types[] = {
	{ROUTING_SOURCE, "source route"},
	{ROUTING_MOBILE, "mobility"},
	{3, "RPL"},
	{ROUTING_SEGMENT, "segment routing"},
	{0, NULL},
};

static const struct field routing_fields[] = {
	FIELD("ipv6.routing.nxt", 0, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ipv6.routing.len", 1, 1, FIELD_NUMBER),
	FIELD("ipv6.routing.type", 2, 1, FIELD_NUMBER, .names = routing_types),
	FIELD("ipv6.routing.segleft", 3, 1, FIELD_NUMBER),
	FIELD("ipv6.routing.srh.last_entry", 4, 1, FIELD_NUMBER, IS_SEGMENT),
	FIELD("ipv6.routing.srh.flags", 5, 1, FIELD_HEX, IS_SEGMENT),
	FIELD("ipv6.routing.srh.tag", 6, 2, FIELD_HEX, IS_SEGMENT),
	FIELD_END,
};

const struct decoder decoder_ipv6_routing = {
	.name = "ipv6.routing",
	.keys = {{"ip.proto", IP_PROTO_ROUTING}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_routing,
	.fields = routing_fields,
};

// RFC 8200, 4.5. With neither offset nor more to come it is an atomic fragment (RFC 6946): a whole packet.
static void decode_fragment(struct dissection *d)
{
	struct headers *ip = d->ip;
	uint8_t next = bytes_u8(&d->rest);
	bytes_skip(&d->rest, 1);
	uint16_t field = bytes_u16(&d->rest);
	uint32_t id = bytes_u32(&d->rest);

	if (d->rest.bad)
		return;
	ip->protocol = next;
	ip->ip_id = id;
	ip->has_ip_id = true;
	ip->fragment_offset = field & FRAGMENT_OFFSET;
	ip->more_fragments = field & FRAGMENT_MORE;
	ip->is_fragment = ip->more_fragments || ip->fragment_offset;
	if (ip->is_fragment) {
		d->checksummable = false;
		ip_note_fragment(d, !d->cut);
	}
	if (ip->is_fragment && dissect_wire_left(d))
		dissect_layer(d, "data");
	else if (!ip->is_fragment)
		follow(d, next);
}

static const struct field fragment_fields[] = {
	FIELD("ipv6.fraghdr.nxt", 0, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ipv6.fraghdr.reserved_octet", 1, 1, FIELD_HEX),
	FIELD("ipv6.fraghdr.offset", 2, 2, FIELD_UNITS, .mask = FRAGMENT_OFFSET, .factor = 8),
	FIELD("ipv6.fraghdr.more", 2, 2, FIELD_NUMBER, .mask = FRAGMENT_MORE),
	FIELD("ipv6.fraghdr.ident", 4, 4, FIELD_HEX),
	FIELD_END,
};

const struct decoder decoder_ipv6_fragment = {
	.name = "ipv6.fraghdr",
	.keys = {{"ip.proto", IP_PROTO_FRAGMENT}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_fragment,
	.fields = fragment_fields,
};

// RFC 4302, 2: the length is in words of 4 bytes, minus 2. Follows IPv4 as well.
static void decode_ah(struct dissection *d)
{
	uint8_t next = bytes_u8(&d->rest);
	size_t length = (bytes_u8(&d->rest) + 2u) * 4;

	bytes_skip(&d->rest, length - 2);
	if (!d->rest.bad)
		follow(d, next);
}

static const struct field ah_fields[] = {
	FIELD("ah.next_header", 0, 1, FIELD_NUMBER, .names = field_ip_protocols),
	FIELD("ah.length", 1, 1, FIELD_NUMBER),
	FIELD("ah.reserved", 2, 2, FIELD_BYTES),
	FIELD("ah.spi", 4, 4, FIELD_HEX),
	FIELD("ah.sequence", 8, 4, FIELD_NUMBER),
	FIELD("ah.icv", 12, FIELD_REST, FIELD_BYTES),
	FIELD_END,
};

const struct decoder decoder_ah = {
	.name = "ah",
	.keys = {{"ip.proto", IP_PROTO_AH}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_ah,
	.fields = ah_fields,
};

static const struct field esp_fields[] = {
	FIELD("esp.spi", 0, 4, FIELD_HEX),
	FIELD("esp.sequence", 4, 4, FIELD_NUMBER),
	FIELD_END,
};

const struct decoder decoder_esp = {
	.name = "esp",
	.keys = {{"ip.proto", IP_PROTO_ESP}},
	.fields = esp_fields,
};

// RFC 5533, 5.
static void decode_shim6(struct dissection *d)
{
	uint8_t next;
	struct bytes body = take_extension(&d->rest, &next);

	if (!body.bad)
		follow(d, next);
}

const struct decoder decoder_shim6 = {
	.name = "shim6",
	.keys = {{"ip.proto", IP_PROTO_SHIM6}},
	.tables = {[PROTOCOL] = "ip.proto"},
	.decode = decode_shim6,
};

// RFC 6275, 6.1: nothing follows. Drafts of it had another number.
const struct decoder decoder_mipv6 = {
	.name = "mipv6",
	.keys = {{"ip.proto", IP_PROTO_MOBILITY}, {"ip.proto", IP_PROTO_MOBILITY_DRAFT}},
};
