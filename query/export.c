// The export command: all rows of a table, for other programs.
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "functions.h"
#include "guard.h"
#include "parameter.h"
#include "query.h"
#include "report.h"
#include "run.h"
#include "suggest.h"
#include "watch.h"

enum { ERROR_ROOM = 512, SUGGESTION_ROOM = 300 };

struct settings {
	const char *table, *format, *capture, *limit, *source_dir;
	int64_t payload, timeout_ns;
	bool no_header;
};

static int export_run(int argc, char **argv);

#define AT(member) offsetof(struct settings, member)
static const struct option_spec options[] = {
	{0, "table", "NAME", OPTION_TEXT, AT(table), NULL, "Table or view; packets if not given."},
	{0, "format", "FORMAT", OPTION_CHOICE, AT(format), "jsonl|csv|tsv|json",
     "How to write rows; jsonl, an object a line, if not given.\n"
     "As `pcapdex query` has these formats. Rows are written as they are read, however many there are."},
	{0, "payload", "BYTES", OPTION_COUNT, AT(payload), NULL,
     "Of packets: also a field payload, the first bytes above the headers, as text.\n"
     "Printable ASCII is as it is; the rest is \\r, \\n, \\t, \\\\ or \\xHH, so that the bytes can be had back. They are read "
     "from the capture files that were ingested, which must be as they were."},
	{0, "capture", "NAME", OPTION_TEXT, AT(capture), NULL, "Only rows of this capture (name or number)."},
	{0, "limit", "COUNT", OPTION_TEXT, AT(limit), NULL, "At most so many rows."},
	{0, "source-dir", "DIR", OPTION_TEXT, AT(source_dir), NULL,
     "Where to look for capture files that are not where they were ingested."},
	{0, "no-header", NULL, OPTION_FLAG, AT(no_header), NULL, "Leave out the names of columns (csv, tsv)."},
	{0, "timeout", "SECONDS", OPTION_SECONDS, AT(timeout_ns), NULL, "Stop after this time; no limit if not given."},
	{0},
};
#undef AT

static const char *const exit_codes[] = {"130", "stopped with Ctrl-C", NULL};

const struct command command_export = {
	.name = "export",
	.synopsis = {"CASE.db [--table NAME] [OPTION ...]"},
	.summary = "Write all rows of a table for other programs.",
	.description =
		"Every table and view of the case can be exported; PRAGMA table_list names them, docs/schema.md says what is in "
		"them. All but packets have the columns of the table. The fields of packets are, and stay:\n\n"
		"  packet_id     counts through all captures of the case\n"
		"  capture       name of the capture\n"
		"  number        packet number in the capture: Wireshark's frame.number\n"
		"  time          UTC, ISO 8601 with nanoseconds\n"
		"  time_s        seconds since the capture's first packet\n"
		"  src           address of the sender: IP, or MAC where there is no IP\n"
		"  src_port      its port\n"
		"  dst           address of the receiver\n"
		"  dst_port      its port\n"
		"  protocol      protocol of the flow: tcp, udp, icmp ...\n"
		"  stack         protocols from the outside in, as Wireshark's frame.protocols\n"
		"  wire_len      bytes on the wire\n"
		"  payload_len   bytes above the innermost header that was decoded\n"
		"  flags         TCP flags as tcpdump prints them\n"
		"  seq           TCP sequence number, relative\n"
		"  ack           TCP acknowledgment number, relative\n"
		"  window        TCP window as in the header\n"
		"  ttl           time to live, hop limit\n"
		"  vlan_id       innermost VLAN\n"
		"  ack_rtt_ms    milliseconds since the segment that this ACK acknowledges\n"
		"  flow_id       number of its flow\n"
		"  errors        what is wrong with its headers: the names of table packet_errors\n"
		"  payload       with --payload: first bytes of the payload\n\n"
		"What a packet does not have is null. Parquet is not written: DuckDB reads a case, and writes it (ATTACH "
		"'trace.db' (TYPE sqlite); COPY packets TO 'packets.parquet').",
	.examples =
		"  pcapdex export trace.db --payload 50 | jq -r 'select(.dst_port == 80) | .payload'\n"
		"  pcapdex export trace.db --table flows --format csv > flows.csv\n"
		"  pcapdex export trace.db --table tcp_events --capture trace --limit 1000\n",
	.options = options,
	.exit_codes = exit_codes,
	.completion = "file",
	.run = export_run,
};

// ---- the statement ------------------------------------------------------------------------------------------------

static bool exists(struct guard *guard, const char *sql, const char *name)
{
	sqlite3_stmt *statement = NULL;
	bool found = false;
	if (sqlite3_prepare_v2(guard->db, sql, -1, &statement, NULL) == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
		found = sqlite3_step(statement) == SQLITE_ROW;
	}
	sqlite3_finalize(statement);
	return found;
}

static bool check_table(struct guard *guard, const char *table)
{
	static const char all[] =
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'";
	static const char one[] = "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?";
	struct names names = {0};
	char nearest[SUGGESTION_ROOM];
	if (exists(guard, one, table))
		return true;
	names_read(&names, guard->db, all);
	message_nearest(nearest, sizeof nearest, table, names.at, names.count);
	names_release(&names);
	message_error("%s: no table %s%s%s (pcapdex query %s \"PRAGMA table_list\" lists them)", guard->path, table,
	              *nearest ? "; " : "", nearest, guard->path);
	return false;
}

