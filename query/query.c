// The query command: what was asked for, and who answers.
#include "query.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/text.h"
#include "carve.h"
#include "catalog.h"
#include "cell.h"
#include "check.h"
#include "display_filter.h"
#include "functions.h"
#include "gnuplot.h"
#include "guard.h"
#include "habit.h"
#include "new_file.h"
#include "output.h"
#include "packet_rows.h"
#include "parameter.h"
#include "plot.h"
#include "report.h"
#include "report_list.h"
#include "run.h"
#include "watch.h"

#define DEFAULT_TIMEOUT_S 300

enum { SUGGESTION_ROOM = 300, ERROR_ROOM = 512 };

struct settings {
	const char *format, *file, *reports, *pcap, *source_dir, *plot, *section;
	int64_t timeout_ns;
	bool no_header, list_reports, sql, check_reports, wireshark, whole_flows;
};

static int query_run(int argc, char **argv);

#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
	{0, "format", "FORMAT", OPTION_CHOICE, AT(format), OUTPUT_FORMATS,
     "How to print rows; table if not given.\n"
     "table is aligned and shows everything, however wide. If no format is given, it fits a terminal: sentences, very long "
     "names and times are cut, with an ellipsis; if rows are still too wide, columns that are the same in all rows are told at the "
     "end instead, and rows are folded into two or three lines, or printed as blocks, a line for each column. "
     "csv is RFC 4180; tsv ends lines with a line feed and writes tabs in values as \\t; of several sections, both have "
     "the title on a line before each and an empty line between them: programs that read them want --section; json is an "
     "array of objects, or of a report with several sections, an object with an array for each title, and of several "
     "statements of SQL for section 1, section 2 ...; jsonl is an object a line; markdown is a table; text is a line for "
     "each value, or the report's own layout if it has one."},
	{'f', "file", "FILE", OPTION_TEXT, AT(file), NULL, "Run the SQL in this file; - is standard input."},
	{0, "no-header", NULL, OPTION_FLAG, AT(no_header), NULL,
     "Leave out the names of columns (table, csv, tsv, text)."},
	{0, "section", "TITLE", OPTION_TEXT, AT(section), NULL,
     "Of a report with several sections, only those of this title, for csv and tsv without the title."},
	{0, "pcap", "FILE", OPTION_TEXT, AT(pcap), NULL,
     "Write the packets of the rows to a capture file, in place of the rows; - is standard output.\n"
     "The bytes come from the capture files that were ingested, compressed or not, which must be as they were. A row "
     "names the packets in its columns packet_id or number (and those ending in _packet_id or _number, but not "
     "first_... and last_...), or else all packets of its flow_id. If the case has several captures, a number counts "
     "in that of its row's column capture or seen_in, or of the column that it is called after (a_number: a), or of "
     "--capture or --flow. Each packet is written once, in the order of its capture; of several captures, by time. "
     "FILE.pcap is classic pcap, where all packets fit into one (one link type); anything else is pcapng, with all "
     "interfaces, and with a comment on each packet: what the row has in a column called comment; else what tells what "
     "it is (issue_id, title, verdict, why, reason, change) and, of several, the column that names the packet; else "
     "the query. --timeout counts until the rows are known, and then for each packet."},
	{0, "wireshark", NULL, OPTION_FLAG, AT(wireshark), NULL,
     "Print a display filter that shows the packets of the rows in Wireshark, in place of the rows.\n"
     "The packets are those that --pcap would write. The filter is for the capture file that was ingested; if they are in "
     "several, a line for each: the file's path, a tab, its filter."},
	{0, "whole-flows", NULL, OPTION_FLAG, AT(whole_flows), NULL,
     "With --pcap or --wireshark: also all other packets of the same flows."},
	{0, "plot", "FILE", OPTION_TEXT, AT(plot), NULL,
     "Draw the rows over time into FILE.svg, .png or .pdf, in place of printing them; - draws on the terminal.\n"
     "For any report or SQL with a column of time: time_s, or one that ends in _s or ts_ns, but for lengths such as "
     "duration_s. Reports such as window, sequence, rtt and throughput say themselves how they are drawn; of others, "
     "each number is a line, at most two units are drawn, and a text column with a few values splits the lines. "
     "gnuplot must be installed."},
	{0, "source-dir", "DIR", OPTION_TEXT, AT(source_dir), NULL,
     "Where to look for capture files that are not where they were ingested.\n"
     "They must have the same name, and the same bytes."},
	{0, "timeout", "SECONDS", OPTION_SECONDS, AT(timeout_ns), NULL,
     "Stop after this time; 300 if not given, 0 is no limit.\n"
     "The time that the query waits for the reader of its output does not count."},
	{0, "reports", "DIR", OPTION_TEXT, AT(reports), NULL, "Also use the reports (*.sql) of this folder."},
	{0, "list-reports", NULL, OPTION_FLAG, AT(list_reports), NULL,
     "Print the names of reports, one a line; needs no case."},
	{0, "sql", NULL, OPTION_FLAG, AT(sql), NULL,
     "Print the report's file instead of running it: a start for your own."},
	{0, "check-reports", NULL, OPTION_FLAG, AT(check_reports), NULL,
     "Check that each report does what its header says; needs no case."},
	{0},
};
#undef AT

