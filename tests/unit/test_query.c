// query/: report headers, parameters, formats, SQL functions, the guard, and every built-in report against its header.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../inspect/inspect.h"
#include "../../query/catalog.h"
#include "../../query/cell.h"
#include "../../query/check.h"
#include "../../query/guard.h"
#include "../../query/parameter.h"
#include "../../query/query.h"
#include "../../query/run.h"

enum { ERROR_ROOM = 512 };

static struct guard guard;

static int open_guard(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C.UTF-8");
	inspect_install();
	return guard_open_empty(&guard) ? 0 : -1;
}

static int close_guard(void **state)
{
	(void)state;
	guard_release(&guard);
	return 0;
}

// Messages of wrong usage go nowhere while a test provokes them.
static int silence(void)
{
	int kept = dup(STDERR_FILENO);
	assert_non_null(freopen("/dev/null", "w", stderr));
	return kept;
}

static void speak(int kept)
{
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void parse(struct report *report, const char *text)
{
	char error[ERROR_ROOM] = "";
	if (!report_parse(report, REPORT_FILE, "try", text, error, sizeof error))
		fail_msg("%s", error);
}

static void parse_fails(const char *text, const char *words)
{
	struct report report;
	char error[ERROR_ROOM] = "";
	assert_false(report_parse(&report, REPORT_FILE, "try", text, error, sizeof error));
	if (!strstr(error, words))
		fail_msg("'%s' should say '%s'", error, words);
}

// ---- report headers -----------------------------------------------------------------------------------------------

static void header_of_design(void **state)
{
	struct report report;
	(void)state;
	parse(&report,
	      "-- Connections whose SYN-ACK took longer than a limit, slowest first.\n"
	      "--\n"
	      "-- A paragraph\n"
	      "-- of two lines.\n"
	      "--\n"
	      "-- param :min_ms = 300   Shortest time from SYN to SYN-ACK, in milliseconds.\n"
	      "-- param :dst            Only connections to this server address.\n"
	      "--\n"
	      "-- column number   Packet number of the SYN.\n"
	      "-- column rtt_ms   SYN to SYN-ACK,\n"
	      "--                 milliseconds.\n"
	      "SELECT 1 AS number, -- not a header\n"
	      "2 AS rtt_ms\n");
	assert_string_equal(report.summary, "Connections whose SYN-ACK took longer than a limit, slowest first.");
	assert_non_null(strstr(report.description, "A paragraph\nof two lines."));
	assert_int_equal(report.parameter_count, 2);
	assert_string_equal(report.parameters[0].name, "min_ms");
	assert_string_equal(report.parameters[0].option, "min-ms");
	assert_string_equal(report.parameters[0].fallback, "300");
	assert_string_equal(report.parameters[0].help, "Shortest time from SYN to SYN-ACK, in milliseconds.");
	assert_int_equal(report.parameters[0].type, PARAMETER_NUMBER);
	assert_null(report.parameters[1].fallback);
	assert_false(report.parameters[1].required);
	assert_int_equal(report.parameters[1].type, PARAMETER_ADDRESS);
	assert_int_equal(report.section_count, 1);
	assert_int_equal(report.sections[0].column_count, 2);
	assert_string_equal(report.sections[0].columns[1].name, "rtt_ms");
	assert_string_equal(report.sections[0].columns[1].help, "SYN to SYN-ACK, milliseconds.");
	assert_string_equal(report.sections[0].sql, "SELECT 1 AS number, -- not a header\n2 AS rtt_ms");
	assert_int_equal(report.sections[0].line, 12);
	report_release(&report);
}

static void parameters_of_header(void **state)
{
	struct report report;
	(void)state;
	parse(&report,
	      "-- Try.\n"
	      "-- param :flow required\n"
	      "-- param :limit = 20\n"
	      "-- param :a integer = 7  Text of a.\n"
	      "-- param :b text = 'two words'   Text of b.\n"
	      "-- param :c address required  Text of c.\n"
	      "-- param :d   = x  Text of d.\n"
	      "-- param :e\tText of e.\r\n"
	      "-- param :f one of a|b = b  Text of f.\n"
	      "-- param :g 0.5..9 = 1  Text of g.\n"
	      "-- param :h port  Text of h.\n"
	      "SELECT 1 AS x");
	const struct report_parameter *p = report.parameters;
	assert_int_equal(report.parameter_count, 10);
	assert_true(p[0].required && p[0].type == PARAMETER_FLOW && strstr(p[0].help, "flow_id"));
	assert_true(p[1].type == PARAMETER_INTEGER && !strcmp(p[1].fallback, "20") && *p[1].help);
	assert_true(p[2].type == PARAMETER_INTEGER && !strcmp(p[2].fallback, "7") && !strcmp(p[2].help, "Text of a."));
	assert_true(p[3].type == PARAMETER_TEXT && !strcmp(p[3].fallback, "two words"));
	assert_true(p[4].type == PARAMETER_ADDRESS && p[4].required && !p[4].fallback);
	assert_true(p[5].type == PARAMETER_TEXT && !strcmp(p[5].fallback, "x") && !strcmp(p[5].help, "Text of d."));
	assert_true(p[6].type == PARAMETER_TEXT && !strcmp(p[6].help, "Text of e."));
	assert_true(p[7].type == PARAMETER_CHOICE && !strcmp(p[7].choices, "a|b") && !strcmp(p[7].fallback, "b"));
	assert_true(p[8].type == PARAMETER_NUMBER && p[8].ranged && p[8].least == 0.5 && p[8].most == 9);
	assert_true(p[9].type == PARAMETER_PORT && !strcmp(p[9].help, "Text of h."));
	report_release(&report);
}

static void sections_of_header(void **state)
{
	struct report report;
	(void)state;
	parse(&report,
	      "-- Try.\n"
	      "--\n"
	      "-- section: One\n"
	      "-- column a  A.\n"
	      "SELECT 1 AS a;\n"
	      "\n"
	      "-- a comment within One\n"
	      "-- section[text, csv]: Two\n"
	      "SELECT 'x' AS line;\n"
	      "-- section: Three\n"
	      "-- column \"two words\"  B.\n"
	      "SELECT 2 AS \"two words\"\n");
	assert_int_equal(report.section_count, 3);
	assert_string_equal(report.sections[0].title, "One");
	assert_string_equal(report.sections[1].formats, "text, csv");
	assert_string_equal(report.sections[2].columns[0].name, "two words");
	assert_true(report_shows(&report, &report.sections[0], "json"));
	assert_false(report_shows(&report, &report.sections[1], "json"));
	assert_false(report_shows(&report, &report.sections[0], "csv"));
	assert_true(report_shows(&report, &report.sections[1], "csv"));
	assert_true(report_shows(&report, &report.sections[1], "text"));
	assert_true(report_shows(&report, &report.sections[2], "tsv"));
	report_release(&report);
}

static void sections_share_tables(void **state)
{
	struct report report;
	(void)state;
	parse(&report,
	      "-- Try.\n"
	      "WITH a AS (\n"
	      "SELECT 1)\n"
	      "\n"
	      "-- section: One\n"
	      "SELECT * FROM a;\n"
	      "-- section: Two\n"
	      "with recursive b AS (SELECT 2)\n"
	      "SELECT * FROM a, b\n");
	assert_int_equal(report.section_count, 2);
	assert_string_equal(report.sections[0].sql, "WITH a AS (\nSELECT 1)\n\n\nSELECT * FROM a;");
	assert_int_equal(report.sections[0].line, 6);
	assert_int_equal(report.sections[0].sql_line, 2);
	assert_string_equal(report.sections[1].sql,
	                    "WITH a AS (\nSELECT 1),\n\n\n\n\n b AS (SELECT 2)\nSELECT * FROM a, b");
	assert_int_equal(report.sections[1].line, 8);
	assert_int_equal(report.sections[1].sql_line, 2);
	report_release(&report);
}

static void sections_with_conditions(void **state)
{
	struct report report;
	(void)state;
	parse(&report,
	      "-- Try.\n"
	      "-- param :flow\n"
	      "-- section with :flow: One\n"
	      "SELECT :flow AS line;\n"
	      "-- section[text] without :flow: Two\n"
	      "SELECT 2 AS line;\n"
	      "-- section: without :flow\n"
	      "SELECT 3 AS line\n");
	assert_string_equal(report.sections[0].depends, "flow");
	assert_false(report.sections[0].without);
	assert_string_equal(report.sections[0].title, "One");
	assert_string_equal(report.sections[1].depends, "flow");
	assert_true(report.sections[1].without);
	assert_string_equal(report.sections[1].formats, "text");
	assert_null(report.sections[2].depends);
	assert_string_equal(report.sections[2].title, "without :flow");
	report_release(&report);
	parse_fails("-- Try.\n-- section with :a: A\nSELECT 1", "depends on a parameter that is not declared: a");
	parse_fails("-- Try.\n-- section with flow: A\nSELECT 1", "a section wants ': Title'");
}

static void wrong_headers(void **state)
{
	(void)state;
	parse_fails("-- Try.\n-- param :  x\nSELECT 1", "line 2: a parameter wants a name");
	parse_fails("-- Try.\n-- param :a two words\nSELECT 1", "line 2: not a type");
	parse_fails("-- Try.\n-- param :a one of\nSELECT 1", "line 2: 'one' wants 'of a|b|c'");
	parse_fails("-- Try.\n-- param :a one of b|c = d\nSELECT 1", "line 2: the default is not one of the words");
	parse_fails("-- Try.\n-- param :a number 2..1\nSELECT 1", "line 2: not a type");
	parse_fails("-- Try.\n-- param :a text 1..2\nSELECT 1", "line 2: only a number has a range");
	parse_fails("-- Try.\n-- param :a 1..2 = 3\nSELECT 1", "line 2: the default is out of range");
	parse_fails("-- Try.\n-- param :a\n-- param :a\nSELECT 1", "line 3: parameter is there twice");
	parse_fails("-- Try.\n-- section: A\n-- section: B\nSELECT 1", "a section without a statement: A");
	parse_fails("-- Try.\n-- section[text: A\nSELECT 1", "']' is missing");
	parse_fails("-- Try.\n-- section A\nSELECT 1", "a section wants ': Title'");
	parse_fails("-- Try.\nSELECT 1;\n-- section: A\nSELECT 1", "line 3: a section after SQL");
}

static void plain_sql(void **state)
{
	struct report report;
	char error[ERROR_ROOM];
	(void)state;
	assert_true(report_parse(&report, REPORT_SQL, "SQL", "-- why\nSELECT 1;\nSELECT 2", error, sizeof error));
	assert_null(report.summary);
	assert_int_equal(report.section_count, 1);
	assert_string_equal(report.sections[0].sql, "SELECT 1;\nSELECT 2");
	report_release(&report);
	assert_true(report_parse(&report, REPORT_SQL, "SQL", "", error, sizeof error));
	assert_int_equal(report.section_count, 0);
	report_release(&report);
}

// ---- formats ------------------------------------------------------------------------------------------------------

// Runs SQL; the caller frees the text.
static char *printed(const char *sql, const char *format, bool header)
{
	struct report report;
	struct parameters none = {0};
	struct sink sink;
	char error[ERROR_ROOM];
	if (!report_parse(&report, REPORT_SQL, "SQL", sql, error, sizeof error))
		fail_msg("%s", error);
	sink_init(&sink, -1);
	assert_int_equal(run_report(&guard, &report, &none, format, header, &sink), EXIT_DONE);
	sink_char(&sink, 0);
	char *text = memory_copy_text(sink.at);
	sink_release(&sink);
	report_release(&report);
	return text;
}

static void prints(const char *sql, const char *format, const char *wanted)
{
	char *text = printed(sql, format, true);
	assert_string_equal(text, wanted);
	free(text);
}

static void csv_quotes(void **state)
{
	(void)state;
	prints("SELECT 1 AS a, NULL AS b, 'x,y' AS \"c,d\", 'say \"hi\"' AS e, '' AS f, x'00ff' AS g", "csv",
	       "a,b,\"c,d\",e,f,g\r\n1,,\"x,y\",\"say \"\"hi\"\"\",\"\",00ff\r\n");
	prints("SELECT 'a' || char(10) || 'b' AS x", "csv", "x\r\n\"a\nb\"\r\n");
	prints("SELECT 1 AS a; SELECT 2 AS b", "csv", "a\r\n1\r\n\r\nb\r\n2\r\n");
}

static void tsv_escapes(void **state)
{
	(void)state;
	prints("SELECT 'a' || char(9, 10, 13) || '\\' AS x, NULL AS y, 1.5 AS z", "tsv",
	       "x\ty\tz\na\\t\\n\\r\\\\\t\t1.5\n");
}

static void json_values(void **state)
{
	(void)state;
	prints(
		"SELECT 9223372036854775807 AS a, NULL AS b, 0.1 + 0.2 AS c, x'ab' AS d, 'q\"\\' || char(1, 9, 955, 128512) AS e",
		"json",
		"[\n{\"a\":9223372036854775807,\"b\":null,\"c\":0.30000000000000004,\"d\":\"ab\","
		"\"e\":\"q\\\"\\\\\\u0001\\t\xce\xbb\xf0\x9f\x98\x80\"}\n]\n");
	prints("SELECT CAST(x'61ff62' AS TEXT) AS a", "jsonl",
	       "{\"a\":\"a\xef\xbf\xbd"
	       "b\"}\n");
	prints("SELECT 'x' || char(0) || 'y' AS a, 9e999 AS b, -9e999 AS c", "jsonl",
	       "{\"a\":\"x\\u0000y\",\"b\":9e999,\"c\":-9e999}\n");
	prints("SELECT 1 AS a WHERE 0", "json", "[]\n");
	prints("SELECT char(8238, 917505) AS a", "jsonl", "{\"a\":\"\\u202e\\udb40\\udc01\"}\n");
}

static void table_aligns(void **state)
{
	(void)state;
	prints("SELECT 1 AS n, 'a' AS name UNION ALL SELECT 1000, 'longer' UNION ALL SELECT NULL, NULL", "table",
	       "   n  name\n----  ------\n   1  a\n1000  longer\n      \n");
	prints("SELECT '\xe6\xbc\xa2\xe5\xad\x97' AS a, 1 AS b UNION ALL SELECT 'xyzzy', 2", "table",
	       "a      b\n-----  -\n\xe6\xbc\xa2\xe5\xad\x97   1\nxyzzy  2\n");
	prints("SELECT 'a' || char(27) || '[2J' || char(10) AS x", "table", "x\n----------\na\\x1b[2J\\n\n");
	prints(
		"SELECT 1.0 AS a, 2.5e-9 AS b, 15277.688442211055 AS c", "table",
		"  a             b                c\n---  ------------  ---------------\n1.0  0.0000000025  15277.688442211\n");
}

// As on a terminal of so many columns, in the format that is used when none was asked for.
static void shows(const char *columns, const char *sql, const char *wanted)
{
	struct report report;
	struct parameters none = {0};
	struct sink sink;
	char error[ERROR_ROOM];
	setenv("COLUMNS", columns, 1);
	setenv("NO_COLOR", "1", 1);
	assert_true(report_parse(&report, REPORT_SQL, "SQL", sql, error, sizeof error));
	sink_init(&sink, -1);
	sink.terminal = true;
	assert_int_equal(run_report(&guard, &report, &none, NULL, true, &sink), EXIT_DONE);
	sink_char(&sink, 0);
	assert_string_equal(sink.at, wanted);
	sink_release(&sink);
	report_release(&report);
	unsetenv("COLUMNS");
}

static void table_fits(void **state)
{
	static const char sql[] =
		"SELECT '192.168.100.200' AS src, 123456789 AS bytes, 'a rather long name, cut' AS name, "
		"'2018-09-26T21:21:02.883718124Z' AS time";
	static const char settings[] =
		"SELECT 'tcp-retransmissions' AS detector, 'limit-ms=200 min-samples=3' AS thresholds, "
		"'Round trips take long, and longer' AS title";
	(void)state;
	shows("83", sql,
	      "src                  bytes  name                     time\n"
	      "---------------  ---------  -----------------------  ------------------------------\n"
	      "192.168.100.200  123456789  a rather long name, cut  2018-09-26T21:21:02.883718124Z\n");
	shows("70", sql,
	      "src                  bytes  name                  time\n"
	      "---------------  ---------  --------------------  --------------------\n"
	      "192.168.100.200  123456789  a rather long name,…  2018-09-26T21:21:02…\n");
	shows("69", sql,
	      "src:   192.168.100.200\nbytes: 123456789\nname:  a rather long name, cut\n"
	      "time:  2018-09-26T21:21:02.883718124Z\n");
	shows("70", settings,
	      "detector             thresholds                  title\n"
	      "-------------------  --------------------------  ---------------------\n"
	      "tcp-retransmissions  limit-ms=200 min-samples=3  Round trips take lon…\n");
	shows("9", "SELECT 12345 AS a, '1.2.3.4' AS bc UNION ALL SELECT 6, NULL",
	      "a:  12345\nbc: 1.2.3.4\n\na:  6\nbc:\n");
	shows("9", "SELECT 12345 AS long_names, 'a' AS too_long WHERE 0", "(no rows)\n");
}

static void reals(void **state)
{
	static const char sql[] =
		"SELECT 3.9e-05 AS a, 1e-9 AS b, 1e-10 AS c, 1e15 AS d, 1e16 AS e, -2.5648515625 AS f, 0.1 + 0.2 AS g, 0.0 AS h";
	(void)state;
	prints(sql, "tsv",
	       "a\tb\tc\td\te\tf\tg\th\n0.000039\t0.000000001\t1e-10\t1000000000000000.0\t1e+16\t-2.5648515625\t"
	       "0.30000000000000004\t0.0\n");
	prints(
		sql, "text",
		"a: 0.000039\nb: 0.000000001\nc: 1e-10\nd: 1000000000000000.0\ne: 1e+16\nf: -2.564851562\ng: 0.3\nh: 0.0\n");
}

static void table_streams(void **state)
{
	(void)state;
	char *text =
		printed("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT i FROM n",
	            "table", false);
	size_t lines = 0;
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 10000);
	assert_memory_equal(text, "   1\n   2\n", 10);
	assert_non_null(strstr(text, "\n9999\n10000\n"));
	free(text);
}

