// Packets of a point that tell about both. See samples.h.
#include "samples.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../common/hash.h"
#include "../common/message.h"
#include "sampling.h"
#include "streams.h"

enum { WEAK_LEN_MIN = 16 }; // bytes of payload that are no chance

struct picking {
	const struct pairing *pairing;
	struct samples *samples;  // two
	struct samples halves[2]; // by half a fingerprint: joined to the others if they are wanted
	bool wants_halves[2];     // some fingerprints of a point are not whole
	uint64_t divisor;         // one sample of so many packets
};

// Points may know different halves of a fingerprint, because of their snap lengths or a checksum that was not filled in: a
// packet is a sample by its whole fingerprint, and by each half alone.
enum hash_part { HASH_WHOLE, HASH_SUM, HASH_PREFIX, HASH_PARTS };

// That part of a fingerprint; 0: it is not known.
static uint32_t hash_part(uint32_t hash, enum hash_part part)
{
	uint32_t sum = hash & PAYLOAD_SUM, prefix = hash & PAYLOAD_PREFIX;
	if (part == HASH_WHOLE)
		return sum && prefix ? sum | prefix : 0;
	return part == HASH_SUM ? sum : prefix;
}

// Whether the other point, too, knows the other side's numbers of a pair: then an acknowledgment is the same at both.
static bool have_numbers_acked(const struct picking *s, const struct flow_pair *pair, int direction)
{
	const struct pairing *p = s->pairing;
	const struct point_flow *a = &p->points[0].flows[pair->flow[0]], *b = &p->points[1].flows[pair->flow[1]];
	return a->has_isn[!direction] && b->has_isn[pair->is_swapped ? direction : !direction];
}

// What makes a packet of a paired flow known again: its place in the conversation. hash is a part of its fingerprint.
static uint64_t paired_key(const struct picking *s, int point, const struct sighting *p, const struct point_flow *f,
                           uint32_t hash)
{
	const struct flow_pair *pair = &s->pairing->pairs[f->pair];
	int direction = pair_direction(pair, point, p->direction);
	uint64_t parts[5] = {(uint64_t)f->pair * 2 + (uint64_t)direction, p->payload_len};
	if (p->tcp_flags >= 0) {
		bool has_ack = p->has_ack && have_numbers_acked(s, pair, direction);
		uint32_t seq = p->seq - (point ? pair->side[direction].seq_delta : 0);
		uint32_t ack = has_ack ? p->ack - (point ? pair->side[!direction].seq_delta : 0) : 0;
		parts[2] = (uint64_t)seq << 32 | ack;
		parts[3] = (uint64_t)(p->tcp_flags & SYN_ONLY_FLAGS);
	} else {
		parts[2] = hash ? hash : ~(uint64_t)p->ip_id;
		parts[3] = (uint64_t)(int64_t)p->fragment_offset;
		parts[4] = (uint64_t)(uint32_t)p->echo_seq << 1 | p->is_echo_reply;
	}
	return XXH3_64bits(parts, sizeof parts);
}

// The fragment that completes a datagram has all of its payload, and its ports: the other point may have it in one piece.
static bool is_whole(const struct sighting *p, const struct point_flow *f)
{
	return p->fragment_offset < 0 || f->port[0] >= 0;
}

// Whether a segment moves its sender's numbers on: its number is its own. A RST's may be anything.
static bool has_own_number(const struct sighting *p)
{
	enum { FIN = 1, SYN = 2, RST = 4 };
	return !(p->tcp_flags & RST) && (p->payload_len > 0 || p->tcp_flags & (FIN | SYN));
}

