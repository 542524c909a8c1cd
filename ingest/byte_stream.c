// The uncompressed bytes of a file. See byte_stream.h.
#include "byte_stream.h"

#include <stdlib.h>

#include "../common/message.h"
#include "read_ahead.h"

enum { DETECT_LEN = 4 }; // bytes that tell the compression

static const uint64_t drain_max = (uint64_t)1 << 30; // bytes unpacked only to be counted

// Turns a stream whose own buffer holds the first packed bytes into one of unpacked bytes.
static void start_unpacking(struct byte_stream *s)
{
	s->compression = unpack_detect(bytes_of(s->own, s->end));
	if (s->compression == CAPTURE_PLAIN)
		return;
	s->unpack = unpack_new(s->compression, &s->file, s->own, s->end);
	s->own = memory_alloc(s->capacity);
	s->window = s->own;
	s->end = 0;
	s->ended = false;
}

bool byte_stream_open_growing(struct byte_stream *s, const char *path, bool (*wait)(void *), void *context,
                              struct capture_fault *fault)
{
	*s = (struct byte_stream){.capacity = UNPACK_CHUNK};
	if (!disk_file_open(&s->file, path, fault))
		return false;
	s->file.wait = wait;
	s->file.wait_context = context;
	s->own = memory_alloc(s->capacity);
	s->window = s->own;
	byte_stream_fill(s, DETECT_LEN);
	start_unpacking(s);
	return true;
}

bool byte_stream_open(struct byte_stream *s, const char *path, struct capture_fault *fault)
{
	return byte_stream_open_growing(s, path, NULL, NULL, fault);
}

void byte_stream_open_memory(struct byte_stream *s, const char *name, const void *data, size_t length)
{
	*s = (struct byte_stream){.capacity = UNPACK_CHUNK, .ended = true};
	disk_file_open_memory(&s->file, name, data, length);
	s->file_bytes_read = length;
	s->window = data;
	s->end = length;
	if (unpack_detect(bytes_of(data, length)) == CAPTURE_PLAIN)
		return;
	s->own = memory_alloc(length);
	memcpy(s->own, data, length);
	start_unpacking(s);
}

void byte_stream_close(struct byte_stream *s)
{
	read_ahead_stop(s->ahead);
	unpack_free(s->unpack);
	free(s->own);
	disk_file_close(&s->file);
}

static void make_room(struct byte_stream *s, size_t length)
{
	if (length <= s->capacity)
		return;
	while (length > s->capacity)
		s->capacity *= 2;
	s->own = memory_resize(s->own, s->capacity);
}

// Makes the unread bytes the first of the stream's own.
static void move_to_front(struct byte_stream *s)
{
	size_t unread = s->end - s->start;
	const uint8_t *from = s->window + s->start;
	if (s->window != s->own)
		make_room(s, unread);
	if (unread > 0 && from != s->own)
		memmove(s->own, from, unread);
	s->window = s->own;
	s->start = 0;
	s->end = unread;
}

static void read_more(struct byte_stream *s)
{
	make_room(s, s->end + 1);
	s->window = s->own;
	uint8_t *to = s->own + s->end;
	size_t room = s->capacity - s->end;
	size_t got = s->unpack ? unpack_read(s->unpack, to, room) : disk_file_read(&s->file, to, room);
	s->file_bytes_read = s->file.bytes_read;
	s->end += got;
	s->ended = got == 0;
}

// Makes the next piece the window, with the unread bytes copied before it; or, where these are too many, appends it to
// them.
static void take_more(struct byte_stream *s)
{
	size_t got;
	uint8_t *piece = read_ahead_next(s->ahead, &got, &s->file_bytes_read);
	s->ended = got == 0;
	if (s->end <= READ_AHEAD_MARGIN && got > 0) {
		memcpy(piece - s->end, s->own, s->end);
		s->window = piece - s->end;
	} else {
		make_room(s, s->end + got);
		memcpy(s->own + s->end, piece, got);
		s->window = s->own;
	}
	s->end += got;
}

// Whether there is more of a file on disk than was read already.
static bool is_long(const struct byte_stream *s)
{
	return s->file.fd >= 0 && !s->file.wait && s->file.size > 0 && s->file.bytes_read > 0 &&
	       (s->unpack || s->file.bytes_read < (uint64_t)s->file.size);
}

void byte_stream_fill(struct byte_stream *s, size_t length)
{
	if (!s->ended && !s->ahead && is_long(s))
		s->ahead = read_ahead_start(&s->file, s->unpack);
	while (s->end - s->start < length && !s->ended) {
		move_to_front(s);
		if (s->ahead)
			take_more(s);
		else
			read_more(s);
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

void byte_stream_fingerprint(struct byte_stream *s, char to[33])
{
	read_ahead_stop(s->ahead);
	s->ahead = NULL;
	s->ended = true;
	disk_file_fingerprint(&s->file, to);
}

const struct capture_fault *byte_stream_fault(const struct byte_stream *s)
{
	if (!s->ended)
		return NULL;
	if (s->file.failed)
		return &s->file.fault;
	return s->unpack ? unpack_fault(s->unpack) : NULL;
}
