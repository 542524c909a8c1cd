// Link types with a short header, or none, before something that has a decoder of its own (tcpdump.org/linktypes.html).
#include "link.h"

enum { LLC };

// LINKTYPE_ATM_RFC1483 and its number on Linux; LLC with its own ethertype (draft-ietf-isis-ext-eth-01), and in PPP.
static void decode_llc(struct dissection *d)
{
	dissect_next(d, LLC, 0);
}

const struct decoder decoder_link_llc = {
	.keys = {{"linktype", 100}, {"linktype", 11}, {"ethertype", 0x8870}, {"ppp.protocol", 0x004b}},
	.tables = {[LLC] = "llc"},
	.decode = decode_llc,
};

enum { FIBRE_CHANNEL_LEN = 16 };

// IP over Fibre Channel: RFC 4338, 4: addresses of eight bytes.
static void decode_fibre_channel(struct dissection *d)
{
	bytes_skip(&d->rest, FIBRE_CHANNEL_LEN);
	dissect_next(d, LLC, 0);
}

const struct decoder decoder_link_fibre_channel = {
	.name = "ipfc",
	.keys = {{"linktype", 122}},
	.tables = {[LLC] = "llc"},
	.decode = decode_fibre_channel,
};

enum { ATM_LEN = 4, ATM_TYPE = 0x0f, ATM_LLC = 2 };

// SunATM: flags with the kind of traffic, VPI, VCI.
static void decode_atm(struct dissection *d)
{
	uint64_t type = bytes_peek(d->rest, 0, 1) & ATM_TYPE;

	bytes_skip(&d->rest, ATM_LEN);
	if (d->rest.bad)
		return;
	if (type == ATM_LLC)
		dissect_next(d, LLC, 0);
	else
		dissect_unknown(d);
}

const struct decoder decoder_link_atm = {
	.name = "atm",
	.keys = {{"linktype", 123}},
	.tables = {[LLC] = "llc"},
	.decode = decode_atm,
};

enum { ETHERTYPE };

enum { FIREWIRE_LEN = 16 };

// Apple's IP over IEEE 1394: addresses of eight bytes.
static void decode_firewire(struct dissection *d)
{
	bytes_skip(&d->rest, FIREWIRE_LEN);
	uint16_t type = bytes_u16(&d->rest);

	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, type);
}

const struct decoder decoder_link_firewire = {
	.name = "ap1394",
	.keys = {{"linktype", 138}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_firewire,
};

static void decode_classical_ip(struct dissection *d)
{
	dissect_next(d, ETHERTYPE, 0x0800);
}

const struct decoder decoder_link_classical_ip = {
	.name = "clip",
	.keys = {{"linktype", 106}, {"linktype", 18}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_classical_ip,
};

enum { INFINIBAND_ROUTE_LEN = 40 };

// IP over InfiniBand, RFC 4391, 6: the encapsulation header is behind a global route header.
static void decode_infiniband(struct dissection *d)
{
	bytes_skip(&d->rest, INFINIBAND_ROUTE_LEN);
	uint16_t type = bytes_u16(&d->rest);

	bytes_skip(&d->rest, 2);
	if (!d->rest.bad)
		dissect_next(d, ETHERTYPE, type);
}

const struct decoder decoder_link_infiniband = {
	.name = "ipoib",
	.keys = {{"linktype", 242}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_infiniband,
};

enum { SOLARIS_LEN = 24, SOLARIS_IPV4 = 2, SOLARIS_IPV6 = 26 };

// Solaris' ipnet devices: version, address family, and what the zones are.
static void decode_solaris(struct dissection *d)
{
	uint64_t family = bytes_peek(d->rest, 1, 1);

	bytes_skip(&d->rest, SOLARIS_LEN);
	if (d->rest.bad)
		return;
	if (family == SOLARIS_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (family == SOLARIS_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else
		dissect_unknown(d);
}

const struct decoder decoder_link_solaris = {
	.name = "ipnet",
	.keys = {{"linktype", 226}},
	.tables = {[ETHERTYPE] = "ethertype"},
	.decode = decode_solaris,
};

enum { FAMILY };

enum { ENCRYPTED_REST = 8 };

// OpenBSD's IPsec interface: address family in the capturing machine's order, then SPI and flags.
static void decode_encrypted(struct dissection *d)
{
	uint32_t family = bytes_u32(&d->rest);

	bytes_skip(&d->rest, ENCRYPTED_REST);
	if (d->rest.bad)
		return;
	dissect_next(d, FAMILY, family > 0xffff ? family >> 24 : family);
}

const struct decoder decoder_link_encrypted = {
	.name = "enc",
	.keys = {{"linktype", 109}, {"linktype", 13}},
	.tables = {[FAMILY] = "null.type"},
	.decode = decode_encrypted,
};

enum { PFLOG_FAMILY_AND_ACTION = 2 };

// OpenBSD's packet filter log: the header's length, without its padding, comes first, then the address family.
static void decode_pflog(struct dissection *d)
{
	size_t length = bytes_peek(d->rest, 0, 1);
	uint32_t family = (uint32_t)bytes_peek(d->rest, 1, 1);

	bytes_skip(&d->rest, (length + 3) / 4 * 4);
	if (length < PFLOG_FAMILY_AND_ACTION)
		bytes_fail(&d->rest);
	if (!d->rest.bad)
		dissect_next(d, FAMILY, family);
}

const struct decoder decoder_link_pflog = {
	.name = "pflog",
	.keys = {{"linktype", 117}},
	.tables = {[FAMILY] = "null.type"},
	.decode = decode_pflog,
};