static void markdown_escapes(void **state)
{
	(void)state;
	prints("SELECT 1 AS n, 'a|b<c>' || char(10) AS name", "markdown",
	       "| n | name |\n|---:|---|\n| 1 | a\\|b&lt;c&gt;<br> |\n");
	prints("SELECT 1 AS n WHERE 0", "markdown", "| n |\n|---|\n");
}

static void text_lines(void **state)
{
	(void)state;
	prints("SELECT 1 AS n, NULL AS b UNION ALL SELECT 2, 'x'", "text", "n: 1\nb:\n\nn: 2\nb: x\n");
	prints("SELECT 'a' || char(10) || 'b' AS line UNION ALL SELECT 'c'", "text", "a\nb\nc\n");
	prints("SELECT 'a' AS line", "table", "a\n");
	prints("SELECT 'a' || char(27, 13, 155) AS line", "table", "a\\x1b\\r\\u{9b}\n");
	prints("SELECT 'a' AS line", "jsonl", "{\"line\":\"a\"}\n");
	prints("SELECT 'a' AS line", "csv", "line\r\na\r\n");
}

static void titled_sections(void **state)
{
	static const char text[] =
		"-- Try.\n-- section: A\nSELECT 1 AS a;\n-- section: B\nSELECT 2 AS b;\n"
		"-- section[csv]: C\nSELECT 'own' AS line;\n";
	static const struct {
		const char *format, *wanted;
	} cases[] = {
		{"table", "A\n\na\n-\n1\n\nB\n\nb\n-\n2\n"},
		{"tsv", "A\na\n1\n\nB\nb\n2\n"},
		{"json", "{\n\"A\":[\n{\"a\":1}\n],\n\"B\":[\n{\"b\":2}\n]\n}\n"},
		{"jsonl", "{\"section\":\"A\",\"a\":1}\n{\"section\":\"B\",\"b\":2}\n"},
		{"markdown", "## A\n\n| a |\n|---:|\n| 1 |\n\n## B\n\n| b |\n|---:|\n| 2 |\n"},
		{"text", "A\n\na: 1\n\nB\n\nb: 2\n"},
		{"csv", "own\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report report;
		struct parameters none = {0};
		struct sink sink;
		parse(&report, text);
		sink_init(&sink, -1);
		assert_int_equal(run_report(&guard, &report, &none, cases[i].format, true, &sink), EXIT_DONE);
		sink_char(&sink, 0);
		assert_string_equal(sink.at, cases[i].wanted);
		sink_release(&sink);
		report_release(&report);
	}
}

// ---- parameters ---------------------------------------------------------------------------------------------------

// What --NAME VALUE becomes, as SQL sees it; NULL: refused.
static char *bound(const char *declaration, const char *option, const char *value)
{
	static const struct option_spec no_options[] = {{0}};
	struct option_pair pair = {option, value};
	struct arguments arguments = {.unknown = &pair, .unknown_count = option ? 1 : 0};
	struct parameters parameters;
	struct report report;
	char text[ERROR_ROOM], error[ERROR_ROOM], *result = NULL;
	snprintf(text, sizeof text, "-- Try.\n-- param :p %s\nSELECT quote(:p) AS x", declaration);
	parse(&report, text);
	if (parameters_init(&parameters, &report, &arguments, &guard, no_options)) {
		sqlite3_stmt *statement;
		const char *tail;
		assert_true(guard_prepare(&guard, report.sections[0].sql, 1, &statement, &tail, error, sizeof error));
		assert_true(parameters_bind(&parameters, statement, error, sizeof error));
		assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
		result = memory_copy_text((const char *)sqlite3_column_text(statement, 0));
		sqlite3_finalize(statement);
		parameters_release(&parameters);
	}
	report_release(&report);
	return result;
}

static void parameter_types(void **state)
{
	static const struct {
		const char *declaration, *option, *value, *wanted;
	} cases[] = {
		{"  Help.", NULL, NULL, "NULL"},
		{"= 300  Help.", NULL, NULL, "300"},
		{"= 300  Help.", "p", "2.5", "2.5"},
		{"= 300  Help.", "p", "-2", "-2.0"},
		{"= 300  Help.", "p", "x", NULL},
		{"= 300  Help.", "p", "", NULL},
		{"= 300  Help.", "p", "nan", NULL},
		{"= 300  Help.", "p", NULL, NULL},
		{"integer  Help.", "p", "9223372036854775807", "9223372036854775807"},
		{"integer  Help.", "p", "9223372036854775808", NULL},
		{"integer  Help.", "p", "1.5", NULL},
		{"integer 1..9  Help.", "p", "9", "9"},
		{"integer 1..9  Help.", "p", "0", NULL},
		{"number 0.5..9  Help.", "p", "0.5", "0.5"},
		{"number 0.5..9  Help.", "p", "0.4", NULL},
		{"number 0.5..9  Help.", "p", "1e308", NULL},
		{"port  Help.", "p", "65535", "65535"},
		{"port  Help.", "p", "65536", NULL},
		{"port  Help.", "p", "http", NULL},
		{"one of src|dst  Help.", "p", "DST", "'dst'"},
		{"one of src|dst  Help.", "p", "src|dst", NULL},
		{"one of src|dst  Help.", "p", "sr", NULL},
		{"one of src|dst  Help.", "p", "", NULL},
		{"  Help.", "p", "it's", "'it''s'"},
		{"  Help.", "q", "1", NULL},
		{"required  Help.", NULL, NULL, NULL},
		{"address  Help.", "p", "2001:DB8:0:0:0:0:0:1", "'2001:db8::1'"},
		{"address  Help.", "p", "10.0.0.0/8", "'10.0.0.0/8'"},
		{"address  Help.", "p", "10.0.0.1/32", "'10.0.0.1'"},
		{"address  Help.", "p", "AA-BB-CC-DD-EE-FF", "'aa:bb:cc:dd:ee:ff'"},
		{"address  Help.", "p", "10.0.0.0/33", NULL},
		{"address  Help.", "p", "10.0.0", NULL},
		{"address  Help.", "p", "example.org", NULL},
		{"time  Help.", "p", "@1.5", "1500000000"},
		{"time  Help.", "p", "1.5", NULL},
		{"time  Help.", "p", "2018-09-26T21:21:02Z", "1537996862000000000"},
		{"time  Help.", "p", "+2", "2000000000"},
		{"time  Help.", "p", "+x", NULL},
		{"time  Help.", "p", "yesterday", NULL},
		{"capture  Help.", "p", "nothing", NULL},
		{"flow  Help.", "p", "1", NULL},
		{"issue  Help.", "p", "1", NULL},
		{"packet  Help.", "p", "1", NULL},
		{"detector  Help.", "p", "tcp-refused", NULL}, // none has looked through an empty case
		{"protocol  Help.", "p", "HTTP", "'http'"},
	};
	(void)state;
	int kept = silence();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *found = bound(cases[i].declaration, cases[i].option, cases[i].value);
		bool same = found && cases[i].wanted ? !strcmp(found, cases[i].wanted) : !found && !cases[i].wanted;
		if (!same) {
			speak(kept);
			fail_msg("%s, %s: %s, should be %s", cases[i].declaration, cases[i].value, found, cases[i].wanted);
		}
		free(found);
	}
	speak(kept);
}