static const char *const exit_codes[] = {"130", "stopped with Ctrl-C", NULL};

const struct command command_query = {
	.name = "query",
	.synopsis =
		{
			"CASE.db",
			"CASE.db REPORT [--PARAMETER VALUE ...] [OPTION ...]",
			"CASE.db \"SELECT ...\" [OPTION ...]",
			"CASE.db -f FILE [OPTION ...]",
		},
	.summary = "Answer questions from a case, with reports or SQL.",
	.description =
		"With a case alone, query lists the reports. With a report's name, it runs the report: its parameters are "
		"options. `pcapdex query CASE.db REPORT --help` shows what a report takes and what its columns mean.\n\n"
		"An argument with a blank in it, or that begins with SELECT, WITH, VALUES, EXPLAIN or PRAGMA, is SQL: SQLite's, "
		"on the tables and views of the case (PRAGMA table_list names them, PRAGMA table_info(flows) the columns of one). "
		"Several statements, separated by ';', run one after another. A parameter :name in the SQL is the option "
		"--name. As in sqlite3, .tables lists tables and views, and \".schema TABLE\" shows how one is declared, with "
		"what its columns mean.\n\n"
		"A query can only read. Nothing in the case, and no other file, can be changed or created by it; large sorts use "
		"temporary files without a name (SQLITE_TMPDIR says where). A case that somebody else gave you is safe to "
		"query.\n\n"
		"These functions are there beside SQLite's own:\n\n"
		"  ip_in(address, prefix)    1 if the address is within the prefix: ip_in(src, '10.0.0.0/8')\n"
		"  tcp_flags(n)              as tcpdump prints them: S, S., P., F.; tcp_flags(n, 'wireshark'): SA, PA, FA\n"
		"  iso_time(ns)              2018-09-26T21:21:02.883718124Z\n"
		"  counted(n, noun)          1 flow, 2 flows\n"
		"  last_labels(name, n)      the end of a domain name: last_labels('www.example.com', 2) is example.com\n"
		"  hex_dump(bytes)           lines of offset, hex digits and characters\n"
		"  escape_bytes(bytes)       as text: \\r \\n \\t \\\\ and \\xHH for what is not printable ASCII\n"
		"  percentile(x, p)          aggregate; p from 0 to 100, interpolated between neighbours\n"
		"  median(x)                 percentile(x, 50)\n"
		"  only(x)                   aggregate; x where all rows have the same, else NULL\n"
		"  count_distinct(x)         aggregate; count(DISTINCT x), faster where there are many\n"
		"  first_few(x, order, n)    aggregate; x of the n rows with the lowest order, with commas between them\n"
		"  x REGEXP pattern          POSIX extended regular expression, with \\d \\w \\s \\b; (?i) in front: any case\n"
		"  packet_bytes(packet_id)   the packet's bytes, from the capture file, if it is still there and unchanged\n"
		"  packet_bytes(packet_id, file_offset, captured_len)    the same, faster for many packets\n"
		"  packet_fields(bytes, link_type, wire_len, fcs_len)    its headers, as JSON: see the report packet\n"
		"  packet_payload(packet_id)   its bytes above the innermost header; of a datagram's last fragment, the datagram's\n"
		"  packet_payload(bytes, link_type, wire_len, fcs_len)   the same of the frame alone, faster for many packets\n\n"
		"Reports are looked for in the folder given with --reports, then in $XDG_CONFIG_HOME/pcapdex/reports or "
		"~/.config/pcapdex/reports, then among the built-in ones. A report is an SQL file that begins with comments:\n\n"
		"  -- Connections to a server, longest first.\n"
		"  --\n"
		"  -- param :server address required   The server.\n"
		"  -- param :limit = 20\n"
		"  --\n"
		"  -- column flow_id     Number of the flow.\n"
		"  -- column duration_s  Seconds.\n"
		"  SELECT flow_id, duration_s FROM flow_list WHERE ip_in(dst, :server)\n"
		"  ORDER BY duration_s DESC LIMIT :limit\n\n"
		"What stands behind a parameter's name is its type: text, integer, number, port, address (or a prefix), node "
		"(an address alone), time, capture, flow, issue, packet, detector, protocol, or `one of a|b|c`; then, for numbers, the "
		"range they must lie in (`1..100`).\n\n"
		"A file may hold several statements, each behind a line `-- section: Title` and its columns; a WITH before the first "
		"is for all of them. A section that begins "
		"`-- section[text,csv]: Title` is for those formats only, in place of the others; `-- section with :flow: Title` is "
		"shown if --flow is given, `without :flow` if it is not. A section whose only column is called line is printed as "
		"it is, but for control characters, in text and table, and in formats of its own.\n\n"
		"When the reader of the output has enough (`| head`), that is no error.",
	.examples =
		"  pcapdex query trace.db\n"
		"  pcapdex query trace.db slow-handshakes --min-ms 200 --dst 10.0.0.7\n"
		"  pcapdex query trace.db slow-handshakes --help\n"
		"  pcapdex query trace.db tcp-connections --format text\n"
		"  pcapdex query trace.db \"SELECT src, count(*) FROM flows GROUP BY src\" --format csv > flows.csv\n"
		"  pcapdex query trace.db \"SELECT * FROM flow_list WHERE ip_in(dst, :net)\" --net 10.0.0.0/8\n"
		"  pcapdex query trace.db -f question.sql --format jsonl | jq .src\n"
		"  pcapdex query trace.db packets --flow 12 --pcap flow12.pcapng\n"
		"  pcapdex query trace.db client-resets --whole-flows --pcap - | tshark -r - -z conv,tcp -q\n"
		"  pcapdex query trace.db \"SELECT packet_id, kind AS comment FROM tcp_events\" --pcap events.pcapng\n"
		"  pcapdex query trace.db window --flow 12 --plot window.svg\n"
		"  wireshark trace.pcapng -Y \"$(pcapdex query trace.db slow-handshakes --wireshark)\"\n"
		"  pcapdex query trace.db top-talkers --sql > ~/.config/pcapdex/reports/my-talkers.sql\n",
	.options = options,
	.exit_codes = exit_codes,
	.completion = "query",
	.run = query_run,
};

