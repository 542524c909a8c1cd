// What Cisco HDLC and Cisco's Frame Relay encapsulation have in common: the meaning of their protocol field.
#ifndef INGEST_PROTO_CISCO_HDLC_H
#define INGEST_PROTO_CISCO_HDLC_H

#include "../decoder.h"

enum { CISCO_HDLC_PROTOCOL, CISCO_HDLC_ETHERTYPE };

enum {
	CISCO_HDLC_UDLD = 0x0111,
	CISCO_HDLC_CDP = 0x2000,
	CISCO_HDLC_STP = 0x4242,
	CISCO_HDLC_SLARP = 0x8035,
	CISCO_HDLC_APPLETALK = 0x809b,
	CISCO_HDLC_OSI = 0xfefe,
};

// Whether a protocol number means what it means as an ethertype. Some do not: 8035 is SLARP, not RARP.
static inline bool cisco_hdlc_is_ethertype(uint16_t protocol)
{
	switch (protocol) {
	case 0x0600:
	case 0x0800:
	case 0x6003:
	case 0x6558:
	case 0x8038:
	case 0x80f3:
	case 0x8137:
	case 0x86dd:
	case 0x8847:
	case 0x8848:
		return true;
	default:
		return false;
	}
}

static inline bool cisco_hdlc_is_known(uint16_t protocol)
{
	switch (protocol) {
	case CISCO_HDLC_UDLD:
	case CISCO_HDLC_CDP:
	case CISCO_HDLC_STP:
	case CISCO_HDLC_SLARP:
	case CISCO_HDLC_APPLETALK:
	case CISCO_HDLC_OSI:
		return true;
	default:
		return cisco_hdlc_is_ethertype(protocol);
	}
}

// The first byte of an OSI packet is its NLPID; most, but not all, senders have a padding byte before it.
static inline void cisco_hdlc_skip_padding(struct dissection *d, uint16_t protocol)
{
	uint64_t first = bytes_peek(d->rest, 0, 1);
	if (protocol == CISCO_HDLC_OSI && (first < 0x81 || first > 0x83))
		bytes_skip(&d->rest, 1);
}

// What follows has this protocol number. The decoder's tables start with those of the enum above.
static inline void cisco_hdlc_offer(struct dissection *d, uint16_t protocol)
{
	cisco_hdlc_skip_padding(d, protocol);
	if (cisco_hdlc_is_ethertype(protocol))
		dissect_next(d, CISCO_HDLC_ETHERTYPE, protocol);
	else
		dissect_next(d, CISCO_HDLC_PROTOCOL, protocol);
}

#endif
