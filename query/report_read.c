// Reads report files: header and sections. See report.h.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../common/message.h"
#include "report.h"

enum {
	SECTIONS_MAX = 100, // each has what they share
	PARAMETERS_MAX = 100,
};

// What is being read.
struct reader {
	struct report *report;
	struct report_section *section; // the one whose columns and SQL follow; NULL before the first
	char **item;                    // help that a continuation line goes on with; NULL none
	const char *at;
	int line;
	bool in_header; // no SQL of the section seen yet
	char *shared;   // owned: tables that all sections begin with, "WITH a AS (...)"; NULL none
	int shared_line;
	char *error;
	size_t error_size;
};

// ---- pieces of lines -----------------------------------------------------------------------------------------------

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static char *copy(const char *text, size_t length)
{
	char *to = memory_alloc(length + 1);
	memcpy(to, text, length);
	return to;
}

static void append(char **to, const char *between, const char *text, size_t length)
{
	size_t old = *to ? strlen(*to) : 0, gap = old > 0 ? strlen(between) : 0;
	*to = memory_resize(*to, old + gap + length + 1);
	memcpy(*to + old, between, gap);
	memcpy(*to + old + gap, text, length);
	(*to)[old + gap + length] = 0;
}

// A piece of a line, without the blanks around it.
struct piece {
	const char *at;
	size_t length;
};

static struct piece trimmed(const char *at, size_t length)
{
	while (length > 0 && is_blank(at[length - 1]))
		length--;
	for (; length > 0 && is_blank(*at); at++)
		length--;
	return (struct piece){at, length};
}

static bool take_word(struct piece *from, struct piece *word)
{
	*from = trimmed(from->at, from->length);
	size_t length = 0;
	while (length < from->length && !is_blank(from->at[length]))
		length++;
	*word = (struct piece){from->at, length};
	from->at += length;
	from->length -= length;
	return length > 0;
}

// Takes what stands before two blanks or a tab; *from is the rest.
static struct piece take_cell(struct piece *from)
{
	size_t length = 0;
	while (length < from->length && from->at[length] != '\t' &&
	       !(length + 1 < from->length && is_blank(from->at[length]) && is_blank(from->at[length + 1])))
		length++;
	struct piece cell = {from->at, length};
	*from = trimmed(from->at + length, from->length - length);
	return cell;
}

static bool fail(struct reader *reader, const char *what, struct piece piece)
{
	snprintf(reader->error, reader->error_size, "line %d: %s: %.*s", reader->line, what, (int)piece.length,
	         piece.at);
	return false;
}

// ---- parameters ----------------------------------------------------------------------------------------------------

