// Bytes of the wire as text. See wire_text.h.
#include "wire_text.h"

#include <ctype.h>
#include <stdio.h>

#include "../common/message.h"

enum { HEX_MAX = 64, SEPARATOR_MAX = 1 };

const char *wire_words(struct writer *w, struct bytes bytes)
{
	char raw[WIRE_TEXT_MAX], safe[sizeof raw * 4 + 1];
	size_t n = bytes.left < sizeof raw ? bytes.left : sizeof raw;
	if (!n)
		return NULL;
	bytes_copy(&bytes, raw, n);
	return writer_text(w, message_escape(safe, sizeof safe, raw, n));
}

char *wire_digits(char *to, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < count; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 0xf];
	}
	*to = '\0';
	return to;
}

const char *wire_hex(struct writer *w, struct bytes bytes, const char *separator)
{
	char text[HEX_MAX * (2 + SEPARATOR_MAX) + 1], *to = text;
	size_t separator_len = strlen(separator);
	for (unsigned i = 0; bytes.left && i < HEX_MAX; i++) {
		uint8_t byte = bytes_u8(&bytes);
		if (i > 0)
			memcpy(to, separator, separator_len);
		to = wire_digits(to + (i > 0 ? separator_len : 0), &byte, 1);
	}
	return to > text ? writer_text(w, text) : NULL;
}

const char *wire_ipv4(struct writer *w, uint32_t a)
{
	char text[16];
	snprintf(text, sizeof text, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
	return writer_text(w, text);
}

bool wire_begins(struct bytes bytes, const char *word)
{
	const uint8_t *first = bytes_take(&bytes, strlen(word));
	return first && memcmp(first, word, strlen(word)) == 0;
}

bool wire_begins_like(struct bytes bytes, const char *word)
{
	for (; *word; word++)
		if (!bytes.left || tolower(bytes_u8(&bytes)) != tolower((unsigned char)*word))
			return false;
	return true;
}

bool wire_holds(struct bytes text, const char *word)
{
	for (; text.left; bytes_skip(&text, 1)) {
		bytes_skip(&text, bytes_find(text, (uint8_t)word[0]));
		if (wire_begins(text, word))
			return true;
	}
	return false;
}

struct bytes wire_first_line(struct bytes text)
{
	text.left = bytes_find(text, '\n');
	return text;
}

struct bytes wire_take_line(struct bytes *rest)
{
	struct bytes line = bytes_split(rest, bytes_find(*rest, '\n'));
	bytes_skip(rest, rest->left ? 1 : 0);
	if (line.left && bytes_peek(line, line.left - 1, 1) == '\r')
		line.left--;
	return line;
}

static bool is_blank(uint64_t c)
{
	return c == ' ' || c == '\t';
}

struct bytes wire_strip(struct bytes text)
{
	while (text.left && is_blank(bytes_peek(text, 0, 1)))
		bytes_skip(&text, 1);
	while (text.left && is_blank(bytes_peek(text, text.left - 1, 1)))
		text.left--;
	return text;
}

bool wire_decimal(struct bytes text, uint64_t *value)
{
	text = wire_strip(text);
	*value = 0;
	if (!text.left)
		return false;
	while (text.left > 1 && bytes_peek(text, 0, 1) == '0')
		bytes_skip(&text, 1);
	if (text.left > 18)
		return false;
	while (text.left) {
		uint8_t digit = bytes_u8(&text);
		if (digit < '0' || digit > '9')
			return false;
		*value = *value * 10 + (digit - '0');
	}
	return true;
}

bool wire_is_text(struct bytes bytes)
{
	for (int i = 0; i < 16 && bytes.left; i++) {
		uint8_t c = bytes_u8(&bytes);
		if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c >= 0x7f)
			return false;
	}
	return true;
}

void wire_to_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int base64_value(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

size_t wire_base64(struct bytes text, uint8_t *to, size_t size)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t length = 0;
	while (text.left && length < size) {
		int value = base64_value(bytes_u8(&text));
		if (value < 0)
			break;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		to[length++] = (uint8_t)(bits >> count);
	}
	return length;
}
