// Packets that wait for their appearance at the other point. See room.h.
#include "room.h"

#include <stdlib.h>

#include "../common/hash.h"
#include "../common/message.h"

enum { FRAGMENT_GRACE_NS = 2000000000 }; // fragments wait longer, so that they are there when their datagram leaves

void room_init(struct room *r, struct matching *m)
{
	*r = (struct room){.m = m, .used = 1, .capacity = 4096, .offset_ns = m->offset_ns};
	r->at = memory_alloc(r->capacity * sizeof *r->at);
	for (int point = 0; point < 2; point++) {
		for (int chain = 0; chain < CHAINS; chain++)
			r->lounge[point].heads[chain] = memory_alloc(HEADS * sizeof *r->lounge[point].heads[chain]);
		r->recent[point] = memory_alloc(RECENT_MAX * sizeof *r->recent[point]);
	}
}

void room_release(struct room *r)
{
	free(r->at);
	for (int point = 0; point < 2; point++) {
		for (int chain = 0; chain < CHAINS; chain++)
			free(r->lounge[point].heads[chain]);
		free(r->recent[point]);
	}
	*r = (struct room){0};
}

// ---- keys -----------------------------------------------------------------------------------------------------------

enum key_kind { KEY_PAIRED, KEY_FRAGMENT };

uint64_t room_fragment_key(int64_t ip_id)
{
	uint64_t parts[2] = {KEY_FRAGMENT, (uint64_t)ip_id};
	return XXH3_64bits(parts, sizeof parts);
}

// What both sightings of a packet have in common, as far as the way leaves it alone.
uint64_t room_paired_key(const struct room *r, int point, const struct sighting *s, int32_t index, int direction)
{
	direction = lead_direction(r->m->pairing, index, direction);
	index = room_pair(r, index)->lead;
	const struct flow_pair *pair = room_pair(r, index);
	const struct pair_side *side = &pair->side[direction];
	uint64_t parts[6] = {KEY_PAIRED | (uint64_t)direction << 1 | (uint64_t)index << 2, s->payload_len};
	if (sighting_is_tcp(s) && side->has_seq_delta) {
		uint32_t seq = s->seq - (point ? side->seq_delta : 0);
		uint32_t ack = s->ack - (point ? pair->side[!direction].seq_delta : 0);
		parts[2] = seq;
		parts[3] = s->has_ack && side->has_ack ? ack + 1ULL : 0;
		parts[4] = (uint64_t)(s->tcp_flags & SYN_ONLY_FLAGS);
	} else {
		parts[4] = (uint64_t)(uint32_t)s->echo_seq << 1 | s->is_echo_reply;
	}
	if (pair_keeps_ip_id(r->m->pairing, side))
		parts[5] = (uint64_t)s->ip_id;
	return XXH3_64bits(parts, sizeof parts);
}

uint64_t room_beginning_key(const struct sighting *s, uint64_t key)
{
	uint64_t parts[2] = {key, s->payload_hash & PAYLOAD_PREFIX};
	return parts[1] && !sighting_is_fragment(s) ? XXH3_64bits(parts, sizeof parts) : 0;
}

// ---- times ----------------------------------------------------------------------------------------------------------

// How far two sightings are off the time that the latest packet took.
int64_t room_time_off(const struct room *r, int point, const struct sighting *s, const struct waiting *w)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	int64_t raw_ns = point == 1 ? ns_difference(s->ts_ns, w->seen.ts_ns) : ns_difference(w->seen.ts_ns, s->ts_ns);
	return ns_distance(raw_ns, side->raw_last_ns);
}

bool room_is_within_window(const struct room *r, int point, const struct sighting *s, const struct sighting *t)
{
	return ns_distance(room_time(r, point, s->ts_ns), room_time(r, !point, t->ts_ns)) <= r->m->window_ns;
}

// ---- places ---------------------------------------------------------------------------------------------------------

static uint32_t take_place(struct room *r)
{
	uint32_t place = r->vacant;
	if (place) {
		r->vacant = r->at[place].links[CHAIN_KEY].next;
		return place;
	}
	if (r->used == r->capacity) {
		r->capacity = r->capacity ? r->capacity * 2 : 4096;
		r->at = memory_resize(r->at, r->capacity * sizeof *r->at);
	}
	return (uint32_t)r->used++;
}

