// The reports that there are, for somebody who looks for one. See report_list.h.
#include "report_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "cell.h"

enum { ERROR_ROOM = 512, PATH_ROOM = 4096 + 128 };

// Text, the cursor being behind `indent` columns, folded there on a terminal.
static void write_folded(struct sink *sink, const char *text, size_t indent)
{
	struct sink clean;
	sink_init(&clean, -1);
	text_write_clean(&clean, text, strlen(text), "");
	text_write_folded(sink, clean.at, clean.used, sink_width(sink), indent, indent);
	sink_release(&clean);
}

// REPORT_TOPICS, as headings; NULL: what has no topic.
static const struct topic {
	const char *name, *title;
} topics[] = {
	{"overview", "What is there, and what is wrong"},
	{"traffic", "Who talks, how much, and what was said"},
	{"tcp", "TCP connections"},
	{"applications", "DNS, HTTP, TLS, logins"},
	{"network", "Pings, addresses, routing, the wire"},
	{"hops", "The same packets at two places, behind pcapdex compare"},
	{NULL, "More"},
};

static bool is_of_topic(const struct report *report, const struct topic *topic)
{
	const char *name = report->summary ? report_note_text(report, "topic") : NULL;
	const struct topic *at = topics;
	while (at->name && !(name && !strcmp(at->name, name)))
		at++;
	return at == topic;
}

static void print_report_line(struct sink *sink, const struct report *report, size_t width)
{
	sink_text(sink, "  ");
	sink_text(sink, report->name);
	sink_repeat(sink, ' ', width + 2 - strlen(report->name));
	write_folded(sink,
	             report->summary        ? report->summary
	             : *report->description ? report->description
	                                    : "(no description)",
	             width + 4);
	sink_char(sink, '\n');
}

static void print_topic(struct sink *sink, const struct topic *topic, const struct report *reports, size_t count,
                        size_t width)
{
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		if (!is_of_topic(&reports[i], topic))
			continue;
		if (!any) {
			sink_char(sink, '\n');
			write_folded(sink, topic->title, 0);
			sink_char(sink, '\n');
		}
		any = true;
		print_report_line(sink, &reports[i], width);
	}
}

// A report as far as lists need it: of one that cannot be parsed, its name, and why as its description.
static void read_report(struct report *report, const struct catalog_entry *entry)
{
	char error[ERROR_ROOM];
	if (report_parse(report, REPORT_FILE, entry->name, entry->text, error, sizeof error))
		return;
	*report = (struct report){
		.name = memory_copy_text(entry->name),
		.description = memory_join("(cannot be run: ", error, ")"),
	};
}

void report_list_print(const struct catalog *catalog, const char *case_path, struct sink *sink)
{
	char text[PATH_ROOM];
	size_t width = 0, count = 0;
	struct report *reports = memory_alloc((catalog->count + 1) * sizeof *reports);
	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_entry *entry = &catalog->entries[i];
		if (catalog_kind(entry->name) != CATALOG_REPORT)
			continue;
		read_report(&reports[count++], entry);
		width = strlen(entry->name) > width ? strlen(entry->name) : width;
	}
	snprintf(text, sizeof text,
	         "Reports, for `pcapdex query %s REPORT`; --help behind it explains one:", case_path);
	write_folded(sink, text, 0);
	sink_char(sink, '\n');
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		print_topic(sink, &topics[i], reports, count, width);
	sink_char(sink, '\n');
	write_folded(
		sink,
		"Begin with executive-summary. The report detectors lists what is looked for; issues/DETECTOR is a "
		"report, too, and so are the chapters of `pcapdex report`, such as report/70-tcp.",
		0);
	sink_char(sink, '\n');
	for (size_t i = 0; i < count; i++)
		report_release(&reports[i]);
	free(reports);
}
