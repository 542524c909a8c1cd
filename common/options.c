// Parses command lines by an option table.
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

enum {
	NAMES_MAX = 64, // options of one command
	NAME_ROOM = 48, // "--name" and its NUL
	SUGGESTION_ROOM = 256,
};

// -h and --help belong to every command and to no table.
static const struct option_spec help_option = {.letter = 'h', .name = "help", .kind = OPTION_FLAG};

struct parser {
	const struct command *command;
	void *settings;
	bool allow_unknown;
	int argc, at; // argv[at] is looked at
	char **argv;
	struct arguments *arguments;
};

static void add_word(struct arguments *arguments, char *word)
{
	arguments->words = memory_resize(arguments->words, sizeof *arguments->words * ((size_t)arguments->count + 1));
	arguments->words[arguments->count++] = word;
}

static void add_unknown(struct arguments *arguments, const char *name, const char *value)
{
	size_t count = (size_t)arguments->unknown_count + 1;
	arguments->unknown = memory_resize(arguments->unknown, sizeof *arguments->unknown * count);
	arguments->unknown[arguments->unknown_count++] = (struct option_pair){.name = name, .value = value};
}

void arguments_release(struct arguments *arguments)
{
	free(arguments->words);
	free(arguments->unknown);
	*arguments = (struct arguments){0};
}

static const struct option_spec *find_letter(const struct command *command, char letter)
{
	for (const struct option_spec *spec = command->options; spec->name; spec++) {
		if (spec->letter == letter)
			return spec;
	}
	return letter == help_option.letter ? &help_option : NULL;
}

static bool names_exactly(const struct option_spec *spec, const char *name, size_t length)
{
	return strlen(spec->name) == length && !memcmp(spec->name, name, length);
}

static const struct option_spec *find_name(const struct command *command, const char *name, size_t length)
{
	for (const struct option_spec *spec = command->options; spec->name; spec++) {
		if (names_exactly(spec, name, length))
			return spec;
	}
	return names_exactly(&help_option, name, length) ? &help_option : NULL;
}

// All options whose names begin with the text.
static int find_prefix(const struct command *command, const char *name, size_t length,
                       const struct option_spec *found[NAMES_MAX])
{
	int count = 0;
	for (const struct option_spec *spec = command->options; spec->name && count < NAMES_MAX - 1; spec++) {
		if (!strncmp(spec->name, name, length))
			found[count++] = spec;
	}
	if (!strncmp(help_option.name, name, length))
		found[count++] = &help_option;
	return count;
}

// "table|csv": one of the words, as the table has it; NULL: none.
static bool is_choice(const char *choices, const char *value)
{
	size_t length = strlen(value);
	for (const char *at = choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (length > 0 && !strncmp(at, value, length) && (at[length] == '|' || !at[length]))
			return true;
	}
	return false;
}

char *options_suggest(char *to, size_t size, const char *word, const struct option_spec *options,
                      const char *const *others, size_t count)
{
	char dashed[NAME_ROOM], texts[NAMES_MAX][NAME_ROOM];
	const char **names = memory_alloc((count + NAMES_MAX) * sizeof *names);
	size_t used = count;
	if (count > 0)
		memcpy(names, others, count * sizeof *names);
	*to = 0;
	for (const struct option_spec *spec = options; spec && spec->name && used < count + NAMES_MAX; spec++, used++) {
		if (is_choice(spec->choices, word))
			snprintf(to, size, "did you mean --%s %s?", spec->name, word);
		snprintf(texts[used - count], NAME_ROOM, "--%s", spec->name);
		names[used] = texts[used - count];
	}
	snprintf(dashed, sizeof dashed, "--%s", word);
	if (!*to)
		message_nearest(to, size, dashed, names, used);
	free(names);
	return to;
}

static void say_unknown(const struct command *command, const char *name, int length)
{
	char word[NAME_ROOM], suggestion[SUGGESTION_ROOM];
	snprintf(word, sizeof word, "%.*s", length, name);
	if (*options_suggest(suggestion, sizeof suggestion, word, command->options, NULL, 0))
		message_error("unknown option --%.*s; %s", length, name, suggestion);
	else
		message_error("unknown option --%.*s; see pcapdex %s -h", length, name, command->name);
}

static void say_ambiguous(const char *name, int length, const struct option_spec *const *found, int count)
{
	char list[SUGGESTION_ROOM] = "";
	for (int i = 0; i < count; i++) {
		size_t used = strlen(list);
		const char *between = i == count - 1 ? " or " : ", ";
		snprintf(list + used, sizeof list - used, "%s--%s", i == 0 ? "" : between, found[i]->name);
	}
	message_error("--%.*s can mean %s", length, name, list);
}

// "table, csv or json"
static void list_choices(char *to, size_t size, const char *choices)
{
	size_t used = 0;
	for (const char *at = choices; *at && used + 5 < size; at++) {
		if (*at != '|')
			to[used++] = *at;
		else
			used += (size_t)snprintf(to + used, size - used, "%s", strchr(at + 1, '|') ? ", " : " or ");
	}
	to[used] = 0;
}

static bool store_choice(const struct option_spec *spec, const char *value, void *member)
{
	char list[SUGGESTION_ROOM];
	if (is_choice(spec->choices, value)) {
		memcpy(member, &value, sizeof value);
		return true;
	}
	list_choices(list, sizeof list, spec->choices);
	message_error("--%s wants %s, got '%s'", spec->name, list, value);
	return false;
}

