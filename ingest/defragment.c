// IP fragments to datagrams. See defragment.h.
#include "defragment.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"

enum {
	BUCKETS = 4096,
	DATAGRAM_MAX = 131072, // the furthest that an offset and a length can reach, and a little more
};

#define SECOND_NS INT64_C(1000000000)

struct fragment_key {
	struct address src, dst;
	uint32_t ip_id;
	uint8_t ip_version, protocol;
	uint16_t zero;
};

struct range {
	uint32_t start, end;
};

// What fragments cover of a datagram.
struct coverage {
	struct range *ranges; // in order, apart from each other
	unsigned count;
	uint32_t length; // of the datagram; 0: the last fragment has not come
};

struct datagram {
	struct datagram *next_in_bucket; // or of those that are finished
	struct datagram *older, *newer;
	struct fragment_key key;
	uint8_t *data;
	size_t capacity;
	struct coverage seen, whole; // by all fragments; by those captured whole, which are in data
	struct range *pieces;        // in data, each fragment, the longest of those with the same start
	unsigned piece_count, piece_capacity;
	int64_t first_ts_ns, last_ts_ns;         // of the fragments that came
	int64_t first_packet_id, last_packet_id; // the same
	uint64_t frames_len;                     // bytes on the wire of those captured whole
};

void defragmenter_init(struct defragmenter *d)
{
	*d = (struct defragmenter){0};
}