static void list_again(struct room *r, struct pair_side *side, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	w->again_behind = side->again[point];
	if (w->again_behind)
		r->at[w->again_behind].again_before = place;
	side->again[point] = place;
}

static void unlist_again(struct room *r, struct pair_side *side, int point, const struct waiting *w)
{
	*(w->again_before ? &r->at[w->again_before].again_behind : &side->again[point]) = w->again_behind;
	if (w->again_behind)
		r->at[w->again_behind].again_before = w->again_before;
}

static void list_data(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	w->is_listed = true;
	if (w->seen.is_again)
		list_again(r, side, point, place);
	w->before = side->waiting_end[point];
	w->behind = 0;
	*(w->before ? &r->at[w->before].behind : &side->waiting[point]) = place;
	side->waiting_end[point] = place;
}

static void unlist_data(struct room *r, int point, const struct waiting *w)
{
	struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	*(w->before ? &r->at[w->before].behind : &side->waiting[point]) = w->behind;
	*(w->behind ? &r->at[w->behind].before : &side->waiting_end[point]) = w->before;
	if (w->seen.is_again)
		unlist_again(r, side, point, w);
}

static void link_in(struct room *r, int point, enum chain chain, uint64_t key, uint32_t place)
{
	uint32_t *head = &r->lounge[point].heads[chain][key % HEADS];
	r->at[place].links[chain] = (struct links){.next = *head};
	if (*head)
		r->at[*head].links[chain].before = place;
	*head = place;
}

static void link_out(struct room *r, int point, enum chain chain, uint64_t key, uint32_t place)
{
	struct links own = r->at[place].links[chain];
	uint32_t *head = &r->lounge[point].heads[chain][key % HEADS];
	*(own.before ? &r->at[own.before].links[chain].next : head) = own.next;
	if (own.next)
		r->at[own.next].links[chain].before = own.before;
}

void room_seat(struct room *r, int point, const struct sighting *s, uint64_t key, int32_t pair, int direction)
{
	struct lounge *l = &r->lounge[point];
	uint32_t place = take_place(r);
	int64_t stay_ns = ns_sum(r->m->window_ns, sighting_is_fragment(s) ? FRAGMENT_GRACE_NS : 0);
	int64_t ts_ns = room_time(r, point, s->ts_ns);
	r->at[place] = (struct waiting){
		.seen = *s,
		.key = key,
		.beginning_key = room_beginning_key(s, key),
		.deadline_ns = ns_sum(ts_ns > r->now_ns ? ts_ns : r->now_ns, stay_ns), // time may run backwards
		.older = l->newest,
		.pair = pair,
		.direction = (uint8_t)direction,
	};
	link_in(r, point, CHAIN_KEY, key, place);
	if (r->at[place].beginning_key)
		link_in(r, point, CHAIN_BEGINNING, r->at[place].beginning_key, place);
	*(l->newest ? &r->at[l->newest].newer : &l->oldest) = place;
	l->newest = place;
	l->count++;
	bool has_ports = room_flow(r, point, s)->port[0] >= 0;
	if (has_ports && s->payload_len > 0 && !s->is_copy && !sighting_is_fragment(s))
		list_data(r, point, place);
}

void room_unseat(struct room *r, int point, uint32_t place)
{
	struct lounge *l = &r->lounge[point];
	struct waiting *w = &r->at[place];
	link_out(r, point, CHAIN_KEY, w->key, place);
	if (w->beginning_key)
		link_out(r, point, CHAIN_BEGINNING, w->beginning_key, place);
	*(w->older ? &r->at[w->older].newer : &l->oldest) = w->newer;
	*(w->newer ? &r->at[w->newer].older : &l->newest) = w->older;
	l->count--;
	if (w->is_listed)
		unlist_data(r, point, w);
	ranges_release(&w->found);
	w->links[CHAIN_KEY].next = r->vacant;
	r->vacant = place;
}
