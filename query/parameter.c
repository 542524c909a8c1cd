// Parameters of reports. See parameter.h.
#include "parameter.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

enum { NAMES_MOST = 200, CAPTURES_LISTED = 10 };

static struct parameter_value *find_value(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++) {
		if (!strcmp(parameters->values[i].name, name))
			return &parameters->values[i];
	}
	return NULL;
}

bool parameters_has(const struct parameters *parameters, const char *name)
{
	const struct parameter_value *value = find_value(parameters, name);
	return value && value->kind != VALUE_NULL;
}

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

// ---- one type each ------------------------------------------------------------------------------------------------

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

// In the spelling of the case: RFC 5952, lower case, a prefix of all bits without its length.
static bool canonical_address(const char *text, char *to, size_t size)
{
	unsigned char bytes[16];
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	address[length] = 0;
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	int64_t bits, all = family == AF_INET ? 32 : 128;
	if (inet_pton(family, address, bytes) != 1 || !inet_ntop(family, bytes, address, sizeof address))
		return false;
	bits = all;
	if (slash && (!parse_count(slash + 1, &bits) || bits > all))
		return false;
	snprintf(to, size, bits == all ? "%s" : "%s/%d", address, (int)bits);
	return true;
}

static bool fits_mac(char c, size_t place)
{
	return place % 3 == 2 ? c == ':' || c == '-' : isxdigit((unsigned char)c) != 0;
}

static bool canonical_mac(const char *text, char *to, size_t size)
{
	size_t length = strlen(text);
	if (length != 17 || size <= length)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!fits_mac(text[i], i))
			return false;
		to[i] = (char)(text[i] == '-' ? ':' : text[i] | 0x20); // hex digits in lower case
	}
	to[length] = '\0';
	return true;
}

static bool read_address(struct parameter_value *value, const char *option, const char *text)
{
	char canonical[INET6_ADDRSTRLEN + 8];
	if (!canonical_address(text, canonical, sizeof canonical) && !canonical_mac(text, canonical, sizeof canonical))
		return wants(option, "an address, or a prefix such as 10.0.0.0/8 (the report names tells those of a name)",
		             text);
	set_text(value, canonical);
	return true;
}

static bool read_node(struct parameter_value *value, const char *option, const char *text)
{
	if (!read_address(value, option, text))
		return false;
	return !strchr(value->text, '/') || wants(option, "one address, no prefix", text);
}

// NULL when there is none. The caller finalizes.
static sqlite3_stmt *look_up(struct guard *guard, const char *sql, const char *text)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(guard->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	if (text)
		sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
	if (sqlite3_step(statement) == SQLITE_ROW)
		return statement;
	sqlite3_finalize(statement);
	return NULL;
}

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
	message_error("--%s: no capture '%s' in the case; %s%s%s %s%s", option, text, nearest, *nearest ? " " : "",
	              names.count > 0 ? "there are:" : "there is none", list, rest);
	names_release(&names);
}

static bool read_capture(struct parameter_value *value, const char *option, const char *text, struct guard *guard)
{
	sqlite3_stmt *found = look_up(guard, "SELECT capture_id FROM captures WHERE name = ?1", text);
	if (!found)
		found = look_up(guard, "SELECT capture_id FROM captures WHERE CAST(capture_id AS TEXT) = ?1", text);
	if (!found) {
		say_no_capture(guard, option, text);
		return false;
	}
	set_integer(value, sqlite3_column_int64(found, 0));
	sqlite3_finalize(found);
	return true;
}

static bool read_flow(struct parameter_value *value, const char *option, const char *text, struct guard *guard)
{
	int64_t flow;
	if (!parse_count(text, &flow))
		return wants(option, "the number of a flow", text);
	sqlite3_stmt *found = look_up(guard, "SELECT 1 FROM flows WHERE flow_id = CAST(?1 AS INTEGER)", text);
	if (found) {
		set_integer(value, flow);
		sqlite3_finalize(found);
		return true;
	}
	found = look_up(guard, "SELECT min(flow_id), max(flow_id) FROM flows", NULL);
	if (found && sqlite3_column_type(found, 0) != SQLITE_NULL)
		message_error("--%s: no flow %s in the case; there are %lld to %lld", option, text,
		              (long long)sqlite3_column_int64(found, 0), (long long)sqlite3_column_int64(found, 1));
	else
		message_error("--%s: no flow %s: the case has none", option, text);
	sqlite3_finalize(found);
	return false;
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
	const struct parameter_value *capture = find_value(parameters, "capture");
	char id[32] = "";
	*first_ns = *last_ns = 0;
	if (capture && capture->kind == VALUE_INTEGER)
		snprintf(id, sizeof id, "%lld", (long long)capture->integer);
	sqlite3_stmt *found = look_up(guard,
	                              "SELECT min(first_ts_ns), max(last_ts_ns) FROM captures"
	                              " WHERE ?1 = '' OR capture_id = CAST(?1 AS INTEGER)",
	                              id);
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

static bool read_value(struct parameter_value *value, const struct report_parameter *parameter, const char *text,
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
		return read_flow(value, option, text, guard);
	default:
		set_text(value, text);
		return true;
	}
}

