// The table of SQL functions, and the small ones. All take NULL for NULL.
#include "functions.h"
SQLITE_EXTENSION_INIT3

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "prefix.h"
#include "query.h"

enum { PURE = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS };

static const struct {
	const char *name;
	int arguments, flags;
	void (*call)(sqlite3_context *, int, sqlite3_value **);
	void (*step)(sqlite3_context *, int, sqlite3_value **);
	void (*final)(sqlite3_context *);
} functions[] = {
	{"ip_in", 2, PURE, function_ip_in, NULL, NULL},
	{"tcp_flags", 1, PURE, function_tcp_flags, NULL, NULL},
	{"tcp_flags", 2, PURE, function_tcp_flags, NULL, NULL},
	{"counted", 2, PURE, function_counted, NULL, NULL},
	{"last_labels", 2, PURE, function_last_labels, NULL, NULL},
	{"iso_time", 1, PURE, function_iso_time, NULL, NULL},
	{"hex_dump", 1, PURE, function_hex_dump, NULL, NULL},
	{"escape_bytes", 1, PURE, function_escape_bytes, NULL, NULL},
	{"percentile", 2, PURE, NULL, function_percentile_step, function_percentile_final},
	{"median", 1, PURE, NULL, function_median_step, function_percentile_final},
	{"only", 1, PURE, NULL, function_only_step, function_only_final},
	{"count_distinct", 1, PURE, NULL, function_count_distinct_step, function_count_distinct_final},
	{"first_few", 3, PURE, NULL, function_first_few_step, function_first_few_final},
	// A case's own views may not use it: patterns can be costly.
	{"regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, function_regexp, NULL, NULL},
};

int functions_register(sqlite3 *db)
{
	int result = functions_register_packet_bytes(db, NULL);
	for (size_t i = 0; i < sizeof functions / sizeof *functions && result == SQLITE_OK; i++) {
		result = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, functions[i].flags, NULL,
		                                    functions[i].call, functions[i].step, functions[i].final, NULL);
	}
	return result;
}

// ---- ip_in(address, prefix) ---------------------------------------------------------------------------------------

void function_ip_in(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const char *address_text = (const char *)sqlite3_value_text(argv[0]);
	const char *prefix_text = (const char *)sqlite3_value_text(argv[1]);
	struct prefix *prefix = sqlite3_get_auxdata(context, 1), address;
	(void)argc;
	if (!address_text || !prefix_text)
		return;
	struct prefix parsed;
	if (!prefix) {
		if (!prefix_parse(prefix_text, &parsed)) {
			char *error =
				sqlite3_mprintf("ip_in: '%.60s' is not an address, nor a prefix such as 10.0.0.0/8", prefix_text);
			sqlite3_result_error(context, error ? error : "ip_in", -1);
			sqlite3_free(error);
			return;
		}
		struct prefix *kept = sqlite3_malloc(sizeof *kept);
		if (kept) {
			*kept = parsed;
			sqlite3_set_auxdata(context, 1, kept, sqlite3_free);
		}
		prefix = &parsed;
	}
	sqlite3_result_int(context, prefix_parse_address(address_text, &address) && prefix_holds(prefix, &address));
}

