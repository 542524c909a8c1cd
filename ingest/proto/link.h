// What the decoders of link layers have in common.
#ifndef INGEST_PROTO_LINK_H
#define INGEST_PROTO_LINK_H

#include "../decoder.h"

enum {
	LINK_802_3_LENGTH_MAX = 1500, // IEEE 802.3, 3.2.6: a length up to here ...
	LINK_ETHERTYPE_MIN = 1536,    // ... and a type from here
	LINK_ETHERTYPE_IPX = 0x8137,
};

// Reads a MAC address in place.
static inline void link_mac(struct bytes *b, struct address *to)
{
	memset(to->at, 0, 10);
	bytes_copy(b, to->at + 10, 6);
}

// Whether a link layer's addresses and type are the frame's: until there is an IP header, whose tunnel it would be in.
static inline bool link_is_of_frame(const struct dissection *d)
{
	return !d->packet->ip.ip_version;
}

// The addresses of a frame: destination first.
static inline void link_macs(struct dissection *d)
{
	struct bytes addresses = bytes_split(&d->rest, 12);

	if (addresses.bad || !link_is_of_frame(d))
		return;
	link_mac(&addresses, &d->packet->mac_dst);
	link_mac(&addresses, &d->packet->mac_src);
	d->packet->has_macs = true;
}

// What follows, at most up to the frame's end, is what the frame carries.
static inline void link_carries(struct dissection *d)
{
	if (link_is_of_frame(d))
		d->packet->link_payload = d->rest;
}

// What follows has this ethertype, in the decoder's table "ethertype".
static inline void link_ethertype(struct dissection *d, unsigned table, uint16_t type)
{
	if (link_is_of_frame(d))
		d->packet->ethertype = type;
	link_carries(d);
	dissect_layer(d, "ethertype");
	dissect_next(d, table, type);
}

// What follows the length field of an 802.3 frame: LLC; or Novell's IPX, whose first word, a checksum, is always ffff.
static inline void link_802_3(struct dissection *d, unsigned ethertypes, unsigned llc, uint16_t length)
{
	dissect_limit(d, length);
	link_carries(d);
	if (bytes_peek(d->rest, 0, 2) == 0xffff)
		dissect_next(d, ethertypes, LINK_ETHERTYPE_IPX);
	else
		dissect_next(d, llc, 0);
}

#endif
