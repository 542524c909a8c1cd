// Frames read and dissected ahead. See packet_source.h.
#include "packet_source.h"

#include <pthread.h>
#include <stdlib.h>

#include "../common/message.h"
#include "dissect.h"

enum {
	BATCHES = 4, // one is looked at, one is being filled
	BATCH_PACKETS = 128,
	BATCH_BYTES = 128 << 10,    // captured bytes of a batch; a larger frame is one of its own
	AHEAD_SIZE_MIN = 128 << 10, // bytes of a file that is worth a thread
};

#define TS_NS_MAX (INT64_MAX / 2) // the year 2116

struct batch {
	unsigned count;
	enum capture_result result; // behind its packets; CAPTURE_FRAME: the next batch goes on
	struct capture_fault fault; // of that result
	uint8_t *bytes;             // owned; copies of captured bytes
	size_t used, capacity;
	struct sourced_packet packets[BATCH_PACKETS];
};

struct packet_source {
	struct capture *capture; // borrowed
	struct packet_wishes wishes;
	bool ahead;            // a thread fills the batches; else the first one's first packet is the one at hand
	struct batch *current; // the caller's; NULL before the first
	unsigned at;           // how many of its packets were given
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, given;         // batches so far, guarded by lock; batch `given` is the caller's
	bool stopping;                  // guarded by lock
	struct batch *batches[BATCHES]; // owned
};

// Differences of two times never overflow: pcapng could tell of the year 100,000.
static int64_t sane_ts_ns(int64_t ts_ns)
{
	return ts_ns > TS_NS_MAX ? TS_NS_MAX : ts_ns < -TS_NS_MAX ? -TS_NS_MAX : ts_ns;
}

// What is to be done with a frame that was read, where it stays.
static void take_frame(struct packet_source *s, struct sourced_packet *p)
{
	const struct packet_wishes *w = &s->wishes;
	p->frame.ts_ns = sane_ts_ns(p->frame.ts_ns);
	p->file_bytes_read = capture_bytes_read(s->capture);
	p->wanted =
		p->frame.ts_ns >= w->since_ns && p->frame.ts_ns < w->until_ns && filter_passes(w->filter, &p->frame);
	if (p->wanted)
		dissect_frame(&p->packet, &p->frame);
}

// ---- the thread ---------------------------------------------------------------------------------------------------

// Copies a frame's bytes into the batch, which has room or is empty.
static void keep_bytes(struct batch *b, struct frame *frame)
{
	size_t length = frame->data.left;
	if (b->capacity - b->used < length) {
		b->capacity = length > BATCH_BYTES ? length : BATCH_BYTES;
		free(b->bytes);
		b->bytes = memory_alloc(b->capacity);
	}
	struct bytes data = frame->data;
	frame->data = bytes_of(b->bytes + b->used, length);
	bytes_copy(&data, b->bytes + b->used, length);
	b->used += length;
}

static bool has_room(const struct batch *b, const struct frame *frame)
{
	return b->count == 0 || (b->count < BATCH_PACKETS && b->capacity - b->used >= frame->data.left);
}

// Fills a batch; *waiting is a frame that was read and found no room in the one before. What comes behind the batch.
static enum capture_result fill(struct packet_source *s, struct batch *b, struct frame *waiting, bool *is_waiting)
{
	b->count = 0;
	b->used = 0;
	for (;;) {
		if (!*is_waiting) {
			enum capture_result result = capture_next(s->capture, waiting, &b->fault);
			if (result != CAPTURE_FRAME)
				return result;
		}
		*is_waiting = !has_room(b, waiting);
		if (*is_waiting)
			return CAPTURE_FRAME;
		struct sourced_packet *p = &b->packets[b->count++];
		p->frame = *waiting;
		keep_bytes(b, &p->frame);
		take_frame(s, p);
	}
}

// Waits for a batch that nobody looks at. False: there is no need of one any more.
static bool wait_for_room(struct packet_source *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->filled - s->given == BATCHES && !s->stopping)
		pthread_cond_wait(&s->changed, &s->lock);
	bool stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return !stopping;
}

static void *thread_main(void *argument)
{
	struct packet_source *s = argument;
	struct frame waiting;
	bool is_waiting = false;
	enum capture_result result = CAPTURE_FRAME;
	while (result == CAPTURE_FRAME && wait_for_room(s)) {
		struct batch *b = s->batches[s->filled % BATCHES];
		result = b->result = fill(s, b, &waiting, &is_waiting);
		pthread_mutex_lock(&s->lock);
		s->filled++;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

// ---- who asks -----------------------------------------------------------------------------------------------------

static void start_thread(struct packet_source *s)
{
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	for (unsigned i = 1; i < BATCHES; i++)
		s->batches[i] = memory_alloc(sizeof *s->batches[i]);
	s->ahead = pthread_create(&s->thread, NULL, thread_main, s) == 0;
}

struct packet_source *packet_source_start(struct capture *capture, const struct packet_wishes *wishes, bool ahead)
{
	struct packet_source *s = memory_alloc(sizeof *s);
	s->capture = capture;
	s->wishes = *wishes;
	s->batches[0] = memory_alloc(sizeof *s->batches[0]);
	if (ahead && capture_size(capture) >= AHEAD_SIZE_MIN)
		start_thread(s);
	return s;
}

// Gives the caller's batch back, and takes the next one.
static void turn(struct packet_source *s)
{
	pthread_mutex_lock(&s->lock);
	s->given += s->current != NULL;
	pthread_cond_signal(&s->changed);
	while (s->filled == s->given)
		pthread_cond_wait(&s->changed, &s->lock);
	s->current = s->batches[s->given % BATCHES];
	pthread_mutex_unlock(&s->lock);
	s->at = 0;
}

static enum capture_result next_of_batch(struct packet_source *s, struct sourced_packet **packet,
                                         struct capture_fault *fault)
{
	while (!s->current || (s->at == s->current->count && s->current->result == CAPTURE_FRAME))
		turn(s);
	if (s->at < s->current->count) {
		*packet = &s->current->packets[s->at++];
		return CAPTURE_FRAME;
	}
	*fault = s->current->fault;
	return s->current->result;
}

enum capture_result packet_source_next(struct packet_source *s, struct sourced_packet **packet,
                                       struct capture_fault *fault)
{
	if (s->ahead)
		return next_of_batch(s, packet, fault);
	*packet = &s->batches[0]->packets[0];
	enum capture_result result = capture_next(s->capture, &(*packet)->frame, fault);
	if (result == CAPTURE_FRAME)
		take_frame(s, *packet);
	return result;
}

void packet_source_stop(struct packet_source *s)
{
	if (!s)
		return;
	if (s->ahead) {
		pthread_mutex_lock(&s->lock);
		s->stopping = true;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
		pthread_cond_destroy(&s->changed);
		pthread_mutex_destroy(&s->lock);
	}
	for (unsigned i = 0; i < BATCHES; i++) {
		if (s->batches[i])
			free(s->batches[i]->bytes);
		free(s->batches[i]);
	}
	free(s);
}
