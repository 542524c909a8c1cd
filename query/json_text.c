// Text as JSON. See json_text.h.
#include "json_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cell.h"

// JSON's own escapes; characters that a terminal must not see are escaped, too.
static void write_escaped(struct sink *sink, uint32_t code)
{
	char text[16];
	const char *letter = code ? strchr("\nn\tt\rr\"\"\\\\", (int)code) : NULL;
	if (code < 0x80 && letter)
		snprintf(text, sizeof text, "\\%c", letter[1]);
	else if (code < 0x10000)
		snprintf(text, sizeof text, "\\u%04x", (unsigned)code);
	else
		snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800 + ((unsigned)code - 0x10000) / 0x400,
		         0xdc00 + (unsigned)code % 0x400);
	sink_text(sink, text);
}

void json_write_text(struct sink *sink, const char *text, size_t length)
{
	size_t plain = 0; // bytes before text that are written as they are
	while (plain < length && text[plain] >= 0x20 && text[plain] < 0x7f && text[plain] != '"' && text[plain] != '\\')
		plain++;
	text += plain;
	length -= plain;
	sink_char(sink, '"');
	for (size_t taken; length > 0; text += taken, length -= taken) {
		uint32_t code;
		taken = text_decode(text, length, &code);
		if (taken > 0 && code != '"' && code != '\\' && !text_is_unsafe(code)) {
			plain += taken;
			continue;
		}
		sink_write(sink, text - plain, plain);
		plain = 0;
		if (taken > 0) {
			write_escaped(sink, code);
		} else {
			sink_text(sink, "\xef\xbf\xbd"); // U+FFFD
			taken = 1;
		}
	}
	sink_write(sink, text - plain, plain);
	sink_char(sink, '"');
}
