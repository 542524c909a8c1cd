// Runs of bytes in their turn. See chunk_queue.h.
#include "chunk_queue.h"

#include <stdlib.h>

#include "../common/message.h"

struct queued_chunk {
	struct queued_chunk *before, *behind;
	int64_t turn; // the latest packet of its direction
	struct stream_chunk chunk;
	uint8_t copy[];
};

void chunk_queue_release(struct chunk_queue *q)
{
	struct stream_chunk chunk;
	while (chunk_queue_take(q, &chunk))
		;
	*q = (struct chunk_queue){.first = NULL};
}

static struct queued_chunk *copy_of(const struct stream_chunk *chunk)
{
	struct bytes data = chunk->data;
	size_t length = data.left;
	struct queued_chunk *made = memory_alloc(sizeof *made + length);
	made->chunk = *chunk;
	bytes_copy(&data, made->copy, length);
	made->chunk.data = bytes_of(made->copy, length);
	return made;
}

// Behind those of the same turn.
static void insert(struct chunk_queue *q, struct queued_chunk *chunk)
{
	struct queued_chunk *before = q->last;
	while (before && before->turn > chunk->turn)
		before = before->before;
	chunk->before = before;
	chunk->behind = before ? before->behind : q->first;
	*(before ? &before->behind : &q->first) = chunk;
	*(chunk->behind ? &chunk->behind->before : &q->last) = chunk;
}

void chunk_queue_add(struct chunk_queue *q, const struct stream_chunk *chunk)
{
	int64_t *latest = &q->latest[chunk->direction];
	struct queued_chunk *made = copy_of(chunk);
	if (chunk->packet_id > *latest)
		*latest = chunk->packet_id;
	made->turn = *latest;
	insert(q, made);
	q->bytes += chunk->data.left;
	q->count++;
}

bool chunk_queue_is_full(const struct chunk_queue *q)
{
	return q->bytes > STREAM_AHEAD_MAX || q->count >= STREAM_SEGMENTS_MAX;
}

bool chunk_queue_take(struct chunk_queue *q, struct stream_chunk *chunk)
{
	struct queued_chunk *first = q->first;
	free(q->lent);
	q->lent = first;
	if (!first)
		return false;
	q->first = first->behind;
	*(q->first ? &q->first->before : &q->last) = NULL;
	q->bytes -= first->chunk.data.left;
	q->count--;
	*chunk = first->chunk;
	return true;
}
