// Values of parameters. See parameter_value.h.
#include "parameter_value.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "prefix.h"
#include "suggest.h"

enum { CAPTURES_LISTED = 10 };

static void set_text(struct parameter_value *value, const char *text)
{
	value->kind = VALUE_TEXT;
	value->text = memory_copy_text(text);
}

static void set_integer(struct parameter_value *value, int64_t integer)
{
	value->kind = VALUE_INTEGER;
	value->integer = integer;
}

static bool wants(const char *option, const char *what, const char *text)
{
	message_error("--%s wants %s, got '%s'", option, what, text);
	return false;
}

// ---- what the case has no say in ------------------------------------------------------------------------------------------------

static bool read_integer(struct parameter_value *value, const char *option, const char *text)
{
	int64_t integer;
	if (!parse_count(text, &integer))
		return wants(option, "a whole number, not negative", text);
	set_integer(value, integer);
	return true;
}

static bool parse_real(const char *text, double *real)
{
	char *end;
	if (!*text || !strchr("+-.0123456789", *text))
		return false;
	*real = strtod(text, &end);
	return !*end && isfinite(*real);
}

static bool read_number(struct parameter_value *value, const char *option, const char *text)
{
	int64_t integer;
	if (parse_count(text, &integer)) {
		set_integer(value, integer);
		return true;
	}
	if (!parse_real(text, &value->real))
		return wants(option, "a number", text);
	value->kind = VALUE_REAL;
	return true;
}

static bool read_port(struct parameter_value *value, const char *option, const char *text)
{
	int64_t integer;
	if (!parse_count(text, &integer) || integer > 65535)
		return wants(option, "a port, 0 to 65535", text);
	set_integer(value, integer);
	return true;
}

// "a|b|c" as "a, b or c".
static bool wants_choice(const char *option, const char *choices, const char *text)
{
	char list[400];
	size_t used = 0;
	for (const char *at = choices; at && *at && used + 8 < sizeof list; at++) {
		if (*at == '|')
			used += (size_t)snprintf(list + used, sizeof list - used, "%s", strchr(at + 1, '|') ? ", " : " or ");
		else
			list[used++] = *at;
	}
	list[used] = 0;
	return wants(option, list, text);
}

static bool read_choice(struct parameter_value *value, const struct report_parameter *parameter, const char *text)
{
	size_t length;
	const char *word = report_choice(parameter, text, &length);
	if (!word)
		return wants_choice(parameter->option, parameter->choices, text);
	set_text(value, word);
	value->text[length] = 0;
	return true;
}

static bool is_within(const struct parameter_value *value, const struct report_parameter *parameter,
                      const char *text)
{
	char range[128];
	if (value->kind != VALUE_INTEGER && value->kind != VALUE_REAL)
		return true;
	if (report_in_range(parameter, value->kind == VALUE_REAL ? value->real : (double)value->integer))
		return true;
	snprintf(range, sizeof range, "a number from %.15g to %.15g", parameter->least, parameter->most);
	return wants(parameter->option, range, text);
}

static bool read_address(struct parameter_value *value, const char *option, const char *text)
{
	struct prefix prefix;
	char canonical[PREFIX_TEXT_SIZE];
	if (!prefix_parse(text, &prefix))
		return wants(option, "an address, or a prefix such as 10.0.0.0/8 (the report names tells those of a name)",
		             text);
	prefix_text(&prefix, canonical);
	set_text(value, canonical);
	return true;
}

static bool read_node(struct parameter_value *value, const char *option, const char *text)
{
	if (!read_address(value, option, text))
		return false;
	return !strchr(value->text, '/') || wants(option, "one address, no prefix", text);
}

// ---- looked up in the case ----------------------------------------------------------------------------------------

static void say_no_capture(struct guard *guard, const char *option, const char *text)
{
	struct names names = {0};
	char nearest[256], list[CAPTURES_LISTED * 64] = "", rest[64] = "";
	size_t used = 0;
	names_read(&names, guard->db, "SELECT name FROM captures ORDER BY capture_id");
	message_nearest(nearest, sizeof nearest, text, names.at, names.count);
	for (size_t i = 0; i < names.count && i < CAPTURES_LISTED && used < sizeof list - 1; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names.at[i]);
	if (names.count > CAPTURES_LISTED)
		snprintf(rest, sizeof rest, " and %d more (report captures lists them)",
		         (int)(names.count - CAPTURES_LISTED));
	message_error("--%s: no capture '%s' in the case; %s%s%s%s%s", option, text, nearest, *nearest ? " " : "",
	              names.count > 0 ? "there are: " : "there is none", list, rest);
	names_release(&names);
}

