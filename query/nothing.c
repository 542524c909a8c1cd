// Why a report found nothing. See nothing.h.
#include "nothing.h"

#include <stdio.h>
#include <string.h>

#include "../common/message.h"
#include "suggest.h"

// An address or a prefix that no packet of the case has.
static bool explain_address(const struct report_parameter *parameter, const char *address, struct guard *guard,
                            char *to, size_t size)
{
	sqlite3_stmt *found =
		guard_look_up(guard, "SELECT 1 FROM hosts WHERE ip_in(address, ?1) LIMIT 1", address, NULL);
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
	sqlite3_stmt *found = guard_look_up(
		guard, "SELECT protocol FROM flows WHERE flow_id = CAST(?1 AS INTEGER) AND protocol <> 'tcp'", id, NULL);
	if (found)
		snprintf(to, size, "flow %s is %s (--%s)", id, (const char *)sqlite3_column_text(found, 0),
		         parameter->option);
	sqlite3_finalize(found);
	return found != NULL;
}

bool nothing_has_protocol(struct guard *guard, const char *protocol, char *nearest, size_t size)
{
	struct names names = {0};
	bool found = false;
	names_read(&names, guard->db,
	           "SELECT protocol FROM flows UNION SELECT application FROM flows WHERE application IS NOT NULL"
	           " UNION SELECT protocol FROM issues");
	for (size_t i = 0; i < names.count; i++)
		found = found || !strcmp(names.at[i], protocol);
	message_nearest(nearest, size, protocol, names.at, names.count);
	names_release(&names);
	return found;
}

static bool explain_protocol(const struct report_parameter *parameter, const char *protocol, struct guard *guard,
                             char *to, size_t size)
{
	char nearest[256];
	bool found = nothing_has_protocol(guard, protocol, nearest, sizeof nearest);
	if (!found)
		snprintf(to, size, "nothing in the case is of the protocol %s (--%s)%s%s", protocol, parameter->option,
		         *nearest ? "; " : "", nearest);
	return !found;
}

// The value of an integer or time as text; NULL: it was not given.
static const char *integer_of(const struct parameters *parameters, const char *name, char to[32])
{
	const struct parameter_value *value = parameters_find(parameters, name);
	if (!value || value->kind != VALUE_INTEGER)
		return NULL;
	snprintf(to, 32, "%lld", (long long)value->integer);
	return to;
}

static bool is_time_empty(const struct parameters *parameters)
{
	const struct parameter_value *since = parameters_find(parameters, "since");
	const struct parameter_value *until = parameters_find(parameters, "until");
	return since && until && since->kind == VALUE_INTEGER && until->kind == VALUE_INTEGER &&
	       since->integer >= until->integer;
}

// A time before or behind all packets, of the capture chosen or of all.
static bool explain_time(const struct parameters *parameters, struct guard *guard, char *to, size_t size)
{
	static const struct {
		const char *option, *sql, *why;
	} ends[] = {
		{"since",
	     "SELECT iso_time(max(last_ts_ns)) FROM captures WHERE ?2 IS NULL OR capture_id = CAST(?2 AS INTEGER)"
	     " HAVING max(last_ts_ns) < CAST(?1 AS INTEGER)",
	     "--since is behind the last packet, which is of"},
		{"until",
	     "SELECT iso_time(min(first_ts_ns)) FROM captures WHERE ?2 IS NULL OR capture_id = CAST(?2 AS INTEGER)"
	     " HAVING min(first_ts_ns) >= CAST(?1 AS INTEGER)",
	     "--until is before the first packet, which is of"},
	};
	char time[32], capture[32];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (!integer_of(parameters, ends[i].option, time))
			continue;
		sqlite3_stmt *found = guard_look_up(guard, ends[i].sql, time, integer_of(parameters, "capture", capture));
		if (!found)
			continue;
		snprintf(to, size, "%s %s", ends[i].why, (const char *)sqlite3_column_text(found, 0));
		sqlite3_finalize(found);
		return true;
	}
	return false;
}

// A flow of another capture than the one chosen.
static bool explain_capture(const struct parameters *parameters, struct guard *guard, char *to, size_t size)
{
	static const char elsewhere[] =
		"SELECT c.name FROM flows f JOIN captures c USING (capture_id)"
		" WHERE f.flow_id = CAST(?1 AS INTEGER) AND c.capture_id <> CAST(?2 AS INTEGER)";
	char flow[32], capture[32];
	if (!integer_of(parameters, "flow", flow) || !integer_of(parameters, "capture", capture))
		return false;
	sqlite3_stmt *found = guard_look_up(guard, elsewhere, flow, capture);
	if (found)
		snprintf(to, size, "flow %s (--flow) is in another capture than --capture: %s", flow,
		         (const char *)sqlite3_column_text(found, 0));
	sqlite3_finalize(found);
	return found != NULL;
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
     "nobody has looked for issues since the last capture was added; ingest does at its end, and pcapdex analyze"},
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
		sqlite3_stmt *found = guard_look_up(guard, need->sql, NULL, NULL);
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
		const struct parameter_value *value = parameters_find(parameters, parameter->name);
		bool is_integer = value && value->kind == VALUE_INTEGER, is_real = value && value->kind == VALUE_REAL;
		double least = is_integer ? (double)value->integer : is_real ? value->real : 0;
		if (strncmp(parameter->name, "min_", 4) != 0 || least <= 0)
			continue;
		snprintf(to, size, "nothing reaches --%s %g; a smaller one may show more", parameter->option, least);
		return true;
	}
	return false;
}

// A value that nothing in the case has.
static bool explain_value(const struct report_parameter *parameter, const struct parameter_value *value,
                          struct guard *guard, char *to, size_t size)
{
	bool is_text = value->kind == VALUE_TEXT;
	switch (parameter->type) {
	case PARAMETER_ADDRESS:
	case PARAMETER_NODE:
		return is_text && explain_address(parameter, value->text, guard, to, size);
	case PARAMETER_PROTOCOL:
		return is_text && explain_protocol(parameter, value->text, guard, to, size);
	case PARAMETER_FLOW:
		return value->kind == VALUE_INTEGER && explain_flow(parameter, value->integer, guard, to, size);
	default:
		return false;
	}
}

bool nothing_explain(const struct parameters *parameters, const struct report *report, struct guard *guard,
                     char *to, size_t size)
{
	if (explain_need(report, guard, to, size))
		return true;
	if (is_time_empty(parameters)) {
		snprintf(to, size, "--since is not before --until");
		return true;
	}
	if (explain_time(parameters, guard, to, size) || explain_capture(parameters, guard, to, size))
		return true;
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct parameter_value *value = parameters_find(parameters, report->parameters[i].name);
		if (value && explain_value(&report->parameters[i], value, guard, to, size))
			return true;
	}
	return explain_least(parameters, report, to, size);
}
