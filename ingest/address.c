// Addresses as text. See address.h.
#include "address.h"

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

unsigned address_ip_version(const struct address *a)
{
	return memcmp(a->at, v4_prefix, sizeof v4_prefix) == 0 ? 4 : 6;
}

struct address address_from_mac(const uint8_t mac[6])
{
	struct address a = {{0}};
	memcpy(a.at + 10, mac, 6);
	return a;
}

static char *put_decimal(char *to, unsigned value)
{
	if (value >= 100)
		*to++ = (char)('0' + value / 100);
	if (value >= 10)
		*to++ = (char)('0' + value / 10 % 10);
	*to++ = (char)('0' + value % 10);
	return to;
}

static char *put_v4(char *to, const uint8_t *at)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = put_decimal(to, at[i]);
	}
	return to;
}

static const char hex_digits[] = "0123456789abcdef";

static char *put_hex16(char *to, unsigned value)
{
	int shift = 12;
	while (shift > 0 && value >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*to++ = hex_digits[value >> shift & 15];
	return to;
}

static char *put_mac(char *to, const uint8_t *at)
{
	for (int i = 0; i < 6; i++) {
		if (i)
			*to++ = ':';
		*to++ = hex_digits[at[i] >> 4];
		*to++ = hex_digits[at[i] & 15];
	}
	return to;
}

// The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2). first 8: none.
static void find_zero_run(const unsigned group[8], int *first, int *length)
{
	*first = 8;
	*length = 1;
	for (int i = 0; i < 8; i++) {
		int end = i;
		while (end < 8 && group[end] == 0)
			end++;
		if (end - i > *length) {
			*first = i;
			*length = end - i;
		}
	}
}

static char *put_v6(char *to, const uint8_t *at)
{
	unsigned group[8];
	int zero_first, zero_length;
	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)at[2 * i] << 8 | at[2 * i + 1];
	find_zero_run(group, &zero_first, &zero_length);
	for (int i = 0; i < 8; i++) {
		if (i == zero_first) {
			*to++ = ':';
			*to++ = ':';
			i += zero_length - 1;
			continue;
		}
		if (i && i != zero_first + zero_length)
			*to++ = ':';
		to = put_hex16(to, group[i]);
	}
	return to;
}

static char *put_mapped(char *to, const uint8_t *at)
{
	static const char prefix[] = {':', ':', 'f', 'f', 'f', 'f', ':'};
	memcpy(to, prefix, sizeof prefix);
	return put_v4(to + sizeof prefix, at + 12);
}

size_t address_text(char to[ADDRESS_TEXT_MAX], const struct address *a, unsigned ip_version)
{
	char *end;
	if (ip_version == 0)
		end = put_mac(to, a->at + 10);
	else if (ip_version == 4)
		end = put_v4(to, a->at + 12);
	else if (address_ip_version(a) == 4)
		end = put_mapped(to, a->at);
	else
		end = put_v6(to, a->at);
	*end = '\0';
	return (size_t)(end - to);
}

struct address address_from_bytes(struct bytes bytes, bool is_ipv6)
{
	size_t size = is_ipv6 ? 16 : 4;
	struct address address = {.at = {[10] = is_ipv6 ? 0 : 0xff, [11] = is_ipv6 ? 0 : 0xff}};
	bytes_copy(&bytes, address.at + 16 - size, bytes.left < size ? bytes.left : size);
	return address;
}
