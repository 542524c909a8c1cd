// The report command. See command.h.
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/message.h"
#include "../query/new_file.h"
#include "../query/watch.h"
#include "document.h"
#include "writers.h"

#define DEFAULT_TIMEOUT_S 300

struct settings {
	const char *output, *format, *protocol, *capture;
	int64_t timeout_ns;
	bool quiet;
};

static int report_run(int argc, char **argv);

#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
	{'o', "output", "FILE", OPTION_TEXT, AT(output), NULL,
     "Where to write; - and without it standard output.\n"
     "FILE.html, FILE.md and FILE.json have the format that their ending says. The file comes to be when it is whole; one of "
     "that name is replaced."},
	{0, "format", "FORMAT", OPTION_CHOICE, AT(format), "html|markdown|json",
     "What to write; if not given, what the ending of FILE says, and markdown to standard output.\n"
     "html is one file that loads nothing and runs no script: it can be sent, printed and kept. markdown is CommonMark with "
     "tables. json has the values as they are in the case: an object with title, case, generator, protocol, capture and "
     "chapters; a chapter has name, title and blocks; a block has form, label, title, rows_left_out, columns (each with name, "
     "heading and help), rows (objects, by the columns' names) and sql. All three have the same content."},
	{0, "protocol", "NAME", OPTION_TEXT, AT(protocol), NULL,
     "Only what concerns this protocol: tcp, udp, icmp, dns, http, tls ...\n"
     "Flows of this protocol, or found to carry it, and the issues of it and of these flows."},
	{0, "capture", "NAME", OPTION_TEXT, AT(capture), NULL, "Only this capture (name or number)."},
	{0, "timeout", "SECONDS", OPTION_SECONDS, AT(timeout_ns), NULL,
     "Stop after this time; 300 if not given, 0 is no limit."},
	{'q', "quiet", NULL, OPTION_FLAG, AT(quiet), NULL, "Print no summary line."},
	{0},
};
#undef AT

static const char *const exit_codes[] = {"130", "stopped with Ctrl-C", NULL};

const struct command command_report = {
	.name = "report",
	.synopsis = {"CASE.db [-o FILE.html|FILE.md|FILE.json] [OPTION ...]"},
	.summary = "Write a report on a case: what is wrong, how bad, why, and what to do.",
	.description =
		"The report begins with what matters most: the issues that were found, by severity, and what to do first. Then "
		"come the captures, the issues with the packets that prove them, performance, security, findings by protocol, "
		"recommendations, and how many packets could be read. Packet numbers are Wireshark's. What there is nothing to say "
		"of is left out.\n\n"
		"Every number and sentence is the answer to an SQL statement; the statements stand at the end of the report. A "
		"chapter is a file: `pcapdex query CASE.db report/50-performance` prints one, and a file report/75-mine.sql in "
		"~/.config/pcapdex/reports adds one, at its place in the order of names (docs/developing.md says how).\n\n"
		"Issues are those of the last `pcapdex analyze`, or of ingest. A case that somebody else gave you is safe to report "
		"on: it is only read, and its text is shown as text whatever it holds.",
	.examples =
		"  pcapdex report trace.db -o trace.html\n"
		"  pcapdex report trace.db | less\n"
		"  pcapdex report trace.db -o dns.md --protocol dns\n"
		"  pcapdex report trace.db --format json | jq -r '.chapters[].title'\n",
	.options = options,
	.exit_codes = exit_codes,
	.completion = "file",
	.run = report_run,
};

// ---- formats ------------------------------------------------------------------------------------------------------

static const struct format_ending {
	const char *ending, *format;
} endings[] = {
	{".html", "html"}, {".htm", "html"}, {".md", "markdown"}, {".markdown", "markdown"}, {".json", "json"},
};