// Words are no numbers.
static bool is_number(sqlite3_value *value)
{
	int type = sqlite3_value_numeric_type(value);
	return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

// ---- tcp_flags(flags [, 'wireshark']) -----------------------------------------------------------------------------

void function_tcp_flags(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	// In tcpdump's order, which is that of Wireshark's packet list too.
	static const char tcpdump[] = "FSRP.UEWe", wireshark[] = "FSRPAUECN";
	const char *letters = tcpdump;
	char text[16];
	int length = 0;
	if (!is_number(argv[0]))
		return;
	if (argc == 2) {
		const char *style = (const char *)sqlite3_value_text(argv[1]);
		if (style && !strcasecmp(style, "wireshark")) {
			letters = wireshark;
		} else if (!style || strcasecmp(style, "tcpdump") != 0) {
			sqlite3_result_error(context, "tcp_flags: the second argument is 'tcpdump' or 'wireshark'", -1);
			return;
		}
	}
	sqlite3_int64 flags = sqlite3_value_int64(argv[0]);
	for (int bit = 0; bit < 9; bit++) {
		if (flags >> bit & 1)
			text[length++] = letters[bit];
	}
	text[length] = 0;
	sqlite3_result_text(context, length ? text : "none", -1, SQLITE_TRANSIENT);
}

// ---- iso_time(ns since 1970) --------------------------------------------------------------------------------------

void function_iso_time(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	enum { NS_PER_SECOND = 1000000000 };
	char text[64];
	struct tm tm;
	(void)argc;
	if (!is_number(argv[0]))
		return;
	sqlite3_int64 ns = sqlite3_value_int64(argv[0]), rest = ns % NS_PER_SECOND;
	time_t seconds = (time_t)(ns / NS_PER_SECOND - (rest < 0));
	rest += rest < 0 ? NS_PER_SECOND : 0;
	if (!gmtime_r(&seconds, &tm))
		return;
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	         tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
	sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

// ---- counted(number, noun) ----------------------------------------------------------------------------------------

void function_counted(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
		return;
	sqlite3_int64 number = sqlite3_value_int64(argv[0]);
	char *text = sqlite3_mprintf("%lld %s%s", number, sqlite3_value_text(argv[1]), number == 1 ? "" : "s");
	if (text)
		sqlite3_result_text(context, text, -1, sqlite3_free);
	else
		sqlite3_result_error_nomem(context);
}

// ---- last_labels(name, count) --------------------------------------------------------------------------------------

void function_last_labels(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	const char *name = (const char *)sqlite3_value_text(argv[0]);
	if (!name || sqlite3_value_type(argv[1]) == SQLITE_NULL)
		return;
	sqlite3_int64 count = sqlite3_value_int64(argv[1]);
	size_t at = strlen(name);
	if (count <= 0)
		at = 0, name = "";
	for (; at > 0; at--)
		if (name[at - 1] == '.' && --count == 0)
			break;
	sqlite3_result_text(context, name + at, -1, SQLITE_TRANSIENT);
}

// ---- hex_dump(bytes), escape_bytes(bytes) -------------------------------------------------------------------------

enum { DUMP_BYTES = 16, DUMP_LINE = 8 + 3 * DUMP_BYTES + 2 + DUMP_BYTES + 1, ESCAPE_MOST = 4 };

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

// A line of at most 16 bytes: offset, hex digits, characters. What it wrote.
static size_t dump_line(char *to, size_t offset, const unsigned char *at, size_t length)
{
	int used = sprintf(to, "%04zx ", offset);
	for (size_t i = 0; i < DUMP_BYTES; i++)
		used += i < length ? sprintf(to + used, " %02x", at[i]) : sprintf(to + used, "   ");
	used += sprintf(to + used, "  ");
	for (size_t i = 0; i < length; i++)
		to[used++] = is_plain(at[i]) ? (char)at[i] : '.';
	return (size_t)used;
}

void function_hex_dump(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	const unsigned char *at = sqlite3_value_blob(argv[0]);
	size_t length = (size_t)sqlite3_value_bytes(argv[0]), used = 0;
	// offsets of more than four digits want more room
	char *text = sqlite3_malloc64((length / DUMP_BYTES + 1) * (DUMP_LINE + 2 * sizeof length));
	if (!text) {
		sqlite3_result_error_nomem(context);
		return;
	}
	for (size_t offset = 0; offset < length; offset += DUMP_BYTES) {
		size_t left = length - offset;
		if (offset > 0)
			text[used++] = '\n';
		used += dump_line(text + used, offset, at + offset, left < DUMP_BYTES ? left : DUMP_BYTES);
	}
	sqlite3_result_text64(context, text, used, sqlite3_free, SQLITE_UTF8);
}

// One byte: as it is, or \\ \r \n \t, or \xHH. How many characters that are.
static int escape_byte(char *to, unsigned char c)
{
	static const char letters[] = "\\\\\rr\nn\tt";
	const char *letter = c ? strchr(letters, c) : NULL;
	if (is_plain(c) && c != '\\') {
		to[0] = (char)c;
		return 1;
	}
	if (letter && (letter - letters) % 2 == 0)
		return sprintf(to, "\\%c", letter[1]);
	return sprintf(to, "\\x%02x", c);
}

void function_escape_bytes(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
		return;
	const unsigned char *at = sqlite3_value_blob(argv[0]);
	int length = sqlite3_value_bytes(argv[0]);
	char *text = sqlite3_malloc64(ESCAPE_MOST * (sqlite3_uint64)length + 1);
	size_t used = 0;
	if (!text) {
		sqlite3_result_error_nomem(context);
		return;
	}
	for (int i = 0; i < length; i++)
		used += (size_t)escape_byte(text + used, at[i]);
	sqlite3_result_text64(context, text, used, sqlite3_free, SQLITE_UTF8);
}
