// What is known of a report that was read. See report.h; report_read.c reads it.
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word, *placeholder;
} types[] = {
	[PARAMETER_TEXT] = {"text", "TEXT"},
	[PARAMETER_INTEGER] = {"integer", "N"},
	[PARAMETER_NUMBER] = {"number", "NUMBER"},
	[PARAMETER_ADDRESS] = {"address", "ADDRESS"},
	[PARAMETER_TIME] = {"time", "TIME"},
	[PARAMETER_CAPTURE] = {"capture", "CAPTURE"},
	[PARAMETER_FLOW] = {"flow", "FLOW"},
	[PARAMETER_PORT] = {"port", "PORT"},
	[PARAMETER_CHOICE] = {"one", "WORD"},
	[PARAMETER_NODE] = {"node", "ADDRESS"},
	[PARAMETER_ISSUE] = {"issue", "ISSUE"},
	[PARAMETER_PACKET] = {"packet", "N"},
	[PARAMETER_DETECTOR] = {"detector", "DETECTOR"},
	[PARAMETER_PROTOCOL] = {"protocol", "PROTOCOL"},
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

// Parameters that mean the same everywhere (with help), and names that tell their type.
static const struct {
	const char *name;
	enum parameter_type type;
	const char *help;
} known[] = {
	{"capture", PARAMETER_CAPTURE, "Only this capture: its name or number."},
	{"host", PARAMETER_ADDRESS, "Only what has this address, or one of this prefix, at either end."},
	{"flow", PARAMETER_FLOW, "Only this flow: its flow_id."},
	{"since", PARAMETER_TIME,
     "Only from this time on: 2018-09-26T21:21:02Z, 21:21:02 on the capture's day (UTC), seconds since "
     "1970 (@1538000000), or +SECONDS since the first packet."},
	{"until", PARAMETER_TIME, "Only before this time."},
	{"limit", PARAMETER_INTEGER, "At most so many rows."},
	{"src", PARAMETER_ADDRESS, NULL},
	{"dst", PARAMETER_ADDRESS, NULL},
	{"node", PARAMETER_ADDRESS, NULL},
	{"client", PARAMETER_ADDRESS, NULL},
	{"server", PARAMETER_ADDRESS, NULL},
	{"protocol", PARAMETER_PROTOCOL, NULL},
	{"detector", PARAMETER_DETECTOR, NULL},
};

enum {
	KNOWN_COUNT = sizeof known / sizeof *known,
	CHOICES_SHOWN = 60, // characters of them in usage lines
};

bool report_type_by_word(const char *word, size_t length, enum parameter_type *type)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (strlen(types[i].word) == length && !memcmp(types[i].word, word, length)) {
			*type = (enum parameter_type)i;
			return true;
		}
	}
	return false;
}

bool report_has_many_choices(const struct report_parameter *parameter)
{
	return parameter->choices && strlen(parameter->choices) > CHOICES_SHOWN;
}

const char *report_placeholder(const struct report_parameter *parameter)
{
	bool shown = parameter->choices && !report_has_many_choices(parameter);
	return shown ? parameter->choices : types[parameter->type].placeholder;
}

enum parameter_type report_type_by_name(const char *name)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (!strcmp(known[i].name, name))
			return known[i].type;
	}
	return PARAMETER_TEXT;
}

bool report_in_range(const struct report_parameter *parameter, double value)
{
	return !parameter->ranged || (value >= parameter->least && value <= parameter->most);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

const char *report_choice(const struct report_parameter *parameter, const char *text, size_t *length)
{
	for (const char *at = parameter->choices; *at; at += *at == '|') {
		size_t i = 0;
		*length = strcspn(at, "|");
		while (i < *length && text[i] && lower(text[i]) == lower(at[i]))
			i++;
		if (i == *length && i > 0 && !text[i])
			return at;
		at += *length;
	}
	return NULL;
}

const char *report_known_help(const char *name)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (!strcmp(known[i].name, name))
			return known[i].help;
	}
	return NULL;
}

static void release_parameter(struct report_parameter *parameter)
{
	free(parameter->name);
	free(parameter->option);
	free(parameter->fallback);
	free(parameter->choices);
	free(parameter->help);
}

static void release_plot(struct report_plot *plot)
{
	free(plot->column);
	free(plot->to);
	free(plot->by);
	free(plot->when);
	free(plot->value);
	free(plot->label);
}

static void release_section(struct report_section *section)
{
	for (size_t i = 0; i < section->column_count; i++) {
		free(section->columns[i].name);
		free(section->columns[i].help);
	}
	for (size_t i = 0; i < section->plot_count; i++)
		release_plot(&section->plots[i]);
	free(section->plots);
	free(section->columns);
	free(section->title);
	free(section->form);
	free(section->formats);
	free(section->depends);
	free(section->sql);
}

void report_release(struct report *report)
{
	for (size_t i = 0; i < report->note_count; i++)
		free(report->notes[i].text);
	for (size_t i = 0; i < report->parameter_count; i++)
		release_parameter(&report->parameters[i]);
	for (size_t i = 0; i < report->section_count; i++)
		release_section(&report->sections[i]);
	free(report->notes);
	free(report->parameters);
	free(report->sections);
	free(report->name);
	free(report->summary);
	free(report->description);
	free(report->text);
	*report = (struct report){0};
}

static bool lists(const char *formats, const char *format)
{
	size_t length = strlen(format);
	for (const char *at = formats; at; at = strchr(at, ',')) {
		at += strspn(at, ", ");
		if (!strncmp(at, format, length) && (!at[length] || strchr(", ", at[length])))
			return true;
	}
	return false;
}

bool report_choose_section(struct report *report, const char *title)
{
	bool found = false;
	for (size_t i = 0; i < report->section_count; i++) {
		struct report_section *section = &report->sections[i];
		section->left_out = !section->title || strcasecmp(section->title, title) != 0;
		found = found || !section->left_out;
	}
	return found;
}

bool report_shows(const struct report *report, const struct report_section *section, const char *format)
{
	bool own = false;
	if (section->left_out)
		return false;
	for (size_t i = 0; i < report->section_count; i++)
		own = own || (report->sections[i].formats && lists(report->sections[i].formats, format));
	if (own)
		return section->formats && lists(section->formats, format);
	return !section->formats;
}

const char *report_note_text(const struct report *report, const char *key)
{
	for (size_t i = 0; i < report->note_count; i++)
		if (!strcmp(report->notes[i].key, key))
			return report->notes[i].text;
	return NULL;
}

const struct report_parameter *report_find_parameter(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->parameter_count; i++) {
		if (!strcmp(report->parameters[i].name, name))
			return &report->parameters[i];
	}
	return NULL;
}
