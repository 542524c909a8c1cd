// Wireless LAN: IEEE 802.11-2020, 9.2.4 (frame fields) and 9.3.2.1 (data frames); A-MSDU: 9.3.2.2; mesh control:
// 9.2.4.7.3.
#include "link.h"

enum { LLC, ETHERTYPE, ETHERNET_LINK };

enum frame_type { MANAGEMENT, CONTROL, DATA };

// Of a data frame's subtype.
enum { SUBTYPE_NO_DATA = 0x4, SUBTYPE_QOS = 0x8 };

enum {
	FLAG_TO_DS = 0x01,
	FLAG_FROM_DS = 0x02,
	FLAG_MORE_FRAGMENTS = 0x04,
	FLAG_PROTECTED = 0x40,
	FLAG_HT_CONTROL = 0x80,
	FLAGS_DS = FLAG_TO_DS | FLAG_FROM_DS,
};

enum {
	QOS_MESH_CONTROL = 0x0100,
	QOS_AGGREGATE = 0x0080,
	MESH_ADDRESS_EXTENSION = 0x03,
	FRAGMENT_NUMBER = 0x000f,
};

enum {
	MAC_LEN = 6,
	DURATION_LEN = 2,
	KEY_NUMBER_AT = 3,
	KEY_EXTENDED = 0x20,
};

enum { SAP_SNAP_TWICE = 0xaaaa, IPX_CHECKSUM = 0xffff };

// What the header of a data frame says of its body.
struct header {
	uint8_t subtype, flags;
	uint16_t sequence, qos;
	struct bytes dst, src; // addresses
};

static void set_macs(struct dissection *d, struct bytes dst, struct bytes src)
{
	if (d->rest.bad || !link_is_of_frame(d))
		return;
	link_mac(&dst, &d->packet->mac_dst);
	link_mac(&src, &d->packet->mac_src);
	d->packet->has_macs = true;
}

// 9.3.2.1.2, table 9-30: which addresses are those of the ends.
static void read_addresses(struct dissection *d, struct header *h)
{
	struct bytes first = bytes_split(&d->rest, MAC_LEN);
	struct bytes second = bytes_split(&d->rest, MAC_LEN);
	struct bytes third = bytes_split(&d->rest, MAC_LEN);

	h->sequence = (uint16_t)bytes_uint_le(&d->rest, 2);
	h->dst = h->flags & FLAG_TO_DS ? third : first;
	h->src = h->flags & FLAG_FROM_DS ? third : second;
	if ((h->flags & FLAGS_DS) == FLAGS_DS)
		h->src = bytes_split(&d->rest, MAC_LEN);
	set_macs(d, h->dst, h->src);
}

// Whether the frame is a mesh station's: elsewhere the bit is part of another field, and what follows is no mesh
// control.
static bool has_mesh_control(const struct dissection *d, const struct header *h)
{
	uint64_t mesh_flags = bytes_peek(d->rest, 0, 1);

	return (h->flags & FLAG_FROM_DS) && (h->qos & QOS_MESH_CONTROL) && mesh_flags < MESH_ADDRESS_EXTENSION;
}

static void skip_mesh_control(struct bytes *b)
{
	size_t addresses = bytes_u8(b) & MESH_ADDRESS_EXTENSION;
	bytes_skip(b, 5 + addresses * MAC_LEN);
}

// Only the first of an A-MSDU's frames is decoded.
static void decode_aggregate(struct dissection *d)
{
	link_macs(d);
	uint16_t length = bytes_u16(&d->rest);

	dissect_limit(d, length);
	dissect_next(d, LLC, 0);
}

static bool starts_with_macs(struct bytes b, const struct header *h)
{
	if (b.left < 2 * MAC_LEN)
		return false;
	return bytes_peek(b, 0, MAC_LEN) == bytes_peek(h->dst, 0, MAC_LEN) ||
	       bytes_peek(b, MAC_LEN, MAC_LEN) == bytes_peek(h->src, 0, MAC_LEN);
}

// LLC, or one of the things that some devices send in its place: an Ethernet frame, or Novell's IPX without LLC.
static void decode_body(struct dissection *d, const struct header *h)
{
	uint64_t first = bytes_peek(d->rest, 0, 2);

	if (first == SAP_SNAP_TWICE)
		dissect_next(d, LLC, 0);
	else if (starts_with_macs(d->rest, h))
		dissect_next(d, ETHERNET_LINK, 1);
	else if (first == IPX_CHECKSUM)
		dissect_next(d, ETHERTYPE, LINK_ETHERTYPE_IPX);
	else
		dissect_next(d, LLC, 0);
}