// NULL after a message.
static const char *format_of(const struct settings *settings)
{
	size_t length = settings->output ? strlen(settings->output) : 0;
	if (settings->format)
		return settings->format;
	if (!settings->output || !strcmp(settings->output, "-"))
		return "markdown";
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t end = strlen(endings[i].ending);
		if (length > end && !sqlite3_stricmp(settings->output + length - end, endings[i].ending))
			return endings[i].format;
	}
	message_error("%s: which format? end the name in .html, .md or .json, or say --format", settings->output);
	return NULL;
}

static void write_document(struct sink *sink, const struct document *document, const char *format)
{
	if (!strcmp(format, "html"))
		document_write_html(sink, document);
	else if (!strcmp(format, "json"))
		document_write_json(sink, document);
	else
		document_write_markdown(sink, document);
}

// ---- output -------------------------------------------------------------------------------------------------------

static bool cannot_write(const char *path)
{
	message_error("%s: cannot be written: %s", path, strerror(errno));
	return false;
}

static bool write_all(int fd, const struct sink *content)
{
	for (size_t done = 0; done < content->used;) {
		ssize_t written = write(fd, content->at + done, content->used - done);
		if (written < 0 && errno != EINTR)
			return false;
		done += written > 0 ? (size_t)written : 0;
	}
	return true;
}

static bool write_stdout(const struct sink *content)
{
	if (write_all(STDOUT_FILENO, content) || errno == EPIPE) // a reader may have enough
		return true;
	return cannot_write("standard output");
}

static bool write_file(const char *path, const struct sink *content)
{
	struct new_file file;
	if (!new_file_open(&file, path))
		return cannot_write(path);
	bool ok = write_all(file.fd, content);
	int error = errno; // of the write, if that failed
	if (new_file_close(&file, ok) && ok)
		return true;
	errno = ok ? errno : error;
	return cannot_write(path);
}

// ---- the command --------------------------------------------------------------------------------------------------

static bool deliver(const struct settings *settings, const struct document *document, const char *format)
{
	struct sink content;
	bool is_file = settings->output && strcmp(settings->output, "-") != 0;
	sink_init(&content, -1);
	write_document(&content, document, format);
	bool ok = is_file ? write_file(settings->output, &content) : write_stdout(&content);
	if (ok && is_file && !settings->quiet)
		message_note("%s: %zu chapters, %zu kB", settings->output, document->chapter_count,
		             (content.used + 999) / 1000);
	sink_release(&content);
	return ok;
}

static int report_guarded(const struct settings *settings, struct guard *guard, const char *format)
{
	struct catalog catalog;
	struct document document = {0};
	bool is_file = settings->output && strcmp(settings->output, "-") != 0;
	if (is_file && new_file_is_needed(guard, settings->output))
		return EXIT_USAGE;
	if (!catalog_init(&catalog, NULL))
		return EXIT_FAILED;
	int code = document_fill(&document, guard, &catalog, settings->protocol, settings->capture);
	if (code == EXIT_DONE && !deliver(settings, &document, format))
		code = EXIT_FAILED;
	document_release(&document);
	catalog_release(&catalog);
	return code;
}

static int report_case(const struct settings *settings, const char *path)
{
	struct guard guard = {0};
	const char *format = format_of(settings);
	if (!format)
		return EXIT_USAGE;
	watch_begin(settings->timeout_ns);
	int code = guard_open(&guard, path) ? report_guarded(settings, &guard, format) : EXIT_FAILED;
	guard_release(&guard);
	watch_end();
	return code;
}

static int report_run(int argc, char **argv)
{
	struct settings settings = {.timeout_ns = INT64_C(1000000000) * DEFAULT_TIMEOUT_S};
	struct arguments arguments;
	int code = EXIT_USAGE;
	setlocale(LC_CTYPE, "");
	if (!options_parse(&command_report, &settings, false, argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.help_shown)
		code = EXIT_DONE;
	else if (arguments.count != 1)
		message_error("one case, please: pcapdex report CASE.db; see pcapdex report -h");
	else
		code = report_case(&settings, arguments.words[0]);
	arguments_release(&arguments);
	return code;
}
