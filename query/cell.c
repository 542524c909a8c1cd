// Values as text. See cell.h.
#include "cell.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_XOPEN_SOURCE) && !defined(_GNU_SOURCE)
int wcwidth(wchar_t); // XSI, which _DEFAULT_SOURCE does not bring
#endif
#include <wchar.h>

enum {
	FIXED_LEAST = -9, // powers of ten from this one to below the next are written without exponent
	FIXED_MOST = 16,
	DECIMALS = 9, // nanoseconds
	DIGITS_LEAST = 6,
};

// Of the decimals; one stays, so that a REAL looks like one.
static void trim_zeros(char *number)
{
	size_t length = strlen(number);
	while (length > 2 && number[length - 1] == '0' && number[length - 2] != '.')
		number[--length] = 0;
}

static void format_real(char to[CELL_NUMBER_ROOM], double value, enum cell_digits digits)
{
	if (isinf(value)) {
		snprintf(to, CELL_NUMBER_ROOM, "%sInf", value < 0 ? "-" : "");
		return;
	}
	int digit_count = 15;
	snprintf(to, CELL_NUMBER_ROOM, "%.*e", digit_count - 1, value);
	while (digits == CELL_EXACT && digit_count < 17 && strtod(to, NULL) != value)
		snprintf(to, CELL_NUMBER_ROOM, "%.*e", digit_count++, value);
	int exponent = (int)strtol(strchr(to, 'e') + 1, NULL, 10);
	if (value != 0 && (exponent < FIXED_LEAST || exponent >= FIXED_MOST)) {
		snprintf(to, CELL_NUMBER_ROOM, "%.*g", digit_count, value);
		return;
	}
	int decimals = digit_count - 1 - exponent;
	int wanted = DIGITS_LEAST - 1 - exponent > DECIMALS ? DIGITS_LEAST - 1 - exponent : DECIMALS;
	if (digits == CELL_ROUNDED && decimals > wanted)
		decimals = wanted;
	snprintf(to, CELL_NUMBER_ROOM, "%.*f", decimals > 1 ? decimals : 1, value);
	trim_zeros(to);
}

void cell_read(struct cell *cell, sqlite3_stmt *statement, int column, enum cell_digits digits)
{
	*cell = (struct cell){.kind = CELL_NUMBER, .at = cell->number};
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		snprintf(cell->number, sizeof cell->number, "%lld", (long long)sqlite3_column_int64(statement, column));
		cell->length = strlen(cell->number);
		return;
	case SQLITE_FLOAT:
		format_real(cell->number, sqlite3_column_double(statement, column), digits);
		cell->length = strlen(cell->number);
		return;
	case SQLITE_TEXT:
		cell->kind = CELL_TEXT;
		cell->at = (const char *)sqlite3_column_text(statement, column);
		break;
	case SQLITE_BLOB:
		cell->kind = CELL_BLOB;
		cell->at = sqlite3_column_blob(statement, column);
		break;
	default:
		cell->kind = CELL_NULL;
		break;
	}
	cell->length = cell->kind != CELL_NULL ? (size_t)sqlite3_column_bytes(statement, column) : 0;
	if (!cell->at) // also when there was no memory for it
		cell->at = "", cell->length = 0;
}

static void write_hex(struct sink *sink, const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		const char pair[2] = {digits[byte >> 4], digits[byte & 15]};
		sink_write(sink, pair, sizeof pair);
	}
}

void cell_write(struct sink *sink, const struct cell *cell)
{
	if (cell->kind == CELL_BLOB)
		write_hex(sink, cell->at, cell->length);
	else
		sink_write(sink, cell->at, cell->length);
}

void cell_write_clean(struct sink *sink, const struct cell *cell)
{
	if (cell->kind == CELL_TEXT)
		text_write_clean(sink, cell->at, cell->length, "");
	else
		cell_write(sink, cell);
}

size_t text_decode(const char *text, size_t left, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	if (left == 0)
		return 0;
	*code = at[0];
	if (at[0] < 0x80)
		return 1;
	size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || length > left)
		return 0;
	*code &= 0x7fU >> length;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
	return *code < least[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

bool text_is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

static void write_escaped(struct sink *sink, uint32_t code)
{
	char text[16];
	switch (code) {
	case '\n':
		sink_text(sink, "\\n");
		return;
	case '\r':
		sink_text(sink, "\\r");
		return;
	case '\t':
		sink_text(sink, "\\t");
		return;
	default:
		snprintf(text, sizeof text, code < 0x80 ? "\\x%02x" : "\\u{%x}", (unsigned)code);
		sink_text(sink, text);
	}
}

void text_write_clean(struct sink *sink, const char *text, size_t length, const char *kept)
{
	size_t plain = 0; // bytes before text that are written as they are
	for (size_t taken; length > 0; text += taken, length -= taken) {
		uint32_t code;
		char byte[8];
		taken = text_decode(text, length, &code);
		if (taken > 0 && (!text_is_unsafe(code) || (code && code < 0x80 && strchr(kept, (int)code)))) {
			plain += taken;
			continue;
		}
		sink_write(sink, text - plain, plain);
		plain = 0;
		if (taken > 0) {
			write_escaped(sink, code);
			continue;
		}
		snprintf(byte, sizeof byte, "\\x%02x", (unsigned char)*text);
		sink_text(sink, byte);
		taken = 1;
	}
	sink_write(sink, text - plain, plain);
}

static size_t character_width(uint32_t code)
{
	int width = code < 0x7f ? 1 : wcwidth((wchar_t)code);
	return width < 0 ? 1 : (size_t)width;
}

size_t text_fit(const char *text, size_t length, size_t columns)
{
	size_t used = 0, at = 0;
	while (at < length) {
		uint32_t code;
		size_t taken = text_decode(text + at, length - at, &code);
		used += taken ? character_width(code) : 1;
		if (used > columns)
			break;
		at += taken ? taken : 1;
	}
	return at;
}

size_t text_width(const char *text, size_t length)
{
	size_t columns = 0;
	for (size_t at = 0, taken; at < length; at += taken ? taken : 1) {
		uint32_t code;
		taken = text_decode(text + at, length - at, &code);
		columns += taken ? character_width(code) : 1;
	}
	return columns;
}