// The same of a flow that has no counterpart yet: without its endpoints. Where its own number tells a segment, what it
// acknowledges does not matter: a point that sees one direction alone does not know.
static uint64_t stranger_key(const struct sighting *p, const struct point_flow *f, uint32_t hash)
{
	uint64_t parts[5] = {~(uint64_t)f->kind, p->payload_len};
	if (p->tcp_flags >= 0) {
		parts[2] = (uint64_t)p->seq << 32 | (has_own_number(p) ? 0 : p->ack);
		parts[3] = (uint64_t)(p->tcp_flags & SYN_ONLY_FLAGS);
	} else {
		parts[2] = hash;
		parts[3] = is_whole(p, f) ? UINT64_MAX : (uint64_t)p->fragment_offset;
		parts[4] = (uint64_t)(uint32_t)p->echo_seq << 1 | p->is_echo_reply;
	}
	return XXH3_64bits(parts, sizeof parts);
}

static uint64_t payload_key(const struct sighting *p, uint32_t hash)
{
	uint64_t parts[2] = {p->payload_len, hash};
	return XXH3_64bits(parts, sizeof parts);
}

static bool has_payload(const struct sighting *p)
{
	return p->payload_len >= WEAK_LEN_MIN && p->payload_hash;
}

static bool has_contents(const struct sighting *p)
{
	return has_payload(p) || p->ip_id > 0;
}

// What makes a packet of a paired flow known again whose numbers may have been rewritten: payload or identification.
static uint64_t contents_key(const struct picking *s, int point, const struct sighting *p,
                             const struct point_flow *f, uint32_t hash)
{
	int direction = pair_direction(&s->pairing->pairs[f->pair], point, p->direction);
	uint64_t parts[3] = {~((uint64_t)f->pair * 2 + (uint64_t)direction), p->payload_len,
	                     hash ? hash : ~(uint64_t)p->ip_id};
	return XXH3_64bits(parts, sizeof parts);
}

// Where a translator changes what an ICMP error quotes, or a name server's answer: identification and one address stay.
static uint64_t identity_key(const struct sighting *p, const struct point_flow *f, int end)
{
	uint64_t parts[4] = {~(uint64_t)f->kind, p->payload_len, (uint64_t)p->ip_id,
	                     f->address[end] ^ (end == p->direction)};
	return XXH3_64bits(parts, sizeof parts);
}

static enum weight weight_of(const struct sighting *p, bool is_weak)
{
	if (is_weak)
		return WEIGHT_DOUBTFUL;
	if (p->tcp_flags < 0)
		return WEIGHT_LIKELY;
	bool is_syn = p->tcp_flags & 2, is_fin = p->tcp_flags & 1;
	if (is_syn || p->payload_len > 1) // keep-alives may have a byte
		return WEIGHT_SURE;
	return is_fin ? WEIGHT_LIKELY : WEIGHT_REPEATABLE;
}

// The sample's key is left to be set.
static struct sample *add_sample(struct samples *s, const struct sighting *p, bool is_weak)
{
	if (s->count == SAMPLES_MAX)
		return NULL;
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? s->capacity * 2 : 4096;
		s->at = memory_resize(s->at, s->capacity * sizeof *s->at);
	}
	struct sample *sample = &s->at[s->count++];
	*sample = (struct sample){
		.ts_ns = p->ts_ns,
		.ip_id = p->ip_id,
		.flow = p->flow,
		.ttl = p->ttl,
		.seq = p->seq,
		.tsval = p->tsval,
		.echo_ident = p->echo_ident,
		.direction = p->direction,
		.weight = (uint8_t)weight_of(p, is_weak),
		.is_weak = is_weak,
		.has_tsval = p->has_tsval,
	};
	return sample;
}

static void add_keyed(struct samples *s, const struct sighting *p, uint64_t key, bool is_weak)
{
	struct sample *sample = add_sample(s, p, is_weak);
	if (sample)
		sample->key = key;
}

// A number that begins a connection or answers one is no chance; a RST to a closed port has none of its own.
static bool has_numbers(const struct sighting *p)
{
	return p->has_ack || has_own_number(p);
}

// Of TCP: by its numbers.
static uint64_t place_key(const struct picking *s, int point, const struct sighting *p, const struct point_flow *f)
{
	return f->pair >= 0 ? paired_key(s, point, p, f, 0) : stranger_key(p, f, 0);
}