// Some devices pad the header.
static void skip_zeros(struct bytes *b)
{
	while (b->left >= 2 && bytes_peek(*b, 0, 2) == 0)
		bytes_skip(b, 2);
}

// A fragment awaits its reassembly. An A-MSDU is never fragmented, and what starts with LLC and SNAP is a whole frame,
// whatever a damaged header says: there, Wireshark too goes on.
static bool is_fragment(const struct dissection *d, const struct header *h)
{
	if (h->flags & FLAG_MORE_FRAGMENTS)
		return true;
	if (!(h->sequence & FRAGMENT_NUMBER) || (h->qos & QOS_AGGREGATE))
		return false;
	return bytes_peek(d->rest, 0, 2) != SAP_SNAP_TWICE;
}

// 12.5.2.2 and 12.5.3.2: an initialization vector and key number, which all but WEP extend.
static void decode_protected(struct dissection *d)
{
	bool extended = bytes_peek(d->rest, KEY_NUMBER_AT, 1) & KEY_EXTENDED;

	bytes_skip(&d->rest, extended ? 8 : 4);
	if (d->rest.left)
		dissect_layer(d, "data");
}

static void decode_plain(struct dissection *d, const struct header *h)
{
	if (has_mesh_control(d, h))
		skip_mesh_control(&d->rest);
	if (h->qos & QOS_AGGREGATE) {
		decode_aggregate(d);
		return;
	}
	skip_zeros(&d->rest);
	decode_body(d, h);
}

static void read_data_header(struct dissection *d, struct header *h, bool padded)
{
	size_t before = d->rest.left;

	read_addresses(d, h);
	if (h->subtype & SUBTYPE_QOS) {
		h->qos = (uint16_t)bytes_uint_le(&d->rest, 2);
		bytes_skip(&d->rest, h->flags & FLAG_HT_CONTROL ? 4 : 0);
	}
	if (padded)
		bytes_skip(&d->rest, (before - d->rest.left) % 4);
}

static void decode_data(struct dissection *d, struct header *h, bool padded)
{
	read_data_header(d, h, padded);
	if (d->rest.bad || (h->subtype & SUBTYPE_NO_DATA))
		return;
	if (h->flags & FLAG_PROTECTED)
		decode_protected(d);
	else if (is_fragment(d, h))
		dissect_layer(d, "data");
	else
		decode_plain(d, h);
}

static void decode_management(struct dissection *d, struct header *h)
{
	h->flags &= (uint8_t)~FLAGS_DS;
	read_addresses(d, h);
	if ((h->flags & FLAG_PROTECTED) && !d->rest.bad)
		decode_protected(d);
}

static void decode_frame(struct dissection *d, bool padded, bool swapped)
{
	uint8_t first = bytes_u8(&d->rest), second = bytes_u8(&d->rest);
	uint8_t control = swapped ? second : first;
	struct header h = {.subtype = control >> 4, .flags = swapped ? first : second};
	unsigned version = control & 0x03, type = control >> 2 & 0x03;

	bytes_skip(&d->rest, DURATION_LEN);
	if (d->rest.bad || version != 0)
		return;
	if (type == DATA)
		decode_data(d, &h, padded);
	else if (type == MANAGEMENT)
		decode_management(d, &h);
	else
		bytes_skip(&d->rest, MAC_LEN);
}

static void decode(struct dissection *d)
{
	decode_frame(d, false, false);
}

const struct decoder decoder_ieee80211 = {
	.name = "wlan",
	.keys = {{"linktype", 105}, {"wlan", 0}, {"ethertype", 0x890d}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode,
};

// Radiotap says of some that the header is padded to a multiple of four bytes.
static void decode_padded(struct dissection *d)
{
	decode_frame(d, true, false);
}

const struct decoder decoder_ieee80211_padded = {
	.name = "wlan",
	.keys = {{"wlan", 1}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode_padded,
};

// In CAPWAP, access points of Cisco have the two bytes of frame control in the other order, as Wireshark takes for
// granted.
static void decode_swapped(struct dissection *d)
{
	decode_frame(d, false, true);
}

const struct decoder decoder_ieee80211_swapped = {
	.name = "wlan",
	.keys = {{"wlan", 2}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode_swapped,
};
