// Messages for people, escaped text, near words, memory.
#include "message.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"
#include "text.h"

enum {
	MESSAGE_MAX = 4096,   // bytes of one message before escaping
	NEAREST_SHOWN = 3,    // names in one "did you mean"
	NEAREST_WORD_MAX = 64 // longer words are near to nothing
};

// Escapes invalid UTF-8 and the characters that is_escaped().
static char *escape(char *to, size_t size, const char *text, size_t length, bool (*is_escaped)(uint32_t))
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;
	if (size == 0)
		return to;
	while (length > 0) {
		uint32_t code;
		size_t taken = text_decode(text, length, &code);
		bool plain = taken > 0 && !is_escaped(code);
		size_t written = plain ? taken : 4;
		if (written >= size - at)
			break;
		if (plain) {
			memcpy(to + at, text, taken);
		} else {
			unsigned char byte = (unsigned char)*text;
			const char escaped[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
			memcpy(to + at, escaped, sizeof escaped);
			taken = 1;
		}
		at += written;
		text += taken;
		length -= taken;
	}
	to[at] = 0;
	return to;
}

char *message_escape(char *to, size_t size, const char *text, size_t length)
{
	return escape(to, size, text, length, text_is_control);
}

char *message_show(char *to, size_t size, const char *text, size_t length)
{
	return escape(to, size, text, length, text_is_unsafe);
}

int message_wants_colour(void *stream)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");
	if (no_colour && *no_colour)
		return 0;
	return isatty(fileno(stream)) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

PRINTF_LIKE(3, 0)
static void say(const char *word, const char *colour, const char *format, va_list args)
{
	char text[MESSAGE_MAX], escaped[4 * MESSAGE_MAX];
	int length = vsnprintf(text, sizeof text, format, args);
	const char *cut = length >= MESSAGE_MAX ? "..." : "";
	if (length < 0)
		return;
	message_show(escaped, sizeof escaped, text, strlen(text));
	progress_clear();
	if (message_wants_colour(stderr))
		fprintf(stderr, "pcapdex: %s%s%s%s%s\n", colour, word, *colour ? "\033[0m" : "", escaped, cut);
	else
		fprintf(stderr, "pcapdex: %s%s%s\n", word, escaped, cut);
}

void message_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("error: ", "\033[1;31m", format, args);
	va_end(args);
}

void message_warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("warning: ", "\033[1;33m", format, args);
	va_end(args);
}

void message_note(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say("", "", format, args);
	va_end(args);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// Edit distance in which swapping two neighbours is one step (optimal string alignment), and letters of either case are
// the same. Both within NEAREST_WORD_MAX.
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = last[j - 1] + !is_same(a[i - 1], b[j - 1]);
			row[j] = smaller(row[j], smaller(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

// Whether word is a file called name, of whatever folder and ending.
static bool is_file_called(const char *word, const char *name, size_t name_len)
{
	const char *slash = strrchr(word, '/'), *file = slash ? slash + 1 : word;
	return name_len > 0 && !strncmp(file, name, name_len) && (file[name_len] == '.' || (slash && !file[name_len]));
}

// How far name is from word: edits, or 1 when it holds the whole word, or word is a file called so; past `limit` when it
// is not near.
static size_t distance_to(const char *word, const char *name, size_t limit)
{
	size_t word_len = strlen(word), name_len = strlen(name);
	if (word_len > NEAREST_WORD_MAX || name_len > NEAREST_WORD_MAX)
		return limit + 1;
	if (is_file_called(word, name, name_len))
		return 1;
	size_t edits = edit_distance(word, word_len, name, name_len);
	return edits > 1 && word_len >= 3 && strstr(name, word) ? 1 : edits;
}

const char *message_plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

char *message_nearest(char *to, size_t size, const char *word, const char *const *names, size_t count)
{
	const char *found[NEAREST_SHOWN] = {0};
	size_t limit = strlen(word) < 3 ? 1 : (strlen(word) + 2) / 3;
	size_t best = limit, found_count = 0;
	for (size_t i = 0; i < count; i++) {
		size_t distance = distance_to(word, names[i], limit);
		if (distance > best)
			continue;
		if (distance < best)
			found_count = 0;
		best = distance;
		if (found_count < NEAREST_SHOWN)
			found[found_count++] = names[i];
	}
	if (size > 0)
		to[0] = 0;
	if (found_count == 1)
		snprintf(to, size, "did you mean %s?", found[0]);
	else if (found_count == 2)
		snprintf(to, size, "did you mean %s or %s?", found[0], found[1]);
	else if (found_count == 3)
		snprintf(to, size, "did you mean %s, %s or %s?", found[0], found[1], found[2]);
	return to;
}

static void *or_exit(void *memory)
{
	if (memory)
		return memory;
	message_error("out of memory");
	exit(EXIT_FAILED);
}

void *memory_alloc(size_t size)
{
	return or_exit(calloc(1, size > 0 ? size : 1));
}

void *memory_resize(void *old, size_t size)
{
	return or_exit(realloc(old, size > 0 ? size : 1));
}

char *memory_copy_text(const char *text)
{
	return text ? or_exit(strdup(text)) : NULL;
}

char *memory_join(const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *joined = memory_alloc(size);
	snprintf(joined, size, "%s%s%s", a, b, c);
	return joined;
}
