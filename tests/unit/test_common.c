// common/: numbers and times, options, escaped text, near words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/message.h"
#include "../../common/options.h"
#include "guard.h"

enum { ARGUMENTS_MAX = 16 };

struct settings {
	const char *output;
	const char *format;
	int64_t count;
	int64_t timeout_ns;
	int64_t since_ns;
	bool replace;
	bool quiet;
};

static const struct option_spec specs[] = {
	{'o', "output", "FILE", OPTION_TEXT, offsetof(struct settings, output), NULL, "Where to write."},
	{0, "format", "FORMAT", OPTION_CHOICE, offsetof(struct settings, format), "table|json|jsonl", "How to write."},
	{'n', "count", "N", OPTION_COUNT, offsetof(struct settings, count), NULL, "How many."},
	{0, "flow-timeout", "SECONDS", OPTION_SECONDS, offsetof(struct settings, timeout_ns), NULL, "How long."},
	{0, "since", "TIME", OPTION_TIME, offsetof(struct settings, since_ns), NULL, "From when."},
	{'r', "replace", NULL, OPTION_FLAG, offsetof(struct settings, replace), NULL, "Again."},
	{'q', "quiet", NULL, OPTION_FLAG, offsetof(struct settings, quiet), NULL, "Silent."},
	{.name = NULL},
};

static const struct command command = {
	.name = "try",
	.synopsis = {"FILE ..."},
	.summary = "Try.",
	.options = specs,
};

// What one parse gave, and what it said.
static struct outcome {
	bool ok;
	struct settings settings;
	struct arguments arguments;
	char line[ARGUMENTS_MAX * 64];
	char said[1024];
} outcome;

// Sends standard error to a file while the parse runs, and standard output (help) to nowhere.
static void parse_captured(bool allow_unknown, int argc, char **argv)
{
	FILE *file = tmpfile(), *nowhere = fopen("/dev/null", "w");
	int old_error = dup(STDERR_FILENO), old_output = dup(STDOUT_FILENO);
	assert_non_null(file);
	assert_non_null(nowhere);
	fflush(stdout);
	dup2(fileno(file), STDERR_FILENO);
	dup2(fileno(nowhere), STDOUT_FILENO);
	outcome.ok = options_parse(&command, &outcome.settings, allow_unknown, argc, argv, &outcome.arguments);
	fflush(stdout);
	dup2(old_error, STDERR_FILENO);
	dup2(old_output, STDOUT_FILENO);
	close(old_error);
	close(old_output);
	fclose(nowhere);
	rewind(file);
	outcome.said[fread(outcome.said, 1, sizeof outcome.said - 1, file)] = 0;
	fclose(file);
}

