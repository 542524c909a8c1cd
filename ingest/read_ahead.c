// A file read on a thread of its own. See read_ahead.h.
#include "read_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "../common/message.h"

// One is looked at, the others are filled and waited for in runs: to wake a thread costs as much as to fill a piece.
enum { PIECES = 9, RUN = 4 };

struct piece {
	size_t length;
	uint64_t file_bytes_read;
	uint8_t at[READ_AHEAD_MARGIN + READ_AHEAD_PIECE];
};

struct read_ahead {
	struct disk_file *file; // borrowed, as is the unpack
	struct unpack *unpack;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, given; // pieces so far, guarded by lock; the one given last is still looked at
	bool stopping;          // guarded by lock
	bool is_given;          // a piece was given
	struct piece pieces[PIECES];
};

// Fills a piece that nobody looks at. False at the end.
static bool fill_piece(struct read_ahead *ahead, struct piece *piece)
{
	uint8_t *to = piece->at + READ_AHEAD_MARGIN;
	piece->length = ahead->unpack ? unpack_read(ahead->unpack, to, READ_AHEAD_PIECE)
	                              : disk_file_read(ahead->file, to, READ_AHEAD_PIECE);
	piece->file_bytes_read = ahead->file->bytes_read;
	return piece->length > 0;
}

// Waits, where no piece is free, until a run of them is. False: there is no need of one any more.
static bool wait_for_room(struct read_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	if (ahead->filled - ahead->given == PIECES)
		while (ahead->filled - ahead->given > PIECES - RUN && !ahead->stopping)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
	bool stopping = ahead->stopping;
	pthread_mutex_unlock(&ahead->lock);
	return !stopping;
}

static void *thread_main(void *argument)
{
	struct read_ahead *ahead = argument;
	bool more = true;
	while (more && wait_for_room(ahead)) {
		more = fill_piece(ahead, &ahead->pieces[ahead->filled % PIECES]);
		pthread_mutex_lock(&ahead->lock);
		bool is_awaited = ++ahead->filled - ahead->given == 1;
		pthread_mutex_unlock(&ahead->lock);
		if (is_awaited)
			pthread_cond_signal(&ahead->changed);
	}
	return NULL;
}

struct read_ahead *read_ahead_start(struct disk_file *file, struct unpack *unpack)
{
	struct read_ahead *ahead = memory_alloc(sizeof *ahead);
	ahead->file = file;
	ahead->unpack = unpack;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	if (pthread_create(&ahead->thread, NULL, thread_main, ahead) == 0)
		return ahead;
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
	return NULL;
}

uint8_t *read_ahead_next(struct read_ahead *ahead, size_t *length, uint64_t *file_bytes_read)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->given += ahead->is_given;
	if (ahead->filled - ahead->given == PIECES - RUN)
		pthread_cond_signal(&ahead->changed);
	while (ahead->filled == ahead->given)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	struct piece *piece = &ahead->pieces[ahead->given % PIECES];
	pthread_mutex_unlock(&ahead->lock);
	ahead->is_given = piece->length > 0; // the end stays
	*length = piece->length;
	*file_bytes_read = piece->file_bytes_read;
	return piece->at + READ_AHEAD_MARGIN;
}

void read_ahead_stop(struct read_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stopping = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}
