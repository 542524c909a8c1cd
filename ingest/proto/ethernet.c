// Ethernet: IEEE 802.3-2018, 3.1.1 (MAC frame) and 3.2.6 (length or type); Cisco's Inter-Switch Link, which looks like
// it, as in "Inter-Switch Link and IEEE 802.1Q Frame Format" (cisco.com, document 17056).
#include "link.h"

enum { ETHERTYPE, LLC, ISL, FABRICPATH };

enum { HEADER_LEN = 14, TYPE_FABRICPATH = 0x8903 };

// ISL frames go to 01:00:0c:00:00 or 0c:00:0c:00:00; the sixth byte is not of the address.
static bool is_isl(struct bytes frame)
{
	uint64_t dst = bytes_peek(frame, 0, 5);
	return dst == 0x01000c0000 || dst == 0x0c000c0000;
}

// The header goes on: AAAA03, the vendor's half of the source address, ISL's own VLAN number and a BPDU bit, index,
// reserved. The high half of the address's sixth byte says what is inside. Some leave the length 0.
static void decode_isl(struct dissection *d, struct bytes frame, uint16_t length)
{
	if (length)
		dissect_limit(d, length);
	bytes_skip(&d->rest, 12);
	dissect_next(d, ISL, (uint32_t)bytes_peek(frame, 5, 1) >> 4);
}

static void read_addresses(struct packet *p, struct bytes header)
{
	link_mac(&header, &p->mac_dst);
	link_mac(&header, &p->mac_src);
	p->has_macs = true;
}

static void decode(struct dissection *d)
{
	struct bytes header = bytes_split(&d->rest, HEADER_LEN);
	uint16_t type = (uint16_t)bytes_peek(header, 12, 2);

	if (header.bad)
		return;
	if (link_is_of_frame(d))
		read_addresses(d->packet, header);
	if (type == TYPE_FABRICPATH)
		dissect_next(d, FABRICPATH, 0);
	else if (type >= LINK_ETHERTYPE_MIN)
		link_ethertype(d, ETHERTYPE, type);
	else if (type > LINK_802_3_LENGTH_MAX)
		dissect_unknown(d);
	else if (is_isl(header))
		decode_isl(d, header, type);
	else if (type == 0)
		link_ethertype(d, ETHERTYPE, type);
	else
		link_802_3(d, ETHERTYPE, LLC, type);
}

// An ISL header begins with the same fields.
static const struct field fields[] = {
	FIELD("eth.dst", 0, 6, FIELD_MAC),
	FIELD("eth.src", 6, 6, FIELD_MAC),
	FIELD("eth.type", 12, 2, FIELD_HEX, .names = field_ethertypes,
          FIELD_WHEN(12, 2, 0xffff, LINK_ETHERTYPE_MIN, 0xffff)),
	FIELD("eth.len", 12, 2, FIELD_NUMBER, FIELD_WHEN(12, 2, 0xffff, 0, LINK_802_3_LENGTH_MAX)),
	FIELD_END,
};

const struct decoder decoder_ethernet = {
	.name = "eth",
	.keys = {{"linktype", 1},
             {"ethertype", 0x6558},
             {"ip.proto", 143},
             {"gre.proto", 0x6558},
             {"isl.type", 0},
             {"llc.bridged_pid", 1},
             {"llc.bridged_pid", 7},
             {"sll.ltype", 3}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc", [ISL] = "isl.type", [FABRICPATH] = "eth.fabricpath"},
	.decode = decode,
	.fields = fields,
};