// Whether a packet's payload makes it known again.
static bool tells_by_payload(const struct picking *s, const struct sighting *p, const struct point_flow *f)
{
	if (f->kind != KIND_TCP)
		return f->pair >= 0 || p->payload_len > 0;
	return f->pair >= 0 ? !pairing_is_settled(s->pairing, f) && has_contents(p) : has_payload(p);
}

// The part of a payload's fingerprint that a key may have. False: the packet is no sample by it.
static bool part_of_payload(const struct sighting *p, const struct point_flow *f, enum hash_part part,
                            uint32_t *hash)
{
	bool has_hash = p->payload_hash && (f->kind != KIND_TCP || has_payload(p));
	*hash = has_hash ? hash_part(p->payload_hash, part) : 0;
	return has_hash ? *hash != 0 : part == HASH_WHOLE;
}

static bool is_hash_picked(const struct picking *s, const struct sighting *p, uint32_t hash)
{
	return payload_key(p, hash) % s->divisor == 0;
}

static uint64_t key_by_payload(const struct picking *s, int point, const struct sighting *p,
                               const struct point_flow *f, uint32_t hash)
{
	if (f->kind == KIND_TCP)
		return f->pair >= 0 ? contents_key(s, point, p, f, hash) : payload_key(p, hash);
	return f->pair >= 0 ? paired_key(s, point, p, f, hash) : stranger_key(p, f, hash);
}

// is_chosen: a sample by whatever part of its payload.
static void add_by_payload(struct picking *s, int point, const struct sighting *p, const struct point_flow *f,
                           bool is_chosen)
{
	bool is_tcp = f->kind == KIND_TCP, is_short = p->payload_len < WEAK_LEN_MIN;
	for (enum hash_part part = HASH_WHOLE; part < HASH_PARTS; part++) {
		uint32_t hash;
		if (!part_of_payload(p, f, part, &hash) || !(is_chosen || is_hash_picked(s, p, hash)))
			continue;
		bool is_half = part != HASH_WHOLE, is_weak = is_tcp || (f->pair < 0 && (is_short || is_half));
		struct sample *sample = add_sample(is_half ? &s->halves[point] : &s->samples[point], p, is_weak);
		if (!sample)
			return;
		s->wants_halves[point] |= is_half && hash_part(p->payload_hash, HASH_WHOLE) == 0;
		sample->key = key_by_payload(s, point, p, f, hash);
		sample->is_of_half = is_half;
		sample->is_hash_whole = hash_part(p->payload_hash, HASH_WHOLE) != 0;
	}
}

// Whether a packet is a sample, from its outline: a hash of what no router changes.
static bool is_picked_by_payload(const struct picking *s, const struct sighting *p, const struct point_flow *f)
{
	bool is_picked = false;
	uint32_t hash;
	for (enum hash_part part = HASH_WHOLE; part < HASH_PARTS && !is_picked; part++)
		is_picked = part_of_payload(p, f, part, &hash) && is_hash_picked(s, p, hash);
	return is_picked;
}

static bool is_picked_by_place(const struct picking *s, int point, const struct sighting *p,
                               const struct point_flow *f)
{
	return f->kind == KIND_TCP && place_key(s, point, p, f) % s->divisor == 0;
}

static bool is_among_first(const struct picking *s, const struct point_flow *f)
{
	return f->sampled < (pairing_is_settled(s->pairing, f) ? SAMPLES_OF_FLOW : SAMPLES_OF_STRANGER);
}

