// Memory for many items of one size that come and go: flows, hosts. Items lie side by side, each on cache lines of its
// own, in chunks that grow; large ones are on huge pages where the system has them, because such items are met at
// random, and a page table's miss costs as much as the item's. The system clears such a page when it is first touched,
// which takes as long as hundreds of packets: from the first large chunk on, a thread touches the next one meanwhile.
#ifndef INGEST_POOL_H
#define INGEST_POOL_H

#include <stddef.h>

struct pool_chunk;
struct pool_item;
struct pool_next;

struct pool {
	struct pool_chunk *chunks; // the newest first
	struct pool_item *given;   // items that were given back
	struct pool_next *ahead;   // the chunk after the newest, in the making; NULL none
	char *next, *end;          // of the newest chunk: what was never taken
	size_t item_size;
};

// A zeroed item. `size` is the same for all of a pool. Never NULL. A zeroed pool is an empty one.
void *pool_take(struct pool *, size_t size);

// For another item of the pool.
void pool_give(struct pool *, void *item); // NULL is fine

// Frees all items.
void pool_release(struct pool *);

#endif
