// What pcapdex says to people: on standard error, one line a message, escaped for a terminal.
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(format_index, args_index) __attribute__((format(printf, format_index, args_index)))
#else
#define PRINTF_LIKE(format_index, args_index)
#endif

enum exit_code {
	EXIT_DONE = 0,
	EXIT_DAMAGED = 1, // done, but some input was damaged or could not be read
	EXIT_USAGE = 2,
	EXIT_FAILED = 3, // could not do it
};

// "pcapdex: error: TEXT" and "pcapdex: warning: TEXT" (red and yellow on a terminal unless NO_COLOR is set).
// The text is escaped as by message_show(). Any progress line is cleared first.
void message_error(const char *format, ...) PRINTF_LIKE(1, 2);
void message_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void message_note(const char *format, ...) PRINTF_LIKE(1, 2); // no prefix word

// Escapes text from the wire or a file, to be kept: control bytes (C0, DEL, C1) and invalid UTF-8 become \xHH.
// Writes at most size - 1 bytes and a NUL, whole escapes only; returns to.
char *message_escape(char *to, size_t size, const char *text, size_t length);

// The same for people to look at: the bytes of all that text_is_unsafe() become \xHH.
char *message_show(char *to, size_t size, const char *text, size_t length);

// What a noun ends in behind a count: "" or "s".
const char *message_plural(int64_t count);

// The words nearest to `word` (edit distance) among count names: "did you mean ...?" text into `to`, or "" when
// nothing is near. names is an array of pointers.
char *message_nearest(char *to, size_t size, const char *word, const char *const *names, size_t count);

// Whether stream (a FILE *) wants colour: a terminal, and NO_COLOR unset.
int message_wants_colour(void *stream);

// Memory or exit: messages and ends the program with EXIT_FAILED when there is none.
void *memory_alloc(size_t size);                                // zeroed
void *memory_resize(void *old, size_t size);                    // as realloc
char *memory_copy_text(const char *text);                       // NULL gives NULL
char *memory_join(const char *a, const char *b, const char *c); // one text of three

#endif
