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

enum { SAP_SNAP_TWICE = 0xaaaa, SNAP_COMMAND = 0xaaaa03, IPX_CHECKSUM = 0xffff };

// How a frame differs from one on the air.
enum variant {
	PADDED = 1,    // the header, to a multiple of four bytes
	SWAPPED = 2,   // the two bytes of frame control
	DECRYPTED = 4, // what was protected is readable, between what protected it
};

enum { ICV_LEN = 4, MIC_LEN = 8 };

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

static size_t mesh_control_length(struct bytes b)
{
	return 6 + (bytes_peek(b, 0, 1) & MESH_ADDRESS_EXTENSION) * MAC_LEN;
}

// Whether the frame is a mesh station's: elsewhere the bit is part of another field, and what follows is no mesh
// control. Stations of drafts of 802.11s do not set it: there, LLC and SNAP are where a mesh control would end.
static bool has_mesh_control(const struct dissection *d, const struct header *h)
{
	uint64_t mesh_flags = bytes_peek(d->rest, 0, 1);

	if (!(h->flags & FLAG_FROM_DS) || mesh_flags >= MESH_ADDRESS_EXTENSION)
		return false;
	return (h->qos & QOS_MESH_CONTROL) || bytes_peek(d->rest, mesh_control_length(d->rest), 3) == SNAP_COMMAND;
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

// 12.5.2.2 and 12.5.3.2: an initialization vector and key number, which all but WEP extend. True if so.
static bool skip_protection(struct dissection *d)
{
	bool extended = bytes_peek(d->rest, KEY_NUMBER_AT, 1) & KEY_EXTENDED;

	bytes_skip(&d->rest, extended ? 8 : 4);
	return extended;
}

static void decode_protected(struct dissection *d)
{
	skip_protection(d);
	if (d->rest.left)
		dissect_layer(d, "data");
}

static void decode_plain(struct dissection *d, const struct header *h)
{
	if (has_mesh_control(d, h))
		bytes_skip(&d->rest, mesh_control_length(d->rest));
	if (h->qos & QOS_AGGREGATE) {
		decode_aggregate(d);
		return;
	}
	skip_zeros(&d->rest);
	decode_body(d, h);
}

static void decode_decrypted(struct dissection *d, const struct header *h)
{
	size_t trailer = skip_protection(d) ? MIC_LEN : ICV_LEN;

	if (d->rest.left <= trailer)
		return;
	dissect_limit(d, d->rest.left - trailer);
	decode_plain(d, h);
}

static void read_data_header(struct dissection *d, struct header *h, unsigned variant)
{
	size_t before = d->rest.left;

	read_addresses(d, h);
	if (h->subtype & SUBTYPE_QOS) {
		h->qos = (uint16_t)bytes_uint_le(&d->rest, 2);
		bytes_skip(&d->rest, h->flags & FLAG_HT_CONTROL ? 4 : 0);
	}
	if (variant & PADDED)
		bytes_skip(&d->rest, (before - d->rest.left) % 4);
}

static void decode_data(struct dissection *d, struct header *h, unsigned variant)
{
	read_data_header(d, h, variant);
	if (d->rest.bad || (h->subtype & SUBTYPE_NO_DATA))
		return;
	if ((h->flags & FLAG_PROTECTED) && (variant & DECRYPTED))
		decode_decrypted(d, h);
	else if (h->flags & FLAG_PROTECTED)
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

static void decode_frame(struct dissection *d, unsigned variant)
{
	bool swapped = variant & SWAPPED;
	uint8_t first = bytes_u8(&d->rest), second = bytes_u8(&d->rest);
	uint8_t control = swapped ? second : first;
	struct header h = {.subtype = control >> 4, .flags = swapped ? first : second};
	unsigned version = control & 0x03, type = control >> 2 & 0x03;

	bytes_skip(&d->rest, DURATION_LEN);
	if (d->rest.bad || version != 0)
		return;
	if (type == DATA)
		decode_data(d, &h, variant);
	else if (type == MANAGEMENT)
		decode_management(d, &h);
	else
		bytes_skip(&d->rest, MAC_LEN);
}

static void decode(struct dissection *d)
{
	decode_frame(d, 0);
}

const struct decoder decoder_ieee80211 = {
	.name = "wlan",
	.keys = {{"linktype", 105}, {"wlan", 0}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode,
};

// Radiotap says of some that the header is padded to a multiple of four bytes.
static void decode_padded(struct dissection *d)
{
	decode_frame(d, PADDED);
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
	decode_frame(d, SWAPPED);
}

const struct decoder decoder_ieee80211_swapped = {
	.name = "wlan",
	.keys = {{"wlan", 2}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode_swapped,
};

// What Intel's Centrino drivers hand over in promiscuous mode: the frame behind an Ethernet header, decrypted in place.
static void decode_centrino(struct dissection *d)
{
	decode_frame(d, DECRYPTED);
}

const struct decoder decoder_ieee80211_centrino = {
	.name = "wlan_centrino",
	.keys = {{"ethertype", 0x2452}},
	.tables = {[LLC] = "llc", [ETHERTYPE] = "ethertype", [ETHERNET_LINK] = "linktype"},
	.decode = decode_centrino,
};
