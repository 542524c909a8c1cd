// Tags between Ethernet's addresses and its type, each with the type of what follows: VN-Tag, Cisco's proposal for IEEE
// 802.1BR; E-Tag, IEEE 802.1BR-2012, 7.5; I-Tag, IEEE 802.1ah-2008, 9.7; R-Tag, IEEE 802.1CB-2017, 7.8; HSR, IEC
// 62439-3, 5.6; Cisco metadata with a security group tag, draft-smith-kandula-sxp-06, 3.11.
#include "link.h"

enum { ETHERTYPE, LLC };

static void follow(struct dissection *d)
{
	uint16_t type = bytes_u16(&d->rest);

	if (d->rest.bad)
		return;
	if (type > LINK_802_3_LENGTH_MAX)
		link_ethertype(d, ETHERTYPE, type);
	else
		link_802_3(d, ETHERTYPE, LLC, type);
}

enum { VNTAG_LEN = 4 };

static void decode_vntag(struct dissection *d)
{
	bytes_skip(&d->rest, VNTAG_LEN);
	follow(d);
}

const struct decoder decoder_vntag = {
	.name = "vntag",
	.keys = {{"ethertype", 0x8926}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_vntag,
};

enum { ETAG_LEN = 6 };

static void decode_etag(struct dissection *d)
{
	bytes_skip(&d->rest, ETAG_LEN);
	follow(d);
}

const struct decoder decoder_etag = {
	.name = "etag",
	.keys = {{"ethertype", 0x893f}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_etag,
};

enum { ITAG_LEN = 4 };

// The customer's addresses follow the tag.
static void decode_itag(struct dissection *d)
{
	bytes_skip(&d->rest, ITAG_LEN);
	link_macs(d);
	follow(d);
}

const struct decoder decoder_itag = {
	.name = "ieee8021ah",
	.keys = {{"ethertype", 0x88e7}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_itag,
};

enum { RTAG_LEN = 4 };

static void decode_rtag(struct dissection *d)
{
	bytes_skip(&d->rest, RTAG_LEN);
	follow(d);
}

const struct decoder decoder_rtag = {
	.name = "ieee8021cb",
	.keys = {{"ethertype", 0xf1c1}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_rtag,
};

enum { HSR_LEN = 4 };

static void decode_hsr(struct dissection *d)
{
	bytes_skip(&d->rest, HSR_LEN);
	uint16_t type = bytes_u16(&d->rest);

	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, type);
}

const struct decoder decoder_hsr = {
	.name = "hsr",
	.keys = {{"ethertype", 0x892f}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_hsr,
};

enum { METADATA_LEN = 6 };

static void decode_metadata(struct dissection *d)
{
	bytes_skip(&d->rest, METADATA_LEN);
	follow(d);
}

const struct decoder decoder_cisco_metadata = {
	.name = "cmd",
	.keys = {{"ethertype", 0x8909}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_metadata,
};

// Over GRE, the type comes first.
static void decode_metadata_over_gre(struct dissection *d)
{
	uint16_t type = bytes_u16(&d->rest);

	bytes_skip(&d->rest, METADATA_LEN);
	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, type);
}

const struct decoder decoder_cisco_metadata_over_gre = {
	.name = "cmd",
	.keys = {{"gre.proto", 0x8909}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_metadata_over_gre,
};

enum { ARISTA_TIMESTAMP = 1, ARISTA_CLOCK = 0x0100, ARISTA_64_BITS = 0x0010, ARISTA_48_BITS = 0x0020 };

// Arista's timestamp tag, "Hardware timestamping" (arista.com, EOS manual): subtype, version with the clock's kind.
static void decode_arista(struct dissection *d)
{
	uint16_t subtype = bytes_u16(&d->rest);
	unsigned version = bytes_u16(&d->rest) & ~ARISTA_CLOCK;

	if (subtype != ARISTA_TIMESTAMP || (version != ARISTA_64_BITS && version != ARISTA_48_BITS))
		return;
	bytes_skip(&d->rest, version == ARISTA_64_BITS ? 8 : 6);
	follow(d);
}

const struct decoder decoder_arista = {
	.name = "avsp",
	.keys = {{"ethertype", 0xd28b}},
	.tables = {[ETHERTYPE] = "ethertype", [LLC] = "llc"},
	.decode = decode_arista,
};

enum { FABRICPATH_LINK };

enum { FABRICPATH_TAG_LEN = 2 };

// Cisco FabricPath, a forerunner of TRILL: hierarchical addresses in an Ethernet header, a tag, and the frame.
// Wireshark takes it for a kind of Ethernet, not for an ethertype.
static void decode_fabricpath(struct dissection *d)
{
	bytes_skip(&d->rest, FABRICPATH_TAG_LEN);
	if (!d->rest.left)
		bytes_fail(&d->rest);
	else
		dissect_next(d, FABRICPATH_LINK, 1);
}

const struct decoder decoder_fabricpath = {
	.name = "cfp",
	.keys = {{"eth.fabricpath", 0}},
	.tables = {[FABRICPATH_LINK] = "linktype"},
	.decode = decode_fabricpath,
};
