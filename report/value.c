// Columns and values. See value.h.
#include "value.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { NUMBER_ROOM = 64, SEPARATED_FROM = 10000 };

static const double LARGE = 1e15; // from here on, numbers are written with an exponent

// The end of a name, as it is called in headings, and its unit. The first that fits.
static const struct ending {
	const char *ending, *heading;
	enum unit unit;
} endings[] = {
	{"time_s", " time, s", UNIT_TIME},
	{"mbit_per_s", " Mbit/s", UNIT_RATE},
	{"_ms", ", ms", UNIT_MS},
	{"_s", ", s", UNIT_S},
	{"bytes", " bytes", UNIT_BYTES},
	{"percent", " %", UNIT_PERCENT},
	{"as_number", " AS", UNIT_NAME},
	{"number", " packet", UNIT_NAME},
	{"_id", "", UNIT_NAME},
	{"_ids", "s", UNIT_NAME},
	{"port", " port", UNIT_NAME},
	{"flow", " flow", UNIT_NAME},
	{"status", " status", UNIT_NAME},
	{"code", " code", UNIT_NAME},
};

enum { ENDING_COUNT = sizeof endings / sizeof *endings };

// Words that are not written in lower case.
static const char *const acronyms[] = {"RTT", "TTL", "TCP", "UDP", "ICMP", "DNS",  "HTTP", "TLS", "IP",  "MTU",
                                       "MSS", "SYN", "FIN", "RST", "AS",   "ALPN", "SNI",  "MAC", "SQL", "ACK"};

// ---- headings -----------------------------------------------------------------------------------------------------

static const struct ending *find_ending(const char *name)
{
	size_t length = strlen(name);
	for (size_t i = 0; i < ENDING_COUNT; i++) {
		size_t end = strlen(endings[i].ending);
		if (length < end || strcmp(name + length - end, endings[i].ending) != 0)
			continue;
		if (length == end || endings[i].ending[0] == '_' || name[length - end - 1] == '_')
			return &endings[i];
	}
	return NULL;
}

static void raise_acronym(char *word, size_t length)
{
	for (size_t i = 0; i < sizeof acronyms / sizeof *acronyms; i++) {
		if (strlen(acronyms[i]) == length && !sqlite3_strnicmp(acronyms[i], word, (int)length))
			memcpy(word, acronyms[i], length);
	}
}