static bool store_number(const struct option_spec *spec, const char *value, void *member)
{
	int64_t number;
	bool ok;
	const char *wanted;
	if (spec->kind == OPTION_COUNT) {
		ok = parse_count(value, &number);
		wanted = "a whole number, not negative";
	} else if (spec->kind == OPTION_BYTES) {
		ok = parse_bytes(value, &number);
		wanted = "bytes such as 500M or 2G";
	} else if (spec->kind == OPTION_SECONDS) {
		ok = parse_seconds(value, &number);
		wanted = "seconds such as 90 or 1.5";
	} else {
		ok = parse_time(value, &number);
		wanted = TIME_WANTED;
	}
	if (ok)
		memcpy(member, &number, sizeof number);
	else
		message_error("--%s wants %s, got '%s'", spec->name, wanted, value);
	return ok;
}

static bool store(const struct parser *parser, const struct option_spec *spec, const char *value)
{
	void *member = (char *)parser->settings + spec->offset;
	switch (spec->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return true;
	case OPTION_ONCE:
		if (*(const char **)member) {
			message_error("--%s stands twice: %s and %s; there can be one", spec->name, *(const char **)member,
			              value);
			return false;
		}
		memcpy(member, &value, sizeof value);
		return true;
	case OPTION_TEXT:
		memcpy(member, &value, sizeof value);
		return true;
	case OPTION_CHOICE:
		return store_choice(spec, value, member);
	default:
		return store_number(spec, value, member);
	}
}

// Help, asked for behind a word, is the caller's when unknown options are: "query case.db REPORT --help".
static bool take_help(struct parser *parser, bool long_help)
{
	struct arguments *arguments = parser->arguments;
	if (parser->allow_unknown && arguments->count > 0) {
		add_unknown(arguments, long_help ? "help" : "h", NULL);
		return true;
	}
	options_print_help(parser->command, long_help);
	arguments->help_shown = true;
	return true;
}

// value: what stands behind '=' or the letter, or NULL: then it is the next argument.
static bool take_option(struct parser *parser, const struct option_spec *spec, const char *value)
{
	if (spec->kind == OPTION_FLAG) {
		if (value)
			message_error("--%s takes no value, got '%s'", spec->name, value);
		return !value && store(parser, spec, NULL);
	}
	if (!value && parser->at + 1 < parser->argc)
		value = parser->argv[++parser->at];
	if (!value)
		message_error("--%s wants a value: --%s %s", spec->name, spec->name,
		              spec->argument ? spec->argument : "VALUE");
	return value && store(parser, spec, value);
}

static bool take_unknown(struct parser *parser, char *name, char *equals)
{
	const char *value = NULL;
	if (equals) {
		*equals = 0;
		value = equals + 1;
	} else if (parser->at + 1 < parser->argc && strncmp(parser->argv[parser->at + 1], "--", 2) != 0) {
		value = parser->argv[++parser->at];
	}
	add_unknown(parser->arguments, name, value);
	return true;
}

// "--name", "--name=value", and beginnings of names, unless unknown names are welcome: they may begin alike.
static bool take_long(struct parser *parser, char *name)
{
	char *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *found[NAMES_MAX];
	int count = 1;
	found[0] = find_name(parser->command, name, length);
	if (!found[0] && parser->allow_unknown)
		return take_unknown(parser, name, equals);
	if (!found[0])
		count = find_prefix(parser->command, name, length, found);
	if (count == 1 && found[0] == &help_option && !equals)
		return take_help(parser, true);
	if (count == 1)
		return take_option(parser, found[0], equals ? equals + 1 : NULL);
	if (count > 1)
		say_ambiguous(name, (int)length, found, count);
	else
		say_unknown(parser->command, name, (int)length);
	return false;
}

// "-o value", "-ovalue", and flags together: "-qf".
static bool take_letters(struct parser *parser, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_spec *spec = find_letter(parser->command, *letters);
		if (!spec) {
			message_error("unknown option -%c; see pcapdex %s -h", *letters, parser->command->name);
			return false;
		}
		if (spec == &help_option)
			return take_help(parser, false);
		if (spec->kind != OPTION_FLAG)
			return take_option(parser, spec, letters[1] ? letters + 1 : NULL);
		if (!take_option(parser, spec, NULL))
			return false;
	}
	return true;
}

// "-", and SQL that begins with a comment, are words.
static bool is_option(const char *argument)
{
	return argument[0] == '-' && argument[1] &&
	       !(argument[1] == '-' && argument[2] && strchr(" \t\r\n", argument[2]));
}

bool options_parse(const struct command *command, void *settings, bool allow_unknown, int argc, char **argv,
                   struct arguments *arguments)
{
	struct parser parser = {command, settings, allow_unknown, argc, 1, argv, arguments};
	bool words_only = false;
	*arguments = (struct arguments){0};
	for (; parser.at < argc && !arguments->help_shown; parser.at++) {
		char *argument = argv[parser.at];
		bool ok = true;
		if (words_only || !is_option(argument))
			add_word(arguments, argument);
		else if (!strcmp(argument, "--"))
			words_only = true;
		else if (argument[1] == '-')
			ok = take_long(&parser, argument + 2);
		else
			ok = take_letters(&parser, argument + 1);
		if (!ok) {
			arguments_release(arguments);
			return false;
		}
	}
	return true;
}
