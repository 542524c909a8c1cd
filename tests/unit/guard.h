// Inputs for tests that end where the memory ends: right behind the last byte is a page that nobody may read, so that
// an overrun crashes the test.
#ifndef TESTS_UNIT_GUARD_H
#define TESTS_UNIT_GUARD_H

#include "../../ingest/bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARD_SIZE = 1 << 18 };

// A copy of the bytes, which must be no more than GUARD_SIZE. Valid until the next call.
static inline struct bytes guard_bytes(const void *bytes, size_t length)
{
	static uint8_t *end;

	if (!end) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		uint8_t *memory = mmap(NULL, GUARD_SIZE + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED || mprotect(memory + GUARD_SIZE, page, PROT_NONE) != 0)
			abort();
		end = memory + GUARD_SIZE;
	}
	if (length > GUARD_SIZE)
		abort();
	if (length)
		memcpy(end - length, bytes, length);
	return bytes_of(end - length, length);
}

// Hexadecimal digits, white space ignored, as bytes; returns how many.
static inline size_t guard_from_hex(const char *hex, uint8_t *to, size_t size)
{
	size_t digits = 0;

	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		if (!isxdigit((unsigned char)*hex) || digits / 2 >= size)
			abort();
		const char digit[2] = {*hex, '\0'};
		uint8_t value = (uint8_t)strtol(digit, NULL, 16);
		to[digits / 2] = digits % 2 ? (uint8_t)(to[digits / 2] | value) : (uint8_t)(value << 4);
		digits++;
	}
	return digits / 2;
}

#endif
