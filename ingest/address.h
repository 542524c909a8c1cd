// Addresses as text.
#ifndef INGEST_ADDRESS_H
#define INGEST_ADDRESS_H

#include "packet.h"

enum { ADDRESS_TEXT_MAX = 48 };

// IPv4 dotted, IPv6 as RFC 5952 recommends, MAC as aa:bb:cc:dd:ee:ff. Writes a NUL; returns the length.
size_t address_text(char to[ADDRESS_TEXT_MAX], const struct address *, bool is_mac);

struct address address_from_mac(const uint8_t mac[6]);

// Of IPv4 or IPv6 by its first bytes; where there are fewer than an address has, as of a prefix, the others are 0.
struct address address_from_bytes(struct bytes, bool is_ipv6);

#endif