// ---- SQL functions ------------------------------------------------------------------------------------------------

static void gives(const char *expression, const char *wanted)
{
	char sql[ERROR_ROOM], error[ERROR_ROOM] = "";
	sqlite3_stmt *statement;
	const char *tail, *found = NULL;
	snprintf(sql, sizeof sql, "SELECT quote(x) FROM (SELECT %s AS x)", expression);
	if (!guard_prepare(&guard, sql, 1, &statement, &tail, error, sizeof error))
		fail_msg("%s: %s", expression, error);
	if (sqlite3_step(statement) == SQLITE_ROW)
		found = (const char *)sqlite3_column_text(statement, 0);
	else
		guard_explain(&guard, sqlite3_errcode(guard.db), error, sizeof error);
	if (!found ? !strstr(error, wanted) : strcmp(found, wanted) != 0)
		fail_msg("%s: %s, should be %s", expression, found ? found : error, wanted);
	sqlite3_finalize(statement);
}

static void function_ip_in_tests(void **state)
{
	(void)state;
	gives("ip_in('10.1.2.3', '10.0.0.0/8')", "1");
	gives("ip_in('11.1.2.3', '10.0.0.0/8')", "0");
	gives("ip_in('10.1.2.3', '10.1.2.2/31')", "1");
	gives("ip_in('10.1.2.4', '10.1.2.2/31')", "0");
	gives("ip_in('10.1.2.3', '0.0.0.0/0')", "1");
	gives("ip_in('10.1.2.3', '10.1.2.3')", "1");
	gives("ip_in('10.1.2.3', '::/0')", "0");
	gives("ip_in('2001:db8::1', '2001:db8::/33')", "1");
	gives("ip_in('2001:db8:8000::1', '2001:db8::/33')", "0");
	gives("ip_in('aa:bb:cc:dd:ee:ff', 'aa:bb:cc:dd:ee:ff')", "1");
	gives("ip_in('aa:bb:cc:dd:ee:ff', '10.0.0.0/8')", "0");
	gives("ip_in('aa:bb:cc:dd:ee:ff', 'AA-BB-CC-00-00-00/24')", "1");
	gives("ip_in('aa:bb:cd:dd:ee:ff', 'aa:bb:cc:00:00:00/24')", "0");
	gives("ip_in('aa:bb:cc:dd:ee:ff', 'aa:bb:cc:dd:ee:f0/49')", "is not an address");
	gives("ip_in('no address', '10.0.0.0/8')", "0");
	gives("ip_in(NULL, '10.0.0.0/8')", "NULL");
	gives("ip_in('10.0.0.1', NULL)", "NULL");
	gives("ip_in('10.0.0.1', '10.0.0.0/33')", "is not an address");
	gives("ip_in('10.0.0.1', '10.0.0.0/')", "is not an address");
	gives("ip_in('10.0.0.1', '10.0.0.0/8x')", "is not an address");
	gives("ip_in('10.0.0.1', '')", "is not an address");
}