// ---- what was asked for -------------------------------------------------------------------------------------------

struct query {
	struct settings settings;
	struct arguments arguments;
	struct catalog catalog;
	const char *case_path, *question; // NULL: not given
};

// Of the name of a report: "explain-loss" is one.
static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool begins_as_sql(const char *text)
{
	for (int i = 0; i < GUARD_WORD_COUNT; i++) {
		size_t length = strlen(guard_words[i]);
		if (!sqlite3_strnicmp(text, guard_words[i], (int)length) && text[length] &&
		    !is_name_character(text[length]))
			return true;
	}
	return false;
}

static bool is_sql(const char *text)
{
	return !*text || strchr(".\\", *text) || strpbrk(text, " \t\r\n;") || begins_as_sql(text);
}

// "h" or "help" among the options that the command does not have; false: neither.
static bool wants_help(const struct query *query, bool *long_help)
{
	for (int i = 0; i < query->arguments.unknown_count; i++) {
		const char *name = query->arguments.unknown[i].name;
		*long_help = !strcmp(name, "help");
		if (*long_help || !strcmp(name, "h"))
			return true;
	}
	return false;
}

static const struct catalog_entry *find_report(const struct query *query, const char *name)
{
	const struct catalog_entry *entry = catalog_find(&query->catalog, name);
	char nearest[SUGGESTION_ROOM];
	if (entry)
		return entry;
	catalog_nearest(&query->catalog, name, nearest, sizeof nearest);
	message_error("no report %s%s%s (pcapdex query CASE.db lists them; SQL wants quotes: \"SELECT ...\")", name,
	              *nearest ? "; " : "", nearest);
	return NULL;
}

// ---- answers that need no case ------------------------------------------------------------------------------------

static int list_names(const struct query *query)
{
	for (size_t i = 0; i < query->catalog.count; i++)
		if (catalog_kind(query->catalog.entries[i].name) == CATALOG_REPORT)
			puts(query->catalog.entries[i].name);
	return EXIT_DONE;
}

