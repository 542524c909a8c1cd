// Frame Relay: the address, ITU-T Q.922, 3.3; multiprotocol encapsulation, RFC 2427, 3 to 5; Cisco's own encapsulation,
// which has a Cisco HDLC protocol number right behind the address.
#include "cisco_hdlc.h"

enum { HDLC = CISCO_HDLC_PROTOCOL, ETHERTYPE = CISCO_HDLC_ETHERTYPE, OSI, SIGNALLING, NLPID, SNAP };

enum {
	ADDRESS_LAST = 0x01,       // on the last octet of the address
	ADDRESS_CONTROL = 0x02,    // on the last of three or more: it has no part of the DLCI
	CONTROL_UNNUMBERED = 0x03, // both bits
	CONTROL_XID = 0xaf,
};

enum nlpid {
	NLPID_PADDING = 0x00,
	NLPID_Q933 = 0x08,
	NLPID_SNAP = 0x80,
	NLPID_CLNP = 0x81,
	NLPID_ISIS = 0x83,
	NLPID_IPV6 = 0x8e,
	NLPID_IPV4 = 0xcc,
};

// Whether the DLCI, which is spread over the octets, is that of signalling, 0.
static bool skip_address(struct bytes *b)
{
	uint8_t octet = bytes_u8(b);
	unsigned dlci = octet >> 2;

	if (octet & ADDRESS_LAST)
		return !dlci;
	octet = bytes_u8(b);
	dlci |= octet >> 4;
	while (!(octet & ADDRESS_LAST) && !b->bad) {
		octet = bytes_u8(b);
		if (!(octet & ADDRESS_LAST))
			dlci |= octet >> 1;
		else if (!(octet & ADDRESS_CONTROL))
			dlci |= octet >> 2;
	}
	return !dlci;
}

// An OSI protocol's NLPID is part of its header; others' are of the encapsulation.
static void decode_nlpid(struct dissection *d)
{
	if (bytes_peek(d->rest, 0, 1) == NLPID_PADDING)
		bytes_skip(&d->rest, 1);

	uint8_t nlpid = (uint8_t)bytes_peek(d->rest, 0, 1);
	if (nlpid == NLPID_Q933 || (nlpid >= NLPID_CLNP && nlpid <= NLPID_ISIS)) {
		dissect_next(d, nlpid == NLPID_Q933 ? SIGNALLING : OSI, nlpid);
		return;
	}
	bytes_skip(&d->rest, 1);
	if (d->rest.bad)
		return;
	if (nlpid == NLPID_SNAP)
		dissect_next(d, SNAP, 0);
	else if (nlpid == NLPID_IPV4)
		dissect_next(d, ETHERTYPE, 0x0800);
	else if (nlpid == NLPID_IPV6)
		dissect_next(d, ETHERTYPE, 0x86dd);
	else
		dissect_next(d, NLPID, nlpid);
}

// Where the first two bytes are no protocol of Cisco's, they are a control field with sequence numbers.
static void decode_cisco(struct dissection *d)
{
	uint16_t protocol = bytes_u16(&d->rest);

	if (cisco_hdlc_is_known(protocol))
		cisco_hdlc_offer(d, protocol);
	else
		decode_nlpid(d);
}

static void decode(struct dissection *d)
{
	bool signalling = skip_address(&d->rest);
	uint8_t control = (uint8_t)bytes_peek(d->rest, 0, 1);

	if (!d->rest.left) {
		bytes_fail(&d->rest);
	} else if (control == CONTROL_XID) {
		dissect_layer(d, "data");
	} else if ((control & CONTROL_UNNUMBERED) == CONTROL_UNNUMBERED) {
		bytes_skip(&d->rest, 1);
		decode_nlpid(d);
	} else if (signalling) {
		dissect_layer(d, "data");
	} else {
		decode_cisco(d);
	}
}

const struct decoder decoder_frame_relay = {
	.name = "fr",
	.keys = {{"linktype", 107}, {"gre.proto", 0x6559}, {"sll.hatype", 770}},
	.tables = {[HDLC] = "chdlc.protocol",
               [ETHERTYPE] = "ethertype",
               [OSI] = "osinl.incl",
               [SIGNALLING] = "fr.osinl",
               [NLPID] = "fr.nlpid",
               [SNAP] = "llc.snap"},
	.decode = decode,
};