// What picks the rows of a capture; NULL after a message: they do not say of which they are.
static const char *capture_condition(struct guard *guard, const char *table)
{
	static const char has_id[] = "SELECT 1 FROM pragma_table_info(?) WHERE name = 'capture_id'";
	static const char has_name[] = "SELECT 1 FROM pragma_table_info(?) WHERE name = 'capture'";
	if (exists(guard, has_id, table))
		return " WHERE capture_id = :capture";
	if (exists(guard, has_name, table))
		return " WHERE capture = (SELECT name FROM captures WHERE capture_id = :capture)";
	message_error("--capture: the rows of %s do not say of which capture they are", table);
	return NULL;
}

static char *packets_sql(const struct settings *settings)
{
	char payload[512] = "";
	if (settings->payload > 0)
		sqlite3_snprintf(sizeof payload, payload,
		                 ", escape_bytes(substr(iif(EXISTS (SELECT 1 FROM fragments g WHERE g.fragment_id "
		                 "BETWEEN 4 * packet_id AND 4 * packet_id + 3 AND g.completes), packet_payload(packet_id), "
		                 "packet_payload(packet_bytes(packet_id, p.file_offset, p.captured_len), i.link_type, "
		                 "l.wire_len, i.fcs_len)), 1, %lld)) AS payload",
		                 (long long)settings->payload);
	return sqlite3_mprintf(
		"SELECT packet_id, l.capture, l.number, l.time, l.time_s, l.src, l.src_port, l.dst, l.dst_port, l.protocol, "
		"l.stack, l.wire_len, l.payload_len, l.flags, l.seq, l.ack, l.window, l.ttl, l.vlan_id, l.ack_rtt_ms, "
		"l.flow_id, iif(l.errors, (SELECT group_concat(e.name, ', ') FROM packet_errors e "
		"WHERE l.errors >> e.bit & 1), NULL) AS errors%s FROM packet_list l JOIN packets p USING (packet_id) "
		"LEFT JOIN interfaces i USING (interface_id)%s ORDER BY packet_id%s",
		payload, settings->capture ? " WHERE p.capture_id = :capture" : "", settings->limit ? " LIMIT :limit" : "");
}

static char *table_sql(struct guard *guard, const struct settings *settings)
{
	const char *condition = settings->capture ? capture_condition(guard, settings->table) : "";
	if (!condition)
		return NULL;
	return sqlite3_mprintf("SELECT * FROM \"%w\"%s%s", settings->table, condition,
	                       settings->limit ? " LIMIT :limit" : "");
}

// ---- the command --------------------------------------------------------------------------------------------------

// Runs the statement as plain SQL whose parameters were given as options.
static int run_sql(struct guard *guard, const struct settings *settings, const char *sql, struct sink *sink)
{
	struct option_pair pairs[] = {{"capture", settings->capture}, {"limit", settings->limit}};
	struct option_pair given[2];
	struct arguments arguments = {.unknown = given};
	struct parameters parameters;
	struct report report;
	char error[ERROR_ROOM];
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (pairs[i].value)
			given[arguments.unknown_count++] = pairs[i];
	}
	if (!report_parse(&report, REPORT_SQL, "export", sql, error, sizeof error)) {
		message_error("%s: %s", settings->table, error);
		return EXIT_USAGE;
	}
	int code = EXIT_USAGE;
	if (parameters_init(&parameters, &report, &arguments, guard, options)) {
		code = run_report(guard, &report, &parameters, settings->format, !settings->no_header, sink);
		parameters_release(&parameters);
	}
	report_release(&report);
	return code;
}

static int export_table(struct guard *guard, const struct settings *settings, struct sink *sink)
{
	if (!check_table(guard, settings->table))
		return EXIT_USAGE;
	if (settings->source_dir && functions_register_packet_bytes(guard->db, settings->source_dir) != SQLITE_OK)
		return EXIT_FAILED;
	char *sql = strcmp(settings->table, "packets") ? table_sql(guard, settings) : packets_sql(settings);
	int code = sql ? run_sql(guard, settings, sql, sink) : EXIT_USAGE;
	sqlite3_free(sql);
	return code;
}

static int export_case(const struct settings *settings, const char *path)
{
	struct guard guard = {0};
	struct sink sink;
	watch_begin(settings->timeout_ns);
	sink_init(&sink, STDOUT_FILENO);
	int code = guard_open(&guard, path) ? export_table(&guard, settings, &sink) : EXIT_FAILED;
	if (!sink_finish(&sink) && code == EXIT_DONE)
		code = EXIT_FAILED;
	guard_release(&guard);
	sink_release(&sink);
	watch_end();
	return code;
}

static int export_run(int argc, char **argv)
{
	struct settings settings = {.table = "packets", .format = "jsonl"};
	struct arguments arguments;
	int code = EXIT_USAGE;
	setlocale(LC_CTYPE, "");
	if (!options_parse(&command_export, &settings, false, argc, argv, &arguments))
		return EXIT_USAGE;
	if (arguments.help_shown)
		code = EXIT_DONE;
	else if (arguments.count != 1)
		message_error("one case, please: pcapdex export CASE.db; see pcapdex export -h");
	else if (settings.payload > 0 && strcmp(settings.table, "packets") != 0)
		message_error("--payload is for --table packets");
	else
		code = export_case(&settings, arguments.words[0]);
	arguments_release(&arguments);
	return code;
}