// ---- options ------------------------------------------------------------------------------------------------------

static const struct option_pair *find_option(const struct arguments *arguments, const char *option)
{
	const struct option_pair *found = NULL;
	for (int i = 0; i < arguments->unknown_count; i++) {
		if (!strcmp(arguments->unknown[i].name, option))
			found = &arguments->unknown[i]; // the last one counts
	}
	return found;
}

static struct parameter_value *add_value(struct parameters *parameters, const char *name)
{
	size_t count = parameters->count++;
	parameters->values = memory_resize(parameters->values, (count + 1) * sizeof *parameters->values);
	parameters->values[count] = (struct parameter_value){.name = memory_copy_text(name)};
	return &parameters->values[count];
}

static bool has_value(const struct option_pair *pair, const struct report_parameter *parameter)
{
	if (!pair->value)
		message_error("--%s wants a value: --%s %s", pair->name, pair->name,
		              parameter ? report_placeholder(parameter) : "VALUE");
	return pair->value;
}

static bool add_declared(struct parameters *parameters, const struct report *report,
                         const struct report_parameter *parameter, const struct arguments *arguments,
                         struct guard *guard)
{
	const struct option_pair *pair = find_option(arguments, parameter->option);
	if (find_value(parameters, parameter->name))
		return true;
	if (pair && !has_value(pair, parameter))
		return false;
	const char *text = pair ? pair->value : parameter->fallback;
	if (!text && parameter->required) {
		bool flow = parameter->type == PARAMETER_FLOW;
		message_error("report %s wants --%s %s: %s%s", report->name, parameter->option,
		              report_placeholder(parameter), parameter->help,
		              flow ? " Many reports have that column; the report flows lists all." : "");
		return false;
	}
	struct parameter_value *value = add_value(parameters, parameter->name);
	return !text || read_value(value, parameter, text, guard, parameters);
}

static bool say_unknown_option(const struct report *report, const char *option,
                               const struct option_spec *command_options)
{
	char texts[NAMES_MOST][64], nearest[256], list[400] = "";
	const char *names[NAMES_MOST];
	size_t count = 0, used = 0;
	for (size_t i = 0; i < report->parameter_count && count < NAMES_MOST; i++) {
		const char *name = report->parameters[i].option;
		names[count] = texts[count];
		snprintf(texts[count++], sizeof *texts, "--%s", name);
		if (used < sizeof list - 1)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s--%s", used ? ", " : "", name);
	}
	for (const struct option_spec *spec = command_options; spec->name && count < NAMES_MOST; spec++) {
		names[count] = texts[count];
		snprintf(texts[count++], sizeof *texts, "--%s", spec->name);
	}
	char word[64];
	snprintf(word, sizeof word, "--%s", option);
	message_nearest(nearest, sizeof nearest, word, names, count);
	if (!report->summary)
		message_error("unknown option --%s: the SQL has no parameter :%s%s%s", option, option, *nearest ? "; " : "",
		              nearest);
	else
		message_error("report %s has no option --%s%s%s (%s%s)", report->name, option, *nearest ? "; " : "",
		              nearest, used ? "it has " : "it has none", list);
	return false;
}

// "--min-ms" of plain SQL: whether ":min_ms" stands in it. Finds the name.
static bool find_in_sql(const char *sql, const char *option, char *name, size_t size)
{
	snprintf(name, size, ":%s", option);
	for (char *c = name; *c; c++)
		*c = (char)(*c == '-' ? '_' : *c);
	size_t length = strlen(name);
	for (const char *at = strstr(sql, name); at; at = strstr(at + 1, name)) {
		if (!isalnum((unsigned char)at[length]) && at[length] != '_')
			return true;
	}
	return false;
}

