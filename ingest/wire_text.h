// Bytes of the wire as text: addresses, hex, and words that may hold anything.
#ifndef INGEST_WIRE_TEXT_H
#define INGEST_WIRE_TEXT_H

#include "writer.h"

enum { WIRE_TEXT_MAX = 1024 }; // bytes that are shown of words

// Each lives until the row's batch is written; NULL of no bytes.
const char *wire_words(struct writer *, struct bytes); // escaped: message_escape()
const char *wire_hex(struct writer *, struct bytes,
                     const char *separator);              // the first 64 bytes; separator: a character or none
const char *wire_ipv4(struct writer *, uint32_t address); // dotted

// 2 * count hex digits, lower case, and a NUL. Returns where that is.
char *wire_digits(char *to, const uint8_t *bytes, size_t count);

// Whether bytes begin with a word: exactly, or in any case of its letters.
bool wire_begins(struct bytes, const char *word);
bool wire_begins_like(struct bytes, const char *word);

bool wire_holds(struct bytes, const char *word); // anywhere

struct bytes wire_first_line(struct bytes);      // without its \n
struct bytes wire_take_line(struct bytes *rest); // the same, and without \r; `rest` moves behind the line
struct bytes wire_strip(struct bytes);           // without blanks and tabs before and behind it

// Of up to 18 digits, with blanks and leading zeros as they may be. False: it is no such number.
bool wire_decimal(struct bytes, uint64_t *value);

// Whether the first 16 bytes are printable ASCII, or white space.
bool wire_is_text(struct bytes);

void wire_to_lower(char *text); // ASCII letters

// Decodes base64 (RFC 4648, 4) up to its first other byte. Gives the number of bytes, at most size.
size_t wire_base64(struct bytes, uint8_t *to, size_t size);

#endif