static void function_tcp_flags_tests(void **state)
{
	(void)state;
	gives("tcp_flags(2)", "'S'");
	gives("tcp_flags(18)", "'S.'");
	gives("tcp_flags(24)", "'P.'");
	gives("tcp_flags(17)", "'F.'");
	gives("tcp_flags(194)", "'SEW'");
	gives("tcp_flags(82)", "'S.E'");
	gives("tcp_flags(511)", "'FSRP.UEWe'");
	gives("tcp_flags(0)", "'none'");
	gives("tcp_flags(NULL)", "NULL");
	gives("tcp_flags(24, 'wireshark')", "'PA'");
	gives("tcp_flags(18, 'wireshark')", "'SA'");
	gives("tcp_flags(18, 'tcpdump')", "'S.'");
	gives("tcp_flags(18, 'x')", "the second argument");
}

static void function_iso_time_tests(void **state)
{
	(void)state;
	gives("iso_time(1537996862883718124)", "'2018-09-26T21:21:02.883718124Z'");
	gives("iso_time(0)", "'1970-01-01T00:00:00.000000000Z'");
	gives("iso_time(-1)", "'1969-12-31T23:59:59.999999999Z'");
	gives("iso_time(9223372036854775807)", "'2262-04-11T23:47:16.854775807Z'");
	gives("iso_time(-9223372036854775807 - 1)", "'1677-09-21T00:12:43.145224192Z'");
	gives("iso_time(NULL)", "NULL");
}

