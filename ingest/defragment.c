// IP fragments to datagrams. See defragment.h.
#include "defragment.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../common/message.h"

enum {
	BUCKETS = 4096,
	DATAGRAM_MAX = 131072, // the furthest that an offset and a length can reach, and a little more
};

struct fragment_key {
	struct address src, dst;
	uint32_t ip_id;
	uint8_t ip_version, protocol;
	uint16_t zero;
};

struct range {
	uint32_t start, end;
};

struct datagram {
	struct datagram *next_in_bucket, *older, *newer;
	struct fragment_key key;
	uint8_t *data;
	size_t capacity;
	struct range *ranges; // what has come, in order, apart from each other
	unsigned range_count;
	struct range *pieces; // and each fragment, the longest of those with the same start
	unsigned piece_count, piece_capacity;
	int64_t first_ts_ns; // time of the fragment that came first
	uint32_t length;     // 0: the last fragment has not come
	uint64_t frames_len; // bytes on the wire of what has come
};

void defragmenter_init(struct defragmenter *d)
{
	*d = (struct defragmenter){0};
}

static void datagram_free(struct datagram *g)
{
	if (!g)
		return;
	free(g->data);
	free(g->ranges);
	free(g->pieces);
	free(g);
}

static size_t bucket_of(const struct fragment_key *key)
{
	return XXH3_64bits(key, sizeof *key) & (BUCKETS - 1);
}

// Out of the table; the caller owns it.
static void take_out(struct defragmenter *d, struct datagram *g)
{
	struct datagram **at = &d->buckets[bucket_of(&g->key)];
	while (*at != g)
		at = &(*at)->next_in_bucket;
	*at = g->next_in_bucket;
	if (d->oldest == g)
		d->oldest = g->newer;
	else
		g->older->newer = g->newer;
	if (d->newest == g)
		d->newest = g->older;
	else
		g->newer->older = g->older;
	d->count--;
	d->bytes -= g->capacity;
}

static void give_up(struct defragmenter *d, struct datagram *g)
{
	d->given_up++;
	take_out(d, g);
	datagram_free(g);
}

void defragmenter_release(struct defragmenter *d)
{
	while (d->oldest)
		give_up(d, d->oldest);
	datagram_free(d->finished);
	free(d->buckets);
	defragmenter_init(d);
}

static struct datagram *find_or_make(struct defragmenter *d, const struct fragment_key *key, int64_t ts_ns)
{
	if (!d->buckets)
		d->buckets = memory_alloc(BUCKETS * sizeof(struct datagram *));
	struct datagram **bucket = &d->buckets[bucket_of(key)];
	for (struct datagram *g = *bucket; g; g = g->next_in_bucket)
		if (memcmp(&g->key, key, sizeof *key) == 0)
			return g;
	if (d->count == DEFRAGMENT_DATAGRAMS_MAX)
		give_up(d, d->oldest);
	struct datagram *g = memory_alloc(sizeof *g);
	g->key = *key;
	g->first_ts_ns = ts_ns;
	g->next_in_bucket = *bucket;
	*bucket = g;
	g->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = g;
	d->newest = g;
	d->count++;
	return g;
}

static void make_room(struct defragmenter *d, struct datagram *g, size_t end)
{
	if (end <= g->capacity)
		return;
	size_t capacity = g->capacity ? g->capacity : 4096;
	while (capacity < end)
		capacity *= 2;
	d->bytes += capacity - g->capacity;
	g->data = memory_resize(g->data, capacity);
	g->capacity = capacity;
}

// Notes that [start, end) has come: one range for all that it touches.
static void add_range(struct datagram *g, uint32_t start, uint32_t end)
{
	unsigned first = 0, last;
	while (first < g->range_count && g->ranges[first].end < start)
		first++;
	for (last = first; last < g->range_count && g->ranges[last].start <= end; last++) {
		start = g->ranges[last].start < start ? g->ranges[last].start : start;
		end = g->ranges[last].end > end ? g->ranges[last].end : end;
	}
	if (first == last) {
		g->ranges = memory_resize(g->ranges, (g->range_count + 1) * sizeof *g->ranges);
		memmove(g->ranges + first + 1, g->ranges + first, (g->range_count - first) * sizeof *g->ranges);
		g->range_count++;
	} else {
		memmove(g->ranges + first + 1, g->ranges + last, (g->range_count - last) * sizeof *g->ranges);
		g->range_count -= last - first - 1;
	}
	g->ranges[first] = (struct range){start, end};
}

// Notes a fragment. Starts are multiples of eight: there are as many pieces as that makes, at most.
static void add_piece(struct datagram *g, uint32_t start, uint32_t end)
{
	for (unsigned i = 0; i < g->piece_count; i++)
		if (g->pieces[i].start == start) {
			g->pieces[i].end = end > g->pieces[i].end ? end : g->pieces[i].end;
			return;
		}
	if (g->piece_count == g->piece_capacity) {
		g->piece_capacity = g->piece_capacity ? 2 * g->piece_capacity : 8;
		g->pieces = memory_resize(g->pieces, g->piece_capacity * sizeof *g->pieces);
	}
	g->pieces[g->piece_count++] = (struct range){start, end};
}

// Of fragments that overlap, the one that begins first counts, and of those that begin at the same place the first to
// come: Wireshark puts them together in that order.
static void copy(struct datagram *g, uint32_t start, struct bytes data)
{
	uint32_t from = start, end = start + (uint32_t)data.left;
	for (unsigned i = 0; i < g->piece_count; i++)
		if (g->pieces[i].start <= start && g->pieces[i].end > from)
			from = g->pieces[i].end;
	if (from >= end)
		return;
	memcpy(g->data + from, data.at + (from - start), end - from);
	add_piece(g, start, end);
}

static bool is_complete(const struct datagram *g)
{
	return g->length && g->range_count && g->ranges[0].start == 0 && g->ranges[0].end >= g->length;
}

static void give_up_late(struct defragmenter *d, int64_t now_ns)
{
	int64_t first_ns = now_ns - DEFRAGMENT_WAIT_S * INT64_C(1000000000);
	for (struct datagram *g = d->oldest, *newer; g && g->first_ts_ns < first_ns; g = newer) {
		newer = g->newer;
		give_up(d, g);
	}
}

bool defragment(struct defragmenter *d, struct packet *p, struct bytes *whole)
{
	const struct headers *ip = &p->ip;
	struct fragment_key key = {ip->src, ip->dst, ip->ip_id, ip->ip_version, ip->protocol, 0};
	uint32_t start = ip->fragment_offset, length = (uint32_t)p->payload.left;
	datagram_free(d->finished);
	d->finished = NULL;
	if (!ip->is_fragment || p->payload_len != length || length == 0 || start + length > DATAGRAM_MAX)
		return false;
	give_up_late(d, p->frame->ts_ns);
	struct datagram *g = find_or_make(d, &key, p->frame->ts_ns);
	g->frames_len += p->frames_len;
	make_room(d, g, start + length);
	copy(g, start, p->payload);
	add_range(g, start, start + length);
	if (!ip->more_fragments)
		g->length = start + length;
	if (is_complete(g)) {
		take_out(d, g);
		d->finished = g;
		p->frames_len = g->frames_len;
		p->ip.is_reassembled = true;
		*whole = bytes_of(g->data, g->length);
		return true;
	}
	if (g->range_count == DEFRAGMENT_PIECES_MAX)
		give_up(d, g);
	while (d->bytes > DEFRAGMENT_BYTES_MAX)
		give_up(d, d->oldest);
	return false;
}
