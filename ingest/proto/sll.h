// What both versions of Linux cooked captures have in common: the meaning of their fields.
#ifndef INGEST_PROTO_SLL_H
#define INGEST_PROTO_SLL_H

#include "link.h"

enum { SLL_ETHERTYPE, SLL_LLC, SLL_LINUX, SLL_GRE, SLL_HARDWARE };

#define SLL_TABLES                                                                                                 \
	{                                                                                                              \
		[SLL_ETHERTYPE] = "ethertype", [SLL_LLC] = "llc", [SLL_LINUX] = "sll.ltype", [SLL_GRE] = "gre.proto",      \
		[SLL_HARDWARE] = "sll.hatype"                                                                              \
	}

enum {
	SLL_ADDRESS_LEN = 8,
	SLL_HARDWARE_IPGRE = 778, // ARPHRD_IPGRE: the protocol is one of GRE's
	SLL_PROTOCOL_802_3 = 1,   // ETH_P_802_3: Novell's IPX without LLC
	SLL_PROTOCOL_802_2 = 4,   // ETH_P_802_2
};

// Where a cooked capture saw the packet: the interface's index, and whether it came or went.
static inline void sll_set_unit(struct packet *p, uint32_t interface, uint8_t packet_type)
{
	p->link_unit = interface << 8 | packet_type;
}

// The packet type of both.
static const struct field_value sll_packet_types[] = {
	{0, "to us"}, {1, "broadcast"}, {2, "multicast"}, {3, "to another host"}, {4, "sent by us"}, {0, NULL},
};

// An interface knows the address of its peer only: the sender of what comes in.
static inline void sll_set_mac(struct packet *p, struct bytes address, unsigned address_len)
{
	if (address_len != 6)
		return;
	memset(&p->mac_dst, 0, sizeof p->mac_dst);
	link_mac(&address, &p->mac_src);
	p->has_macs = true;
}

static inline void sll_follow(struct dissection *d, uint16_t hardware, struct bytes address, unsigned address_len,
                              uint16_t protocol)
{
	if (d->rest.bad)
		return;
	sll_set_mac(d->packet, address, address_len);
	if (protocol <= LINK_ETHERTYPE_MIN)
		dissect_try(d, SLL_HARDWARE, hardware);
	if (hardware == SLL_HARDWARE_IPGRE)
		dissect_next(d, SLL_GRE, protocol);
	else if (protocol > LINK_ETHERTYPE_MIN)
		link_ethertype(d, SLL_ETHERTYPE, protocol);
	else if (protocol == SLL_PROTOCOL_802_2)
		dissect_next(d, SLL_LLC, 0);
	else if (protocol == SLL_PROTOCOL_802_3)
		dissect_next(d, SLL_ETHERTYPE, LINK_ETHERTYPE_IPX);
	else
		dissect_next(d, SLL_LINUX, protocol);
}

#endif
