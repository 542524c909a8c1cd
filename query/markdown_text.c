// Text as Markdown. See markdown_text.h. CommonMark 0.31, GitHub Flavored Markdown 0.29.
#include "markdown_text.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

enum { LIST_DIGITS_MAX = 9 }; // of a list item's number

// Whether what stands at text[i] could be markup there.
static bool is_markup(const char *text, size_t i, size_t length)
{
	char c = text[i];
	bool after_word = i > 0 && isalnum((unsigned char)text[i - 1]);
	bool before_word = i + 1 < length && isalnum((unsigned char)text[i + 1]);
	if (strchr("\\`*[]|~$", c))
		return true;
	if (c == '_')
		return !after_word || !before_word;
	if (c == ':')
		return i + 2 < length && text[i + 1] == '/' && text[i + 2] == '/';
	if (c == '.' && i >= 3 && !sqlite3_strnicmp(text + i - 3, "www", 3))
		return true;
	if (c == '.' || c == ')')
		return i <= LIST_DIGITS_MAX && strspn(text, "0123456789") == i && (i + 1 == length || text[i + 1] == ' ');
	return i == 0 && strchr("#+-=", c);
}

// What text[i] is written as, where that is something else; NULL: it is not. Behind blanks at the beginning of a line,
// text could be a block; a blank that is an entity begins none.
static const char *entity_of(const char *text, size_t i, const char *line_break)
{
	switch (text[i]) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '\n':
		return line_break;
	case ' ':
		return i == 0 ? "&#32;" : NULL;
	default:
		return NULL;
	}
}

void markdown_write_text(struct sink *sink, const char *text, size_t length, const char *line_break)
{
	size_t begin = 0; // of what is not written yet
	for (size_t i = 0; i < length; i++) {
		bool plain = isalnum((unsigned char)text[i]) || (text[i] == ' ' && i > 0) || !text[i];
		const char *entity = plain ? NULL : entity_of(text, i, line_break);
		if (plain || (!entity && !is_markup(text, i, length)))
			continue;
		sink_write(sink, text + begin, i - begin);
		sink_text(sink, entity ? entity : "\\");
		begin = entity ? i + 1 : i;
	}
	sink_write(sink, text + begin, length - begin);
}
