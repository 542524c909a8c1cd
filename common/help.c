// --help and -h: a command's tables as aligned text.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "manual.h"
#include "message.h"
#include "options.h"

enum {
	WIDTH_DEFAULT = 80,
	WIDTH_LEAST = 40,
	WIDTH_MOST = 100, // longer lines are hard to read
	HELP_COLUMN_MOST = 28,
	LEFT_ROOM = 128,
	SECOND_COLUMN_LEAST = 20, // columns to fold in
};

const char *const manual_exit_codes[] = {
	"0",  "done",        "1", "done, but some input was damaged or could not be read",
	"2",  "wrong usage", "3", "could not do it",
	NULL,
};

static int terminal_width(void)
{
	struct winsize size;
	int64_t width = 0;
	const char *columns = getenv("COLUMNS");
	if (columns && !parse_count(columns, &width))
		width = 0;
	if (width == 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		width = size.ws_col;
	if (width == 0)
		return WIDTH_DEFAULT;
	if (width > WIDTH_MOST)
		return WIDTH_MOST;
	return width < WIDTH_LEAST ? WIDTH_LEAST : (int)width;
}

// Columns that text takes on a terminal: UTF-8's continuation bytes take none.
static int text_columns(const char *text, size_t length)
{
	int columns = 0;
	for (size_t i = 0; i < length; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

// Prints words from text, `column` being where the cursor stands, folded behind `indent` blanks; returns the column.
static int print_folded(const char *text, size_t length, int column, int indent)
{
	int width = terminal_width();
	const char *end = text + length;
	while (text < end) {
		size_t blanks = strspn(text, " \n");
		text += blanks;
		size_t word = strcspn(text, " \n");
		if (text >= end || word == 0)
			break;
		if (word > (size_t)(end - text))
			word = (size_t)(end - text);
		int columns = text_columns(text, word);
		if (column > indent && column + 1 + columns > width) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)word, text);
		column += columns;
		text += word;
	}
	return column;
}

size_t manual_paragraph(const char **text)
{
	while (**text == '\n')
		++*text;
	const char *end = strstr(*text, "\n\n");
	return end ? (size_t)(end - *text) : strlen(*text);
}

bool manual_is_verbatim(const char *paragraph)
{
	return paragraph[0] == ' ';
}

// Where the second column of a line begins, behind two blanks or more: "  name    what it means"; 0: there is none.
static size_t second_column(const char *line, size_t length)
{
	size_t at = strspn(line, " ");
	for (; at + 2 < length; at++) {
		if (line[at] == ' ' && line[at + 1] == ' ')
			return at + strspn(line + at, " ");
	}
	return 0;
}

// A line that is too wide for the terminal is folded in its second column, if it has one and there is room.
static void print_verbatim_line(const char *line, size_t length)
{
	size_t column = second_column(line, length);
	bool wide = text_columns(line, length) > terminal_width();
	if (!wide || column == 0 || column + SECOND_COLUMN_LEAST > (size_t)terminal_width()) {
		printf("%.*s", (int)length, line);
		return;
	}
	int indent = text_columns(line, column);
	printf("%.*s", (int)column, line);
	print_folded(line + column, length - column, indent, indent);
}

static void print_verbatim(const char *text, size_t length)
{
	for (const char *end = text + length; text < end;) {
		size_t line = strcspn(text, "\n");
		if (line > (size_t)(end - text))
			line = (size_t)(end - text);
		print_verbatim_line(text, line);
		text += line;
		if (text < end) {
			putchar('\n');
			text++;
		}
	}
}

// Paragraphs between blank lines; of one that begins with a blank, lines stay lines.
static void print_paragraphs(const char *text, int indent)
{
	for (size_t length; (length = manual_paragraph(&text)) > 0; text += length) {
		if (manual_is_verbatim(text)) {
			print_verbatim(text, length);
		} else {
			printf("%*s", indent, "");
			print_folded(text, length, indent, indent);
		}
		printf("\n\n");
	}
}

// "  -o, --output FILE"
static void format_option(char to[LEFT_ROOM], const struct option_spec *spec)
{
	char letter[8] = "    ";
	if (spec->letter)
		snprintf(letter, sizeof letter, "-%c, ", spec->letter);
	snprintf(to, LEFT_ROOM, "  %s--%s%s%s", letter, spec->name, spec->argument ? " " : "",
	         spec->argument ? spec->argument : "");
}

static int help_column(const struct option_spec *options)
{
	char left[LEFT_ROOM];
	int column = (int)strlen("  -h, --help") + 2;
	for (const struct option_spec *spec = options; spec->name; spec++) {
		format_option(left, spec);
		int needed = (int)strlen(left) + 2;
		if (needed > column && needed <= HELP_COLUMN_MOST)
			column = needed;
	}
	return column;
}

static void print_choices(const char *choices, int column, int indent)
{
	char list[512];
	size_t used = 0;
	for (; *choices && used + 3 < sizeof list; choices++) {
		list[used++] = *choices == '|' ? ',' : *choices;
		if (*choices == '|')
			list[used++] = ' ';
	}
	column = print_folded("One of", 6, column, indent);
	print_folded(list, used, column, indent);
	putchar('.');
}

static void print_option(const struct option_spec *spec, int indent, bool long_help)
{
	char left[LEFT_ROOM];
	format_option(left, spec);
	printf("%s", left);
	int column = (int)strlen(left);
	if (column + 2 > indent) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", indent - column, "");
	size_t first = strcspn(spec->help, "\n");
	column = print_folded(spec->help, first, indent, indent);
	if (long_help && spec->choices)
		print_choices(spec->choices, column, indent);
	putchar('\n');
	if (long_help && spec->help[first]) {
		printf("%*s", indent, "");
		print_folded(spec->help + first, strlen(spec->help + first), indent, indent);
		putchar('\n');
	}
}

static void print_examples(const char *examples)
{
	if (examples)
		printf("\nExamples:\n%s%s", examples, examples[strlen(examples) - 1] == '\n' ? "" : "\n");
}

static void print_exit_codes(const char *const *own)
{
	puts("\nExit codes:");
	for (const char *const *code = manual_exit_codes; *code; code += 2)
		printf("  %s%s  %s\n", own ? "  " : "", code[0], code[1]);
	for (const char *const *code = own; code && *code; code += 2)
		printf("  %3s  %s\n", code[0], code[1]);
}

// "usage: pcapdex query CASE.db REPORT ...", folded behind the command's name.
static void print_usage(const char *label, const char *name, const char *words)
{
	int column = printf("%s pcapdex %s ", label, name);
	print_folded(words, strlen(words), column, column);
	putchar('\n');
}

void options_print_help(const struct command *command, bool long_help)
{
	static const struct option_spec help = {
		.letter = 'h', .name = "help", .help = "Print this help; -h prints less of it."};
	for (int i = 0; command->synopsis[i]; i++)
		print_usage(i == 0 ? "usage:" : "      ", command->name, command->synopsis[i]);
	putchar('\n');
	print_folded(command->summary, strlen(command->summary), 0, 0);
	printf("\n\n");
	if (long_help && command->description)
		print_paragraphs(command->description, 0);
	puts("Options:");
	int indent = help_column(command->options);
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		print_option(spec, indent, long_help);
	print_option(&help, indent, long_help);
	if (!long_help)
		return;
	print_examples(command->examples);
	print_exit_codes(command->exit_codes);
}

void program_print_usage(const struct program *program, FILE *out)
{
	fprintf(out, "usage: %s COMMAND [ARGUMENT ...]\n\nCommands:\n", program->name);
	for (const struct command *const *command = program->commands; *command; command++)
		fprintf(out, "  %-12s%s\n", (*command)->name, (*command)->summary);
	fprintf(out,
	        "\nOptions:\n  -h, --help  Print help; also for a command: %s query --help\n"
	        "  --version   Print the version, and those of the libraries.\n",
	        program->name);
}

void program_print_help(const struct program *program)
{
	printf("%s\n\n", program->summary);
	print_paragraphs(program->description, 0);
	program_print_usage(program, stdout);
	print_examples(program->examples);
	print_exit_codes(NULL);
}
