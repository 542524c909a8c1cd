// Regular expressions by simulating all alternatives at once (Thompson 1968; Pike's sets of threads). See
// functions_pattern.h.
#include "functions_pattern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEPS_MAX = 4000, // after repetitions are unfolded
	RANGES_MAX = 1000,
	DEPTH_MAX = 500, // of groups and alternatives
	REPEAT_MAX = 1000,
	NO_CHARACTER = -1, // before the text and behind it
};

enum step_kind {
	STEP_CHARACTER,
	STEP_ANY,
	STEP_SET,
	STEP_BEGIN,
	STEP_END,
	STEP_BOUNDARY,
	STEP_SPLIT,
	STEP_JUMP,
	STEP_FOUND
};

// Jumps are relative, so that a piece of a program can be copied and moved.
struct step {
	enum step_kind kind;
	bool negated; // of a set
	int a, b;     // character; first range and count of a set; targets of a split; target of a jump
};

struct range {
	int low, high;
};

struct pattern {
	struct step steps[STEPS_MAX + 1];
	struct range ranges[RANGES_MAX];
	int step_count, range_count;
	bool ignore_case;

	// While it runs: two sets of threads, and when a step was last put into one.
	int sets[2][STEPS_MAX + 1], counts[2];
	uint64_t seen[STEPS_MAX + 1], turn;
	int stack[2 * STEPS_MAX + 2];
};

struct parser {
	struct pattern *pattern;
	const unsigned char *at, *end;
	int depth;
	const char *error; // the first one
};

// ---- characters ---------------------------------------------------------------------------------------------------

// Takes one; bytes that are not UTF-8 become 0xdc80 to 0xdcff, which no valid text holds.
static int take_character(const unsigned char **at, const unsigned char *end)
{
	static const int least[] = {0, 0, 0x80, 0x800, 0x10000};
	int lead = *(*at)++, code;
	if (lead < 0x80)
		return lead;
	int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || end - *at < length - 1)
		return 0xdc00 + lead;
	code = lead & (0x7f >> length);
	for (int i = 0; i < length - 1; i++) {
		if (((*at)[i] & 0xc0) != 0x80)
			return 0xdc00 + lead;
		code = code << 6 | ((*at)[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0xdc00 + lead;
	*at += length - 1;
	return code;
}

static int lower(int code)
{
	return code >= 'A' && code <= 'Z' ? code + 32 : code;
}

static int upper(int code)
{
	return code >= 'a' && code <= 'z' ? code - 32 : code;
}

static bool is_word(int code)
{
	return (lower(code) >= 'a' && lower(code) <= 'z') || (code >= '0' && code <= '9') || code == '_';
}

// ---- reading a pattern --------------------------------------------------------------------------------------------

static void fail(struct parser *parser, const char *error)
{
	if (!parser->error)
		parser->error = error;
	parser->at = parser->end;
}

static void add_step(struct parser *parser, struct step step)
{
	struct pattern *pattern = parser->pattern;
	if (pattern->step_count == STEPS_MAX)
		fail(parser, "too large");
	else
		pattern->steps[pattern->step_count++] = step;
}

// Makes room for one step in front of those from `start` on.
static void insert_step(struct parser *parser, int start, struct step step)
{
	struct pattern *pattern = parser->pattern;
	add_step(parser, step);
	if (parser->error)
		return;
	memmove(&pattern->steps[start + 1], &pattern->steps[start],
	        (size_t)(pattern->step_count - 1 - start) * sizeof *pattern->steps);
	pattern->steps[start] = step;
}

static void add_range(struct parser *parser, int low, int high)
{
	struct pattern *pattern = parser->pattern;
	if (pattern->range_count == RANGES_MAX)
		fail(parser, "too large");
	else
		pattern->ranges[pattern->range_count++] = (struct range){low, high};
}

// Ranges of a class, in pairs: of [:alpha:], of \d.
static const struct {
	const char *name;
	char letter; // 0: none
	const char *ranges;
} classes[] = {
	{"digit", 'd', "09"},
	{"space", 's', "\t\r  "},
	{"word", 'w', "09AZ__az"},
	{"alpha", 0, "AZaz"},
	{"alnum", 0, "09AZaz"},
	{"upper", 0, "AZ"},
	{"lower", 0, "az"},
	{"blank", 0, "  \t\t"},
	{"punct", 0, "!/:@[`{~"},
	{"xdigit", 0, "09AFaf"},
	{"print", 0, " ~"},
	{"graph", 0, "!~"},
	{"cntrl", 0, "\001\037\177\177"},
};

enum { CLASS_COUNT = sizeof classes / sizeof *classes };

static void add_class(struct parser *parser, size_t index)
{
	for (const char *pair = classes[index].ranges; *pair; pair += 2)
		add_range(parser, pair[0], pair[1]);
}

// The ranges of the class's complement: between its own, which are in order.
static void add_complement(struct parser *parser, size_t index)
{
	int low = 0;
	for (const char *pair = classes[index].ranges; *pair; pair += 2) {
		if (pair[0] > low)
			add_range(parser, low, pair[0] - 1);
		low = pair[1] + 1;
	}
	add_range(parser, low, 0x10ffff);
}

// \d, \D and their like: adds ranges; false: another letter.
static bool add_letter_class(struct parser *parser, int letter)
{
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		if (!classes[i].letter || classes[i].letter != lower(letter))
			continue;
		if (letter == lower(letter))
			add_class(parser, i);
		else
			add_complement(parser, i);
		return true;
	}
	return false;
}

// What a sign behind \ stands for.
static int escaped_character(struct parser *parser, int code)
{
	static const char pairs[] = "n\nt\tr\rf\fv\v";
	for (const char *pair = pairs; *pair; pair += 2) {
		if (code == pair[0])
			return pair[1];
	}
	if (code >= '0' && code <= '9')
		fail(parser, "back-references are not supported");
	else if (code < 0x80 && lower(code) >= 'a' && lower(code) <= 'z')
		fail(parser, "unknown letter behind \\");
	return code;
}

// [:alpha:], the brackets and first colon taken.
static void read_named_class(struct parser *parser)
{
	size_t left = (size_t)(parser->end - parser->at);
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		size_t length = strlen(classes[i].name);
		if (left >= length + 2 && !memcmp(parser->at, classes[i].name, length) && parser->at[length] == ':' &&
		    parser->at[length + 1] == ']') {
			parser->at += length + 2;
			add_class(parser, i);
			return;
		}
	}
	fail(parser, "unknown class in [: :]");
}