void query_read_reports(struct names *names)
{
	struct catalog catalog;
	if (!catalog_init(&catalog, NULL))
		return;
	for (size_t i = 0; i < catalog.count; i++)
		names_add(names, catalog.entries[i].name);
	catalog_release(&catalog);
}

static int print_help(const struct query *query, bool long_help)
{
	const char *name = query->question;
	struct report report;
	if (!name && query->case_path && catalog_find(&query->catalog, query->case_path))
		name = query->case_path; // the case was left out
	if (!name || is_sql(name)) {
		options_print_help(&command_query, long_help);
		return EXIT_DONE;
	}
	const struct catalog_entry *entry = find_report(query, name);
	if (!entry)
		return EXIT_USAGE;
	if (!catalog_parse(entry, &report))
		return EXIT_FAILED;
	report_print_help(&report, long_help);
	report_release(&report);
	return EXIT_DONE;
}

static int print_sql(const struct query *query)
{
	const char *name = query->question ? query->question : query->case_path;
	const struct catalog_entry *entry = name ? find_report(query, name) : NULL;
	if (!name)
		message_error("--sql: of which report? pcapdex query CASE.db REPORT --sql");
	if (!entry)
		return EXIT_USAGE;
	fputs(entry->text, stdout);
	return EXIT_DONE;
}

// ---- answers from a case ------------------------------------------------------------------------------------------

// The question as it was asked: "packets --flow 12". The caller frees it.
static char *reason_of(const struct query *query)
{
	char *text =
		query->settings.file ? memory_join("-f ", query->settings.file, "") : memory_copy_text(query->question);
	for (int i = 0; i < query->arguments.unknown_count; i++) {
		const struct option_pair *pair = &query->arguments.unknown[i];
		char *option = memory_join(text, " --", pair->name);
		free(text);
		text = memory_join(option, pair->value ? " " : "", pair->value ? pair->value : "");
		free(option);
	}
	return text;
}

static int write_packets(const struct query *query, struct guard *guard, const struct packet_set *packets,
                         struct sink *sink)
{
	if (query->settings.wireshark)
		return display_filter_write(guard, packets, sink);
	char *question = reason_of(query);
	char *reason = memory_join("pcapdex: ", question, "");
	watch_again();
	int code = carve_packets(guard, packets,
	                         &(struct carve_options){
								 .path = query->settings.pcap,
								 .source_folder = query->settings.source_dir,
								 .reason = reason,
							 });
	free(question);
	free(reason);
	return code;
}

// "there are: Files, Interfaces". The caller frees it.
static char *list_titles(const struct names *titles)
{
	char *list = memory_copy_text(titles->count > 0 ? "there are: " : "there is none");
	for (size_t i = 0; i < titles->count; i++) {
		char *longer = memory_join(list, i ? ", " : "", titles->at[i]);
		free(list);
		list = longer;
	}
	return list;
}

// Leaves the other sections out. False after a message.
static bool choose_section(struct report *report, const char *title)
{
	struct names titles = {0};
	char nearest[SUGGESTION_ROOM];
	if (report_choose_section(report, title))
		return true;
	for (size_t i = 0; i < report->section_count; i++)
		if (report->sections[i].title)
			names_add(&titles, report->sections[i].title);
	message_nearest(nearest, sizeof nearest, title, titles.at, titles.count);
	char *list = list_titles(&titles);
	message_error("--section: %s has no section %s; %s", report->name, title, *nearest ? nearest : list);
	free(list);
	names_release(&titles);
	return false;
}

// Answers with packets in place of rows.
static int answer_packets(const struct query *query, struct guard *guard, const struct report *report,
                          const struct parameters *parameters, struct sink *sink)
{
	struct packet_rows rows;
	packet_rows_init(&rows, guard, parameters, query->settings.whole_flows);
	struct row_taker taker = packet_rows_taker(&rows);
	int code = run_rows(guard, report, parameters, &taker);
	if (code == EXIT_DONE && packet_rows_finish(&rows)) {
		code = write_packets(query, guard, &rows.packets, sink);
	} else if (code == EXIT_DONE && rows.error[0]) {
		message_error("%s: %s", query->settings.pcap ? "--pcap" : "--wireshark", rows.error);
		code = EXIT_USAGE;
	} else if (code == EXIT_DONE) {
		message_error("stopped");
		code = EXIT_INTERRUPTED;
	}
	packet_rows_release(&rows);
	return code;
}

