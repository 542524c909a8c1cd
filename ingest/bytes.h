// The one gate to captured memory.
//
// A struct bytes is a window on bytes that somebody else owns. Reading moves the window forward. A read past the
// end gives zero, empties the window and sets `bad`, which stays set: a decoder may read a whole header without a
// check and look at `bad` once, and every loop that runs `while (b.left)` ends.
//
// Nothing else in ingest/ dereferences a pointer into a capture. Multi-byte reads are big-endian (network order)
// unless the name says `le`.
#ifndef INGEST_BYTES_H
#define INGEST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at; // next byte to read; borrowed
	size_t left;       // bytes that may be read
	bool bad;          // a read went past the end
};

static inline struct bytes bytes_of(const void *at, size_t length)
{
	return (struct bytes){.at = at, .left = length, .bad = false};
}

static inline void bytes_fail(struct bytes *b)
{
	b->left = 0;
	b->bad = true;
}

// The next n bytes as a pointer, and the window behind them; NULL (and bad) when there are fewer.
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	if (n > b->left) {
		bytes_fail(b);
		return NULL;
	}
	const uint8_t *taken = b->at;
	b->at = n ? b->at + n : b->at; // an empty window may be nowhere: NULL + 0 is undefined
	b->left -= n;
	return taken;
}

static inline void bytes_skip(struct bytes *b, size_t n)
{
	(void)bytes_take(b, n);
}

// A window of its own on the next n bytes; empty and bad when there are fewer.
static inline struct bytes bytes_split(struct bytes *b, size_t n)
{
	const uint8_t *at = bytes_take(b, n);
	return (struct bytes){.at = at ? at : b->at, .left = at ? n : 0, .bad = !at};
}

// An unsigned integer of `width` bytes, 1 to 8: the widths of every reader below come from here.
static inline uint64_t bytes_uint(struct bytes *b, size_t width)
{
	const uint8_t *p = bytes_take(b, width);
	uint64_t value = 0;
	if (!p)
		return 0;
	for (; width >= 4; width -= 4, p += 4) // four at once: compilers see one load in it
		value = value << 32 | (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	for (size_t i = 0; i < width; i++)
		value = value << 8 | p[i];
	return value;
}

static inline uint64_t bytes_uint_le(struct bytes *b, size_t width)
{
	const uint8_t *p = bytes_take(b, width);
	uint64_t value = 0;
	if (!p)
		return 0;
	for (size_t i = width; i > 0; i--)
		value = value << 8 | p[i - 1];
	return value;
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	return (uint8_t)bytes_uint(b, 1);
}

static inline uint16_t bytes_u16(struct bytes *b)
{
	return (uint16_t)bytes_uint(b, 2);
}

static inline uint32_t bytes_u24(struct bytes *b)
{
	return (uint32_t)bytes_uint(b, 3);
}

static inline uint32_t bytes_u32(struct bytes *b)
{
	return (uint32_t)bytes_uint(b, 4);
}

static inline uint64_t bytes_u64(struct bytes *b)
{
	return bytes_uint(b, 8);
}

// Looking ahead: the window stays where it is, and missing bytes read as zero without setting bad.
static inline uint64_t bytes_peek(struct bytes b, size_t offset, size_t width)
{
	if (offset > b.left)
		return 0;
	bytes_skip(&b, offset);
	return bytes_uint(&b, width);
}

// Bytes before the first `byte`; all that are left where there is none.
static inline size_t bytes_find(struct bytes b, uint8_t byte)
{
	const uint8_t *found = b.left ? memchr(b.at, byte, b.left) : NULL;
	return found ? (size_t)(found - b.at) : b.left;
}

// Copies n bytes out; zeroes `to` when there are fewer.
static inline void bytes_copy(struct bytes *b, void *to, size_t n)
{
	const uint8_t *p = bytes_take(b, n);
	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

#endif
