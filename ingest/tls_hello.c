// Hellos of TLS and their fingerprints. See tls_hello.h.
#include "tls_hello.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire_text.h"

enum extension {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_PSK = 41,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d,
};

enum { RANDOM_LEN = 32, SERVER_NAME_HOST = 0 };

// SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3).
static const uint8_t retry_random[RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

bool tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

// ---- reading ------------------------------------------------------------------------------------------------------

static void add(struct tls_list *list, uint16_t value)
{
	if (list->count < TLS_HELLO_LIST_MAX)
		list->at[list->count++] = value;
}

static void read_list(struct tls_list *list, struct bytes values, size_t width)
{
	while (values.left >= width)
		add(list, (uint16_t)bytes_uint(&values, width));
}

static void read_server_name(struct tls_hello *h, struct bytes data)
{
	struct bytes names = bytes_split(&data, bytes_u16(&data));
	h->has_server_name = true;
	while (names.left) {
		uint8_t type = bytes_u8(&names);
		struct bytes name = bytes_split(&names, bytes_u16(&names));
		if (type == SERVER_NAME_HOST && !name.bad && name.left <= TLS_HELLO_NAME_MAX && !h->server_name.left)
			h->server_name = name;
	}
}

static void read_versions(struct tls_hello *h, struct bytes data, bool is_client)
{
	struct bytes versions = data;
	if (is_client)
		versions = bytes_split(&data, bytes_u8(&data));
	read_list(&h->versions, versions, 2);
	uint16_t highest = 0;
	for (unsigned i = 0; i < h->versions.count; i++)
		if (!tls_is_grease(h->versions.at[i]) && h->versions.at[i] > highest)
			highest = h->versions.at[i];
	if (highest)
		h->version = highest;
}

static void read_extension(struct tls_hello *h, uint16_t type, struct bytes data, bool is_client)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		read_server_name(h, data);
		break;
	case EXTENSION_GROUPS:
		read_list(&h->groups, bytes_split(&data, bytes_u16(&data)), 2);
		break;
	case EXTENSION_POINT_FORMATS:
		read_list(&h->formats, bytes_split(&data, bytes_u8(&data)), 1);
		break;
	case EXTENSION_SIGNATURE_ALGORITHMS:
		read_list(&h->algorithms, bytes_split(&data, bytes_u16(&data)), 2);
		break;
	case EXTENSION_ALPN:
		h->has_alpn = true;
		h->alpn = bytes_split(&data, bytes_u16(&data));
		if (h->alpn.left > TLS_HELLO_ALPN_MAX)
			h->alpn.left = TLS_HELLO_ALPN_MAX;
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		read_versions(h, data, is_client);
		break;
	case EXTENSION_PSK:
		h->has_psk = true;
		break;
	case EXTENSION_ECH:
		h->has_ech = true;
		break;
	default:
		break;
	}
}

static void read_extensions(struct tls_hello *h, struct bytes body, bool is_client)
{
	struct bytes extensions = bytes_split(&body, bytes_u16(&body));
	while (extensions.left) {
		uint16_t type = bytes_u16(&extensions);
		struct bytes data = bytes_split(&extensions, bytes_u16(&extensions));
		if (data.bad)
			return;
		add(&h->extensions, type);
		read_extension(h, type, data, is_client);
	}
}

bool tls_read_client_hello(struct tls_hello *h, struct bytes body)
{
	*h = (struct tls_hello){0};
	h->legacy_version = h->version = bytes_u16(&body);
	bytes_skip(&body, RANDOM_LEN);
	h->session_id = bytes_split(&body, bytes_u8(&body));
	struct bytes ciphers = bytes_split(&body, bytes_u16(&body));
	read_list(&h->ciphers, ciphers, 2);
	bytes_skip(&body, bytes_u8(&body)); // compression methods
	if (body.bad)
		return false;
	if (body.left)
		read_extensions(h, body, true);
	return true;
}

// Drafts of TLS 1.3 before the 22nd had neither session nor compression in the server hello, and their own version, or
// TLS 1.3's, where TLS 1.3 has that of 1.2 (RFC 8446, 4.1.3).
static bool is_short_server_hello(uint16_t version)
{
	return version == 0x0304 || (version >= 0x7f00 && version < 0x7f00 + 22);
}

bool tls_read_server_hello(struct tls_hello *h, struct bytes body)
{
	uint8_t random[RANDOM_LEN];
	*h = (struct tls_hello){0};
	h->legacy_version = h->version = bytes_u16(&body);
	bytes_copy(&body, random, sizeof random);
	h->is_retry = memcmp(random, retry_random, sizeof random) == 0;
	bool is_short = is_short_server_hello(h->legacy_version);
	if (!is_short)
		h->session_id = bytes_split(&body, bytes_u8(&body));
	h->cipher = bytes_u16(&body);
	if (!is_short)
		bytes_skip(&body, 1); // compression method
	if (body.bad)
		return false;
	if (body.left)
		read_extensions(h, body, false);
	return true;
}

// ---- fingerprints -------------------------------------------------------------------------------------------------

// Text that is made up and hashed. Numbers of lists have five digits and a separator at most.
struct text {
	char at[6 * 4 * TLS_HELLO_LIST_MAX + 64];
	size_t length;
};

static void put(struct text *t, char c)
{
	if (t->length < sizeof t->at)
		t->at[t->length++] = c;
}

static void put_text(struct text *t, const char *text)
{
	while (*text)
		put(t, *text++);
}