static void function_percentile_tests(void **state)
{
	(void)state;
	gives("(SELECT median(value) FROM json_each('[1,2,3,4,10]'))", "3.0");
	gives("(SELECT median(value) FROM json_each('[4,1,3,2]'))", "2.5");
	gives("(SELECT round(percentile(value, 90), 6) FROM json_each('[1,2,3,4,10]'))", "7.6");
	gives("(SELECT percentile(value, 0) FROM json_each('[5,1,9]'))", "1.0");
	gives("(SELECT percentile(value, 100) FROM json_each('[5,1,9]'))", "9.0");
	gives("(SELECT percentile(value, 25) FROM json_each('[7,7,7,7,7,1,7]'))", "7.0");
	gives("(SELECT median(value) FROM json_each('[null,3,null]'))", "3.0");
	gives("(SELECT median(value) FROM json_each('[]'))", "NULL");
	gives("(SELECT median(value) FROM json_each('[null]'))", "NULL");
	gives("(SELECT percentile(value, 101) FROM json_each('[1]'))", "from 0 to 100");
	gives("(SELECT percentile(value, value) FROM json_each('[1,2]'))", "same in all rows");
	gives("(SELECT median(value) FROM json_each('[\"x\"]'))", "not a number");
	gives(
		"(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 10001) "
		"SELECT percentile((i * 7919) % 10001, 12.34) FROM n)",
		"1234.0");
}

