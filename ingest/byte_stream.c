// The uncompressed bytes of a file. See byte_stream.h.
#include "byte_stream.h"

#include <stdlib.h>

#include "../common/message.h"
#include "unpack.h"

enum { DETECT_LEN = 4 }; // bytes that tell the compression

static const uint64_t drain_max = (uint64_t)1 << 30; // bytes unpacked only to be counted

// Turns a stream whose window holds the first packed bytes into one of unpacked bytes.
static void start_unpacking(struct byte_stream *s)
{
	s->compression = unpack_detect(bytes_of(s->buffer, s->end));
	if (s->compression == CAPTURE_PLAIN)
		return;
	s->unpack = unpack_new(s->compression, &s->file, s->buffer, s->end);
	s->buffer = memory_alloc(s->capacity);
	s->end = 0;
	s->ended = false;
}

bool byte_stream_open(struct byte_stream *s, const char *path, struct capture_fault *fault)
{
	*s = (struct byte_stream){.capacity = UNPACK_CHUNK};
	if (!disk_file_open(&s->file, path, fault))
		return false;
	s->buffer = memory_alloc(s->capacity);
	byte_stream_fill(s, DETECT_LEN);
	start_unpacking(s);
	return true;
}

// The packed bytes of a memory stream are given to unpack in one piece of its own.
static void unpack_memory(struct byte_stream *s)
{
	uint8_t *packed = memory_alloc(s->end);
	memcpy(packed, s->buffer, s->end);
	s->buffer = packed;
	s->is_memory = false;
	start_unpacking(s);
}

void byte_stream_open_memory(struct byte_stream *s, const char *name, const void *data, size_t length)
{
	union {
		const void *borrowed;
		uint8_t *window; // never written to: the stream has ended
	} memory = {.borrowed = data};
	*s = (struct byte_stream){.capacity = UNPACK_CHUNK, .ended = true, .is_memory = true};
	disk_file_open_memory(&s->file, name, data, length);
	s->buffer = memory.window;
	s->end = length;
	if (unpack_detect(bytes_of(data, length)) != CAPTURE_PLAIN)
		unpack_memory(s);
}

void byte_stream_close(struct byte_stream *s)
{
	unpack_free(s->unpack);
	if (!s->is_memory)
		free(s->buffer);
	disk_file_close(&s->file);
}

static void grow(struct byte_stream *s)
{
	s->capacity *= 2;
	s->buffer = memory_resize(s->buffer, s->capacity);
}

static void move_to_front(struct byte_stream *s)
{
	memmove(s->buffer, s->buffer + s->start, s->end - s->start);
	s->end -= s->start;
	s->start = 0;
}

void byte_stream_fill(struct byte_stream *s, size_t length)
{
	if (!s->ended)
		move_to_front(s);
	while (s->end < length && !s->ended) {
		if (s->end == s->capacity)
			grow(s);
		uint8_t *to = s->buffer + s->end;
		size_t room = s->capacity - s->end;
		size_t got = s->unpack ? unpack_read(s->unpack, to, room) : disk_file_read(&s->file, to, room);
		s->end += got;
		s->ended = got == 0;
	}
}

size_t byte_stream_read(struct byte_stream *s, void *to, size_t length)
{
	struct bytes next = byte_stream_peek(s, 1);
	size_t unread = s->end - s->start;
	if (length > unread)
		length = unread;
	if (length > 0)
		memcpy(to, next.at, length);
	byte_stream_skip(s, length);
	return length;
}

uint64_t byte_stream_drain(struct byte_stream *s)
{
	uint64_t first = s->position;
	do {
		byte_stream_skip(s, s->end - s->start);
		if (s->unpack && s->position - first > drain_max)
			break;
		byte_stream_fill(s, 1);
	} while (s->end > s->start);
	return s->position;
}

const struct capture_fault *byte_stream_fault(const struct byte_stream *s)
{
	if (s->file.failed)
		return &s->file.fault;
	return s->unpack ? unpack_fault(s->unpack) : NULL;
}
