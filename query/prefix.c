// Addresses and prefixes. See prefix.h.
#include "prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAC_LEN = 6, MAC_TEXT_LEN = 3 * MAC_LEN - 1 };

static unsigned all_bits(int family)
{
	return family == AF_INET ? 32 : family == AF_INET6 ? 128 : 8 * MAC_LEN;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
	return found ? (int)(found - digits) : -1;
}

static bool parse_mac(const char *text, unsigned char at[MAC_LEN])
{
	if (strlen(text) != MAC_TEXT_LEN)
		return false;
	for (int i = 0; i < MAC_LEN; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);
		if (high < 0 || low < 0 || (text[2] && text[2] != ':' && text[2] != '-'))
			return false;
		at[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool prefix_parse_address(const char *text, struct prefix *prefix)
{
	if (inet_pton(AF_INET, text, prefix->at) == 1)
		prefix->family = AF_INET;
	else if (inet_pton(AF_INET6, text, prefix->at) == 1)
		prefix->family = AF_INET6;
	else if (parse_mac(text, prefix->at))
		prefix->family = AF_UNSPEC;
	else
		return false;
	prefix->bits = all_bits(prefix->family);
	return true;
}

bool prefix_parse(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	address[length] = 0;
	if (!prefix_parse_address(address, prefix))
		return false;
	if (!slash)
		return true;
	size_t digits = strspn(slash + 1, "0123456789");
	unsigned long bits = strtoul(slash + 1, NULL, 10);
	if (digits == 0 || digits > 3 || slash[1 + digits] || bits > prefix->bits)
		return false;
	prefix->bits = (unsigned)bits;
	return true;
}

bool prefix_holds(const struct prefix *prefix, const struct prefix *address)
{
	unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
	if (prefix->family != address->family || memcmp(prefix->at, address->at, whole) != 0)
		return false;
	return rest == 0 || (prefix->at[whole] ^ address->at[whole]) >> (8 - rest) == 0;
}

void prefix_text(const struct prefix *prefix, char to[PREFIX_TEXT_SIZE])
{
	const unsigned char *at = prefix->at;
	if (prefix->family == AF_UNSPEC)
		snprintf(to, PREFIX_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", at[0], at[1], at[2], at[3], at[4], at[5]);
	else
		inet_ntop(prefix->family, at, to, PREFIX_TEXT_SIZE);
	size_t length = strlen(to);
	if (prefix->bits < all_bits(prefix->family))
		snprintf(to + length, PREFIX_TEXT_SIZE - length, "/%u", prefix->bits);
}
