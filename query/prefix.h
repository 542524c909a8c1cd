// Addresses and prefixes as people write them.
#ifndef QUERY_PREFIX_H
#define QUERY_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

struct prefix {
	int family;    // AF_INET, AF_INET6, AF_UNSPEC for MAC addresses
	unsigned bits; // of the address that count; all of an address
	unsigned char at[16];
};

enum { PREFIX_TEXT_SIZE = 64 };

// "10.0.0.0/8", "2001:db8::1", "aa:bb:cc:dd:ee:ff", "aa-bb-cc-dd-ee-ff/24". False: it is none.
bool prefix_parse(const char *text, struct prefix *);
bool prefix_parse_address(const char *text, struct prefix *); // without a length behind it

bool prefix_holds(const struct prefix *, const struct prefix *address);

// In the spelling of the case: RFC 5952, lower case, that of an address without its length.
void prefix_text(const struct prefix *, char to[PREFIX_TEXT_SIZE]);

#endif
