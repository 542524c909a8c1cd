// main: a table of commands.
#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "common/manual.h"
#include "common/message.h"
#include "common/options.h"
#include "common/version.h"
#include "compare/compare.h"
#include "ingest/case_file.h"
#include "ingest/ingest.h"
#include "inspect/inspect.h"
#include "query/query.h"
#include "report/command.h"

static int run_completion(int argc, char **argv);
static int run_help(int argc, char **argv);
static int run_man(int argc, char **argv);

static const struct option_spec no_options[] = {{0}};

static const struct command command_completion = {
	.name = "completion",
	.synopsis = {"bash|zsh|fish"},
	.summary = "Print a shell's completion script.",
	.description =
		"`make install` puts these scripts where the shells look for them. To try one without installing:",
	.examples =
		"  eval \"$(pcapdex completion bash)\"\n"
		"  pcapdex completion zsh > ~/.zsh/functions/_pcapdex   # a folder of fpath\n"
		"  pcapdex completion fish > ~/.config/fish/completions/pcapdex.fish\n",
	.options = no_options,
	.completion = "bash zsh fish",
	.run = run_completion,
};

static const struct command command_man = {
	.name = "man",
	.synopsis = {"[COMMAND]"},
	.summary = "Print a man page as man(7) source.",
	.description = "The page of a command, or of the whole program.",
	.examples = "  pcapdex man query | man -l -\n",
	.options = no_options,
	.completion = "command",
	.run = run_man,
};

static const struct command command_help = {
	.name = "help",
	.synopsis = {"[COMMAND]", "REPORT"},
	.summary = "Print help for a command, or for a report.",
	.options = no_options,
	.completion = "command",
	.run = run_help,
};

static const struct command *const commands[] = {
	&command_ingest, &command_query,      &command_compare, &command_export, &command_analyze,
	&command_report, &command_completion, &command_man,     &command_help,   NULL,
};

static const struct program program = {
	.name = "pcapdex",
	.summary = "Index packet captures into one SQLite file and answer questions about them.",
	.description =
		"`pcapdex ingest` reads packet captures once and writes what it finds into one SQLite file, the case: packets,\n"
		"connections, round trips, retransmissions and more, a row each. `pcapdex query` answers from the case, with\n"
		"ready-made reports or with SQL, as often as you like. Any other SQLite client can read a case too.\n"
		"`pcapdex compare` matches the packets of captures that were taken at different places.",
	.examples =
		"  pcapdex ingest trace.pcapng                  # writes trace.db\n"
		"  pcapdex query trace.db                       # lists the reports\n"
		"  pcapdex query trace.db tcp-connections\n"
		"  pcapdex query trace.db \"SELECT src, count(*) FROM flows GROUP BY src\"\n",
	.commands = commands,
};

// NULL: there is none.
static const struct command *look_up_command(const char *name)
{
	for (const struct command *const *command = commands; *command; command++) {
		if (!strcmp((*command)->name, name))
			return *command;
	}
	return NULL;
}

// NULL after a message.
static const struct command *find_command(const char *name)
{
	const struct command *found = look_up_command(name);
	const char *names[sizeof commands / sizeof *commands + 1], *what = *name == '-' ? "option" : "command";
	char suggestion[128];
	size_t count = 0;
	if (found)
		return found;
	for (; commands[count]; count++)
		names[count] = commands[count]->name;
	names[count++] = "--help";
	names[count++] = "--version";
	if (access(name, F_OK) == 0)
		message_error(
			"%s is no command; a case is asked with: pcapdex query %s; a capture is read with: pcapdex ingest %s",
			name, name, name);
	else if (*message_nearest(suggestion, sizeof suggestion, name, names, count))
		message_error("unknown %s %s; %s", what, name, suggestion);
	else
		message_error("unknown %s %s; see pcapdex -h", what, name);
	return NULL;
}

static int print_version(void)
{
	printf("pcapdex %s\nSQLite %s, %s\n", PCAPDEX_VERSION, sqlite3_libversion(), pcap_lib_version());
	return EXIT_DONE;
}

// The one word that a command takes: NULL when it is not there, or help was shown instead; false: wrong usage, said.
static bool take_word(const struct command *command, int argc, char **argv, const char **word, bool *help_shown)
{
	struct arguments arguments;
	if (!options_parse(command, NULL, false, argc, argv, &arguments))
		return false;
	bool ok = arguments.count <= 1;
	*word = arguments.count > 0 ? arguments.words[0] : NULL;
	*help_shown = arguments.help_shown;
	if (!ok)
		message_error("too many arguments: %s; see pcapdex %s -h", arguments.words[1], command->name);
	arguments_release(&arguments);
	return ok;
}

static int run_completion(int argc, char **argv)
{
	const char *shell;
	bool help_shown;
	if (!take_word(&command_completion, argc, argv, &shell, &help_shown))
		return EXIT_USAGE;
	if (help_shown || (shell && completion_print(&program, shell)))
		return EXIT_DONE;
	message_error("which shell? pcapdex completion bash, zsh or fish");
	return EXIT_USAGE;
}

static int run_man(int argc, char **argv)
{
	const char *name;
	bool help_shown;
	if (!take_word(&command_man, argc, argv, &name, &help_shown))
		return EXIT_USAGE;
	const struct command *command = name ? find_command(name) : NULL;
	if (name && !command)
		return EXIT_USAGE;
	if (!help_shown)
		manual_print(&program, command);
	return EXIT_DONE;
}

static int help_report(const char *name)
{
	return command_query.run(
		4, (char *[]){(char *)command_query.name, (char[]){"CASE.db"}, (char *)name, (char[]){"--help"}, NULL});
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->at[i], name))
			return true;
	return false;
}

static int help_report_or_command(const char *name)
{
	const struct command *command = look_up_command(name);
	struct names names = {0};
	char suggestion[128];
	if (command) {
		options_print_help(command, true);
		return EXIT_DONE;
	}
	query_read_reports(&names);
	bool is_report = has_name(&names, name);
	for (size_t i = 0; commands[i]; i++)
		names_add(&names, commands[i]->name);
	message_nearest(suggestion, sizeof suggestion, name, names.at, names.count);
	names_release(&names);
	if (is_report)
		return help_report(name);
	message_error("no command or report %s; %s", name, *suggestion ? suggestion : "see pcapdex -h");
	return EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
	const char *name;
	bool help_shown;
	if (argc == 3 && !strcmp(argv[1], command_query.name) && argv[2][0] != '-')
		return help_report(argv[2]);
	if (!take_word(&command_help, argc, argv, &name, &help_shown))
		return EXIT_USAGE;
	if (name)
		return help_report_or_command(name);
	if (!help_shown)
		program_print_help(&program);
	return EXIT_DONE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	if (command->has_threads)
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	inspect_install();
	return command->run(argc, argv);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		program_print_usage(&program, stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "-h")) {
		program_print_usage(&program, stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--help")) {
		program_print_help(&program);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version"))
		return print_version();
	const struct command *command = find_command(argv[1]);
	return command ? run_command(command, argc - 1, argv + 1) : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	case_file_analysis = analyze_with_defaults;
	signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of the write
	int code = run(argc, argv);
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	message_error("cannot write standard output: %s", strerror(errno));
	return EXIT_FAILED;
}