static bool add_undeclared(struct parameters *parameters, const struct report *report,
                           const struct option_pair *pair, struct guard *guard)
{
	char name[128];
	if (!find_in_sql(report->text, pair->name, name, sizeof name) || find_value(parameters, name + 1))
		return false;
	struct parameter_value *value = add_value(parameters, name + 1);
	struct report_parameter parameter = {.option = (char *)pair->name, .type = report_type_by_name(name + 1)};
	int64_t integer;
	double real;
	if (parameter.type == PARAMETER_TEXT && (parse_count(pair->value, &integer) || parse_real(pair->value, &real)))
		parameter.type = PARAMETER_NUMBER;
	return read_value(value, &parameter, pair->value, guard, parameters);
}

static const struct report_parameter *find_declared(const struct report *report, const char *option)
{
	for (size_t i = 0; i < report->parameter_count; i++) {
		if (!strcmp(report->parameters[i].option, option))
			return &report->parameters[i];
	}
	return NULL;
}

static bool check_options(const struct report *report, const struct arguments *arguments,
                          const struct option_spec *command_options)
{
	char name[128];
	for (int i = 0; i < arguments->unknown_count; i++) {
		const struct option_pair *pair = &arguments->unknown[i];
		const struct report_parameter *parameter = find_declared(report, pair->name);
		bool known = parameter || (!report->summary && find_in_sql(report->text, pair->name, name, sizeof name));
		if (!known)
			return say_unknown_option(report, pair->name, command_options);
		if (!has_value(pair, parameter))
			return false;
	}
	return true;
}

bool parameters_init(struct parameters *parameters, const struct report *report, const struct arguments *arguments,
                     struct guard *guard, const struct option_spec *command_options)
{
	*parameters = (struct parameters){.command_options = command_options};
	bool ok = check_options(report, arguments, command_options);
	// times are relative to the capture: it comes first
	for (size_t i = 0; i < report->parameter_count && ok; i++) {
		if (report->parameters[i].type == PARAMETER_CAPTURE)
			ok = add_declared(parameters, report, &report->parameters[i], arguments, guard);
	}
	for (size_t i = 0; i < report->parameter_count && ok; i++)
		ok = add_declared(parameters, report, &report->parameters[i], arguments, guard);
	for (int i = 0; i < arguments->unknown_count && ok && !report->summary; i++)
		ok = find_declared(report, arguments->unknown[i].name) ||
		     add_undeclared(parameters, report, &arguments->unknown[i], guard);
	if (!ok)
		parameters_release(parameters);
	return ok;
}

// An address or a prefix that no packet of the case has.
static bool explain_address(const struct report_parameter *parameter, const char *address, struct guard *guard,
                            char *to, size_t size)
{
	sqlite3_stmt *found = look_up(guard, "SELECT 1 FROM hosts WHERE ip_in(address, ?1) LIMIT 1", address);
	sqlite3_finalize(found);
	if (!found)
		snprintf(to, size, "no packet of the case has the address %s (--%s)", address, parameter->option);
	return !found;
}

// A flow that most reports on flows have nothing to say of.
static bool explain_flow(const struct report_parameter *parameter, int64_t flow, struct guard *guard, char *to,
                         size_t size)
{
	char id[32];
	snprintf(id, sizeof id, "%lld", (long long)flow);
	sqlite3_stmt *found =
		look_up(guard, "SELECT protocol FROM flows WHERE flow_id = CAST(?1 AS INTEGER) AND protocol <> 'tcp'", id);
	if (found)
		snprintf(to, size, "flow %s is %s (--%s)", id, (const char *)sqlite3_column_text(found, 0),
		         parameter->option);
	sqlite3_finalize(found);
	return found != NULL;
}

static bool is_time_empty(const struct parameters *parameters)
{
	const struct parameter_value *since = find_value(parameters, "since"), *until = find_value(parameters, "until");
	return since && until && since->kind == VALUE_INTEGER && until->kind == VALUE_INTEGER &&
	       since->integer >= until->integer;
}

// What a case must have, beside packets, for reports that read a table whose name begins so.
static const struct need {
	const char *table;
	const char *sql; // gives a row where the case has it
	const char *why; // what to say where it has not
} needs[] = {
	{"hop_", "SELECT 1 FROM hop_comparisons LIMIT 1",
     "no captures of the case have been compared; pcapdex compare CASE.db A B does it"},
	{"hop_", "SELECT 1 FROM hop_comparisons WHERE a_matched > 0 LIMIT 1",
     "the captures that were compared have no packet in common; are they of the same traffic, at the same time?"},
	{"hop_wait",
     "SELECT 1 FROM hop_flows h JOIN flows f ON f.flow_id = h.a_flow_id"
     " WHERE f.protocol = 'tcp' AND h.src_matched + h.dst_matched > 0 LIMIT 1",
     "no TCP connection was seen at both capture points"},
	{"issues", "SELECT 1 FROM detectors LIMIT 1",
     "nobody has looked for issues in this case yet; ingest does at its end, and pcapdex analyze"},
};

