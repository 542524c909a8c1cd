// What the option tables become: help, man pages and shell completions.
#ifndef COMMON_MANUAL_H
#define COMMON_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "options.h"

// The program as a whole: its own command line, and its commands.
struct program {
	const char *name;
	const char *summary;     // one line
	const char *description; // as in struct command
	const char *examples;
	const struct command *const *commands; // NULL-ended
};

// The program's own help: the list of commands, and the same with everything around it on stdout.
void program_print_usage(const struct program *program, FILE *out);
void program_print_help(const struct program *program);

// The man page of a command, or of the program when command is NULL, as man(7) source on stdout.
void manual_print(const struct program *program, const struct command *command);

// A completion script on stdout; shell is "bash", "zsh" or "fish". False: no such shell.
bool completion_print(const struct program *program, const char *shell);

// Pairs of code and meaning; NULL-ended.
extern const char *const manual_exit_codes[];

// Descriptions are paragraphs between blank lines. Moves *text to the next one and gives its length; 0: no more.
size_t manual_paragraph(const char **text);

// A paragraph that begins with a blank is shown as it stands, others are filled.
bool manual_is_verbatim(const char *paragraph);

#endif
