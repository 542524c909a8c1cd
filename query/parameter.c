// Parameters of reports. See parameter.h.
#include "parameter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "parameter_value.h"

enum { NAMES_MOST = 200 };

const struct parameter_value *parameters_find(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++) {
		if (!strcmp(parameters->values[i].name, name))
			return &parameters->values[i];
	}
	return NULL;
}

bool parameters_has(const struct parameters *parameters, const char *name)
{
	const struct parameter_value *value = parameters_find(parameters, name);
	return value && value->kind != VALUE_NULL;
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
	if (parameters_find(parameters, parameter->name))
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
	return !text || parameter_value_read(value, parameter, text, guard, parameters);
}

static const struct report_parameter *find_declared(const struct report *report, const char *option)
{
	for (size_t i = 0; i < report->parameter_count; i++) {
		if (!strcmp(report->parameters[i].option, option))
			return &report->parameters[i];
	}
	return NULL;
}

// What --server may have been meant for, in a report that has no such option; "" not known.
static void suggest_address(const struct report *report, const char *option, char *to, size_t size)
{
	// a word, and what is nearest to it, in this order
	static const char *const words[][4] = {
		{"server", "dst", "host", "node"}, {"dst", "server", "host", "node"},  {"client", "src", "host", "node"},
		{"src", "client", "host", "node"}, {"host", "node", "dst", "server"},  {"node", "host", "dst", "server"},
		{"ip", "host", "node", "dst"},     {"address", "host", "node", "dst"},
	};
	*to = 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (size_t j = 1; j < 4 && !*to && !strcmp(words[i][0], option); j++)
			if (find_declared(report, words[i][j]))
				snprintf(to, size, "did you mean --%s?", words[i][j]);
}

// "--host, --port"; how many there are, their texts and pointers to these.
static size_t list_options(const struct report *report, char texts[NAMES_MOST][64], const char *names[NAMES_MOST],
                           char *list, size_t size)
{
	size_t count = 0, used = 0;
	for (; count < report->parameter_count && count < NAMES_MOST; count++) {
		snprintf(texts[count], sizeof *texts, "--%s", report->parameters[count].option);
		names[count] = texts[count];
		if (used < size - 1)
			used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", texts[count]);
	}
	return count;
}

static bool say_unknown_option(const struct report *report, const char *option,
                               const struct option_spec *command_options)
{
	char texts[NAMES_MOST][64], nearest[256], list[400] = "";
	const char *names[NAMES_MOST];
	size_t count = list_options(report, texts, names, list, sizeof list);
	suggest_address(report, option, nearest, sizeof nearest);
	if (!*nearest)
		options_suggest(nearest, sizeof nearest, option, command_options, names, count);
	if (!report->summary)
		message_error("unknown option --%s: the SQL has no parameter :%s%s%s", option, option, *nearest ? "; " : "",
		              nearest);
	else
		message_error("report %s has no option --%s%s%s (%s%s)", report->name, option, *nearest ? "; " : "",
		              nearest, count > 0 ? "it has " : "it has none", list);
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
	if (!find_in_sql(report->text, pair->name, name, sizeof name) || parameters_find(parameters, name + 1))
		return false;
	struct parameter_value *value = add_value(parameters, name + 1);
	const struct report_parameter parameter = {
		.option = (char *)pair->name,
		.type = parameter_value_type(name + 1, pair->value),
	};
	return parameter_value_read(value, &parameter, pair->value, guard, parameters);
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
		const struct parameter_value *value = parameters_find(parameters, name + 1);
		if (!value) {
			explain_missing(parameters, name, error, size);
			return false;
		}
		bind_value(statement, i, value);
	}
	return true;
}
