// Command line options, said once: a table of them parses the arguments and is the --help text, the man page and
// the shell completions.
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,    // bool: set to true
	OPTION_TEXT,    // const char *: points into argv; the last one counts
	OPTION_ONCE,    // the same; a second one is an error
	OPTION_COUNT,   // int64_t, not negative
	OPTION_BYTES,   // int64_t bytes, from a number with k, M, G or T behind it, powers of 1000
	OPTION_SECONDS, // int64_t nanoseconds, from decimal seconds ("1.5"), not negative
	OPTION_TIME,    // int64_t nanoseconds since 1970 UTC, see parse_time()
	OPTION_CHOICE,  // const char *: one of `choices`, separated by '|'
};

struct option_spec {
	char letter;          // 0: none
	const char *name;     // without the dashes; NULL ends a table
	const char *argument; // placeholder in help ("FILE"); NULL for flags
	enum option_kind kind;
	size_t offset;       // of the member in the command's settings struct
	const char *choices; // OPTION_CHOICE: "table|csv|json"
	const char *help;    // one sentence; a second paragraph after '\n' is shown by --help and man only, not by -h
};

struct command {
	const char *name;        // "ingest"
	const char *synopsis[6]; // argument lines without "pcapdex NAME", NULL-ended: "FILE|DIR|- ... [-o CASE.db]"
	const char *summary;     // one line
	const char *description; // paragraphs, plain text, separated by blank lines
	const char *examples;    // lines for --help and the man page
	const struct option_spec *options; // ends with a NULL name
	const char *const *exit_codes; // pairs of code and meaning beside those of all commands, NULL-ended; NULL none
	// What completes the arguments: "file" file names; "query" a case, then report names; "command" names of commands;
	// anything else is the words themselves, separated by blanks.
	const char *completion;
	bool has_threads; // that use SQLite: it counts no memory then, for which they would wait for each other
	int (*run)(int argc, char **argv); // argv[0] is the command's name; gives an enum exit_code
};

struct option_pair {
	const char *name;
	const char *value; // NULL: no value followed
};

struct arguments {
	char **words; // what is not an option, in order; "-" is a word; "--" ends options
	int count;
	bool help_shown; // -h or --help was given and printed on stdout: the command returns EXIT_DONE
	// Options that the table does not know, with their values, in order, when the caller asked for them (reports
	// turn them into parameters): "min-ms", "300".
	struct option_pair *unknown;
	int unknown_count;
};

// Parses argv for the command into *settings (a struct that the option table's offsets refer to, with defaults set
// by the caller) and *arguments (release it). Options and words may mix. Accepts --name value, --name=value, -o value,
// -ovalue, and unambiguous prefixes of long names. False: a message was printed (what is wrong, the nearest option
// names), return EXIT_USAGE. With allow_unknown, unknown long options are collected: --name=value or --name value (the
// next argument is the value unless it starts with "--"), beginnings of known names among them; "-h"/"--help" are then
// left to the caller, as unknown options "h" and "help", when at least one word precedes them (a report's own help).
bool options_parse(const struct command *command, void *settings, bool allow_unknown, int argc, char **argv,
                   struct arguments *arguments);
void arguments_release(struct arguments *);

// For --WORD, which is no option: "did you mean --format json?" where it is one of an option's choices, else the nearest of
// the other names (count, with their dashes) and of the options' own, else "". options may be NULL.
char *options_suggest(char *to, size_t size, const char *word, const struct option_spec *options,
                      const char *const *others, size_t count);

// Help as text on stdout: short (-h) or long (--help).
void options_print_help(const struct command *command, bool long_help);

// Strict parsers, as the options use them; false when text is not wholly one value or out of range.
bool parse_count(const char *text, int64_t *value);
bool parse_bytes(const char *text, int64_t *bytes);
bool parse_seconds(const char *text, int64_t *nanoseconds);

// Nanoseconds since 1970 UTC: ISO 8601 ("2018-09-26", "2018-09-26T21:21:02.5Z"; without a zone it is UTC), or seconds as
// date and journalctl write them ("@1538000000.25"); without '@' from nine digits on: "2030" is a year to most, "10" a
// time behind something.
bool parse_time(const char *text, int64_t *nanoseconds);
#define TIME_WANTED "a time such as 2018-09-26T21:21:02Z or @1538000000 (seconds since 1970)"

#endif