static bool next_is(const struct parser *parser, char c)
{
	return parser->at < parser->end && *parser->at == (unsigned char)c;
}

// One character of a set, or a class, which is added; then NO_CHARACTER.
static int read_set_item(struct parser *parser)
{
	int code = take_character(&parser->at, parser->end);
	if (code == '[' && (next_is(parser, ':') || next_is(parser, '.') || next_is(parser, '='))) {
		if (*parser->at++ == ':')
			read_named_class(parser);
		else
			fail(parser, "[. .] and [= =] are not supported");
		return NO_CHARACTER;
	}
	if (code != '\\' || parser->at == parser->end)
		return code;
	code = take_character(&parser->at, parser->end);
	return add_letter_class(parser, code) ? NO_CHARACTER : escaped_character(parser, code);
}

// The '[' is taken.
static void read_set(struct parser *parser)
{
	struct step step = {.kind = STEP_SET, .a = parser->pattern->range_count};
	step.negated = next_is(parser, '^');
	parser->at += step.negated;
	for (bool first = true; parser->at < parser->end && (first || !next_is(parser, ']')); first = false) {
		int low = read_set_item(parser), high = low;
		if (low == NO_CHARACTER)
			continue;
		if (next_is(parser, '-') && parser->end - parser->at > 1 && parser->at[1] != ']') {
			parser->at++;
			high = read_set_item(parser);
			if (high < low)
				fail(parser, "a range in [ ] that runs backwards");
		}
		add_range(parser, low, high);
	}
	if (!next_is(parser, ']'))
		fail(parser, "']' is missing");
	else
		parser->at++;
	step.b = parser->pattern->range_count - step.a;
	add_step(parser, step);
}

static void read_escape(struct parser *parser)
{
	if (parser->at == parser->end) {
		fail(parser, "nothing behind the last \\");
		return;
	}
	int code = take_character(&parser->at, parser->end), first = parser->pattern->range_count;
	if (code == 'b')
		add_step(parser, (struct step){.kind = STEP_BOUNDARY});
	else if (add_letter_class(parser, code))
		add_step(parser, (struct step){.kind = STEP_SET, .a = first, .b = parser->pattern->range_count - first});
	else
		add_step(parser, (struct step){.kind = STEP_CHARACTER, .a = escaped_character(parser, code)});
}

static void read_alternatives(struct parser *parser);

// The '(' is taken.
static void read_group(struct parser *parser)
{
	if (++parser->depth > DEPTH_MAX) {
		fail(parser, "too deep");
		return;
	}
	if (parser->end - parser->at >= 2 && !memcmp(parser->at, "?:", 2))
		parser->at += 2;
	read_alternatives(parser);
	if (!next_is(parser, ')'))
		fail(parser, "')' is missing");
	else
		parser->at++;
	parser->depth--;
}