static void function_pick_tests(void **state)
{
	(void)state;
	gives("(SELECT only(value) FROM json_each('[7,7,null,7]'))", "7");
	gives("(SELECT only(value) FROM json_each('[7,8,7]'))", "NULL");
	gives("(SELECT only(value) FROM json_each('[7,\"7\"]'))", "NULL");
	gives("(SELECT only(value) FROM json_each('[\"a\",\"a\"]'))", "'a'");
	gives("(SELECT only(value) FROM json_each('[\"a\",\"ab\"]'))", "NULL");
	gives("(SELECT only(value) FROM json_each('[\"\",\"\"]'))", "''");
	gives("(SELECT only(value) FROM json_each('[0.5,0.5]'))", "0.5");
	gives("(SELECT only(value) FROM json_each('[null]'))", "NULL");
	gives("(SELECT only(value) FROM json_each('[]'))", "NULL");

	gives("(SELECT first_few('p' || value, value, 3) FROM json_each('[4,1,3,2,5]'))", "'p1, p2, p3'");
	gives("(SELECT first_few('p' || value, -value, 3) FROM json_each('[4,1,3,2,5]'))", "'p5, p4, p3'");
	gives("(SELECT first_few(key, 0, 2) FROM json_each('[9,9,9]'))", "'0, 1'");
	gives("(SELECT first_few(key, value, 2) FROM json_each('[1,null,0]'))", "'1, 2'");
	gives("(SELECT first_few(value, key, 9) FROM json_each('[null,\"x\",null]'))", "'x'");
	gives("(SELECT first_few(value, key, 9) FROM json_each('[null]'))", "NULL");
	gives("(SELECT first_few(value, key, 9) FROM json_each('[]'))", "NULL");
	gives("(SELECT first_few(value, key, 0) FROM json_each('[1]'))", "from 1 to 1000");
	gives("(SELECT first_few(value, key, 1001) FROM json_each('[1]'))", "from 1 to 1000");
	gives(
		"(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 10001) "
		"SELECT first_few((i * 7919) % 10001, (i * 7919) % 10001, 5) FROM n)",
		"'0, 1, 2, 3, 4'");
}

static void function_distinct_tests(void **state)
{
	(void)state;
	gives("(SELECT count_distinct(value) FROM json_each('[7,7,null,7.0,8,\"7\",\"\",\"a\",\"a\",0.5,-0.5]'))", "7");
	gives("(SELECT count_distinct(column1) FROM (VALUES ('a'), (x'61'), (x''), (''), (0.0), (-0.0), (0)))", "5");
	gives("(SELECT count_distinct(column1) FROM (VALUES (9223372036854775807), (9223372036854775807.0), (1e300)))",
	      "3");
	gives("(SELECT count_distinct(value) FROM json_each('[null]'))", "0");
	gives("(SELECT count_distinct(value) FROM json_each('[]'))", "0");
	gives(
		"(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 30000) "
		"SELECT count_distinct(i % 10007) || ' ' || count_distinct('x' || (i % 10007)) FROM n)",
		"'10007 10007'");
}

