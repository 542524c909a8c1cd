// Characters of UTF-8 text, and how text ends.
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The character at text and the bytes it takes; 0: invalid UTF-8.
size_t text_decode(const char *text, size_t left, uint32_t *code);

// C0, DEL and C1: characters that move the cursor or colour a terminal.
bool text_is_control(uint32_t code);

// These, and what else shows people another text than there is: characters that turn the direction of writing, and those
// that nobody sees.
bool text_is_unsafe(uint32_t code);

// Whether something stands before `end`, and that is the end: of "a_s", not of "_s", it is "_s".
bool text_ends_in(const char *text, const char *end);

#endif