static void read_atom(struct parser *parser)
{
	int code = take_character(&parser->at, parser->end);
	switch (code) {
	case '(':
		read_group(parser);
		break;
	case '[':
		read_set(parser);
		break;
	case '\\':
		read_escape(parser);
		break;
	case '.':
		add_step(parser, (struct step){.kind = STEP_ANY});
		break;
	case '^':
		add_step(parser, (struct step){.kind = STEP_BEGIN});
		break;
	case '$':
		add_step(parser, (struct step){.kind = STEP_END});
		break;
	case '*':
	case '+':
	case '?':
		fail(parser, "nothing to repeat before *, + or ?");
		break;
	default:
		add_step(parser, (struct step){.kind = STEP_CHARACTER, .a = code});
	}
}

// ---- repetition: the steps from `start` on are what is repeated ---------------------------------------------------

static void repeat_any(struct parser *parser, int start)
{
	int count = parser->pattern->step_count - start;
	insert_step(parser, start, (struct step){.kind = STEP_SPLIT, .a = 1, .b = count + 2});
	add_step(parser, (struct step){.kind = STEP_JUMP, .a = -(count + 1)});
}

static void repeat_again(struct parser *parser, int start)
{
	int count = parser->pattern->step_count - start;
	add_step(parser, (struct step){.kind = STEP_SPLIT, .a = -count, .b = 1});
}

static void make_optional(struct parser *parser, int start)
{
	int count = parser->pattern->step_count - start;
	insert_step(parser, start, (struct step){.kind = STEP_SPLIT, .a = 1, .b = count + 1});
}

static void copy_steps(struct parser *parser, int start, int count)
{
	for (int i = 0; i < count && !parser->error; i++)
		add_step(parser, parser->pattern->steps[start + i]);
}

// most < 0: no end.
static void repeat_counted(struct parser *parser, int start, int least, int most)
{
	int count = parser->pattern->step_count - start;
	if (least == 0 && most < 0) {
		repeat_any(parser, start);
		return;
	}
	if (most == 0) {
		parser->pattern->step_count = start;
		return;
	}
	for (int i = 1; i < least; i++)
		copy_steps(parser, start, count);
	if (most < 0) {
		repeat_again(parser, parser->pattern->step_count - count);
		return;
	}
	int optional = most - least;
	if (least == 0) { // the one that is there is the first of them
		make_optional(parser, start);
		count++;
		optional--;
	}
	for (int i = 0; i < optional && !parser->error; i++) {
		int from = parser->pattern->step_count;
		copy_steps(parser, start, count);
		if (least > 0 && !parser->error)
			make_optional(parser, from);
	}
}

static int take_number(struct parser *parser)
{
	int number = 0;
	for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9'; parser->at++)
		number = number > REPEAT_MAX ? number : number * 10 + (*parser->at - '0');
	return number;
}

// "{2}", "{2,}", "{2,5}", the '{' taken.
static void read_count(struct parser *parser, int start)
{
	int least = take_number(parser), most = least;
	if (next_is(parser, ',')) {
		parser->at++;
		most = next_is(parser, '}') ? -1 : take_number(parser);
	}
	if (!next_is(parser, '}') || (most >= 0 && most < least)) {
		fail(parser, "'{' wants {N}, {N,} or {N,M}");
		return;
	}
	parser->at++;
	if (least > REPEAT_MAX || most > REPEAT_MAX)
		fail(parser, "too large");
	else
		repeat_counted(parser, start, least, most);
}

static bool begins_count(const struct parser *parser)
{
	return parser->end - parser->at > 1 && parser->at[0] == '{' && parser->at[1] >= '0' && parser->at[1] <= '9';
}

static void read_piece(struct parser *parser)
{
	int start = parser->pattern->step_count;
	read_atom(parser);
	while (!parser->error && parser->at < parser->end) {
		if (begins_count(parser)) {
			parser->at++;
			read_count(parser, start);
			continue;
		}
		if (!strchr("*+?", *parser->at) || !*parser->at)
			return;
		switch (*parser->at++) {
		case '*':
			repeat_any(parser, start);
			break;
		case '+':
			repeat_again(parser, start);
			break;
		default:
			make_optional(parser, start);
		}
	}
}