// Parses a line of words between single blanks.
static const struct outcome *parse_line(bool allow_unknown, const char *line)
{
	char *argv[ARGUMENTS_MAX] = {(char *)"try"};
	int argc = 1;
	arguments_release(&outcome.arguments);
	memset(&outcome, 0, sizeof outcome);
	snprintf(outcome.line, sizeof outcome.line, "%s", line);
	for (char *word = strtok(outcome.line, " "); word && argc < ARGUMENTS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	parse_captured(allow_unknown, argc, argv);
	return &outcome;
}

static int release(void **state)
{
	(void)state;
	arguments_release(&outcome.arguments);
	return 0;
}

static void assert_refused(const char *line, const char *message)
{
	char whole[1024];
	snprintf(whole, sizeof whole, "pcapdex: error: %s\n", message);
	const struct outcome *got = parse_line(false, line);
	assert_false(got->ok);
	assert_string_equal(got->said, whole);
}

static void test_options_and_words_mix(void **state)
{
	(void)state;
	const struct outcome *got = parse_line(false, "a -o x.db --count 5 - --format=json -rq b");
	assert_true(got->ok);
	assert_string_equal(got->settings.output, "x.db");
	assert_string_equal(got->settings.format, "json");
	assert_int_equal(got->settings.count, 5);
	assert_true(got->settings.replace && got->settings.quiet);
	assert_int_equal(got->arguments.count, 3);
	assert_string_equal(got->arguments.words[0], "a");
	assert_string_equal(got->arguments.words[1], "-");
	assert_string_equal(got->arguments.words[2], "b");
	assert_string_equal(got->said, "");
}

static void test_option_spellings(void **state)
{
	(void)state;
	assert_string_equal(parse_line(false, "-ox.db")->settings.output, "x.db");
	assert_string_equal(parse_line(false, "--output=")->settings.output, "");
	assert_string_equal(parse_line(false, "--out=a=b")->settings.output, "a=b");
	assert_int_equal(parse_line(false, "-rn7")->settings.count, 7);
	assert_int_equal(parse_line(false, "--flow 1.5")->settings.timeout_ns, 1500000000);
	assert_int_equal(parse_line(false, "--count 1 --count 2")->settings.count, 2);
	assert_string_equal(parse_line(false, "--output -")->settings.output, "-");
}

static void test_double_dash_ends_options(void **state)
{
	(void)state;
	const struct outcome *got = parse_line(false, "-r -- -q --count");
	assert_true(got->ok && got->settings.replace && !got->settings.quiet);
	assert_int_equal(got->arguments.count, 2);
	assert_string_equal(got->arguments.words[1], "--count");
}

static void test_options_refused(void **state)
{
	(void)state;
	assert_refused("--cuont 5", "unknown option --cuont; did you mean --count?");
	assert_refused("--zzzzzzzz", "unknown option --zzzzzzzz; see pcapdex try -h");
	assert_refused("-x", "unknown option -x; see pcapdex try -h");
	assert_refused("--f 1", "--f can mean --format or --flow-timeout");
	assert_refused("--count x", "--count wants a whole number, not negative, got 'x'");
	assert_refused("--count -1", "--count wants a whole number, not negative, got '-1'");
	assert_refused("--count", "--count wants a value: --count N");
	assert_refused("-o", "--output wants a value: --output FILE");
	assert_refused("--replace=yes", "--replace takes no value, got 'yes'");
	assert_refused("--format js", "--format wants table, json or jsonl, got 'js'");
	assert_refused("--format=", "--format wants table, json or jsonl, got ''");
	assert_refused("--flow-timeout 5m", "--flow-timeout wants seconds such as 90 or 1.5, got '5m'");
	assert_refused(
		"--since now",
		"--since wants a time such as 2018-09-26T21:21:02Z or @1538000000 (seconds since 1970), got 'now'");
	assert_refused("--count \033[1m", "--count wants a whole number, not negative, got '\\x1b[1m'");
}

static void test_unknown_options_are_collected(void **state)
{
	(void)state;
	const struct outcome *got = parse_line(true, "case.db --min-ms 300 r --dst=::1 -n5 --flow --all");
	assert_true(got->ok);
	assert_int_equal(got->arguments.count, 2);
	assert_int_equal(got->settings.count, 5);
	assert_int_equal(got->arguments.unknown_count, 4);
	const struct option_pair *unknown = got->arguments.unknown;
	assert_string_equal(unknown[0].name, "min-ms");
	assert_string_equal(unknown[0].value, "300");
	assert_string_equal(unknown[1].name, "dst");
	assert_string_equal(unknown[1].value, "::1");
	assert_string_equal(unknown[2].name, "flow"); // not the beginning of flow-timeout
	assert_null(unknown[2].value);
	assert_string_equal(unknown[3].name, "all");
	assert_string_equal(parse_line(true, "c r --offset -5")->arguments.unknown[0].value, "-5");
}

static void test_help(void **state)
{
	(void)state;
	assert_true(parse_line(false, "a --help --bad")->arguments.help_shown);
	assert_true(parse_line(false, "-h")->arguments.help_shown);
	assert_true(parse_line(true, "-h")->arguments.help_shown);
	const struct outcome *got = parse_line(true, "case.db report -h --help");
	assert_false(got->arguments.help_shown);
	assert_int_equal(got->arguments.unknown_count, 2);
	assert_string_equal(got->arguments.unknown[0].name, "h");
	assert_string_equal(got->arguments.unknown[1].name, "help");
}

static void test_parse_count(void **state)
{
	static const char *const wrong[] = {"", " 1", "1 ", "-1", "+1", "1.0", "0x1", "1e3", "9223372036854775808"};
	int64_t value = 77;
	(void)state;
	assert_true(parse_count("0", &value) && value == 0);
	assert_true(parse_count("007", &value) && value == 7);
	assert_true(parse_count("9223372036854775807", &value) && value == INT64_MAX);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(parse_count(wrong[i], &value));
	assert_int_equal(value, INT64_MAX);
}

static void test_parse_bytes(void **state)
{
	static const char *const wrong[] = {"", "M", "1.5M", "5m", "5MB", "-1", "9223372036854775808", "9223372037G"};
	int64_t value;
	(void)state;
	assert_true(parse_bytes("0", &value) && value == 0);
	assert_true(parse_bytes("1500", &value) && value == 1500);
	assert_true(parse_bytes("3k", &value) && value == 3000);
	assert_true(parse_bytes("300K", &value) && value == 300000);
	assert_true(parse_bytes("500M", &value) && value == 500000000);
	assert_true(parse_bytes("2G", &value) && value == 2000000000);
	assert_true(parse_bytes("9T", &value) && value == INT64_C(9000000000000));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(parse_bytes(wrong[i], &value));
}

static void test_parse_seconds(void **state)
{
	static const char *const wrong[] = {"", ".", "1.", "-1", "1s", "1,5", "9223372037", "nan"};
	int64_t value;
	(void)state;
	assert_true(parse_seconds("0", &value) && value == 0);
	assert_true(parse_seconds(".5", &value) && value == 500000000);
	assert_true(parse_seconds("1.000000001", &value) && value == 1000000001);
	assert_true(parse_seconds("1.0000000019", &value) && value == 1000000001);
	assert_true(parse_seconds("9223372036.854775807", &value) && value == INT64_MAX);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(parse_seconds(wrong[i], &value));
}

static void test_parse_time(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} right[] = {
		{"@0", 0},
		{"1538000000", 1538000000},
		{"@1538000000", 1538000000},
		{"@2030", 2030},
		{"@203.0", 203},
		{"153800000.0", 153800000},
		{"1970-01-01", 0},
		{"2018-09-26T21:21:02Z", 1537996862},
		{"2018-09-26 21:21:02", 1537996862},
		{"2018-09-26t21:21z", 1537996860},
		{"2018-09-26T23:21:02+02:00", 1537996862},
		{"2018-09-26T15:51:02-0530", 1537996862},
		{"2000-02-29", 951782400},
		{"1900-03-01", -2203891200},
		{"2262-01-01", 9214646400},
	};
	static const char *const wrong[] = {
		"",
		"yesterday",
		"2018-09",
		"2018",
		"20180926",
		"0",
		"10.5",
		"2030.0",
		"@",
		"@2018-09-26",
		"@@5",
		"2018-9-26",
		"2018-13-01",
		"2018-02-29",
		"1900-02-29",
		"2018-04-31",
		"2018-09-26T",
		"2018-09-26T24:00",
		"9999-01-01",
		"2018-09-26T21:21+",
		"2018-09-26Z",
		"2018-09-26T21:21:02Zx",
		"2018-09-26T21:21:02.",
	};
	int64_t value;
	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_true(parse_time(right[i].text, &value));
		assert_int_equal(value, right[i].seconds * 1000000000);
	}
	assert_true(parse_time("2018-09-26T21:21:02.25Z", &value) && value == 1537996862250000000);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(parse_time(wrong[i], &value));
}