// At least `digits` decimal digits.
static void put_number(struct text *t, unsigned value, unsigned digits)
{
	if (value >= 10 || digits > 1)
		put_number(t, value / 10, digits > 1 ? digits - 1 : 1);
	put(t, (char)('0' + value % 10));
}

static void put_hex(struct text *t, uint16_t value)
{
	char digits[5];
	wire_digits(digits, (const uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
	put_text(t, digits);
}

enum form { DECIMAL, HEX };

// Values joined by a separator, without GREASE unless it is kept.
static void put_list(struct text *t, const struct tls_list *list, enum form form, char separator, bool grease)
{
	bool first = true;
	for (unsigned i = 0; i < list->count; i++) {
		if (!grease && tls_is_grease(list->at[i]))
			continue;
		if (!first)
			put(t, separator);
		if (form == HEX)
			put_hex(t, list->at[i]);
		else
			put_number(t, list->at[i], 1);
		first = false;
	}
}

// The first `digits` hex digits of a digest of the text.
static void put_digest(const struct text *t, const EVP_MD *digest, unsigned digits, char *to)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	memset(bytes, 0, sizeof bytes);
	EVP_Digest(t->at, t->length, bytes, &length, digest, NULL);
	wire_digits(to, bytes, digits / 2);
}

void tls_ja3(const struct tls_hello *h, char to[TLS_JA3_LEN + 1])
{
	struct text t;
	t.length = 0;
	put_number(&t, h->legacy_version, 1);
	put(&t, ',');
	put_list(&t, &h->ciphers, DECIMAL, '-', false);
	put(&t, ',');
	put_list(&t, &h->extensions, DECIMAL, '-', false);
	put(&t, ',');
	put_list(&t, &h->groups, DECIMAL, '-', false);
	put(&t, ',');
	put_list(&t, &h->formats, DECIMAL, '-', true);
	put_digest(&t, EVP_md5(), TLS_JA3_LEN, to);
}

void tls_ja3s(const struct tls_hello *h, char to[TLS_JA3_LEN + 1])
{
	struct text t;
	t.length = 0;
	put_number(&t, h->legacy_version, 1);
	put(&t, ',');
	put_number(&t, h->cipher, 1);
	put(&t, ',');
	put_list(&t, &h->extensions, DECIMAL, '-', false);
	put_digest(&t, EVP_md5(), TLS_JA3_LEN, to);
}

static int compare(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static const char *ja4_version(uint16_t version)
{
	static const struct {
		uint16_t version;
		const char *text;
	} texts[] = {{0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"}, {0x0300, "s3"},
	             {0x0002, "s2"}, {0xfeff, "d1"}, {0xfefd, "d2"}, {0xfefc, "d3"}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].version == version)
			return texts[i].text;
	return "00";
}

static unsigned count_without_grease(const struct tls_list *list)
{
	unsigned count = 0;
	for (unsigned i = 0; i < list->count; i++)
		count += !tls_is_grease(list->at[i]);
	return count < 99 ? count : 99;
}

// The first and the last character of the first protocol; where one is no letter or digit, of its hex form.
static void put_alpn(struct text *t, struct bytes alpn)
{
	char first_hex[3], last_hex[3];
	size_t length = bytes_u8(&alpn);
	struct bytes name = alpn.left ? bytes_split(&alpn, length) : alpn;
	if (name.bad || !name.left) {
		put_text(t, "00");
		return;
	}
	uint8_t first = (uint8_t)bytes_peek(name, 0, 1), last = (uint8_t)bytes_peek(name, name.left - 1, 1);
	bool plain = first < 0x80 && last < 0x80 && isalnum(first) && isalnum(last);
	wire_digits(first_hex, &first, 1);
	wire_digits(last_hex, &last, 1);
	put(t, plain ? (char)first : first_hex[0]);
	put(t, plain ? (char)last : last_hex[1]);
}

static void put_sorted_digest(struct tls_list list, const struct tls_list *behind, char *to)
{
	struct text t;
	t.length = 0;
	qsort(list.at, list.count, sizeof *list.at, compare);
	put_list(&t, &list, HEX, ',', false);
	if (behind && behind->count) {
		put(&t, '_');
		put_list(&t, behind, HEX, ',', false);
	}
	if (t.length == 0)
		memcpy(to, "000000000000", 13);
	else
		put_digest(&t, EVP_sha256(), 12, to);
}

void tls_ja4(const struct tls_hello *h, char transport, char to[TLS_JA4_LEN + 1])
{
	struct text t;
	t.length = 0;
	char ciphers[13], extensions[13];
	struct tls_list others = {.count = 0};
	for (unsigned i = 0; i < h->extensions.count; i++)
		if (h->extensions.at[i] != EXTENSION_SERVER_NAME && h->extensions.at[i] != EXTENSION_ALPN)
			add(&others, h->extensions.at[i]);
	put(&t, transport);
	put_text(&t, ja4_version(h->version));
	put(&t, h->has_server_name ? 'd' : 'i');
	put_number(&t, count_without_grease(&h->ciphers), 2);
	put_number(&t, count_without_grease(&h->extensions), 2);
	put_alpn(&t, h->alpn);
	put_sorted_digest(h->ciphers, NULL, ciphers);
	put_sorted_digest(others, count_without_grease(&others) ? &h->algorithms : NULL, extensions);
	snprintf(to, TLS_JA4_LEN + 1, "%.10s_%.12s_%.12s", t.at, ciphers, extensions);
}
