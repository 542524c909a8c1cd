// What the IP decoders, and those above IP, have in common.
#ifndef INGEST_PROTO_IP_H
#define INGEST_PROTO_IP_H

#include "../checksum.h"
#include "../decoder.h"

// Read an address in place: packets have two each, and a copy of one would cost as much as reading it.
static inline void ip_address4(struct bytes *b, struct address *to)
{
	static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
	memcpy(to->at, MAPPED, sizeof MAPPED);
	bytes_copy(b, to->at + sizeof MAPPED, 4);
}

static inline void ip_address6(struct bytes *b, struct address *to)
{
	bytes_copy(b, to->at, sizeof to->at);
}

// Starts the headers of an IP packet, forgetting those of the packet that tunnels it.
static inline struct headers *ip_begin(struct dissection *d, uint8_t version)
{
	struct headers *ip = d->ip;
	uint8_t carrier = ip->has_ports ? ip->protocol : ip->carrier;
	if (ip->ip_version)
		memset(ip, 0, sizeof *ip);
	ip->ip_version = version;
	ip->carrier = carrier;
	if (d->quoting)
		return ip;
	d->packet->ip_checksum = d->packet->l4_checksum = CHECKSUM_UNKNOWN;
	d->packet->datagram.wire_len = 0;
	d->packet->ip_payload = bytes_of(NULL, 0);
	d->packet->ip_payload_len = 0;
	return ip;
}

// What is left of the dissection is the payload of an IP packet.
static inline void ip_carries(struct dissection *d)
{
	if (d->quoting)
		return;
	d->packet->ip_payload = d->rest;
	d->packet->ip_payload_len = dissect_wire_left(d);
}

// What is left of the dissection is a fragment; whole: it can be put together with others. One without payload is of no
// use to a datagram, nor are fragments within so many others.
static inline void ip_note_fragment(struct dissection *d, bool whole)
{
	const struct headers *ip = d->ip;
	struct packet *p = d->packet;
	if (d->quoting || !dissect_wire_left(d) || p->fragment_count == PACKET_FRAGMENTS_MAX)
		return;
	p->fragments[p->fragment_count++] = (struct packet_fragment){
		.src = ip->src,
		.dst = ip->dst,
		.ip_id = ip->ip_id,
		.ip_version = ip->ip_version,
		.protocol = ip->protocol,
		.more = ip->more_fragments,
		.start = ip->fragment_offset,
		.length = dissect_wire_left(d),
		.data = whole ? d->rest : bytes_of(NULL, 0),
	};
}

// The checksum of a transport's datagram; sum: of whatever else the checksum covers, as the pseudo header.
// Zero stands for one that was left to the network card, unless it happens to be right.
static inline void ip_verify(struct dissection *d, struct bytes datagram, uint16_t checksum, uint32_t sum)
{
	if (!d->checksummable)
		return;
	if (checksum_is_right(sum + checksum_sum(datagram))) {
		d->packet->l4_checksum = CHECKSUM_OK;
		return;
	}
	d->packet->l4_checksum = checksum ? CHECKSUM_WRONG : CHECKSUM_UNKNOWN;
	d->packet->l4_checksum_partial = checksum == checksum_fold(sum);
}

// The same for a checksum that covers the datagram to its end, of which d->cut bytes more were on the wire. It tells of
// the payload even where that was not captured.
static inline void ip_verify_all(struct dissection *d, struct bytes datagram, uint16_t checksum, uint32_t sum)
{
	ip_verify(d, datagram, checksum, sum);
	if (!d->quoting && (!d->ip->is_fragment || d->ip->is_reassembled))
		d->packet->datagram = (struct checksummed){datagram, (uint32_t)datagram.left + d->cut, sum, checksum};
}

// The sum over the pseudo header of RFC 9293, 3.1 and RFC 8200, 8.1.
static inline uint32_t ip_pseudo_sum(const struct dissection *d, uint8_t protocol, size_t length)
{
	return d->pseudo_sum + protocol + (uint32_t)(length >> 16) + (uint32_t)(length & 0xffff);
}

// Takes source and destination port off b, and notes what is odd about them. They count even where the snap length or
// an ICMP error has cut the header behind them.
static inline void ip_ports(struct dissection *d, struct bytes *b)
{
	struct headers *ip = d->ip;
	struct bytes ports = bytes_split(b, 4);

	if (ports.bad)
		return;
	ip->src_port = bytes_u16(&ports);
	ip->dst_port = bytes_u16(&ports);
	ip->has_ports = true;
	if (!ip->src_port || !ip->dst_port)
		dissect_error(d, PACKET_ERROR_PORT_ZERO);
	if (ip->src_port == ip->dst_port && memcmp(&ip->src, &ip->dst, sizeof ip->src) == 0)
		dissect_error(d, PACKET_ERROR_SAME_ENDPOINTS);
}

#endif
