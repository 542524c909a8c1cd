// A report's documentation as --help: its parameters are an option table, so options.h prints it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/options.h"
#include "packet_rows.h"
#include "report.h"

enum { SYNOPSIS_MAX = 6, SYNOPSIS_ROOM = 400, HELP_EXTRA = 96 };

static char *parameter_help(const struct report_parameter *parameter)
{
	size_t size = strlen(parameter->help) + HELP_EXTRA + (parameter->fallback ? strlen(parameter->fallback) : 0);
	char *help = memory_alloc(size);
	if (parameter->fallback)
		snprintf(help, size, "%s%sDefault: %s.", parameter->help, *parameter->help ? " " : "", parameter->fallback);
	else
		snprintf(help, size, "%s%s%s", parameter->help, parameter->required && *parameter->help ? " " : "",
		         parameter->required ? "Required." : "");
	return help;
}

static void append(char **to, const char *text)
{
	size_t old = strlen(*to), length = strlen(text);
	*to = memory_resize(*to, old + length + 1);
	memcpy(*to + old, text, length + 1);
}

// " (with --flow)"
static void append_condition(char **to, const struct report *report, const struct report_section *section)
{
	if (!section->depends)
		return;
	append(to, section->without ? " (without --" : " (with --");
	append(to, report_find_parameter(report, section->depends)->option);
	append(to, ")");
}

static void append_columns(char **to, const struct report *report, const struct report_section *section)
{
	size_t widest = 0;
	for (size_t i = 0; i < section->column_count; i++) {
		size_t length = strlen(section->columns[i].name);
		widest = length > widest ? length : widest;
	}
	append(to, "\n\n");
	append(to, section->title && *section->title ? section->title : "Columns");
	append_condition(to, report, section);
	append(to, ":\n");
	for (size_t i = 0; i < section->column_count; i++) {
		const struct report_column *column = &section->columns[i];
		append(to, "\n  ");
		append(to, column->name);
		for (size_t j = strlen(column->name); j < widest + 2; j++)
			append(to, " ");
		append(to, column->help);
	}
}

static void append_plot(char **to, const struct report_section *section)
{
	for (size_t i = 0; i < section->plot_count; i++) {
		if (section->plots[i].style != PLOT_TITLE)
			continue;
		append(to, **to ? "\n\n--plot draws: " : "--plot draws: ");
		append(to, section->plots[i].label);
		append(to, ".");
	}
}

static char *description(const struct report *report)
{
	char *text = memory_copy_text(report->description ? report->description : "");
	for (size_t i = 0; i < report->section_count; i++)
		append_plot(&text, &report->sections[i]);
	for (size_t i = 0; i < report->section_count; i++) {
		if (report->sections[i].column_count > 0)
			append_columns(&text, report, &report->sections[i]);
	}
	return text;
}

// "CASE.db slow-handshakes [--min-ms NUMBER] [--dst ADDRESS]"
static void synopsis(const struct report *report, char to[SYNOPSIS_ROOM])
{
	size_t used = (size_t)snprintf(to, SYNOPSIS_ROOM, "CASE.db %s", report->name);
	for (size_t i = 0; i < report->parameter_count && used < SYNOPSIS_ROOM; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		used += (size_t)snprintf(to + used, SYNOPSIS_ROOM - used, parameter->required ? " --%s %s" : " [--%s %s]",
		                         parameter->option, report_placeholder(parameter));
	}
}

// Whether a section has a column that names packets.
static bool has_packets(const struct report_section *section)
{
	for (size_t i = 0; i < section->column_count; i++)
		if (packet_rows_names_packets(section->columns[i].name))
			return true;
	return false;
}

static bool has_flows(const struct report_section *section)
{
	for (size_t i = 0; i < section->column_count; i++)
		if (!strcmp(section->columns[i].name, "flow_id"))
			return true;
	return false;
}

static bool has_columns(const struct report_section *section)
{
	return section->column_count > 0;
}

static bool has_plot(const struct report_section *section)
{
	return section->plot_count > 0;
}

static bool any_section(const struct report *report, bool (*has)(const struct report_section *))
{
	for (size_t i = 0; i < report->section_count; i++)
		if (has(&report->sections[i]))
			return true;
	return false;
}

// "  pcapdex query CASE.db rtt --flow FLOW --pcap rtt.pcapng", with what the report must be given.
static void append_example(char **to, const struct report *report, const char *option, const char *ending)
{
	const char *slash = strrchr(report->name, '/');
	append(to, "  pcapdex query CASE.db ");
	append(to, report->name);
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		if (!parameter->required)
			continue;
		append(to, " --");
		append(to, parameter->option);
		append(to, " ");
		append(to, report_placeholder(parameter));
	}
	append(to, option);
	append(to, *ending ? slash ? slash + 1 : report->name : "");
	append(to, ending);
	append(to, "\n");
}

// What to do with the rows.
static char *examples(const struct report *report)
{
	char *text = memory_copy_text("");
	if (any_section(report, has_columns))
		append_example(&text, report, " --format csv > ", ".csv");
	if (any_section(report, has_packets)) {
		append_example(&text, report, " --pcap ", ".pcapng   # the packets of the rows");
		append_example(&text, report, " --wireshark   # a display filter that shows them", "");
	}
	if (any_section(report, has_plot))
		append_example(&text, report, " --plot ", ".svg");
	if (any_section(report, has_flows) && strcmp(report->name, "conversation") != 0)
		append(&text,
		       "  pcapdex query CASE.db conversation --flow FLOW_ID   # one of the flows, packet by packet\n");
	return text;
}

void report_print_help(const struct report *report, bool long_help)
{
	char usage[SYNOPSIS_ROOM];
	struct option_spec *options = memory_alloc((report->parameter_count + 1) * sizeof *options);
	char **helps = memory_alloc((report->parameter_count + 1) * sizeof *helps);
	char *text = description(report), *shown = examples(report);
	synopsis(report, usage);
	for (size_t i = 0; i < report->parameter_count; i++) {
		const struct report_parameter *parameter = &report->parameters[i];
		helps[i] = parameter_help(parameter);
		options[i] = (struct option_spec){
			.name = parameter->option,
			.argument = report_placeholder(parameter),
			.kind = OPTION_TEXT,
			.choices = report_has_many_choices(parameter) ? parameter->choices : NULL,
			.help = helps[i],
		};
	}
	struct command command = {
		.name = "query",
		.synopsis = {usage},
		.summary = report->summary ? report->summary : "",
		.description = text,
		.examples = *shown ? shown : NULL,
		.options = options,
	};
	options_print_help(&command, long_help);
	for (size_t i = 0; i < report->parameter_count; i++)
		free(helps[i]);
	free(helps);
	free(options);
	free(shown);
	free(text);
}
