// The uncompressed bytes of a file, pipe or memory, front to end, through a window that the reader looks into.
#ifndef INGEST_BYTE_STREAM_H
#define INGEST_BYTE_STREAM_H

#include "disk_file.h"

struct read_ahead;

// Stays where it is while open: `unpack` points to `file`.
struct byte_stream {
	struct disk_file file;
	struct unpack *unpack;    // NULL: the file is not compressed
	struct read_ahead *ahead; // reads file and unpack; NULL: they are read when bytes are asked for
	uint64_t file_bytes_read; // of the file, for what came so far
	const uint8_t *window;    // in `own`, or borrowed: bytes from `start` to `end` are unread
	size_t start, end;
	uint8_t *own;
	size_t capacity;   // of `own`
	uint64_t position; // of window[start] in the uncompressed stream
	bool ended;        // nothing follows window[end]
	enum capture_compression compression;
};

// Opens path ("-": standard input), compressed or not. False, with *fault filled and nothing to close, when it cannot
// be read.
bool byte_stream_open(struct byte_stream *, const char *path, struct capture_fault *fault);

// The same of a file that may still grow: disk_file.wait.
bool byte_stream_open_growing(struct byte_stream *, const char *path, bool (*wait)(void *), void *context,
                              struct capture_fault *fault);

// The same from memory, which stays the caller's and must last.
void byte_stream_open_memory(struct byte_stream *, const char *name, const void *data, size_t length);
void byte_stream_close(struct byte_stream *);

// Reads on until the window holds `length` bytes or the stream ends. The window grows only as bytes really come.
void byte_stream_fill(struct byte_stream *, size_t length);

// The next `length` bytes, or all that are left when there are fewer. They stay unread, and valid until the next call
// other than byte_stream_skip.
static inline struct bytes byte_stream_peek(struct byte_stream *s, size_t length)
{
	if (s->end - s->start < length)
		byte_stream_fill(s, length);
	size_t left = s->end - s->start;
	return bytes_of(s->window + s->start, left < length ? left : length);
}

// Counts bytes that were peeked at as read.
static inline void byte_stream_skip(struct byte_stream *s, size_t length)
{
	s->start += length;
	s->position += length;
}

// Copies out what is there, up to `length` bytes; 0 only at the end.
size_t byte_stream_read(struct byte_stream *, void *to, size_t length);

// Reads and drops the rest, of a compressed file up to a limit (it may unpack to any size). Returns the position of
// the end.
uint64_t byte_stream_drain(struct byte_stream *);

// XXH3-128 of the whole file, as 32 hex digits and a NUL. Ends the stream.
void byte_stream_fingerprint(struct byte_stream *, char to[33]);

// What broke the stream off before its end; NULL nothing did. Known when the stream has ended.
const struct capture_fault *byte_stream_fault(const struct byte_stream *);

#endif
