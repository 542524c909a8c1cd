// Man pages, as man(7) source.
#include "manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "version.h"

// Roff gives a few characters another look; each has a name that keeps it as typed.
static void print_character(char c)
{
	static const struct {
		char plain;
		const char *roff;
	} names[] = {{'\\', "\\(rs"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].plain == c) {
			fputs(names[i].roff, stdout);
			return;
		}
	}
	putchar(c);
}

static void print_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '.' && (i == 0 || text[i - 1] == '\n'))
			fputs("\\&", stdout);
		print_character(text[i]);
	}
}

static void print_line(const char *text)
{
	print_text(text, strlen(text));
	putchar('\n');
}

static void print_bold(const char *text)
{
	fputs("\\fB", stdout);
	print_text(text, strlen(text));
	fputs("\\fR", stdout);
}

static void print_verbatim(const char *text, size_t length)
{
	puts(".EX");
	print_text(text, length);
	puts("\n.EE");
}

static void print_paragraphs(const char *text)
{
	const char *between = "";
	for (size_t length; (length = manual_paragraph(&text)) > 0; text += length) {
		fputs(between, stdout);
		between = ".PP\n";
		if (manual_is_verbatim(text)) {
			print_verbatim(text, length);
		} else {
			print_text(text, length);
			putchar('\n');
		}
	}
}

// Upper case, as man pages want their title.
static void print_head(const char *name, const char *command_name)
{
	fputs(".TH ", stdout);
	for (; *name; name++)
		putchar(toupper((unsigned char)*name));
	if (*command_name)
		fputs("\\-", stdout);
	for (; *command_name; command_name++)
		putchar(toupper((unsigned char)*command_name));
	printf(" 1 %s \"pcapdex %s\" \"User Commands\"\n", PCAPDEX_DATE, PCAPDEX_VERSION);
}

static void print_choices(const char *choices)
{
	fputs("One of ", stdout);
	for (size_t length; *choices; choices += length + (choices[length] == '|')) {
		length = strcspn(choices, "|");
		fputs("\\fB", stdout);
		print_text(choices, length);
		fputs(choices[length] ? "\\fR, " : "\\fR.\n", stdout);
	}
}

static void print_option(const struct option_spec *spec)
{
	puts(".TP");
	if (spec->letter)
		printf("\\fB\\-%c\\fR, ", spec->letter);
	fputs("\\fB\\-\\-", stdout);
	print_text(spec->name, strlen(spec->name));
	fputs("\\fR", stdout);
	if (spec->argument) {
		fputs(" \\fI", stdout);
		print_text(spec->argument, strlen(spec->argument));
		fputs("\\fR", stdout);
	}
	putchar('\n');
	print_line(spec->help);
	if (spec->choices)
		print_choices(spec->choices);
}

static void print_codes(const char *const *codes)
{
	for (const char *const *code = codes; code && *code; code += 2) {
		puts(".TP");
		print_line(code[0]);
		print_line(code[1]);
	}
}

static void print_exit_codes(const char *const *own)
{
	puts(".SH EXIT STATUS");
	print_codes(manual_exit_codes);
	print_codes(own);
}

static void print_environment(void)
{
	puts(".SH ENVIRONMENT");
	puts(".TP\nNO_COLOR\nWhen it is set and not empty, messages and tables have no colours.");
	puts(".TP\nTERM\nWith \\fBdumb\\fR, there are no colours and no progress line.");
	puts(".TP\nCOLUMNS\nThe width that help and tables are fitted to, instead of the terminal\\(aqs.");
}

static void print_examples(const char *examples)
{
	if (!examples)
		return;
	puts(".SH EXAMPLES");
	print_verbatim(examples, strlen(examples) - (examples[strlen(examples) - 1] == '\n'));
}

static void print_command(const struct program *program, const struct command *command)
{
	print_head(program->name, command->name);
	printf(".SH NAME\n%s\\-%s \\- ", program->name, command->name);
	print_line(command->summary);
	puts(".SH SYNOPSIS");
	for (int i = 0; command->synopsis[i]; i++) {
		printf("%s\\fB%s %s\\fR ", i > 0 ? ".br\n" : "", program->name, command->name);
		print_line(command->synopsis[i]);
	}
	puts(".SH DESCRIPTION");
	print_paragraphs(command->description ? command->description : command->summary);
	puts(".SH OPTIONS");
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		print_option(spec);
	puts(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint help; \\fB\\-h\\fR prints less of it.");
	print_exit_codes(command->exit_codes);
	print_environment();
	print_examples(command->examples);
	printf(".SH SEE ALSO\n.BR %s (1)\n", program->name);
}

static void print_program(const struct program *program)
{
	print_head(program->name, "");
	printf(".SH NAME\n%s \\- ", program->name);
	print_line(program->summary);
	printf(".SH SYNOPSIS\n\\fB%s\\fR \\fICOMMAND\\fR [ARGUMENT ...]\n", program->name);
	puts(".SH DESCRIPTION");
	print_paragraphs(program->description);
	puts(".SH COMMANDS");
	for (const struct command *const *command = program->commands; *command; command++) {
		puts(".TP");
		print_bold((*command)->name);
		putchar('\n');
		print_line((*command)->summary);
	}
	puts(".SH OPTIONS");
	puts(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint help; \\fB\\-h\\fR prints less of it.");
	puts(".TP\n\\fB\\-\\-version\\fR\nPrint the version, and those of the libraries.");
	print_exit_codes(NULL);
	print_environment();
	print_examples(program->examples);
	puts(".SH SEE ALSO");
	for (const struct command *const *command = program->commands; *command && (*command)->options->name; command++)
		printf(".BR %s\\-%s (1),\n", program->name, (*command)->name);
	puts(".BR sqlite3 (1),\n.BR tshark (1),\n.BR pcap\\-filter (7)");
}

void manual_print(const struct program *program, const struct command *command)
{
	if (command)
		print_command(program, command);
	else
		print_program(program);
}
