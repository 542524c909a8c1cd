// Ethernet: IEEE 802.3-2018, 3.1.1 (MAC frame) and 3.2.6 (length or type); Cisco's Inter-Switch Link, which looks like
// it, as in "Inter-Switch Link and IEEE 802.1Q Frame Format" (cisco.com, document 17056).
#include "link.h"

enum { ETHERTYPE, LLC, ISL };

// ISL frames go to 01:00:0c:00:00 or 0c:00:0c:00:00; the sixth byte is not of the address.
static bool is_isl(const struct address *dst)
{
	const uint8_t *mac = dst->at + 10;
	return (mac[0] == 0x01 || mac[0] == 0x0c) && mac[1] == 0x00 && mac[2] == 0x0c && mac[3] == 0x00 && mac[4] == 0x00;
}

// The header goes on: AAAA03, the vendor's half of the source address, VLAN and a BPDU bit, index, reserved.
static void decode_isl(struct dissection *d, uint8_t type)
{
	bytes_skip(&d->rest, 6);
	uint16_t vlan = bytes_u16(&d->rest);
	bytes_skip(&d->rest, 4);
	if (d->rest.bad)
		return;
	d->packet->vlan_id = vlan >> 1;
	dissect_next(d, ISL, type);
}

static void decode(struct dissection *d)
{
	struct packet *p = d->packet;
	struct address dst = link_mac(&d->rest), src = link_mac(&d->rest);
	uint16_t type = bytes_u16(&d->rest);

	if (d->rest.bad)
		return;
	if (link_is_of_frame(d)) {
		p->mac_dst = dst;
		p->mac_src = src;
		p->has_macs = true;
	}
	if (type >= LINK_ETHERTYPE_MIN || (type == 0 && !is_isl(&dst))) {
		link_ethertype(d, ETHERTYPE, type);
		return;
	}
	if (type > LINK_802_3_LENGTH_MAX) {
		dissect_unknown(d);
		return;
	}
	if (is_isl(&dst)) {
		dissect_limit(d, type);
		decode_isl(d, dst.at[15] >> 4);
		return;
	}
	link_802_3(d, ETHERTYPE, LLC, type);
}

const struct decoder decoder_ethernet = {
	.name = "eth",
	.keys = {{"linktype", 1}, {"ethertype", 0x6558}, {"ip.proto", 143}, {"gre.proto", 0x6558}, {"isl.type", 0},
	         {"llc.bridged_pid", 1}, {"llc.bridged_pid", 7}, {"sll.ltype", 3}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc", [ISL] = "isl.type"},
	.decode = decode,
};