static bool read_capture(struct parameter_value *value, const char *option, const char *text, struct guard *guard)
{
	sqlite3_stmt *found = guard_look_up(guard, "SELECT capture_id FROM captures WHERE name = ?1", text, NULL);
	if (!found)
		found =
			guard_look_up(guard, "SELECT capture_id FROM captures WHERE CAST(capture_id AS TEXT) = ?1", text, NULL);
	if (!found) {
		say_no_capture(guard, option, text);
		return false;
	}
	set_integer(value, sqlite3_column_int64(found, 0));
	sqlite3_finalize(found);
	return true;
}

// What is called by a number: whether there is ?1 (in capture ?2), and the first and the last.
static const struct numbered {
	enum parameter_type type;
	const char *noun, *exists, *range;
} numbered[] = {
	{PARAMETER_FLOW, "flow", "SELECT 1 FROM flows WHERE flow_id = CAST(?1 AS INTEGER)",
     "SELECT min(flow_id), max(flow_id) FROM flows"},
	{PARAMETER_ISSUE, "issue", "SELECT 1 FROM issues WHERE issue_id = CAST(?1 AS INTEGER)",
     "SELECT min(issue_id), max(issue_id) FROM issues"},
	{PARAMETER_PACKET, "packet",
     "SELECT 1 FROM captures WHERE CAST(?1 AS INTEGER) BETWEEN 1 AND packets"
     " AND (?2 IS NULL OR capture_id = CAST(?2 AS INTEGER))",
     "SELECT min(1), max(packets) FROM captures"
     " WHERE packets > 0 AND (?2 IS NULL OR capture_id = CAST(?2 AS INTEGER))"},
};

static void say_no_number(const struct numbered *kind, struct guard *guard, const char *option, const char *text,
                          const char *capture)
{
	const char *where = capture ? "the capture" : "the case";
	sqlite3_stmt *found = guard_look_up(guard, kind->range, NULL, capture);
	if (found && sqlite3_column_type(found, 0) != SQLITE_NULL)
		message_error("--%s: no %s %s in %s; there are %lld to %lld", option, kind->noun, text, where,
		              (long long)sqlite3_column_int64(found, 0), (long long)sqlite3_column_int64(found, 1));
	else
		message_error("--%s: no %s %s: %s has none", option, kind->noun, text, where);
	sqlite3_finalize(found);
}

// The capture chosen with --capture, in `id`; NULL: all.
static const char *chosen_capture(const struct parameters *parameters, char id[32])
{
	const struct parameter_value *capture = parameters_find(parameters, "capture");
	if (!capture || capture->kind != VALUE_INTEGER)
		return NULL;
	snprintf(id, 32, "%lld", (long long)capture->integer);
	return id;
}

static bool read_numbered(struct parameter_value *value, const struct report_parameter *parameter, const char *text,
                          struct guard *guard, const struct parameters *parameters)
{
	const struct numbered *kind = numbered;
	char id[32], wanted[64];
	const char *capture = chosen_capture(parameters, id);
	int64_t number;
	while (kind->type != parameter->type)
		kind++;
	snprintf(wanted, sizeof wanted, "the number of %s %s", *kind->noun == 'i' ? "an" : "a", kind->noun);
	if (!parse_count(text, &number))
		return wants(parameter->option, wanted, text);
	sqlite3_stmt *found = guard_look_up(guard, kind->exists, text, capture);
	if (found)
		set_integer(value, number);
	else
		say_no_number(kind, guard, parameter->option, text, capture);
	sqlite3_finalize(found);
	return found;
}

static bool read_detector(struct parameter_value *value, const char *option, const char *text, struct guard *guard)
{
	struct names names = {0};
	char nearest[256];
	sqlite3_stmt *found =
		guard_look_up(guard, "SELECT detector FROM detectors WHERE lower(detector) = lower(?1)", text, NULL);
	if (found) {
		set_text(value, (const char *)sqlite3_column_text(found, 0));
		sqlite3_finalize(found);
		return true;
	}
	names_read(&names, guard->db, "SELECT detector FROM detectors");
	message_nearest(nearest, sizeof nearest, text, names.at, names.count);
	names_release(&names);
	message_error("--%s: no detector '%s' looked through the case; %s", option, text,
	              *nearest ? nearest : "the report detectors lists them");
	return false;
}

