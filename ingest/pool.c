// Memory for items of one size. See pool.h.
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE // madvise
#endif
#include "pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "capture_fault.h"

enum {
	LINE = 64,
	HUGE_PAGE = 2 << 20,
	CHUNK_MIN = 16 << 10,
	CHUNK_MAX = HUGE_PAGE,
	SMALL_PAGE = 4 << 10,
};

struct pool_chunk {
	struct pool_chunk *older;
	size_t size;
};

struct pool_item {
	struct pool_item *next;
};

// AddressSanitizer sees who uses an item that was given back.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

static size_t in_lines(size_t size)
{
	return (size + LINE - 1) / LINE * LINE;
}

// A chunk of CHUNK_MAX bytes, made by a thread of its own.
struct pool_next {
	pthread_t thread;
	void *memory; // NULL there was none
};

static void *map_chunk(size_t size)
{
	void *memory = aligned_alloc(size < HUGE_PAGE ? LINE : HUGE_PAGE, size);
#ifdef MADV_HUGEPAGE
	if (memory && size >= HUGE_PAGE)
		madvise(memory, size, MADV_HUGEPAGE);
#endif
	return memory;
}

static void *make_next(void *argument)
{
	struct pool_next *next = argument;
	volatile char *memory = next->memory = map_chunk(CHUNK_MAX);
	for (size_t i = 0; memory && i < CHUNK_MAX; i += SMALL_PAGE)
		memory[i] = 0;
	return NULL;
}

// The next chunk is made meanwhile. Where no thread is to be had, it is made when it is needed.
static void begin_next(struct pool *pool)
{
	struct pool_next *next = memory_alloc(sizeof *next);
	if (pthread_create(&next->thread, NULL, make_next, next) == 0)
		pool->ahead = next;
	else
		free(next);
}

// The chunk in the making; NULL there is none.
static void *end_next(struct pool *pool)
{
	struct pool_next *next = pool->ahead;
	if (!next)
		return NULL;
	pthread_join(next->thread, NULL);
	void *memory = next->memory;
	free(next);
	pool->ahead = NULL;
	return memory;
}

static void add_chunk(struct pool *pool, size_t item_size)
{
	size_t size = pool->chunks ? pool->chunks->size * 2 : CHUNK_MIN;
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	while (size < LINE + item_size)
		size *= 2;
	void *memory = size == CHUNK_MAX ? end_next(pool) : NULL;
	if (!memory)
		memory = capture_need(map_chunk(size));
	if (size == CHUNK_MAX)
		begin_next(pool);
	struct pool_chunk *chunk = memory;
	*chunk = (struct pool_chunk){pool->chunks, size};
	pool->chunks = chunk;
	pool->next = (char *)memory + LINE;
	pool->end = (char *)memory + size;
}

void *pool_take(struct pool *pool, size_t size)
{
	struct pool_item *item = pool->given;
	size_t room = in_lines(size ? size : 1);
	pool->item_size = size;
	if (item) {
		ASAN_UNPOISON_MEMORY_REGION(item, size);
		pool->given = item->next;
		return memset(item, 0, size);
	}
	if ((size_t)(pool->end - pool->next) < room)
		add_chunk(pool, room);
	void *taken = pool->next;
	pool->next += room;
	return memset(taken, 0, size);
}

void pool_give(struct pool *pool, void *item)
{
	struct pool_item *given = item;
	if (!given)
		return;
	given->next = pool->given;
	pool->given = given;
	ASAN_POISON_MEMORY_REGION(item, pool->item_size);
}

void pool_release(struct pool *pool)
{
	free(end_next(pool));
	for (struct pool_chunk *chunk = pool->chunks, *older; chunk; chunk = older) {
		older = chunk->older;
		ASAN_UNPOISON_MEMORY_REGION(chunk, chunk->size);
		free(chunk);
	}
	*pool = (struct pool){0};
}