static char *heading_of(const char *name, const struct ending *ending)
{
	size_t length = strlen(name) - (ending ? strlen(ending->ending) : 0);
	char *stem = memory_alloc(length + 1);
	memcpy(stem, name, length);
	while (length > 0 && stem[length - 1] == '_')
		stem[--length] = 0;
	char *heading = memory_join(stem, "", ending ? ending->heading : "");
	char *at = heading + strspn(heading, " ,");
	memmove(heading, at, strlen(at) + 1);
	free(stem);
	for (char *c = heading; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	for (char *word = heading; *word; word += strspn(word, " ,")) {
		size_t word_length = strcspn(word, " ,");
		raise_acronym(word, word_length);
		word += word_length;
	}
	heading[0] = (char)toupper((unsigned char)heading[0]);
	return heading;
}

void column_init(struct column *column, const char *name, const char *help)
{
	const struct ending *ending = find_ending(name);
	*column = (struct column){
		.name = memory_copy_text(name),
		.help = memory_copy_text(help),
		.heading = heading_of(name, ending),
		.unit = ending ? ending->unit : UNIT_NONE,
	};
}

void column_release(struct column *column)
{
	free(column->name);
	free(column->help);
	free(column->heading);
}

// ---- numbers ------------------------------------------------------------------------------------------------------

static void separate_thousands(char *to, size_t size, double number)
{
	char digits[NUMBER_ROOM];
	size_t used = 0;
	if (fabs(number) >= LARGE) {
		snprintf(to, size, "%.3g", number);
		return;
	}
	snprintf(digits, sizeof digits, "%.0f", fabs(number));
	size_t length = strlen(digits);
	if (number < 0 && used + 1 < size)
		to[used++] = '-';
	for (size_t i = 0; i < length && used + 2 < size; i++) {
		if (i > 0 && (length - i) % 3 == 0 && fabs(number) >= SEPARATED_FROM)
			to[used++] = ',';
		to[used++] = digits[i];
	}
	to[used] = 0;
}

// Three digits that count, but never fewer than the whole number has.
static void write_short(char *to, size_t size, double number)
{
	double amount = fabs(number);
	if (amount >= 99.95 || amount == floor(amount))
		separate_thousands(to, size, number);
	else if (amount >= 9.995)
		snprintf(to, size, "%.1f", number);
	else if (amount >= 0.995)
		snprintf(to, size, "%.2f", number);
	else if (amount >= 0.001)
		snprintf(to, size, "%.3g", number);
	else
		snprintf(to, size, "%s0.001", number < 0 ? "> -" : "< ");
}

static void write_bytes(char *to, size_t size, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	char number[NUMBER_ROOM / 2];
	size_t unit = 0;
	while (fabs(bytes) >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
		bytes /= 1000;
		unit++;
	}
	write_short(number, sizeof number, bytes);
	snprintf(to, size, "%s %s", number, units[unit]);
}

static void write_number(const struct column *column, double number, char *to, size_t size)
{
	switch (column->unit) {
	case UNIT_BYTES:
		write_bytes(to, size, number);
		break;
	case UNIT_TIME:
		snprintf(to, size, fabs(number) >= LARGE ? "%.3g" : "%.3f", number);
		break;
	case UNIT_NAME:
		snprintf(to, size, fabs(number) >= LARGE ? "%.3g" : "%.0f", number);
		break;
	case UNIT_NONE:
	case UNIT_MS:
	case UNIT_S:
	case UNIT_PERCENT:
	case UNIT_RATE:
		write_short(to, size, number);
		break;
	}
}

static const char *unit_text(const struct column *column)
{
	switch (column->unit) {
	case UNIT_MS:
		return " ms";
	case UNIT_S:
	case UNIT_TIME:
		return " s";
	case UNIT_PERCENT:
		return " %";
	case UNIT_RATE:
		return " Mbit/s";
	default:
		return "";
	}
}

// "3.5 min": so that long times fit below an axis.
static void write_time_span(char *to, size_t size, double seconds)
{
	static const struct {
		double from, unit;
		const char *name;
	} spans[] = {{259200, 86400, "days"}, {10800, 3600, "h"}, {300, 60, "min"}, {0, 1, "s"}};
	char text[NUMBER_ROOM / 2];
	size_t i = 0;
	while (fabs(seconds) < spans[i].from)
		i++;
	write_short(text, sizeof text, seconds / spans[i].unit);
	snprintf(to, size, "%s %s", text, spans[i].name);
}

static void write_rate(char *to, size_t size, double mbit_per_s)
{
	static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
	char text[NUMBER_ROOM / 2];
	double rate = mbit_per_s * 1e6;
	size_t unit = 0;
	for (; fabs(rate) >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
		rate /= 1000;
	write_short(text, sizeof text, rate);
	snprintf(to, size, "%s %s", text, units[unit]);
}

void number_with_unit(const struct column *column, double number, char *to, size_t size)
{
	char text[NUMBER_ROOM / 2];
	if (column->unit == UNIT_TIME) {
		write_time_span(to, size, number);
		return;
	}
	if (column->unit == UNIT_RATE) {
		write_rate(to, size, number);
		return;
	}
	write_number(column, number, text, sizeof text);
	snprintf(to, size, "%s%s", text, unit_text(column));
}

// ---- values -------------------------------------------------------------------------------------------------------

// Where a text that is too long is cut: not within a character.
static size_t cut_at(const char *text, size_t length)
{
	if (length <= VALUE_BYTES_MAX)
		return length;
	length = VALUE_BYTES_MAX;
	while (length > 0 && (text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static char *clean_text(const struct cell *cell)
{
	struct sink sink;
	size_t length = cut_at(cell->at, cell->length);
	sink_init(&sink, -1);
	if (cell->kind == CELL_BLOB)
		cell_write(&sink, &(struct cell){CELL_BLOB, cell->at, length / 2, ""});
	else
		text_write_clean(&sink, cell->at, length, "\n");
	sink_text(&sink, length < cell->length ? "..." : "");
	sink_char(&sink, 0);
	char *text = memory_copy_text(sink.at);
	sink_release(&sink);
	return text;
}

static char *copy_bytes(const char *at, size_t length)
{
	char *to = memory_alloc(length + 1);
	memcpy(to, at, length);
	return to;
}

void value_read(struct value *value, const struct column *column, sqlite3_stmt *statement, int number)
{
	struct cell cell;
	char text[NUMBER_ROOM];
	cell_read(&cell, statement, number, CELL_ROUNDED);
	*value = (struct value){.kind = cell.kind, .raw_length = cut_at(cell.at, cell.length)};
	value->raw = copy_bytes(cell.at, value->raw_length);
	bool is_name = column->unit == UNIT_NAME && sqlite3_column_type(statement, number) == SQLITE_INTEGER;
	if (cell.kind == CELL_NUMBER) {
		value->number = sqlite3_column_double(statement, number);
		write_number(column, value->number, text, sizeof text);
		value->shown = memory_copy_text(is_name ? cell.at : text);
	} else {
		value->shown = clean_text(&cell);
	}
}

void value_release(struct value *value)
{
	free(value->raw);
	free(value->shown);
}

char *value_with_unit(const struct column *column, const struct value *value)
{
	return memory_join(value->shown, value->kind == CELL_NUMBER ? unit_text(column) : "", "");
}
