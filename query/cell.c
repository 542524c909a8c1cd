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

static const double NANO = 1e9, SHORT_MOST = 1e15;

// Of the decimals; one stays, so that a REAL looks like one.
static void trim_zeros(char *number)
{
	size_t length = strlen(number);
	while (length > 2 && number[length - 1] == '0' && number[length - 2] != '.')
		number[--length] = 0;
}

// The digits of a number that is not negative, right-aligned before `end`; returns the first.
static char *put_digits(char *end, uint64_t number)
{
	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return end;
}

static void end_number(struct cell *cell, const char *begin, char *end)
{
	*end = 0;
	cell->at = begin;
	cell->length = (size_t)(end - begin);
}

static void read_integer(struct cell *cell, int64_t value)
{
	char *end = cell->number + sizeof cell->number - 1;
	char *begin = put_digits(end, value < 0 ? -(uint64_t)value : (uint64_t)value);
	if (value < 0)
		*--begin = '-';
	end_number(cell, begin, end);
}

// A REAL that is the one nearest to a decimal of at most 15 digits, nine of them behind the point, as nearly all in
// reports are: such a decimal is what tells it from its neighbours. False: it is not.
static bool read_short_real(struct cell *cell, double value)
{
	char *end = cell->number + sizeof cell->number - 1, *point = end - DECIMALS;
	double size = fabs(value), billionths = size * NANO;
	if (!(billionths < SHORT_MOST))
		return false;
	uint64_t number = (uint64_t)(billionths + 0.5);
	if ((double)number / NANO != size)
		return false;
	uint64_t fraction = number % (uint64_t)NANO;
	memset(point, '0', DECIMALS);
	put_digits(end, fraction);
	while (end > point + 1 && end[-1] == '0')
		end--;
	*--point = '.';
	char *begin = put_digits(point, number / (uint64_t)NANO);
	if (signbit(value))
		*--begin = '-';
	end_number(cell, begin, end);
	return true;
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

static void read_real(struct cell *cell, double value, enum cell_digits digits)
{
	if (read_short_real(cell, value))
		return;
	format_real(cell->number, value, digits);
	end_number(cell, cell->number, cell->number + strlen(cell->number));
}

int cell_column(sqlite3_stmt *row, const char *name)
{
	for (int i = 0; name && i < sqlite3_column_count(row); i++)
		if (!strcmp(sqlite3_column_name(row, i), name))
			return i;
	return -1;
}

bool cell_is_finite(sqlite3_stmt *row, int column)
{
	int type = column >= 0 ? sqlite3_column_type(row, column) : SQLITE_NULL;
	return (type == SQLITE_INTEGER || type == SQLITE_FLOAT) && isfinite(sqlite3_column_double(row, column));
}

void cell_read(struct cell *cell, sqlite3_stmt *statement, int column, enum cell_digits digits)
{
	sqlite3_value *value = sqlite3_column_value(statement, column);
	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		cell->kind = CELL_NUMBER;
		read_integer(cell, sqlite3_value_int64(value));
		return;
	case SQLITE_FLOAT:
		cell->kind = CELL_NUMBER;
		read_real(cell, sqlite3_value_double(value), digits);
		return;
	case SQLITE_TEXT:
		cell->kind = CELL_TEXT;
		cell->at = (const char *)sqlite3_value_text(value);
		break;
	case SQLITE_BLOB:
		cell->kind = CELL_BLOB;
		cell->at = sqlite3_value_blob(value);
		break;
	default:
		cell->kind = CELL_NULL;
		cell->at = NULL;
		break;
	}
	cell->length = cell->at ? (size_t)sqlite3_value_bytes(value) : 0;
	if (!cell->at) // also when there was no memory for it
		cell->at = "";
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

// Bytes of text up to the first that is not printable ASCII.
static size_t plain_length(const char *text, size_t length)
{
	size_t plain = 0;
	while (plain < length && text[plain] >= 0x20 && text[plain] < 0x7f)
		plain++;
	return plain;
}

void text_write_clean(struct sink *sink, const char *text, size_t length, const char *kept)
{
	size_t plain = plain_length(text, length); // bytes before text that are written as they are
	text += plain;
	length -= plain;
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
	size_t columns = plain_length(text, length);
	for (size_t at = columns, taken; at < length; at += taken ? taken : 1) {
		uint32_t code;
		taken = text_decode(text + at, length - at, &code);
		columns += taken ? character_width(code) : 1;
	}
	return columns;
}

void text_write_folded(struct sink *sink, const char *text, size_t length, size_t screen, size_t first,
                       size_t indent)
{
	for (size_t begin = first; screen > begin; begin = indent) {
		size_t fits = text_fit(text, length, screen - begin), end = fits;
		if (fits == length)
			break;
		while (end > 0 && text[end] != ' ')
			end--;
		if (end == 0) // a word that is wider than the screen
			for (end = fits; end < length && text[end] != ' ';)
				end++;
		if (end == length)
			break;
		sink_write(sink, text, end);
		sink_char(sink, '\n');
		sink_repeat(sink, ' ', indent);
		text += end + 1;
		length -= end + 1;
	}
	sink_write(sink, text, length);
}