static void function_regexp_tests(void **state)
{
	(void)state;
	gives("'web-01' REGEXP '^web-[0-9]+$'", "1");
	gives("'db' REGEXP '^web'", "0");
	gives("'www.example.org' REGEXP 'ex(am|un)ple'", "1");
	gives("'10.20.30.40' REGEXP '^([0-9]{1,3}[.]){3}[0-9]{1,3}$'", "1");
	gives("NULL REGEXP 'a'", "NULL");
	gives("'a' REGEXP '('", "')' is missing");
	gives("'a' REGEXP 'a)'", "'(' is missing");
	gives("'a' REGEXP '[a'", "']' is missing");
	gives("'a' REGEXP '*a'", "nothing to repeat");
	gives("'a' REGEXP '(a)\\1'", "back-references");
	gives("'a' REGEXP '((a{1,99}){1,99}){1,99}'", "too large");
	gives("'a' REGEXP 'a++++++++++++++++++++++++++++++++'", "1");
	gives("'aa]aa' REGEXP '[]{1,9999}a]{5}'", "1");
	gives("'aa' REGEXP '^[[:alpha:]]{2}$'", "1");
	gives("'a1' REGEXP '^\\w\\d$' AND 'a-' REGEXP '\\W$' AND 'x y' REGEXP 'x\\sy' AND 'ab' NOT REGEXP '\\d|\\s'",
	      "1");
	gives("'the cat' REGEXP '\\bcat\\b' AND 'concat' NOT REGEXP '\\bcat'", "1");
	gives("'WWW' REGEXP '(?i)^w{3}$' AND 'WWW' NOT REGEXP 'w'", "1");
	gives("'\xc3\xa9t\xc3\xa9' REGEXP '^.t[\xc3\xa0-\xc3\xbf]$'", "1");
	gives("CAST(x'ff41' AS TEXT) REGEXP '^.A$'", "1");
	gives("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' REGEXP '^(a|aa)+$|(a*)*b'", "1");
	gives("'' REGEXP '' AND '' REGEXP '^$' AND 'a' REGEXP 'b*' AND 'abc' NOT REGEXP '^(b|c)'", "1");
	gives(
		"'abbb' REGEXP '^ab{3}$' AND 'abb' NOT REGEXP '^ab{3,}$' AND 'a' REGEXP '^ab{0,2}$' AND 'abbb' NOT REGEXP '^ab{0,2}$'",
		"1");
	gives("'{x}' REGEXP '^{x}$'", "1");
	gives("'a' REGEXP printf('%.*c', 600, '(')", "too deep");
	gives("'a' REGEXP printf('%.*c', 5000, 'a')", "too long");
}

// ---- the guard ----------------------------------------------------------------------------------------------------

static void guard_refuses(const char *sql, const char *words)
{
	char error[ERROR_ROOM] = "";
	sqlite3_stmt *statement;
	const char *tail;
	if (guard_prepare(&guard, sql, 1, &statement, &tail, error, sizeof error))
		fail_msg("%s: should be refused", sql);
	if (!strstr(error, words))
		fail_msg("%s: '%s' should say '%s'", sql, error, words);
}

static void guard_tests(void **state)
{
	(void)state;
	guard_refuses("DELETE FROM packets", "not with DELETE");
	guard_refuses("WITH a AS (SELECT 1) DELETE FROM packets", "can only read");
	guard_refuses("ATTACH 'x' AS y", "not with ATTACH");
	guard_refuses("VACUUM INTO 'x'", "not with VACUUM");
	guard_refuses("PRAGMA user_version = 1", "PRAGMA user_version = 1 is not allowed");
	guard_refuses("SELECT load_extension('x')", "load_extension is not allowed");
	guard_refuses("SELECT nmber FROM packets", "line 1, column 8: no such column: nmber; did you mean number?");
	guard_refuses("SELECT\n  p.nmber\nFROM packets p",
	              "line 2, column 3: no such column: p.nmber; did you mean number?");
	guard_refuses("SELECT 1 FROM pakets", "did you mean packets?");
	guard_refuses("SELECT ip_inn(1, 2)", "did you mean ip_in?");
	guard_refuses("SELECT (", "incomplete input");
}

static void built_in_reports(void **state)
{
	struct catalog catalog;
	(void)state;
	setenv("XDG_CONFIG_HOME", "/nowhere", 1);
	assert_true(catalog_init(&catalog, NULL));
	assert_int_equal(check_reports(&catalog, command_query.options), EXIT_DONE);
	catalog_release(&catalog);
}

static int check_of(const char *name, const char *text)
{
	struct catalog_entry entry = {memory_copy_text(name), memory_copy_text(text), NULL};
	struct catalog catalog = {&entry, 1};
	int code = check_reports(&catalog, command_query.options);
	free(entry.name);
	free(entry.text);
	return code;
}

static void check_finds(const char *text)
{
	if (check_of("try", text) != EXIT_FAILED)
		fail_msg("nothing wrong found in: %s", text);
}

static void check_tests(void **state)
{
	(void)state;
	int kept = silence();
	check_finds("SELECT 1 AS a");
	check_finds("-- Try.\nSELECT 1 AS a");
	check_finds("-- Try.\n-- column b  B.\nSELECT 1 AS a");
	check_finds("-- Try.\n-- column a  A.\n-- column b  B.\nSELECT 1 AS a");
	check_finds("-- Try.\n-- column a\nSELECT 1 AS a");
	check_finds("-- Try.\n-- column a  A.\nSELECT :p AS a");
	check_finds("-- Try.\n-- param :p  P.\n-- column a  A.\nSELECT 1 AS a");
	check_finds("-- Try.\n-- param :p\n-- column a  A.\nSELECT :p AS a");
	check_finds("-- Try.\n-- param :format  F.\n-- column a  A.\nSELECT :format AS a");
	check_finds("-- Try.\n-- column a  A.\nSELECT a FROM nowhere");
	check_finds("-- Try.\n-- column a  A.\nSELECT 1 AS a; SELECT 2 AS a");
	check_finds("-- Try.\n-- column a  A.\nDELETE FROM packets");
	check_finds("-- Try.\n-- section[pdf]: A\n-- column a  A.\nSELECT 1 AS a");
	check_finds("-- Try.\n");
	speak(kept);
}

// A detector's header in parts, so that each can be left out or be another.
enum { NOTE_SEVERITY, NOTE_CATEGORY, NOTE_PROTOCOL, NOTE_CAUSE, NOTE_REMEDY, NOTE_SOURCE, NOTE_COUNT };

