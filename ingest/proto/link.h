// What the decoders of link layers have in common.
#ifndef INGEST_PROTO_LINK_H
#define INGEST_PROTO_LINK_H

#include "../decoder.h"

enum {
	LINK_802_3_LENGTH_MAX = 1500, // IEEE 802.3, 3.2.6: a length up to here ...
	LINK_ETHERTYPE_MIN = 1536,    // ... and a type from here
	LINK_ETHERTYPE_IPX = 0x8137,
};

// A MAC address, as a struct address.
static inline struct address link_mac(struct bytes *b)
{
	struct address a = {{0}};
	bytes_copy(b, a.at + 10, 6);
	return a;
}

// Whether a link layer's addresses and type are the frame's: until there is an IP header, whose tunnel it would be in.
static inline bool link_is_of_frame(const struct dissection *d)
{
	return !d->packet->ip.ip_version;
}

// What follows has this ethertype, in the decoder's table "ethertype".
static inline void link_ethertype(struct dissection *d, unsigned table, uint16_t type)
{
	if (link_is_of_frame(d))
		d->packet->ethertype = type;
	dissect_layer(d, "ethertype");
	dissect_next(d, table, type);
}

// What follows the length field of an 802.3 frame: LLC; or Novell's IPX, whose first word, a checksum, is always ffff.
static inline void link_802_3(struct dissection *d, unsigned ethertypes, unsigned llc, uint16_t length)
{
	dissect_limit(d, length);
	if (bytes_peek(d->rest, 0, 2) == 0xffff)
		dissect_next(d, ethertypes, LINK_ETHERTYPE_IPX);
	else
		dissect_next(d, llc, 0);
}

#endif