static int answer(struct query *query, struct guard *guard, struct report *report, struct sink *sink)
{
	struct parameters parameters;
	const struct settings *settings = &query->settings;
	int code;
	if (settings->section && !choose_section(report, settings->section))
		return EXIT_USAGE;
	const char *written = settings->pcap ? settings->pcap : settings->plot;
	if (written && strcmp(written, "-") != 0 && new_file_is_needed(guard, written))
		return EXIT_USAGE;
	if (settings->source_dir && functions_register_packet_bytes(guard->db, settings->source_dir) != SQLITE_OK)
		return EXIT_FAILED;
	if (!parameters_init(&parameters, report, &query->arguments, guard, options))
		return EXIT_USAGE;
	if (settings->plot)
		code = plot_report(guard, report, &parameters, settings->plot, sink);
	else if (settings->pcap || settings->wireshark)
		code = answer_packets(query, guard, report, &parameters, sink);
	else
		code = run_report(guard, report, &parameters, settings->format, !settings->no_header, sink);
	parameters_release(&parameters);
	return code;
}

// An exit code, as of the two that follow: EXIT_DONE when *report is there to run and to release.
static int parse_sql(struct report *report, const char *name, const char *text)
{
	char error[ERROR_ROOM];
	if (report_parse(report, REPORT_SQL, name, text, error, sizeof error))
		return EXIT_DONE;
	message_error("%s: %s", name, error);
	return EXIT_USAGE;
}

static int parse_file(struct report *report, const char *path)
{
	char *text = catalog_read_file(path);
	int code = text ? parse_sql(report, path, text) : EXIT_FAILED;
	free(text);
	return code;
}

// Reads what is to be run.
static int read_question(const struct query *query, struct report *report)
{
	char error[ERROR_ROOM];
	if (query->settings.file)
		return parse_file(report, query->settings.file);
	char *habit = habit_report(query->question);
	if (habit) {
		bool ok = report_parse(report, REPORT_FILE, query->question, habit, error, sizeof error);
		free(habit);
		return ok ? EXIT_DONE : EXIT_FAILED;
	}
	if (is_sql(query->question))
		return parse_sql(report, "SQL", query->question);
	const struct catalog_entry *entry = find_report(query, query->question);
	if (!entry)
		return EXIT_USAGE;
	return catalog_parse(entry, report) ? EXIT_DONE : EXIT_FAILED;
}

static int query_case(struct query *query)
{
	struct report report = {0};
	struct guard guard = {0};
	struct sink sink;
	bool has_question = query->question || query->settings.file;
	int code = has_question ? read_question(query, &report) : EXIT_DONE;
	if (code != EXIT_DONE)
		return code;
	watch_begin(query->settings.timeout_ns);
	sink_init(&sink, STDOUT_FILENO);
	if (!guard_open(&guard, query->case_path))
		code = EXIT_FAILED;
	else if (has_question)
		code = answer(query, &guard, &report, &sink);
	else
		report_list_print(&query->catalog, query->case_path, &sink);
	if (!sink_finish(&sink) && code == EXIT_DONE)
		code = EXIT_FAILED;
	guard_release(&guard);
	sink_release(&sink);
	watch_end();
	report_release(&report);
	return code;
}

// ---- the command --------------------------------------------------------------------------------------------------

// The options that print packets in place of rows; false after a message.
static bool check_packet_options(const struct query *query)
{
	const struct settings *settings = &query->settings;
	const char *which = settings->pcap ? "--pcap" : settings->wireshark ? "--wireshark" : NULL;
	const char *wrong = NULL;
	if (settings->whole_flows && !which)
		wrong = "--whole-flows is for --pcap and --wireshark: which of them?";
	else if (settings->pcap && settings->wireshark)
		wrong = "either --pcap or --wireshark, not both";
	else if (which && settings->format)
		wrong = "--pcap and --wireshark print no rows: leave --format out, or ask twice";
	else if (which && !query->question && !settings->file)
		wrong = "--pcap and --wireshark want a report or SQL that says which packets";
	else if (settings->pcap && (text_ends_in(settings->pcap, ".gz") || text_ends_in(settings->pcap, ".zst") ||
	                            text_ends_in(settings->pcap, ".lz4")))
		wrong = "--pcap does not compress: write to -, and pipe it into gzip, zstd or lz4";
	if (wrong)
		message_error("%s", wrong);
	return !wrong;
}