static bool reads(const struct report *report, const char *table)
{
	char from[32], join[32];
	snprintf(from, sizeof from, "FROM %s", table);
	snprintf(join, sizeof join, "JOIN %s", table);
	return strstr(report->text, from) || strstr(report->text, join);
}

static bool explain_need(const struct report *report, struct guard *guard, char *to, size_t size)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const struct need *need = &needs[i];
		if (!reads(report, need->table))
			continue;
		sqlite3_stmt *found = look_up(guard, need->sql, NULL);
		sqlite3_finalize(found);
		if (!found) {
			snprintf(to, size, "%s", need->why);
			return true;
		}
	}
	return false;
}

// A least value that there is nothing of may have been too much.
static bool explain_least(const struct parameters *parameters, const struct report *report, char *to, size_t size)
{
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		const struct parameter_value *value = find_value(parameters, parameter->name);
		bool is_integer = value && value->kind == VALUE_INTEGER, is_real = value && value->kind == VALUE_REAL;
		double least = is_integer ? (double)value->integer : is_real ? value->real : 0;
		if (strncmp(parameter->name, "min_", 4) != 0 || least <= 0)
			continue;
		snprintf(to, size, "nothing reaches --%s %g; a smaller one may show more", parameter->option, least);
		return true;
	}
	return false;
}

bool parameters_explain(const struct parameters *parameters, const struct report *report, struct guard *guard,
                        char *to, size_t size)
{
	if (explain_need(report, guard, to, size))
		return true;
	if (is_time_empty(parameters)) {
		snprintf(to, size, "--since is not before --until");
		return true;
	}
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		const struct parameter_value *value = find_value(parameters, parameter->name);
		bool is_address = parameter->type == PARAMETER_ADDRESS || parameter->type == PARAMETER_NODE;
		if (is_address && value && value->kind == VALUE_TEXT &&
		    explain_address(parameter, value->text, guard, to, size))
			return true;
		if (parameter->type == PARAMETER_FLOW && value && value->kind == VALUE_INTEGER &&
		    explain_flow(parameter, value->integer, guard, to, size))
			return true;
	}
	return explain_least(parameters, report, to, size);
}

void parameters_release(struct parameters *parameters)
{
	for (size_t i = 0; i < parameters->count; i++) {
		free(parameters->values[i].name);
		free(parameters->values[i].text);
	}
	free(parameters->values);
	*parameters = (struct parameters){0};
}

static void bind_value(sqlite3_stmt *statement, int index, const struct parameter_value *value)
{
	switch (value->kind) {
	case VALUE_NULL:
		sqlite3_bind_null(statement, index);
		break;
	case VALUE_INTEGER:
		sqlite3_bind_int64(statement, index, value->integer);
		break;
	case VALUE_REAL:
		sqlite3_bind_double(statement, index, value->real);
		break;
	case VALUE_TEXT:
		sqlite3_bind_text(statement, index, value->text, -1, SQLITE_TRANSIENT);
		break;
	}
}

static bool is_command_option(const struct option_spec *options, const char *name)
{
	for (const struct option_spec *spec = options; spec && spec->name; spec++) {
		if (!strcmp(spec->name, name))
			return true;
	}
	return !strcmp(name, "help");
}

// What is wrong with a parameter that has no value.
static void explain_missing(const struct parameters *parameters, const char *name, char *error, size_t size)
{
	char option[64];
	snprintf(option, sizeof option, "%s", name + 1);
	for (char *c = option; *c; c++)
		*c = (char)(*c == '_' ? '-' : *c);
	if (is_command_option(parameters->command_options, option))
		snprintf(error, size, "parameter %s cannot be given, --%s is an option of query; choose another name", name,
		         option);
	else
		snprintf(error, size, "parameter %s has no value; give it one: --%s VALUE", name, option);
}

bool parameters_bind(const struct parameters *parameters, sqlite3_stmt *statement, char *error, size_t size)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
		const char *name = sqlite3_bind_parameter_name(statement, i);
		if (!name || !strchr(":@$", name[0])) {
			snprintf(error, size, "parameter %s has no name; write :name, it becomes the option --name",
			         name ? name : "?");
			return false;
		}
		const struct parameter_value *value = find_value(parameters, name + 1);
		if (!value) {
			explain_missing(parameters, name, error, size);
			return false;
		}
		bind_value(statement, i, value);
	}
	return true;
}
