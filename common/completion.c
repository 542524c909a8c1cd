// Completion scripts for bash, zsh and fish, from the option tables. Names of reports and their options are asked of
// the program itself when they are needed.
#include <stdio.h>
#include <string.h>

#include "manual.h"

enum value_kind { VALUE_NONE, VALUE_ANY, VALUE_FILE, VALUE_FOLDER, VALUE_CHOICE };

static enum value_kind value_kind(const struct option_spec *spec)
{
	static const char *const file_marks[] = {"FILE", "OUT", "PATH", ".db"};
	if (spec->kind == OPTION_FLAG)
		return VALUE_NONE;
	if (spec->kind == OPTION_CHOICE)
		return VALUE_CHOICE;
	if ((spec->kind != OPTION_TEXT && spec->kind != OPTION_ONCE) || !spec->argument)
		return VALUE_ANY;
	if (strstr(spec->argument, "DIR") || strstr(spec->argument, "FOLDER"))
		return VALUE_FOLDER;
	for (size_t i = 0; i < sizeof file_marks / sizeof *file_marks; i++) {
		if (strstr(spec->argument, file_marks[i]))
			return VALUE_FILE;
	}
	return VALUE_ANY;
}

static void print_lines(const char *const *lines)
{
	for (; *lines; lines++)
		puts(*lines);
}

// Text with every '|' as a blank.
static void print_choices(const char *choices)
{
	for (; *choices; choices++)
		putchar(*choices == '|' ? ' ' : *choices);
}

static void print_command_names(const struct program *program)
{
	const char *between = "";
	for (const struct command *const *command = program->commands; *command; command++, between = " ")
		printf("%s%s", between, (*command)->name);
}