// False after a message.
static bool check_plot(const struct query *query)
{
	const struct settings *settings = &query->settings;
	const char *wrong = NULL;
	if (!settings->plot)
		return true;
	if (settings->pcap || settings->wireshark || settings->format)
		wrong = "--plot prints no rows and no packets: leave --format, --pcap and --wireshark out, or ask twice";
	else if (!query->question && !settings->file)
		wrong = "--plot wants a report or SQL";
	else if (gnuplot_kind_of(settings->plot) == GNUPLOT_NONE)
		wrong = "--plot wants a file that ends in .svg, .png or .pdf, or - for the terminal";
	if (wrong)
		message_error("%s", wrong);
	return !wrong;
}

// A report or SQL stands where the case should.
static bool is_case_a_question(const struct query *query)
{
	const char *word = query->case_path;
	return (catalog_find(&query->catalog, word) || begins_as_sql(word)) && access(word, F_OK) != 0;
}

// Says which case is asked for, the one behind the question if that is a file. False: the case stands where it should.
static bool say_case_missing(const struct query *query)
{
	const char *asked = begins_as_sql(query->case_path) ? "\"SELECT ...\"" : query->case_path;
	if (!is_case_a_question(query))
		return false;
	if (!query->question)
		message_error("which case? pcapdex query CASE.db %s", asked);
	else if (access(query->question, F_OK) == 0)
		message_error("the case comes first: pcapdex query %s %s", query->question, asked);
	else
		return false;
	return true;
}

static int dispatch(struct query *query)
{
	bool long_help;
	if (query->settings.list_reports)
		return list_names(query);
	if (query->settings.check_reports)
		return check_reports(&query->catalog, options);
	if (wants_help(query, &long_help))
		return print_help(query, long_help);
	if (query->settings.sql)
		return print_sql(query);
	if (!query->case_path) {
		message_error("which case? pcapdex query CASE.db; see pcapdex query -h");
		return EXIT_USAGE;
	}
	if (say_case_missing(query))
		return EXIT_USAGE;
	if (!query->question && !query->settings.file && query->arguments.unknown_count > 0) {
		message_error("unknown option --%s; see pcapdex query -h", query->arguments.unknown[0].name);
		return EXIT_USAGE;
	}
	if (query->question && query->settings.file) {
		message_error("either %s or -f %s, not both", query->question, query->settings.file);
		return EXIT_USAGE;
	}
	return check_packet_options(query) && check_plot(query) ? query_case(query) : EXIT_USAGE;
}

// "did you mean --id 1?" for a word behind a report that has one parameter that it needs; "" else.
static void suggest_option(const struct query *query, const char *word, char *to, size_t size)
{
	char error[ERROR_ROOM];
	const struct catalog_entry *entry = catalog_find(&query->catalog, query->question);
	struct report report;
	const struct report_parameter *needed = NULL;
	size_t count = 0;
	*to = 0;
	if (!entry || !report_parse(&report, REPORT_FILE, entry->name, entry->text, error, sizeof error))
		return;
	for (size_t i = 0; i < report.parameter_count; i++) {
		if (!report.parameters[i].required)
			continue;
		needed = &report.parameters[i];
		count++;
	}
	if (count == 1)
		snprintf(to, size, "did you mean --%s %s?", needed->option, word);
	else
		snprintf(to, size, "see pcapdex query %s %s -h", query->case_path, entry->name);
	report_release(&report);
}

static int say_too_many(const struct query *query)
{
	char hint[SUGGESTION_ROOM];
	const char *word = query->arguments.words[2];
	suggest_option(query, word, hint, sizeof hint);
	message_error("too many arguments: %s%s%s", word, *hint ? "; " : "",
	              *hint ? hint : " (SQL wants quotes: \"SELECT ...\")");
	return EXIT_USAGE;
}

static int query_run(int argc, char **argv)
{
	struct query query = {
		.settings = {.timeout_ns = INT64_C(1000000000) * DEFAULT_TIMEOUT_S},
	};
	int code = EXIT_USAGE;
	setlocale(LC_CTYPE, "");
	if (!options_parse(&command_query, &query.settings, true, argc, argv, &query.arguments))
		return EXIT_USAGE;
	if (query.arguments.help_shown) {
		arguments_release(&query.arguments);
		return EXIT_DONE;
	}
	query.case_path = query.arguments.count > 0 ? query.arguments.words[0] : NULL;
	query.question = query.arguments.count > 1 ? query.arguments.words[1] : NULL;
	if (catalog_init(&query.catalog, query.settings.reports))
		code = query.arguments.count > 2 ? say_too_many(&query) : dispatch(&query);
	catalog_release(&query.catalog);
	arguments_release(&query.arguments);
	return code;
}