static char *option_name(const char *name)
{
	char *option = memory_copy_text(name);
	for (char *c = option; *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return option;
}

static bool is_number(const char *text)
{
	char *end;
	strtod(text, &end);
	return end > text && !*end;
}

// "= 300", "= 'two words'": the default; everything behind the sign.
static char *take_default(struct piece *spec)
{
	struct piece value = trimmed(spec->at + 1, spec->length - 1);
	spec->length = 0;
	if (value.length >= 2 && value.at[0] == '\'' && value.at[value.length - 1] == '\'')
		return copy(value.at + 1, value.length - 2);
	return copy(value.at, value.length);
}

// "0.001..86400000": what a number must lie within.
static bool take_range(struct piece word, struct report_parameter *parameter)
{
	char *text = copy(word.at, word.length), *dots = strstr(text, "..");
	bool ok = dots;
	if (dots) {
		*dots = 0;
		ok = is_number(text) && is_number(dots + 2);
		parameter->least = strtod(text, NULL);
		parameter->most = strtod(dots + 2, NULL);
		parameter->ranged = ok = ok && parameter->least <= parameter->most;
	}
	free(text);
	return ok;
}

// "of a|b|c", behind "one".
static bool take_choices(struct piece *spec, struct report_parameter *parameter)
{
	struct piece of, words;
	if (!take_word(spec, &of) || of.length != 2 || memcmp(of.at, "of", 2) != 0 || !take_word(spec, &words))
		return false;
	parameter->choices = copy(words.at, words.length);
	return true;
}

static bool is_numeric(const struct report_parameter *parameter)
{
	return parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER;
}

static bool check_parameter(struct reader *reader, const struct report_parameter *parameter)
{
	const char *value = parameter->fallback ? parameter->fallback : "";
	struct piece piece = {value, strlen(value)};
	if (parameter->ranged && !is_numeric(parameter))
		return fail(reader, "only a number has a range", (struct piece){parameter->name, strlen(parameter->name)});
	if (!parameter->fallback)
		return true;
	if (parameter->ranged && !report_in_range(parameter, strtod(value, NULL)))
		return fail(reader, "the default is out of range", piece);
	if (parameter->choices && !report_choice(parameter, value, &piece.length))
		return fail(reader, "the default is not one of the words", piece);
	return true;
}

// What stands between name and help: "[TYPE] [LEAST..MOST] [= DEFAULT | required]".
static bool read_parameter_spec(struct reader *reader, struct report_parameter *parameter, struct piece spec)
{
	struct piece word;
	bool typed = false;
	for (spec = trimmed(spec.at, spec.length); spec.length > 0; spec = trimmed(spec.at, spec.length)) {
		if (spec.at[0] == '=') {
			parameter->fallback = take_default(&spec);
		} else if (!take_word(&spec, &word)) {
			break;
		} else if (word.length == 8 && !memcmp(word.at, "required", 8)) {
			parameter->required = true;
		} else if (!typed && report_type_by_word(word.at, word.length, &parameter->type)) {
			typed = true;
			if (parameter->type == PARAMETER_CHOICE && !take_choices(&spec, parameter))
				return fail(reader, "'one' wants 'of a|b|c' behind it", spec);
		} else if (!take_range(word, parameter)) {
			return fail(reader, "not a type, LEAST..MOST, 'required' or '= DEFAULT' (two blanks separate the help)",
			            word);
		}
	}
	if (!typed)
		parameter->type = report_type_by_name(parameter->name);
	if (!typed && parameter->type == PARAMETER_TEXT && parameter->fallback && is_number(parameter->fallback))
		parameter->type = PARAMETER_NUMBER;
	return check_parameter(reader, parameter);
}

static bool read_parameter(struct reader *reader, struct piece line)
{
	struct report *report = reader->report;
	struct piece cell = take_cell(&line);
	size_t length = 0;
	while (length < cell.length && is_name_char(cell.at[length]))
		length++;
	struct piece name = {cell.at, length};
	if (length == 0)
		return fail(reader, "a parameter wants a name", cell);
	if (report->parameter_count == PARAMETERS_MAX)
		return fail(reader, "a report has 100 parameters at most", name);
	size_t count = report->parameter_count++;
	report->parameters = memory_resize(report->parameters, (count + 1) * sizeof *report->parameters);
	struct report_parameter *parameter = &report->parameters[count];
	*parameter = (struct report_parameter){.name = copy(name.at, name.length)};
	parameter->option = option_name(parameter->name);
	if (report_find_parameter(report, parameter->name) != parameter)
		return fail(reader, "parameter is there twice", name);
	// `= DEFAULT` may stand apart from the name by more than one blank
	if (cell.length == length && line.length > 0 && line.at[0] == '=')
		cell = take_cell(&line);
	else
		cell = (struct piece){cell.at + length, cell.length - length};
	const char *help = report_known_help(parameter->name);
	parameter->help = line.length > 0 || !help ? copy(line.at, line.length) : memory_copy_text(help);
	reader->item = &parameter->help;
	return read_parameter_spec(reader, parameter, cell);
}

// ---- columns -------------------------------------------------------------------------------------------------------

static struct report_section *add_section(struct reader *reader)
{
	struct report *report = reader->report;
	size_t count = report->section_count++;
	report->sections = memory_resize(report->sections, (count + 1) * sizeof *report->sections);
	reader->section = &report->sections[count];
	*reader->section = (struct report_section){.line = reader->line};
	reader->in_header = true;
	reader->item = NULL;
	return reader->section;
}

static struct report_section *current_section(struct reader *reader)
{
	return reader->section ? reader->section : add_section(reader);
}

// A name, perhaps in double quotes, then the help.
static bool read_column(struct reader *reader, struct piece line)
{
	struct report_section *section = current_section(reader);
	struct piece name;
	const char *end = line.length > 0 && line.at[0] == '"' ? memchr(line.at + 1, '"', line.length - 1) : NULL;
	if (end) {
		name = (struct piece){line.at + 1, (size_t)(end - line.at) - 1};
		line = trimmed(end + 1, line.length - name.length - 2);
	} else if (take_word(&line, &name)) {
		line = trimmed(line.at, line.length);
	} else {
		return fail(reader, "a column wants a name", line);
	}
	size_t count = section->column_count++;
	section->columns = memory_resize(section->columns, (count + 1) * sizeof *section->columns);
	section->columns[count] = (struct report_column){copy(name.at, name.length), copy(line.at, line.length)};
	reader->item = &section->columns[count].help;
	return true;
}

static bool starts(struct piece *line, const char *word)
{
	size_t length = strlen(word);
	if (line->length < length || memcmp(line->at, word, length) != 0)
		return false;
	line->at += length;
	line->length -= length;
	return true;
}

// ---- plots ---------------------------------------------------------------------------------------------------------

static const char *const plot_words[] = {
	[PLOT_TITLE] = "title", [PLOT_X] = "x",         [PLOT_LEFT] = "left",     [PLOT_RIGHT] = "right",
	[PLOT_LINE] = "line",   [PLOT_STEPS] = "steps", [PLOT_POINTS] = "points", [PLOT_MARKS] = "marks",
	[PLOT_BARS] = "bars",   [PLOT_SPANS] = "spans",
};

enum { PLOT_WORDS = sizeof plot_words / sizeof *plot_words };

static bool is_word(struct piece piece, const char *word)
{
	return piece.length == strlen(word) && !memcmp(piece.at, word, piece.length);
}

// "column", or of spans "from..to".
static bool take_plot_columns(struct reader *reader, struct report_plot *plot, struct piece word)
{
	char *name = copy(word.at, word.length), *dots = strstr(name, "..");
	plot->column = name;
	if ((plot->style == PLOT_SPANS) != (dots != NULL))
		return fail(reader, "spans want FROM..TO, other series a column", word);
	if (dots) {
		*dots = 0;
		plot->to = memory_copy_text(dots + 2);
	}
	return true;
}

// "right", "gaps", "by=COLUMN", "when=COLUMN:VALUE"
static bool take_plot_word(struct reader *reader, struct report_plot *plot, struct piece word)
{
	struct piece rest = word;
	const char *colon;
	if (is_word(word, "right")) {
		plot->right = true;
	} else if (is_word(word, "gaps")) {
		plot->gaps = true;
	} else if (starts(&rest, "by=") && !plot->by) {
		plot->by = copy(rest.at, rest.length);
	} else if (starts(&rest, "when=") && !plot->when && (colon = memchr(rest.at, ':', rest.length))) {
		plot->when = copy(rest.at, (size_t)(colon - rest.at));
		plot->value = copy(colon + 1, rest.length - (size_t)(colon - rest.at) - 1);
	} else {
		return fail(reader, "not right, gaps, by=COLUMN or when=COLUMN:VALUE (two blanks separate the label)",
		            word);
	}
	return true;
}

static bool read_plot(struct reader *reader, struct piece line)
{
	struct report_section *section = current_section(reader);
	struct piece cell = take_cell(&line), word = {cell.at, 0};
	int style = 0;
	if (!take_word(&cell, &word))
		return fail(reader, "a plot line wants a word", line);
	while (style < PLOT_WORDS && !is_word(word, plot_words[style]))
		style++;
	if (style == PLOT_WORDS)
		return fail(reader, "a plot has no such word", word);
	section->plots = memory_resize(section->plots, (section->plot_count + 1) * sizeof *section->plots);
	struct report_plot *plot = &section->plots[section->plot_count++];
	*plot = (struct report_plot){.style = (enum report_plot_style)style, .label = copy(line.at, line.length)};
	reader->item = &plot->label;
	bool wants_column = style == PLOT_X || style >= PLOT_LINE;
	if (wants_column && !take_word(&cell, &word))
		return fail(reader, "a plot line wants a column", cell);
	if (wants_column && !take_plot_columns(reader, plot, word))
		return false;
	while (take_word(&cell, &word))
		if (!take_plot_word(reader, plot, word))
			return false;
	return true;
}

// ---- sections ------------------------------------------------------------------------------------------------------

// "[text,csv]", if it is there; false: it does not end.
static bool take_formats(struct piece *line, struct piece *formats)
{
	*formats = (struct piece){line->at, 0};
	if (!starts(line, "["))
		return true;
	const char *end = memchr(line->at, ']', line->length);
	if (!end)
		return false;
	*formats = (struct piece){line->at, (size_t)(end - line->at)};
	line->at += formats->length + 1;
	line->length -= formats->length + 1;
	return true;
}

// " with :flow" or " without :flow", if it is there; *name is "flow".
static void take_condition(struct piece *line, struct piece *name, bool *without)
{
	*without = starts(line, " without :");
	*name = (struct piece){line->at, 0};
	if (!*without && !starts(line, " with :"))
		return;
	name->at = line->at;
	while (name->length < line->length && is_name_char(name->at[name->length]))
		name->length++;
	line->at += name->length;
	line->length -= name->length;
}

// " as bars", if it is there; false: no such form.
static bool take_form(struct piece *line, struct piece *form)
{
	static const char forms[] = "|" REPORT_FORMS "|";
	char word[16];
	*form = (struct piece){line->at, 0};
	if (!starts(line, " as "))
		return true;
	form->at = line->at;
	while (form->length < line->length && is_name_char(form->at[form->length]))
		form->length++;
	line->at += form->length;
	line->length -= form->length;
	snprintf(word, sizeof word, "|%.*s|", (int)form->length, form->at);
	return form->length > 0 && form->length < sizeof word - 2 && strstr(forms, word);
}

// What follows a word at the beginning, and a blank; NULL: it is another one.
static const char *behind_word(const char *sql, const char *word)
{
	size_t length = strlen(word);
	return !strncasecmp(sql, word, length) && isspace((unsigned char)sql[length]) ? sql + length : NULL;
}

// Takes what stands before the first section as tables for all of them; false: it is something else.
static bool take_shared(struct reader *reader)
{
	struct report *report = reader->report;
	struct report_section *section = &report->sections[0];
	if (!section->sql || section->column_count > 0 || section->plot_count > 0 || !behind_word(section->sql, "WITH"))
		return false;
	reader->shared = section->sql;
	reader->shared_line = section->line;
	for (size_t end = strlen(reader->shared); end > 0 && isspace((unsigned char)reader->shared[end - 1]);)
		reader->shared[--end] = '\0';
	report->section_count = 0;
	reader->section = NULL;
	return true;
}

// Puts the shared tables before a section's statement, and as many line feeds between that errors name the right line.
static void add_shared(const struct reader *reader, struct report_section *section)
{
	char *sql = memory_copy_text(reader->shared);
	const char *own = section->sql, *tables = behind_word(own, "WITH");
	int line = reader->shared_line;
	for (const char *at = sql; *at; at++)
		line += *at == '\n';
	if (tables) {
		const char *rest = behind_word(tables + 1, "RECURSIVE");
		append(&sql, "", ",", 1);
		own = rest ? rest : tables;
	}
	size_t empty = section->line > line ? (size_t)(section->line - line) : 0;
	char *lines = memory_alloc(empty + 1);
	memset(lines, '\n', empty);
	append(&sql, lines, own, strlen(own));
	free(lines);
	free(section->sql);
	section->sql = sql;
	section->sql_line = reader->shared_line;
}

// ": Title", "[text,csv]: Title", " as bars: Title", " with :flow: Title"
static bool read_section(struct reader *reader, struct piece line)
{
	struct piece whole = line, formats, form, name;
	bool without;
	if (!take_formats(&line, &formats))
		return fail(reader, "']' is missing", whole);
	if (!take_form(&line, &form))
		return fail(reader, "a section's form is one of " REPORT_FORMS, whole);
	take_condition(&line, &name, &without);
	if (!starts(&line, ":"))
		return fail(reader, "a section wants ': Title'", whole);
	if (reader->report->section_count == 1 && !reader->report->sections[0].title && !take_shared(reader))
		return fail(reader, "a section after SQL that is not a WITH alone, or after columns", whole);
	if (reader->report->section_count == SECTIONS_MAX)
		return fail(reader, "a report has 100 sections at most; begin another", whole);
	struct report_section *section = add_section(reader);
	struct piece title = trimmed(line.at, line.length);
	section->title = copy(title.at, title.length);
	section->form = form.length > 0 ? copy(form.at, form.length) : NULL;
	section->formats = formats.length > 0 ? copy(formats.at, formats.length) : NULL;
	section->depends = name.length > 0 ? copy(name.at, name.length) : NULL;
	section->without = without;
	return true;
}

// ---- lines ---------------------------------------------------------------------------------------------------------

// A line `KEY: text`; false: it is none.
static bool read_note(struct reader *reader, struct piece line)
{
	static const char *const keys[] = {"severity", "category", "protocol", "cause", "remedy", "source", "topic"};
	struct report *report = reader->report;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct piece rest = line;
		if (reader->section || !starts(&rest, keys[i]) || !starts(&rest, ": "))
			continue;
		report->notes = memory_resize(report->notes, (report->note_count + 1) * sizeof *report->notes);
		struct report_note *note = &report->notes[report->note_count++];
		rest = trimmed(rest.at, rest.length);
		*note = (struct report_note){.key = keys[i], .text = copy(rest.at, rest.length)};
		reader->item = &note->text;
		return true;
	}
	return false;
}