static void datagram_free(struct datagram *g)
{
	free(g->data);
	free(g->seen.ranges);
	free(g->whole.ranges);
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

void defragmenter_forget(struct defragmenter *d)
{
	for (struct datagram *g = d->finished, *next; g; g = next) {
		next = g->next_in_bucket;
		datagram_free(g);
	}
	d->finished = NULL;
}

void defragmenter_release(struct defragmenter *d)
{
	while (d->oldest)
		give_up(d, d->oldest);
	defragmenter_forget(d);
	free(d->buckets);
	defragmenter_init(d);
}

static struct datagram *make(struct defragmenter *d, const struct fragment_key *key, const struct packet *p)
{
	struct datagram **bucket = &d->buckets[bucket_of(key)];
	if (d->count == DEFRAGMENT_DATAGRAMS_MAX)
		give_up(d, d->oldest);
	struct datagram *g = memory_alloc(sizeof *g);
	g->key = *key;
	g->first_ts_ns = p->frame->ts_ns;
	g->first_packet_id = p->id;
	g->next_in_bucket = *bucket;
	*bucket = g;
	g->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = g;
	d->newest = g;
	d->count++;
	return g;
}

static bool has_come(const struct coverage *c, uint32_t start)
{
	for (unsigned i = 0; i < c->count; i++)
		if (start >= c->ranges[i].start && start < c->ranges[i].end)
			return true;
	return false;
}

// The identification again: what has come is there once more, when the network has long lost all copies of it.
static bool is_of_another(const struct datagram *g, const struct packet *p, const struct packet_fragment *f)
{
	return p->frame->ts_ns - g->last_ts_ns > DEFRAGMENT_AGAIN_S * SECOND_NS && has_come(&g->seen, f->start);
}

// The datagram that a fragment is of.
static struct datagram *find_or_make(struct defragmenter *d, const struct packet *p,
                                     const struct packet_fragment *f)
{
	struct fragment_key key = {f->src, f->dst, f->ip_id, f->ip_version, f->protocol, 0};
	if (!d->buckets)
		d->buckets = memory_alloc(BUCKETS * sizeof(struct datagram *));
	struct datagram *g = d->buckets[bucket_of(&key)];
	while (g && memcmp(&g->key, &key, sizeof key) != 0)
		g = g->next_in_bucket;
	if (g && !is_of_another(g, p, f))
		return g;
	if (g)
		give_up(d, g);
	return make(d, &key, p);
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
static void add_range(struct coverage *c, uint32_t start, uint32_t end)
{
	unsigned first = 0, last;
	while (first < c->count && c->ranges[first].end < start)
		first++;
	for (last = first; last < c->count && c->ranges[last].start <= end; last++) {
		start = c->ranges[last].start < start ? c->ranges[last].start : start;
		end = c->ranges[last].end > end ? c->ranges[last].end : end;
	}
	if (first == last) {
		c->ranges = memory_resize(c->ranges, (c->count + 1) * sizeof *c->ranges);
		memmove(c->ranges + first + 1, c->ranges + first, (c->count - first) * sizeof *c->ranges);
		c->count++;
	} else {
		memmove(c->ranges + first + 1, c->ranges + last, (c->count - last) * sizeof *c->ranges);
		c->count -= last - first - 1;
	}
	c->ranges[first] = (struct range){start, end};
}

static void cover(struct coverage *c, const struct packet_fragment *f)
{
	add_range(c, f->start, f->start + f->length);
	if (!f->more)
		c->length = f->start + f->length;
}

static bool is_covered(const struct coverage *c)
{
	return c->length && c->count && c->ranges[0].start == 0 && c->ranges[0].end >= c->length;
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

static void give_up_late(struct defragmenter *d, int64_t now_ns)
{
	int64_t first_ns = now_ns - DEFRAGMENT_WAIT_S * SECOND_NS;
	for (struct datagram *g = d->oldest, *newer; g && g->first_ts_ns < first_ns; g = newer) {
		newer = g->newer;
		give_up(d, g);
	}
}

// Notes where a fragment belongs.
static void enter(struct datagram *g, const struct packet *p, struct packet_fragment *f)
{
	f->first_packet_id = g->first_packet_id;
	f->previous_packet_id = g->last_packet_id;
	g->last_packet_id = p->id;
	g->last_ts_ns = p->frame->ts_ns;
	cover(&g->seen, f);
}

static void keep_data(struct defragmenter *d, struct datagram *g, const struct packet *p,
                      const struct packet_fragment *f)
{
	if (f->data.left != f->length)
		return;
	g->frames_len += p->frames_len;
	make_room(d, g, f->start + f->length);
	copy(g, f->start, f->data);
	cover(&g->whole, f);
}

static enum fragment_end end_of(const struct datagram *g)
{
	if (is_covered(&g->whole))
		return FRAGMENT_COMPLETES;
	return is_covered(&g->seen) ? FRAGMENT_ENDS_CUT : FRAGMENT_LEAVES_OPEN;
}

// Of a datagram that is done.
static void finish(struct defragmenter *d, struct datagram *g, struct packet *p, struct packet_fragment *f)
{
	take_out(d, g);
	g->next_in_bucket = d->finished;
	d->finished = g;
	if (f->end != FRAGMENT_COMPLETES)
		return;
	p->frames_len = g->frames_len;
	p->ip.is_reassembled = true;
}

// Of one that is not.
static void look_at_limits(struct defragmenter *d, struct datagram *g)
{
	if (g->seen.count >= DEFRAGMENT_PIECES_MAX || g->whole.count >= DEFRAGMENT_PIECES_MAX)
		give_up(d, g);
	while (d->bytes > DEFRAGMENT_BYTES_MAX)
		give_up(d, d->oldest);
}

bool defragment(struct defragmenter *d, struct packet *p, struct packet_fragment *f, struct bytes *whole)
{
	f->first_packet_id = p->id;
	if (f->length == 0 || f->length > DATAGRAM_MAX - f->start)
		return false;
	give_up_late(d, p->frame->ts_ns);
	struct datagram *g = find_or_make(d, p, f);
	enter(g, p, f);
	keep_data(d, g, p, f);
	f->end = end_of(g);
	if (f->end == FRAGMENT_LEAVES_OPEN)
		look_at_limits(d, g);
	else
		finish(d, g, p, f);
	if (f->end != FRAGMENT_COMPLETES)
		return false;
	*whole = bytes_of(g->data, g->whole.length);
	return true;
}
