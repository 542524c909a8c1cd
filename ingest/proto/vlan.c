// VLAN tags: IEEE 802.1Q-2018, 9.3 and 9.5; 802.1ad's S-tag has the same form.
#include "link.h"

enum { ETHERTYPE, LLC };

enum { VLAN_ID = 0x0fff };

static void decode(struct dissection *d)
{
	uint16_t control = bytes_u16(&d->rest);
	uint16_t type = bytes_u16(&d->rest);

	if (d->rest.bad)
		return;
	d->packet->vlan_id = control & VLAN_ID;
	if (type > LINK_802_3_LENGTH_MAX)
		link_ethertype(d, ETHERTYPE, type);
	else
		link_802_3(d, ETHERTYPE, LLC, type);
}

const struct decoder decoder_vlan = {
	.name = "vlan",
	.keys = {{"ethertype", 0x8100}, {"ethertype", 0x9100}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode,
};

const struct decoder decoder_ieee8021ad = {
	.name = "ieee8021ad",
	.keys = {{"ethertype", 0x88a8}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode,
};