static void read_protocol(struct parameter_value *value, const char *text)
{
	set_text(value, text);
	for (char *c = value->text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

// "03:12", "03:12:30.5", "03:12+02:00": the first such moment within a time, or else of the day on which that begins.
// Without a zone it is UTC.
static bool read_clock(const char *text, int64_t first_ns, int64_t last_ns, int64_t *ns)
{
	const int64_t day_ns = INT64_C(86400000000000);
	char moment[64];
	int length = snprintf(moment, sizeof moment, "1970-01-01T%s", text);
	if (length >= (int)sizeof moment || !parse_time(moment, ns) || first_ns < 0)
		return false;
	if (__builtin_add_overflow(first_ns - first_ns % day_ns, (*ns % day_ns + day_ns) % day_ns, ns))
		return false;
	if (*ns < first_ns && last_ns >= first_ns && last_ns - day_ns >= *ns)
		*ns += day_ns;
	return true;
}

// The first and the last packet's time, of the capture chosen with --capture or of all; both 0 in a case without packets.
static void find_span(struct guard *guard, const struct parameters *parameters, int64_t *first_ns, int64_t *last_ns)
{
	char id[32];
	*first_ns = *last_ns = 0;
	sqlite3_stmt *found = guard_look_up(guard,
	                                    "SELECT min(first_ts_ns), max(last_ts_ns) FROM captures"
	                                    " WHERE ?2 IS NULL OR capture_id = CAST(?2 AS INTEGER)",
	                                    NULL, chosen_capture(parameters, id));
	if (found) {
		*first_ns = sqlite3_column_int64(found, 0);
		*last_ns = sqlite3_column_int64(found, 1);
	}
	sqlite3_finalize(found);
}

// "+1.5" since the first packet.
static bool read_time_since(struct parameter_value *value, const char *option, const char *text, int64_t first_ns)
{
	int64_t ns;
	if (!parse_seconds(text + 1, &ns))
		return wants(option, "seconds behind '+'", text);
	if (__builtin_add_overflow(first_ns, ns, &ns))
		return wants(option, "fewer seconds", text);
	set_integer(value, ns);
	return true;
}

// A time of day is that of the capture's day.
static bool read_time(struct parameter_value *value, const char *option, const char *text, struct guard *guard,
                      const struct parameters *parameters)
{
	int64_t ns, first_ns, last_ns;
	if (text[0] != '+' && parse_time(text, &ns)) {
		set_integer(value, ns);
		return true;
	}
	find_span(guard, parameters, &first_ns, &last_ns);
	if (text[0] == '+')
		return read_time_since(value, option, text, first_ns);
	if (!read_clock(text, first_ns, last_ns, &ns))
		return wants(option, TIME_WANTED ", a time of day such as 21:21:02, or +SECONDS behind the first packet",
		             text);
	set_integer(value, ns);
	return true;
}

enum parameter_type parameter_value_type(const char *name, const char *text)
{
	enum parameter_type type = report_type_by_name(name);
	int64_t integer;
	double real;
	bool is_number = parse_count(text, &integer) || parse_real(text, &real);
	return type == PARAMETER_TEXT && is_number ? PARAMETER_NUMBER : type;
}

bool parameter_value_read(struct parameter_value *value, const struct report_parameter *parameter, const char *text,
                          struct guard *guard, const struct parameters *parameters)
{
	const char *option = parameter->option;
	switch (parameter->type) {
	case PARAMETER_INTEGER:
		return read_integer(value, option, text) && is_within(value, parameter, text);
	case PARAMETER_NUMBER:
		return read_number(value, option, text) && is_within(value, parameter, text);
	case PARAMETER_PORT:
		return read_port(value, option, text);
	case PARAMETER_CHOICE:
		return read_choice(value, parameter, text);
	case PARAMETER_ADDRESS:
		return read_address(value, option, text);
	case PARAMETER_NODE:
		return read_node(value, option, text);
	case PARAMETER_TIME:
		return read_time(value, option, text, guard, parameters);
	case PARAMETER_CAPTURE:
		return read_capture(value, option, text, guard);
	case PARAMETER_FLOW:
	case PARAMETER_ISSUE:
	case PARAMETER_PACKET:
		return read_numbered(value, parameter, text, guard, parameters);
	case PARAMETER_DETECTOR:
		return read_detector(value, option, text, guard);
	case PARAMETER_PROTOCOL:
		read_protocol(value, text);
		return true;
	default:
		set_text(value, text);
		return true;
	}
}
