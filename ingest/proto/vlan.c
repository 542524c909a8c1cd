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

static const struct field vlan_fields[] = {
	FIELD("vlan.priority", 0, 2, FIELD_NUMBER, .mask = 0xe000),
	FIELD("vlan.dei", 0, 2, FIELD_NUMBER, .mask = 0x1000),
	FIELD("vlan.id", 0, 2, FIELD_NUMBER, .mask = VLAN_ID),
	FIELD("vlan.etype", 2, 2, FIELD_HEX, .names = field_ethertypes,
          FIELD_WHEN(2, 2, 0xffff, LINK_ETHERTYPE_MIN, 0xffff)),
	FIELD("vlan.len", 2, 2, FIELD_NUMBER, FIELD_WHEN(2, 2, 0xffff, 0, LINK_802_3_LENGTH_MAX)),
	FIELD_END,
};

const struct decoder decoder_vlan = {
	.name = "vlan",
	.keys = {{"ethertype", 0x8100}, {"ethertype", 0x9100}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode,
	.fields = vlan_fields,
};

static const struct field ieee8021ad_fields[] = {
	FIELD("ieee8021ad.priority", 0, 2, FIELD_NUMBER, .mask = 0xe000),
	FIELD("ieee8021ad.dei", 0, 2, FIELD_NUMBER, .mask = 0x1000),
	FIELD("ieee8021ad.id", 0, 2, FIELD_NUMBER, .mask = VLAN_ID),
	FIELD("ieee8021ah.etype", 2, 2, FIELD_HEX, .names = field_ethertypes),
	FIELD_END,
};

const struct decoder decoder_ieee8021ad = {
	.name = "ieee8021ad",
	.keys = {{"ethertype", 0x88a8}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode,
	.fields = ieee8021ad_fields,
};