static void read_alternatives(struct parser *parser)
{
	int start = parser->pattern->step_count;
	while (parser->at < parser->end && !next_is(parser, '|') && !next_is(parser, ')'))
		read_piece(parser);
	if (!next_is(parser, '|') || parser->error)
		return;
	if (++parser->depth > DEPTH_MAX) {
		fail(parser, "too deep");
		return;
	}
	parser->at++;
	int count = parser->pattern->step_count - start;
	insert_step(parser, start, (struct step){.kind = STEP_SPLIT, .a = 1, .b = count + 2});
	int jump = parser->pattern->step_count;
	add_step(parser, (struct step){.kind = STEP_JUMP});
	read_alternatives(parser);
	parser->depth--;
	if (!parser->error)
		parser->pattern->steps[jump].a = parser->pattern->step_count - jump;
}

struct pattern *pattern_new(const char *text, size_t length, const char **error)
{
	struct pattern *pattern = calloc(1, sizeof *pattern);
	const unsigned char *at = (const unsigned char *)text;
	struct parser parser = {.pattern = pattern, .at = at, .end = at + length};
	if (!pattern) {
		*error = "out of memory";
		return NULL;
	}
	if (length >= 4 && !memcmp(text, "(?i)", 4)) {
		pattern->ignore_case = true;
		parser.at += 4;
	}
	read_alternatives(&parser);
	if (!parser.error && parser.at < parser.end)
		parser.error = "'(' is missing";
	if (parser.error) {
		*error = parser.error;
		free(pattern);
		return NULL;
	}
	pattern->steps[pattern->step_count++] = (struct step){.kind = STEP_FOUND};
	return pattern;
}

void pattern_free(void *pattern)
{
	free(pattern);
}

// ---- running one --------------------------------------------------------------------------------------------------

static bool in_ranges(const struct pattern *pattern, const struct step *step, int code)
{
	for (int i = 0; i < step->b; i++) {
		const struct range *range = &pattern->ranges[step->a + i];
		if (code >= range->low && code <= range->high)
			return true;
	}
	return false;
}

static bool takes(const struct pattern *pattern, const struct step *step, int code)
{
	switch (step->kind) {
	case STEP_CHARACTER:
		return code == step->a || (pattern->ignore_case && lower(code) == lower(step->a));
	case STEP_ANY:
		return true;
	default:
		if (in_ranges(pattern, step, code) || (pattern->ignore_case && (in_ranges(pattern, step, lower(code)) ||
		                                                                in_ranges(pattern, step, upper(code)))))
			return !step->negated;
		return step->negated;
	}
}

static bool holds(const struct step *step, int before, int next)
{
	switch (step->kind) {
	case STEP_BEGIN:
		return before == NO_CHARACTER;
	case STEP_END:
		return next == NO_CHARACTER;
	default:
		return is_word(before) != is_word(next);
	}
}

// Adds the step, and those that it leads to without taking a character, to a set. True: the pattern was found.
static bool add_thread(struct pattern *pattern, int set, int first, int before, int next)
{
	int depth = 0;
	pattern->stack[depth++] = first;
	while (depth > 0) {
		int at = pattern->stack[--depth];
		const struct step *step = &pattern->steps[at];
		if (pattern->seen[at] == pattern->turn)
			continue;
		pattern->seen[at] = pattern->turn;
		switch (step->kind) {
		case STEP_FOUND:
			return true;
		case STEP_SPLIT:
			pattern->stack[depth++] = at + step->b;
			pattern->stack[depth++] = at + step->a;
			break;
		case STEP_JUMP:
			pattern->stack[depth++] = at + step->a;
			break;
		case STEP_BEGIN:
		case STEP_END:
		case STEP_BOUNDARY:
			if (holds(step, before, next))
				pattern->stack[depth++] = at + 1;
			break;
		default:
			pattern->sets[set][pattern->counts[set]++] = at;
		}
	}
	return false;
}

bool pattern_found(struct pattern *pattern, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;
	int before = NO_CHARACTER, set = 0;
	int next = at < end ? take_character(&at, end) : NO_CHARACTER;
	pattern->counts[0] = 0;
	pattern->turn++;
	for (;;) {
		// a match may begin at every character
		if (add_thread(pattern, set, 0, before, next))
			return true;
		if (next == NO_CHARACTER)
			return false;
		int code = next, other = !set;
		next = at < end ? take_character(&at, end) : NO_CHARACTER;
		pattern->counts[other] = 0;
		pattern->turn++;
		for (int i = 0; i < pattern->counts[set]; i++) {
			int step = pattern->sets[set][i];
			if (takes(pattern, &pattern->steps[step], code) && add_thread(pattern, other, step + 1, code, next))
				return true;
		}
		before = code;
		set = other;
	}
}