static void assert_escaped(const char *text, size_t length, const char *wanted)
{
	char escaped[256];
	struct bytes b = guard_bytes(text, length);
	assert_string_equal(message_escape(escaped, sizeof escaped, (const char *)b.at, length), wanted);
}

#define ESCAPED(text, wanted) assert_escaped(text, sizeof(text) - 1, wanted)

static void test_escape(void **state)
{
	(void)state;
	ESCAPED("", "");
	ESCAPED("plain text", "plain text");
	ESCAPED("a\0b\n\033[31m\177", "a\\x00b\\x0a\\x1b[31m\\x7f");
	ESCAPED("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	ESCAPED("\xc2\x9b", "\\xc2\\x9b");                              // C1: CSI
	ESCAPED("\xc2\xa0", "\xc2\xa0");                                // the first behind C1
	ESCAPED("\xc0\xaf \xe0\x80\xaf", "\\xc0\\xaf \\xe0\\x80\\xaf"); // overlong
	ESCAPED("\xed\xa0\x80", "\\xed\\xa0\\x80");                     // a surrogate
	ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");            // past U+10FFFF
	ESCAPED("\x80\xff", "\\x80\\xff");
	ESCAPED("x\xe2\x82", "x\\xe2\\x82"); // cut off
	ESCAPED("\xe2\x82z", "\\xe2\\x82z");
}

static void assert_shown(const char *text, const char *wanted)
{
	char shown[256];
	assert_string_equal(message_show(shown, sizeof shown, text, strlen(text)), wanted);
}

static void test_show(void **state)
{
	(void)state;
	assert_shown("gr\xc3\xbc\xc3\x9f\n\xc2\x9b\xff", "gr\xc3\xbc\xc3\x9f\\x0a\\xc2\\x9b\\xff");
	assert_shown(
		"a\xe2\x80\xae"
		"b",
		"a\\xe2\\x80\\xae"
		"b");                                                          // U+202E: from right to left
	assert_shown("\xd8\x9c\xe2\x81\xa6", "\\xd8\\x9c\\xe2\\x81\\xa6"); // U+061C, U+2066
	assert_shown("\xc2\xad\xe2\x80\x8b\xef\xbb\xbf", "\\xc2\\xad\\xe2\\x80\\x8b\\xef\\xbb\\xbf"); // unseen
	assert_shown("\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81");                                     // U+E0041, a tag
	assert_shown("\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f"); // with a variation selector
}

static void test_escape_fits(void **state)
{
	char to[9];
	(void)state;
	memset(to, '#', sizeof to);
	assert_string_equal(message_escape(to, 8, "ab\ncdef", 7), "ab\\x0ac");
	assert_int_equal(to[8], '#');
	assert_string_equal(message_escape(to, 6, "ab\ncdef", 7), "ab");
	assert_string_equal(message_escape(to, 4, "ab\xc3\xbc", 4), "ab");
	assert_string_equal(message_escape(to, 1, "ab", 2), "");
	to[0] = '#';
	message_escape(to, 0, "ab", 2);
	assert_int_equal(to[0], '#');
}

static void assert_nearest(const char *word, const char *wanted)
{
	static const char *const names[] = {"tcp-connections", "top-talkers", "ports", "hosts", "pings", "flows"};
	char text[256];
	assert_string_equal(message_nearest(text, sizeof text, word, names, sizeof names / sizeof *names), wanted);
}

static void test_nearest(void **state)
{
	char text[256], longest[1024] = "";
	(void)state;
	assert_nearest("prots", "did you mean ports?");
	assert_nearest("flow", "did you mean flows?");
	assert_nearest("posts", "did you mean ports or hosts?");
	assert_nearest("connections", "did you mean tcp-connections?");
	assert_nearest("tcp-conections", "did you mean tcp-connections?");
	assert_nearest("FLOWS", "did you mean flows?");
	assert_nearest("talker", "did you mean top-talkers?");
	assert_nearest("", "");
	assert_nearest("zebra", "");
	memset(longest, 'a', sizeof longest - 1);
	assert_nearest(longest, "");
	assert_string_equal(message_nearest(text, sizeof text, "x", NULL, 0), "");
}

static void test_copy_text(void **state)
{
	char *copy = memory_copy_text("text");
	(void)state;
	assert_string_equal(copy, "text");
	free(copy);
	assert_null(memory_copy_text(NULL));
	char *zeros = memory_alloc(3);
	assert_memory_equal(zeros, "\0\0\0", 3);
	free(memory_resize(zeros, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_and_words_mix),
		cmocka_unit_test(test_option_spellings),
		cmocka_unit_test(test_double_dash_ends_options),
		cmocka_unit_test(test_options_refused),
		cmocka_unit_test(test_unknown_options_are_collected),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_parse_count),
		cmocka_unit_test(test_parse_bytes),
		cmocka_unit_test(test_parse_seconds),
		cmocka_unit_test(test_parse_time),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_escape_fits),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_copy_text),
	};
	return cmocka_run_group_tests_name("common", tests, NULL, release);
}
