// The packets of a point, read ahead. See feed.h.
#include "feed.h"

#include <stdlib.h>

#include "../common/message.h"

static void fill(struct feed *f, struct feed_batch *batch)
{
	batch->count = 0;
	while (batch->count < FEED_BATCH_PACKETS && cursor_next(&f->cursor, &batch->at[batch->count]))
		batch->count++;
}

// The batch to fill next, when there is room for it; NULL: no more are wanted.
static struct feed_batch *wait_for_room(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	while (f->filled - f->taken == FEED_BATCHES && !f->is_stopped)
		pthread_cond_wait(&f->changed, &f->lock);
	struct feed_batch *batch = f->is_stopped ? NULL : &f->batches[f->filled % FEED_BATCHES];
	pthread_mutex_unlock(&f->lock);
	return batch;
}

static void hand_over(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	f->filled++;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

static void *read_ahead(void *argument)
{
	struct feed *f = argument;
	struct feed_batch *batch;
	size_t count = 1;
	while (count > 0 && (batch = wait_for_room(f)) != NULL) {
		fill(f, batch);
		count = batch->count;
		hand_over(f);
	}
	return NULL;
}

static struct feed_batch *wait_for_batch(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	while (f->filled == f->taken)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
	return &f->batches[f->taken % FEED_BATCHES];
}

static struct feed_batch *current(struct feed *f)
{
	struct feed_batch *batch = &f->batches[f->taken % FEED_BATCHES];
	if (f->at > 0)
		return batch;
	if (f->has_thread)
		return wait_for_batch(f);
	if (f->filled == f->taken) {
		fill(f, batch);
		f->filled++;
	}
	return batch;
}

static void give_back(struct feed *f)
{
	f->at = 0;
	pthread_mutex_lock(&f->lock);
	f->taken++;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

bool feed_begin(struct feed *f, const struct point *p)
{
	*f = (struct feed){.point = *p, .batches = memory_alloc(FEED_BATCHES * sizeof *f->batches)};
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	sqlite3 *own = point_open_again(p);
	f->is_own = own != NULL;
	f->point.db = own ? own : p->db;
	if (!cursor_begin(&f->cursor, &f->point))
		return false;
	f->has_thread = f->is_own && pthread_create(&f->thread, NULL, read_ahead, f) == 0;
	return true;
}

struct sighting *feed_peek(struct feed *f)
{
	struct feed_batch *batch = current(f);
	return batch->count > 0 ? &batch->at[f->at] : NULL;
}

void feed_pass(struct feed *f)
{
	if (++f->at == f->batches[f->taken % FEED_BATCHES].count)
		give_back(f);
}

static void stop(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	f->is_stopped = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
}

bool feed_end(struct feed *f)
{
	if (f->has_thread)
		stop(f);
	bool ok = cursor_end(&f->cursor);
	if (f->is_own)
		sqlite3_close(f->point.db);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->changed);
	free(f->batches);
	return ok;
}
