// UDP: RFC 768; jumbograms: RFC 2675, 4. UDP-Lite: RFC 3828, 3.1.
#include "ip.h"

enum { PORT };

enum { HEADER_LEN = 8, JUMBO_MIN = 65536 };

// Wireshark looks at the lower port first.
static void offer_ports(struct dissection *d)
{
	uint16_t src = d->ip->src_port, dst = d->ip->dst_port;

	dissect_try(d, PORT, src < dst ? src : dst);
	if (src != dst)
		dissect_try(d, PORT, src < dst ? dst : src);
}

// Cuts the rest, the datagram, to the length in its header.
static void limit(struct dissection *d, uint16_t length)
{
	uint32_t there = dissect_wire_left(d);

	if (length == 0 && there >= JUMBO_MIN)
		return;
	if (length < HEADER_LEN) {
		dissect_malformed(d, PACKET_ERROR_UDP_LENGTH);
		return;
	}
	if (length > there && !d->ip->is_fragment) {
		dissect_error(d, PACKET_ERROR_UDP_LENGTH);
		d->checksummable = false;
	}
	dissect_limit(d, length);
}

static void decode_udp(struct dissection *d)
{
	struct bytes header = d->rest;

	ip_ports(d, &header);
	uint16_t length = bytes_u16(&header);
	uint16_t checksum = bytes_u16(&header);
	if (header.bad) {
		bytes_fail(&d->rest);
		return;
	}
	limit(d, length);
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	if (checksum)
		ip_verify(d, d->rest, checksum, ip_pseudo_sum(d, IP_PROTO_UDP, d->rest.left));
	bytes_skip(&d->rest, HEADER_LEN);
	offer_ports(d);
}

const struct decoder decoder_udp = {
	.name = "udp",
	.keys = {{"ip.proto", IP_PROTO_UDP}},
	.tables = {[PORT] = "udp.port"},
	.decode = decode_udp,
};

// The checksum covers the first `coverage` bytes, 0 meaning all; the pseudo header has the whole length.
static void decode_udplite(struct dissection *d)
{
	struct bytes datagram = d->rest, covered = d->rest;

	ip_ports(d, &d->rest);
	uint16_t coverage = bytes_u16(&d->rest);
	uint16_t checksum = bytes_u16(&d->rest);
	if (d->rest.bad)
		return;
	d->ip->has_transport = true;
	if (coverage >= HEADER_LEN && coverage <= covered.left)
		covered.left = coverage;
	if (coverage == 0 || coverage >= HEADER_LEN)
		ip_verify(d, covered, checksum, ip_pseudo_sum(d, IP_PROTO_UDPLITE, datagram.left));
	offer_ports(d);
}

const struct decoder decoder_udplite = {
	.name = "udplite",
	.keys = {{"ip.proto", IP_PROTO_UDPLITE}},
	.tables = {[PORT] = "udp.port"},
	.decode = decode_udplite,
};