// The first paragraph of help without its closing dot, for a single-quoted string; characters in `escaped` get a '\'.
static void print_quoted_help(const char *help, const char *escaped)
{
	size_t length = strcspn(help, "\n");
	if (length > 0 && help[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++) {
		if (help[i] == '\'')
			fputs("'\\''", stdout);
		else
			printf("%s%c", strchr(escaped, help[i]) ? "\\" : "", help[i]);
	}
}

// The options that a report's help lists, one a line: what stands between these two is the command line.
#define REPORT_OPTIONS_HEAD "\"$program\" query "
#define REPORT_OPTIONS_TAIL                                                                                        \
	" -h 2> /dev/null | sed -n 's/^ *\\(-[a-zA-Z], *\\)\\{0,1\\}\\(--[a-z][a-z0-9-]*\\).*/\\2/p'"

// The options that take a value, behind `begin`.
static void print_value_options(const struct command *command, const char *begin, const char *between)
{
	fputs(begin, stdout);
	begin = "";
	for (const struct option_spec *spec = command->options; spec->name; spec++) {
		if (value_kind(spec) == VALUE_NONE)
			continue;
		fputs(begin, stdout);
		begin = between;
		if (spec->letter)
			printf("-%c%s", spec->letter, between);
		printf("--%s", spec->name);
	}
}

static const struct command *find_query(const struct program *program)
{
	const struct command *const *command = program->commands;
	while (*command && !((*command)->completion && !strcmp((*command)->completion, "query")))
		command++;
	return *command;
}

// ---- bash

static void bash_values(const struct command *command)
{
	for (const struct option_spec *spec = command->options; spec->name; spec++) {
		if (value_kind(spec) == VALUE_NONE)
			continue;
		fputs("\t", stdout);
		if (spec->letter)
			printf("'%s -%c' | ", command->name, spec->letter);
		printf("'%s --%s')", command->name, spec->name);
		if (value_kind(spec) == VALUE_CHOICE) {
			fputs(" COMPREPLY=($(compgen -W '", stdout);
			print_choices(spec->choices);
			fputs("' -- \"$current\"));", stdout);
		} else if (value_kind(spec) == VALUE_FOLDER) {
			fputs(" compopt -o dirnames +o default 2> /dev/null;", stdout);
		} else if (value_kind(spec) == VALUE_ANY) {
			fputs(" compopt +o default +o bashdefault 2> /dev/null;", stdout);
		}
		puts(" return ;;");
	}
}

static void bash_options(const struct command *command)
{
	printf("\t%s) options='", command->name);
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		printf("--%s ", spec->name);
	puts("--help' ;;");
}

static void bash_words(const struct program *program, const struct command *command)
{
	const char *completion = command->completion ? command->completion : "";
	if (!strcmp(completion, "file") || !strcmp(completion, "query") || !*completion)
		return; // files are bash's own default; reports have a function
	printf("\t%s) COMPREPLY=($(compgen -W '", command->name);
	if (!strcmp(completion, "command"))
		print_command_names(program);
	else
		fputs(completion, stdout);
	puts("' -- \"$current\")) ;;");
}

static void bash_query(const struct command *command)
{
	static const char *const head[] = {
		"# Names of reports behind the case, then the options of the report.",
		"_pcapdex_query() {",
		"\tlocal program=$1 current=$2 i words=()",
		"\tfor ((i = 2; i < COMP_CWORD; i++)); do",
		"\t\tcase ${COMP_WORDS[i]} in",
		NULL,
	};
	static const char *const tail[] = {
		") ((i++)); [[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;",
		"\t\t-* | =) ;;",
		"\t\t*) words+=(\"${COMP_WORDS[i]}\") ;;",
		"\t\tesac",
		"\tdone",
		"\tif [[ $current == -* && ${words[1]} =~ ^[a-z0-9-]+$ ]]; then",
		"\t\tCOMPREPLY+=($(compgen -W \"$(" REPORT_OPTIONS_HEAD
		"\"${words[0]}\" \"${words[1]}\"" REPORT_OPTIONS_TAIL ")\" -- \"$current\"))",
		"\telif [[ $current != -* && ${#words[@]} -eq 1 ]]; then",
		"\t\tCOMPREPLY=($(compgen -W \"$(\"$program\" query --list-reports 2> /dev/null)\" -- \"$current\"))",
		"\tfi",
		"}",
		"",
		NULL,
	};
	print_lines(head);
	print_value_options(command, "\t\t", " | ");
	print_lines(tail);
}

static void bash_begin(const struct program *program)
{
	static const char *const lines[] = {
		"_pcapdex() {",
		"\tlocal command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} options=",
		"\tCOMPREPLY=()",
		"\t# bash takes --name=value apart",
		"\tif [[ $option == = ]]; then",
		"\t\toption=${COMP_WORDS[COMP_CWORD-2]}",
		"\telif [[ $current == = ]]; then",
		"\t\tcurrent=",
		"\tfi",
		"\tif ((COMP_CWORD == 1)); then",
		NULL,
	};
	print_lines(lines);
	fputs("\t\tCOMPREPLY=($(compgen -W '", stdout);
	print_command_names(program);
	puts(" --help --version' -- \"$current\"))\n\t\treturn\n\tfi");
}

static void bash_print(const struct program *program)
{
	const struct command *const *command;
	puts("# bash completion for pcapdex, written by `pcapdex completion bash`.\n");
	bash_query(find_query(program));
	bash_begin(program);
	puts("\tcase \"$command $option\" in");
	for (command = program->commands; *command; command++)
		bash_values(*command);
	puts("\tesac\n\tcase $command in");
	for (command = program->commands; *command; command++)
		bash_options(*command);
	puts("\tesac\n\tif [[ $current == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$current\"))");
	puts("\telse\n\tcase $command in");
	for (command = program->commands; *command; command++)
		bash_words(program, *command);
	puts("\tesac\n\tfi");
	printf("\t[[ $command == %s ]] && _pcapdex_query \"$1\" \"$current\"\n", find_query(program)->name);
	puts("\treturn 0\n}\n\ncomplete -o bashdefault -o default -F _pcapdex pcapdex");
}

// ---- zsh

static void zsh_option(const struct option_spec *spec)
{
	bool flag = value_kind(spec) == VALUE_NONE;
	fputs("\t\t\t", stdout);
	if (spec->letter)
		printf("'(-%c --%s)'{-%c%s,--%s%s}'[", spec->letter, spec->name, spec->letter, flag ? "" : "+", spec->name,
		       flag ? "" : "=");
	else
		printf("'--%s%s[", spec->name, flag ? "" : "=");
	print_quoted_help(spec->help, "[]:\\");
	putchar(']');
	if (!flag)
		printf(":%s:", spec->argument ? spec->argument : "value");
	switch (value_kind(spec)) {
	case VALUE_FILE:
		fputs("_files", stdout);
		break;
	case VALUE_FOLDER:
		fputs("_files -/", stdout);
		break;
	case VALUE_CHOICE:
		putchar('(');
		print_choices(spec->choices);
		putchar(')');
		break;
	default:
		break;
	}
	puts("' \\");
}

static void zsh_words(const char *completion)
{
	if (!strcmp(completion, "file"))
		puts("\t\t\t'*:file:_files'");
	else if (!strcmp(completion, "query"))
		puts("\t\t\t$extra '1:case:_files' '2:report:_pcapdex_reports' '*:file:_files'");
	else if (!strcmp(completion, "command"))
		puts("\t\t\t'1:command:_pcapdex_commands'");
	else
		printf("\t\t\t'1: :(%s)'\n", completion);
}

static void zsh_commands(const struct program *program)
{
	puts("_pcapdex_commands() {\n\tlocal -a commands\n\tcommands=(");
	for (const struct command *const *command = program->commands; *command; command++) {
		printf("\t\t'%s:", (*command)->name);
		print_quoted_help((*command)->summary, ":\\");
		puts("'");
	}
	puts("\t)\n\t_describe command commands\n}\n");
}

// Sets `extra` to the options of the report that the command line names.
static void zsh_report_options(const struct command *command)
{
	fputs("\t\tlocal -i i\n\t\tfor ((i = 2; i < CURRENT; i++)); do\n\t\t\tcase $words[i] in\n", stdout);
	print_value_options(command, "\t\t\t", " | ");
	puts(
		") ((i++)) ;;\n"
		"\t\t\t-*) ;;\n"
		"\t\t\t*) plain+=($words[i]) ;;\n"
		"\t\t\tesac\n"
		"\t\tdone\n"
		"\t\tif (( $#plain > 1 )) && [[ $plain[2] != *[^a-z0-9-]* ]]; then\n"
		"\t\t\textra=(${(f)\"$(" REPORT_OPTIONS_HEAD "$plain[1] $plain[2]" REPORT_OPTIONS_TAIL
		")\"})\n"
		"\t\t\textra=(${extra:#--help})\n"
		"\t\t\textra=(${^extra}'=:value: ')\n"
		"\t\tfi");
}

static void zsh_arguments(const struct command *command)
{
	const char *completion = command->completion ? command->completion : "";
	printf("\t%s)\n", command->name);
	if (!strcmp(completion, "query"))
		zsh_report_options(command);
	puts("\t\t_arguments -s : \\");
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		zsh_option(spec);
	puts("\t\t\t'(- *)'{-h,--help}'[Print help]' \\");
	zsh_words(completion);
	puts("\t\t;;");
}

static void zsh_print(const struct program *program)
{
	static const char *const begin[] = {
		"_pcapdex_reports() {",
		"\tlocal -a reports",
		"\treports=(${(f)\"$($program query --list-reports 2> /dev/null)\"})",
		"\t_describe report reports",
		"}",
		"",
		"_pcapdex() {",
		"\tlocal context state state_descr line program=$words[1]",
		"\tlocal -a extra plain",
		"\ttypeset -A opt_args",
		"\t_arguments -C '(- *)'{-h,--help}'[Print help]' '(- *)--version[Print the version]' \\",
		"\t\t'1: :_pcapdex_commands' '*:: :->arguments' && return",
		"\t[[ $state == arguments ]] || return",
		"\tcase $words[1] in",
		NULL,
	};
	puts("#compdef pcapdex\n# zsh completion for pcapdex, written by `pcapdex completion zsh`.\n");
	zsh_commands(program);
	print_lines(begin);
	for (const struct command *const *command = program->commands; *command; command++)
		zsh_arguments(*command);
	puts("\tesac\n}\n\n_pcapdex \"$@\"");
}

// ---- fish

static void fish_option(const struct command *command, const struct option_spec *spec)
{
	printf("complete -c pcapdex -n '__pcapdex_command %s' -l %s", command->name, spec->name);
	if (spec->letter)
		printf(" -s %c", spec->letter);
	switch (value_kind(spec)) {
	case VALUE_NONE:
		break;
	case VALUE_ANY:
		fputs(" -x", stdout);
		break;
	case VALUE_FILE:
		fputs(" -r -F", stdout);
		break;
	case VALUE_FOLDER:
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
		break;
	case VALUE_CHOICE:
		fputs(" -x -a '", stdout);
		print_choices(spec->choices);
		putchar('\'');
		break;
	}
	fputs(" -d '", stdout);
	print_quoted_help(spec->help, "\\");
	puts("'");
}

static void fish_words(const struct program *program, const struct command *command)
{
	const char *completion = command->completion ? command->completion : "";
	printf("complete -c pcapdex -n '__pcapdex_command %s' -s h -l help -d 'Print help'\n", command->name);
	if (!strcmp(completion, "query")) {
		puts(
			"complete -c pcapdex -n '__pcapdex_command query 0' -F\n"
			"complete -c pcapdex -n '__pcapdex_command query 1' -a '(pcapdex query --list-reports 2> /dev/null)'\n"
			"complete -c pcapdex -n '__pcapdex_command query' -a '(__pcapdex_report_options)'");
		return;
	}
	printf("complete -c pcapdex -n '__pcapdex_command %s' ", command->name);
	if (!strcmp(completion, "file")) {
		puts("-F");
		return;
	}
	fputs("-a '", stdout);
	if (!strcmp(completion, "command"))
		print_command_names(program);
	else
		fputs(completion, stdout);
	puts("'");
}

// The functions that tell where on the command line the cursor is, and what `pcapdex` alone completes to.
static void fish_begin(const struct program *program)
{
	static const char *const words[] = {
		"# fish completion for pcapdex, written by `pcapdex completion fish`.",
		"",
		"# The words behind the command that are neither options nor their values.",
		"function __pcapdex_words",
		"\tset -l tokens (commandline -opc)",
		"\tset -l is_value false",
		"\tfor token in $tokens[3..-1]",
		"\t\tif $is_value",
		"\t\t\tset is_value false",
		"\t\t\tcontinue",
		"\t\tend",
		"\t\tswitch $token",
		NULL,
	};
	static const char *const functions[] = {
		"\t\t\tset is_value true",
		"\t\tcase '-*'",
		"\t\tcase '*'",
		"\t\t\techo -- $token",
		"\t\tend",
		"\tend",
		"end",
		"",
		"# Whether the command line is that of a command, with as many words so far.",
		"function __pcapdex_command",
		"\tset -l tokens (commandline -opc)",
		"\ttest (count $tokens) -ge 2; and test $tokens[2] = $argv[1]; or return",
		"\ttest (count $argv) -lt 2; or test (count (__pcapdex_words)) -eq $argv[2]",
		"end",
		"",
		"function __pcapdex_report_options",
		"\tset -l program pcapdex",
		"\tset -l words (__pcapdex_words)",
		"\tstring match -q -- '-*' (commandline -ct); and string match -qr '^[a-z0-9-]+$' -- $words[2]; or return",
		"\t" REPORT_OPTIONS_HEAD "$words[1] $words[2]" REPORT_OPTIONS_TAIL,
		"end",
		"",
		"complete -c pcapdex -f",
		"complete -c pcapdex -n '__fish_use_subcommand' -s h -l help -d 'Print help'",
		"complete -c pcapdex -n __fish_use_subcommand -l version -d 'Print the version'",
		NULL,
	};
	print_lines(words);
	print_value_options(find_query(program), "\t\tcase ", " ");
	putchar('\n');
	print_lines(functions);
}

static void fish_print(const struct program *program)
{
	fish_begin(program);
	for (const struct command *const *command = program->commands; *command; command++) {
		printf("complete -c pcapdex -n __fish_use_subcommand -a %s -d '", (*command)->name);
		print_quoted_help((*command)->summary, "\\");
		puts("'");
		for (const struct option_spec *spec = (*command)->options; spec->name; spec++)
			fish_option(*command, spec);
		fish_words(program, *command);
	}
}

bool completion_print(const struct program *program, const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(const struct program *program);
	} shells[] = {{"bash", bash_print}, {"zsh", zsh_print}, {"fish", fish_print}};
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (!strcmp(shells[i].name, shell)) {
			shells[i].print(program);
			return true;
		}
	}
	return false;
}