static void read_prose(struct reader *reader, struct piece line)
{
	struct report *report = reader->report;
	if (!report->summary) {
		report->summary = copy(line.at, line.length);
	} else if (!reader->section) {
		append(&report->description, "\n", line.at, line.length);
	}
}

// A comment line, `line` being what follows the dashes.
static bool read_comment(struct reader *reader, struct piece line)
{
	struct piece words = trimmed(line.at, line.length);
	bool deep = line.length > 2 && line.at[0] == ' ' && line.at[1] == ' ' && line.at[2] == ' ';
	if (deep && reader->item && words.length > 0) {
		append(reader->item, " ", words.at, words.length);
		return true;
	}
	reader->item = NULL;
	if (starts(&words, "param :"))
		return read_parameter(reader, words);
	if (starts(&words, "column "))
		return read_column(reader, trimmed(words.at, words.length));
	if (starts(&words, "plot "))
		return read_plot(reader, trimmed(words.at, words.length));
	if (read_note(reader, words))
		return true;
	if (line.length > 0 && line.at[0] == ' ')
		line = (struct piece){line.at + 1, line.length - 1};
	read_prose(reader, line);
	return true;
}

static void read_sql(struct reader *reader, struct piece line)
{
	struct report_section *section = current_section(reader);
	if (reader->in_header)
		section->line = section->sql_line = reader->line;
	reader->in_header = false;
	reader->item = NULL;
	if (section->sql)
		append(&section->sql, "\n", line.at, line.length);
	else
		section->sql = copy(line.at, line.length);
}

