// Addresses as text.
#ifndef INGEST_ADDRESS_H
#define INGEST_ADDRESS_H

#include "packet.h"

enum { ADDRESS_TEXT_MAX = 48 };

// As the IP version says, IPv4 dotted, IPv6 as RFC 5952 recommends; 0: a MAC address, as aa:bb:cc:dd:ee:ff. An IPv6
// address that is mapped from IPv4 is ::ffff:192.0.2.1 (section 5). Writes a NUL; returns the length.
size_t address_text(char to[ADDRESS_TEXT_MAX], const struct address *, unsigned ip_version);

// 4 or 6; an IPv6 address that is mapped from IPv4 counts as that.
unsigned address_ip_version(const struct address *);

struct address address_from_mac(const uint8_t mac[6]);

// Of IPv4 or IPv6 by its first bytes; where there are fewer than an address has, as of a prefix, the others are 0.
struct address address_from_bytes(struct bytes, bool is_ipv6);

#endif
