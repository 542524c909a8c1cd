// A packet's payload in 31 bits, such that two captures of it give the same, also with different snap lengths.
//
// The low 16 bits are the Internet checksum's sum over all of the payload (RFC 1071), 1 to 65535. Where the payload was
// not captured whole, it is what the checksum field of TCP, UDP or ICMP leaves for it: that field covers pseudo header,
// header and payload, and all but the payload is there. So it is known as soon as the transport header was captured,
// and neither NAT nor rewritten sequence numbers, options or windows change it.
//
// The high 15 bits are those of XXH3 over the payload's first bytes, PAYLOAD_PREFIX_LEN of them or all if it is
// shorter, 1 to 32767.
//
// A half that is 0 is not known: payloads are taken for the same where no half is known to differ.
#ifndef INGEST_PAYLOAD_HASH_H
#define INGEST_PAYLOAD_HASH_H

#include "packet.h"

enum {
	PAYLOAD_SUM_BITS = 16,
	PAYLOAD_SUM = 0xffff,
	PAYLOAD_PREFIX = 0x7fff0000,
	// What a snap length of 96 bytes leaves of TCP over IPv4 with timestamps in an Ethernet frame with a VLAN tag, or
	// in a Linux cooked capture: 96 - 20 - 20 - 32.
	PAYLOAD_PREFIX_LEN = 24,
};

// Of a dissected packet's payload; 0: there is none, or nothing is known of it.
uint32_t payload_hash(const struct packet *);

// The same of bytes that no checksum covers; wire_len: with those that were not captured.
uint32_t payload_hash_of(struct bytes captured, uint32_t wire_len);

// Whether they may be of the same payload. Its length tells more: compare that, too.
static inline bool payload_hash_matches(uint32_t a, uint32_t b)
{
	uint32_t differ = a ^ b;
	bool sums = !(differ & PAYLOAD_SUM) || !(a & PAYLOAD_SUM) || !(b & PAYLOAD_SUM);
	bool prefixes = !(differ & PAYLOAD_PREFIX) || !(a & PAYLOAD_PREFIX) || !(b & PAYLOAD_PREFIX);
	return sums && prefixes;
}

#endif