static const char *const good_notes[NOTE_COUNT] = {
	"-- severity: low\n", "-- category: security\n", "-- protocol: tcp\n",
	"-- cause: C.\n",     "-- remedy: R.\n",         "-- source: S.\n",
};

static const char detector_sql[] =
	"-- column capture_id  C.\n-- column ts_ns  T.\n-- column flow_id  F.\n-- column src  S.\n-- column dst  D.\n"
	"-- column value  V.\n-- column symptoms  S.\n-- column packets  P.\n"
	"SELECT capture_id, first_ts_ns AS ts_ns, flow_id, src, dst, 1 AS value, 's' AS symptoms, '' AS packets FROM flows";

static int check_detector(int place, const char *note, const char *params, const char *sql)
{
	char text[2048];
	const char *notes[NOTE_COUNT];
	for (int i = 0; i < NOTE_COUNT; i++)
		notes[i] = i == place ? note : good_notes[i];
	int length =
		snprintf(text, sizeof text, "-- Try.\n%s%s%s%s%s%s%s%s", notes[NOTE_SEVERITY], notes[NOTE_CATEGORY],
	             notes[NOTE_PROTOCOL], notes[NOTE_CAUSE], notes[NOTE_REMEDY], notes[NOTE_SOURCE], params, sql);
	assert_in_range(length, 1, sizeof text - 1);
	return check_of("issues/try", text);
}

static void check_detector_tests(void **state)
{
	(void)state;
	int kept = silence();
	assert_int_equal(check_detector(-1, "", "", detector_sql), EXIT_DONE);
	for (int i = 0; i < NOTE_COUNT; i++)
		assert_int_equal(check_detector(i, "", "", detector_sql), EXIT_FAILED);
	assert_int_equal(check_detector(NOTE_SEVERITY, "-- severity: Low\n", "", detector_sql), EXIT_FAILED);
	assert_int_equal(check_detector(NOTE_SEVERITY, "-- severity: low\n-- severity: high\n", "", detector_sql),
	                 EXIT_FAILED);
	assert_int_equal(check_detector(NOTE_CATEGORY, "-- category: weather\n", "", detector_sql), EXIT_FAILED);
	assert_int_equal(check_detector(NOTE_CAUSE, "-- cause: A.\n-- cause: B.\n", "", detector_sql), EXIT_DONE);
	assert_int_equal(check_detector(-1, "", "", "-- column capture_id  C.\nSELECT 1 AS capture_id"), EXIT_FAILED);
	assert_int_equal(check_of("try", detector_sql), EXIT_FAILED); // no summary
	speak(kept);
}

static void check_threshold_tests(void **state)
{
	static const struct {
		const char *declared;
		int code;
	} tries[] = {
		{"-- param :p = 1  P.\n", EXIT_DONE},
		{"-- param :p one of a|b = a  P.\n", EXIT_DONE},
		{"-- param :p  P.\n", EXIT_FAILED},
		{"-- param :p number required  P.\n", EXIT_FAILED},
		{"-- param :p address = 10.0.0.1  P.\n", EXIT_FAILED},
	};
	char sql[1024];
	(void)state;
	int kept = silence();
	snprintf(sql, sizeof sql, "%s WHERE :p IS NOT NULL", detector_sql);
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		assert_int_equal(check_detector(-1, "", tries[i].declared, sql), tries[i].code);
	speak(kept);
}

static void check_rule_tests(void **state)
{
	static const char columns[] =
		"-- Try.\n-- column issue_id  I.\n-- column cause_issue_id  C.\n"
		"-- column confidence  C.\n-- column why  W.\n";
	char text[1024];
	(void)state;
	int kept = silence();
	snprintf(text, sizeof text, "%sSELECT 1 AS issue_id, 2 AS cause_issue_id, 0.5 AS confidence, 'w' AS why",
	         columns);
	assert_int_equal(check_of("causes/try", text), EXIT_DONE);
	assert_int_equal(check_of("causes/try", "-- Try.\n-- column issue_id  I.\nSELECT 1 AS issue_id"), EXIT_FAILED);
	snprintf(
		text, sizeof text,
		"%s-- column other  O.\nSELECT 1 AS issue_id, 2 AS cause_issue_id, 0.5 AS confidence, 'w' AS why, 1 AS other",
		columns);
	assert_int_equal(check_of("causes/try", text), EXIT_FAILED);
	speak(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_of_design),
		cmocka_unit_test(parameters_of_header),
		cmocka_unit_test(sections_of_header),
		cmocka_unit_test(sections_share_tables),
		cmocka_unit_test(sections_with_conditions),
		cmocka_unit_test(wrong_headers),
		cmocka_unit_test(plain_sql),
		cmocka_unit_test(csv_quotes),
		cmocka_unit_test(tsv_escapes),
		cmocka_unit_test(json_values),
		cmocka_unit_test(table_aligns),
		cmocka_unit_test(table_fits),
		cmocka_unit_test(reals),
		cmocka_unit_test(table_streams),
		cmocka_unit_test(markdown_escapes),
		cmocka_unit_test(text_lines),
		cmocka_unit_test(titled_sections),
		cmocka_unit_test(parameter_types),
		cmocka_unit_test(function_ip_in_tests),
		cmocka_unit_test(function_tcp_flags_tests),
		cmocka_unit_test(function_iso_time_tests),
		cmocka_unit_test(function_percentile_tests),
		cmocka_unit_test(function_pick_tests),
		cmocka_unit_test(function_distinct_tests),
		cmocka_unit_test(function_regexp_tests),
		cmocka_unit_test(guard_tests),
		cmocka_unit_test(built_in_reports),
		cmocka_unit_test(check_tests),
		cmocka_unit_test(check_detector_tests),
		cmocka_unit_test(check_threshold_tests),
		cmocka_unit_test(check_rule_tests),
	};
	return cmocka_run_group_tests_name("query", tests, open_guard, close_guard);
}