static bool read_line(struct reader *reader, struct piece line)
{
	struct piece rest = line, words = trimmed(line.at, line.length);
	if (starts(&rest, "-- section"))
		return read_section(reader, rest);
	rest = line;
	if ((!reader->section || reader->in_header) && starts(&rest, "--"))
		return read_comment(reader, rest);
	if (words.length > 0 || (reader->section && !reader->in_header))
		read_sql(reader, line);
	return true;
}

static bool read_lines(struct reader *reader)
{
	while (*reader->at) {
		size_t length = strcspn(reader->at, "\n");
		size_t shown = length > 0 && reader->at[length - 1] == '\r' ? length - 1 : length;
		reader->line++;
		if (!read_line(reader, (struct piece){reader->at, shown}))
			return false;
		reader->at += length + (reader->at[length] == '\n');
	}
	return true;
}

static void make_plain(struct report *report)
{
	free(report->summary);
	free(report->description);
	report->summary = NULL;
	report->description = memory_copy_text("");
}

static bool check_sections(struct reader *reader)
{
	const struct report *report = reader->report;
	for (size_t i = 0; i < report->section_count; i++) {
		const char *title = report->sections[i].title ? report->sections[i].title : "";
		reader->line = report->sections[i].line;
		if (!report->sections[i].sql)
			return fail(reader, "a section without a statement", (struct piece){title, strlen(title)});
		const char *depends = report->sections[i].depends;
		if (depends && !report_find_parameter(report, depends))
			return fail(reader, "a section depends on a parameter that is not declared",
			            (struct piece){depends, strlen(depends)});
	}
	return true;
}

bool report_parse(struct report *report, enum report_kind kind, const char *name, const char *text, char *error,
                  size_t size)
{
	struct reader reader = {.report = report, .at = text, .error = error, .error_size = size};
	*report = (struct report){.name = memory_copy_text(name), .text = memory_copy_text(text)};
	report->description = memory_copy_text("");
	bool ok = read_lines(&reader) && check_sections(&reader);
	for (size_t i = 0; i < report->section_count && ok && reader.shared; i++)
		add_shared(&reader, &report->sections[i]);
	free(reader.shared);
	if (!ok) {
		report_release(report);
		return false;
	}
	if (kind == REPORT_SQL && report->parameter_count == 0 &&
	    (report->section_count == 0 || !report->sections[0].title))
		make_plain(report);
	return true;
}
