// UDP: RFC 768; jumbograms: RFC 2675, 4. UDP-Lite: RFC 3828, 3.1.
#include "ip.h"

enum { PORT };

enum {
	HEADER_LEN = 8,
	JUMBO_MIN = 65536,
	SYSTEM_PORTS = 1024, // RFC 6335, 6: below are the system ports
};

// Wireshark looks at the lower port first. A system port says what the datagram is, known here or not: the other is
// a client's, which may be any number.
static void offer_ports(struct dissection *d)
{
	uint16_t src = d->ip->src_port, dst = d->ip->dst_port;
	uint16_t low = src < dst ? src : dst, high = src < dst ? dst : src;

	dissect_try(d, PORT, low);
	if (high != low && (low >= SYSTEM_PORTS || low == 0))
		dissect_try(d, PORT, high);
}

// Cuts the rest, the datagram, to the length in its header. Of a first fragment that is not put together the rest is
// elsewhere.
static void limit(struct dissection *d, uint16_t length)
{
	uint32_t there = dissect_wire_left(d);

	if (length == 0 && there >= JUMBO_MIN)
		return;
	if (length < HEADER_LEN) {
		dissect_malformed(d, PACKET_ERROR_UDP_LENGTH);
		return;
	}
	if (length > there && (!d->ip->is_fragment || d->ip->is_reassembled)) {
		dissect_error(d, PACKET_ERROR_UDP_LENGTH);
		d->checksummable = false;
	}
	dissect_limit(d, length);
}

static void decode_udp(struct dissection *d)
{
	struct bytes datagram = d->rest, ports = d->rest;

	ip_ports(d, &ports);
	struct bytes header = bytes_split(&datagram, HEADER_LEN);
	if (header.bad) {
		bytes_fail(&d->rest);
		return;
	}
	bytes_skip(&header, 4);
	uint16_t length = bytes_u16(&header);
	uint16_t checksum = bytes_u16(&header);
	limit(d, length);
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	if (checksum)
		ip_verify_all(d, d->rest, checksum, ip_pseudo_sum(d, IP_PROTO_UDP, dissect_wire_left(d)));
	bytes_skip(&d->rest, HEADER_LEN);
	d->ip->udp_payload_len = dissect_wire_left(d);
	if (d->rest.left)
		offer_ports(d);
}

static const struct field udp_fields[] = {
	FIELD("udp.srcport", 0, 2, FIELD_NUMBER),
	FIELD("udp.dstport", 2, 2, FIELD_NUMBER),
	FIELD("udp.length", 4, 2, FIELD_NUMBER),
	FIELD("udp.checksum", 6, 2, FIELD_HEX),
	FIELD_END,
};

const struct decoder decoder_udp = {
	.name = "udp",
	.keys = {{"ip.proto", IP_PROTO_UDP}},
	.tables = {[PORT] = "udp.port"},
	.decode = decode_udp,
	.fields = udp_fields,
};

// The checksum covers the first `coverage` bytes, 0 meaning all; the pseudo header has the whole length.
static void decode_udplite(struct dissection *d)
{
	struct bytes datagram = d->rest, covered = d->rest, ports = d->rest;

	ip_ports(d, &ports);
	struct bytes header = bytes_split(&d->rest, HEADER_LEN);
	if (header.bad)
		return;
	bytes_skip(&header, 4);
	uint16_t coverage = bytes_u16(&header);
	uint16_t checksum = bytes_u16(&header);
	d->ip->has_transport = true;
	if (coverage >= HEADER_LEN && coverage <= covered.left)
		covered.left = coverage;
	if (coverage == 0 || coverage >= HEADER_LEN)
		ip_verify(d, covered, checksum, ip_pseudo_sum(d, IP_PROTO_UDPLITE, datagram.left));
	offer_ports(d);
}

static const struct field udplite_fields[] = {
	FIELD("udp.srcport", 0, 2, FIELD_NUMBER),
	FIELD("udp.dstport", 2, 2, FIELD_NUMBER),
	FIELD("udp.checksum_coverage", 4, 2, FIELD_NUMBER),
	FIELD("udp.checksum", 6, 2, FIELD_HEX),
	FIELD_END,
};

const struct decoder decoder_udplite = {
	.name = "udplite",
	.keys = {{"ip.proto", IP_PROTO_UDPLITE}},
	.tables = {[PORT] = "udp.port"},
	.decode = decode_udplite,
	.fields = udplite_fields,
};