static void add_samples(struct picking *s, int point, const struct sighting *p, const struct point_flow *f,
                        bool is_chosen)
{
	struct samples *samples = &s->samples[point];
	bool is_tcp = f->kind == KIND_TCP;
	if (is_tcp && (f->pair >= 0 || has_numbers(p)))
		add_keyed(samples, p, place_key(s, point, p, f), false);
	if (tells_by_payload(s, p, f))
		add_by_payload(s, point, p, f, is_chosen);
	for (int end = 0; end < 2 && !is_tcp && f->pair < 0 && p->ip_id > 0 && is_whole(p, f); end++)
		add_keyed(samples, p, identity_key(p, f, end), true);
}

static void pick(struct picking *s, int point, struct cursor *cursor, struct sighting *p)
{
	struct point_flow *f = p->flow >= 0 ? &s->pairing->points[point].flows[p->flow] : NULL;
	if (!f)
		return;
	bool is_first = is_among_first(s, f), is_head = f->pair < 0 && streams_want(f, p);
	bool is_chosen = is_first || is_picked_by_place(s, point, p, f);
	bool by_payload = f->kind != KIND_TCP || (f->pair >= 0 && !pairing_is_settled(s->pairing, f));
	bool is_sample = is_chosen || (by_payload && is_picked_by_payload(s, p, f));
	if ((!is_sample && !is_head) || !cursor_complete(cursor, p) || p->is_copy)
		return;
	if (is_head)
		streams_note(f, p);
	f->sampled += is_first;
	if (is_sample)
		add_samples(s, point, p, f, is_chosen);
}

static int compare_samples(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

static void sort_samples(struct samples *s)
{
	if (s->count > 0)
		qsort(s->at, s->count, sizeof *s->at, compare_samples);
}

static void join_halves(struct picking *s, int point)
{
	struct samples *all = &s->samples[point], *halves = &s->halves[point];
	if (halves->count > 0 && (s->wants_halves[0] || s->wants_halves[1])) {
		all->capacity = all->count + halves->count;
		all->at = memory_resize(all->at, all->capacity * sizeof *all->at);
		memcpy(all->at + all->count, halves->at, halves->count * sizeof *all->at);
		all->count = all->capacity;
		sort_samples(all);
	}
	free(halves->at);
	*halves = (struct samples){0};
}

static bool pick_all(struct picking *s, int point)
{
	struct cursor cursor;
	struct sighting p;
	if (cursor_begin_outlines(&cursor, &s->pairing->points[point], SAMPLES_OF_FLOW))
		while (cursor_next_outline(&cursor, &p))
			pick(s, point, &cursor, &p);
	sort_samples(&s->samples[point]);
	return cursor_end(&cursor);
}

// Points do not share what picking writes. So the second one is read by a thread of its own, through a connection of its
// own: while nothing is written, it sees the same case.
struct reader {
	struct picking *of;
	int point;
	bool ok;
};

static void *pick_in_thread(void *argument)
{
	struct reader *r = argument;
	r->ok = pick_all(r->of, r->point);
	return NULL;
}

static bool pick_both(struct picking *s)
{
	struct point *second = &s->pairing->points[1];
	struct reader reader = {.of = s, .point = 1};
	sqlite3 *shared = second->db, *own = point_open_again(second);
	pthread_t thread;
	second->db = own ? own : shared;
	bool in_thread = own && pthread_create(&thread, NULL, pick_in_thread, &reader) == 0;
	bool ok = pick_all(s, 0);
	if (in_thread)
		pthread_join(thread, NULL);
	else
		pick_in_thread(&reader);
	second->db = shared;
	sqlite3_close(own);
	return ok && reader.ok;
}

bool samples_pick(struct samples samples[2], const struct pairing *pairing)
{
	int64_t a = pairing->points[0].packets, b = pairing->points[1].packets;
	struct picking picking = {
		.pairing = pairing,
		.samples = samples,
		.divisor = 1 + (uint64_t)(a > b ? a : b) / SAMPLES_WANTED,
	};
	bool ok = pick_both(&picking);
	join_halves(&picking, 0);
	join_halves(&picking, 1);
	return ok;
}

void samples_release(struct samples *s)
{
	free(s->at);
	*s = (struct samples){0};
}
