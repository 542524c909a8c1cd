// A buffer before a descriptor.
#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../common/message.h"
#include "watch.h"

enum { SINK_SIZE = 65536, TERMINAL_WIDTH = 80 };

void sink_init(struct sink *sink, int fd)
{
	*sink = (struct sink){.fd = fd, .terminal = fd >= 0 && isatty(fd), .size = SINK_SIZE};
	sink->at = memory_alloc(sink->size);
}

void sink_release(struct sink *sink)
{
	free(sink->at);
	*sink = (struct sink){.fd = -1};
}

size_t sink_width(const struct sink *sink)
{
	struct winsize size;
	const char *text = getenv("COLUMNS");
	long columns = text ? strtol(text, NULL, 10) : 0;
	if (!sink->terminal)
		return 0;
	if (columns > 0)
		return (size_t)columns;
	return ioctl(sink->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : TERMINAL_WIDTH;
}

// Time spent waiting for the reader does not count against the query's limit.
static ssize_t write_paused(int fd, const char *text, size_t length)
{
	watch_pause(true);
	ssize_t written = write(fd, text, length);
	watch_pause(false);
	return written;
}

bool sink_flush(struct sink *sink)
{
	size_t done = 0;
	while (sink->fd >= 0 && !sink->error && done < sink->used) {
		ssize_t written = write_paused(sink->fd, sink->at + done, sink->used - done);
		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR || watch_cause() != WATCH_RUNNING)
			sink->error = errno;
	}
	if (sink->fd >= 0)
		sink->used = 0;
	return !sink->error;
}

bool sink_finish(struct sink *sink)
{
	if (sink_flush(sink) || sink->error == EPIPE)
		return true;
	message_error("cannot write standard output: %s", strerror(sink->error));
	return false;
}

static void make_room(struct sink *sink, size_t length)
{
	if (sink->fd >= 0) {
		sink_flush(sink);
		return;
	}
	while (sink->size - sink->used < length)
		sink->size *= 2;
	sink->at = memory_resize(sink->at, sink->size);
}

void sink_write(struct sink *sink, const char *text, size_t length)
{
	if (length <= sink->size - sink->used && !sink->error) {
		memcpy(sink->at + sink->used, text, length);
		sink->used += length;
		return;
	}
	while (length > 0 && !sink->error) {
		if (sink->size - sink->used < length)
			make_room(sink, length);
		size_t room = sink->size - sink->used;
		size_t part = length < room ? length : room;
		memcpy(sink->at + sink->used, text, part);
		sink->used += part;
		text += part;
		length -= part;
	}
}

void sink_text(struct sink *sink, const char *text)
{
	sink_write(sink, text, strlen(text));
}

void sink_char(struct sink *sink, char c)
{
	sink_write(sink, &c, 1);
}

void sink_repeat(struct sink *sink, char c, size_t count)
{
	char block[64];
	if (count <= sink->size - sink->used && !sink->error) {
		memset(sink->at + sink->used, c, count);
		sink->used += count;
		return;
	}
	memset(block, c, sizeof block);
	for (; count > sizeof block; count -= sizeof block)
		sink_write(sink, block, sizeof block);
	sink_write(sink, block, count);
}
