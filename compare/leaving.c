// Packets that leave without having met their appearance at the other point. See leaving.h.
#include "leaving.h"

#include "../common/seq.h"
#include "choice.h"
#include "datagrams.h"
#include "found.h"

enum { FRAGMENTS_APART_NS = 250000000 }; // of one packet, where its identification recurs

// Whether it is TCP data.
static bool is_data(const struct waiting *w)
{
	return w->is_listed && sighting_is_tcp(&w->seen);
}

// ---- byte ranges ----------------------------------------------------------------------------------------------------

// The bytes that two segments share, counted from the first of each; false: none.
static bool overlap(const struct room *r, int point, const struct waiting *w, const struct waiting *other,
                    struct range *here, struct range *there)
{
	uint32_t delta = room_pair(r, w->pair)->side[w->direction].seq_delta;
	int64_t start = (int32_t)(other->seen.seq - w->seen.seq + (point == 1 ? delta : 0 - delta));
	int64_t begin = start > 0 ? start : 0, end = start + other->seen.payload_len;
	if (end > w->seen.payload_len)
		end = w->seen.payload_len;
	if (begin >= end)
		return false;
	*here = (struct range){(uint32_t)begin, (uint32_t)end};
	*there = (struct range){(uint32_t)(begin - start), (uint32_t)(end - start)};
	return true;
}

// Whether these bytes of a segment of the other point are rather those of one that w's point saw when they were sent
// again.
static bool are_of_another(const struct room *r, int point, const struct waiting *w, const struct waiting *other,
                           struct range bytes, int *looked_at)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	int64_t off_ns = room_time_off(r, point, &w->seen, other);
	for (uint32_t at = side->again[point]; at && *looked_at < LOOKED_AT_MAX; at = r->at[at].again_behind) {
		const struct waiting *again = &r->at[at];
		struct range here, there;
		(*looked_at)++;
		if (again != w && overlap(r, point, again, other, &here, &there) && there.begin < bytes.end &&
		    bytes.begin < there.end && !ranges_has(&again->found, here) &&
		    room_time_off(r, point, &again->seen, other) < off_ns)
			return true;
	}
	return false;
}

static void match_shared(struct room *r, int point, struct waiting *w, struct waiting *other, struct range here,
                         struct range there)
{
	r->m->matched[point] += !w->is_paired;
	r->m->matched[!point] += !other->is_paired;
	w->is_paired = other->is_paired = true;
	ranges_add(&w->found, here);
	ranges_add(&other->found, there);
	found_pair(r, point, &w->seen, &other->seen, METHOD_BYTE_RANGE);
}

static bool is_found(const struct waiting *w)
{
	return ranges_has(&w->found, (struct range){0, w->seen.payload_len});
}

// Whether two segments have just the same bytes, and yet were not taken for one: two copies, unless they were sent by two
// hosts.
static bool are_two_copies(const struct room *r, const struct waiting *w, const struct waiting *other,
                           struct range here, struct range there)
{
	return here.end - here.begin == w->seen.payload_len && there.end - there.begin == other->seen.payload_len &&
	       room_pair(r, w->pair)->mapping != MAPPING_PROXY;
}

// A segment with those of the other point that share bytes with it, which neither has found yet: of bytes that were sent
// more than once, with the sighting that is nearest in time.
static void match_bytes(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	int looked_at = 0;
	uint32_t next = side->has_seq_delta ? side->waiting[!point] : 0;
	for (uint32_t at = next; at && looked_at < LOOKED_AT_MAX && !is_found(w); at = next) {
		struct waiting *other = &r->at[at];
		struct range here, there;
		next = other->behind;
		looked_at++;
		if (!overlap(r, point, w, other, &here, &there) ||
		    !room_is_within_window(r, point, &w->seen, &other->seen) || are_two_copies(r, w, other, here, there) ||
		    ranges_has(&w->found, here) || ranges_has(&other->found, there) ||
		    are_of_another(r, point, w, other, there, &looked_at) ||
		    are_of_another(r, !point, other, w, here, &looked_at))
			continue;
		match_shared(r, point, w, other, here, there);
		if (is_found(other))
			room_unseat(r, !point, at);
	}
}

// ---- fragments ------------------------------------------------------------------------------------------------------

// Whether a fragment at the other point has the addresses that a packet of this pair has there, and no other ports.
static bool is_fragment_of(const struct room *r, int point, const struct waiting *w,
                           const struct sighting *fragment)
{
	const struct flow_pair *pair = room_pair(r, w->pair);
	const struct point_flow *f = &r->m->pairing->points[!point].flows[pair->flow[!point]];
	const struct point_flow *g = room_flow(r, !point, fragment);
	int d = pair_direction(pair, !point, w->direction), e = fragment->direction;
	const struct flow_pair *own = room_pair(r, g->pair);
	if (own != pair && own->flow[0] >= 0 && own->flow[1] >= 0 && g->port[0] >= 0)
		return false;
	return f->kind == g->kind && f->address[d] == g->address[e] && f->address[!d] == g->address[!e];
}

// Bytes between the IP header and the payload, most likely.
static uint32_t header_len_of(const struct point_flow *f, const struct sighting *packet)
{
	enum { TCP_HEADER_LEN = 20, TIMESTAMPS_LEN = 12, UDP_HEADER_LEN = 8, ICMP_HEADER_LEN = 8 };
	if (f->kind == KIND_TCP)
		return TCP_HEADER_LEN + (packet->has_tsval ? TIMESTAMPS_LEN : 0);
	if (f->kind == KIND_ICMP)
		return ICMP_HEADER_LEN;
	return f->port[0] >= 0 ? UDP_HEADER_LEN : 0;
}

// The bytes of a packet's payload that a fragment brings. The one that completes its packet has the whole payload, and one
// that cannot, because it was cut, is known by its ports or echo identifier: its payload is without the header.
static struct range bytes_of_fragment(const struct room *r, int point, const struct waiting *w,
                                      const struct sighting *fragment)
{
	uint32_t offset = (uint32_t)fragment->fragment_offset, len = fragment->payload_len, whole = w->seen.payload_len;
	uint32_t header_len = header_len_of(room_flow(r, point, &w->seen), &w->seen), end = offset + len;
	if (len >= whole)
		return (struct range){0, whole};
	if (offset == 0 && (room_flow(r, !point, fragment)->port[0] >= 0 || fragment->echo_ident >= 0))
		return (struct range){0, len};
	struct range bytes = {offset > header_len ? offset - header_len : 0, end > header_len ? end - header_len : 0};
	if (bytes.end > whole)
		bytes.end = whole;
	return bytes;
}

// Fragments at the other point that may be of a packet: those that wait with its identification.
struct fragments {
	uint32_t first; // place; 0 none
	uint32_t nearest;
	bool recur; // of another packet too, which had the same identification
};

static bool may_be_fragment_of(const struct room *r, int point, const struct waiting *w,
                               const struct waiting *other)
{
	return other->key == room_fragment_key(w->seen.ip_id) && !other->seen.is_copy &&
	       is_fragment_of(r, point, w, &other->seen) && room_is_within_window(r, point, &w->seen, &other->seen);
}

static struct fragments find_fragments(const struct room *r, int point, const struct waiting *w)
{
	struct fragments found = {0};
	struct ranges offsets;
	int looked_at = 0;
	uint32_t first = room_first(r, !point, CHAIN_KEY, room_fragment_key(w->seen.ip_id));
	ranges_init(&offsets);
	for (uint32_t at = first; at && looked_at < LOOKED_AT_MAX; at = room_next(r, CHAIN_KEY, at), looked_at++) {
		uint32_t offset = (uint32_t)r->at[at].seen.fragment_offset;
		if (!may_be_fragment_of(r, point, w, &r->at[at]))
			continue;
		found.recur = !ranges_add(&offsets, (struct range){offset, offset + 1}) || found.recur;
		found.first = found.first ? found.first : at;
		if (!found.nearest || room_time_off(r, point, &w->seen, &r->at[at]) <
		                          room_time_off(r, point, &w->seen, &r->at[found.nearest]))
			found.nearest = at;
	}
	ranges_release(&offsets);
	return found;
}

static void match_fragment(struct room *r, int point, struct waiting *w, struct waiting *fragment)
{
	r->m->matched[point] += !w->is_paired;
	r->m->matched[!point]++;
	w->is_paired = w->is_in_fragments = true;
	ranges_add(&w->found, bytes_of_fragment(r, point, w, &fragment->seen));
	found_pair(r, point, &w->seen, &fragment->seen, METHOD_FRAGMENT);
}

// Of the fragments that may be of a packet, the nearest to a time, of those of which none with the same offset is in
// `taken`; 0 none.
static uint32_t nearest_fragment(const struct room *r, int point, const struct waiting *w, int64_t ts_ns,
                                 const struct ranges *taken)
{
	uint32_t nearest = 0, key_head = room_first(r, !point, CHAIN_KEY, room_fragment_key(w->seen.ip_id));
	int64_t least_ns = FRAGMENTS_APART_NS;
	int looked_at = 0;
	for (uint32_t at = key_head; at && looked_at < LOOKED_AT_MAX; at = room_next(r, CHAIN_KEY, at), looked_at++) {
		const struct sighting *f = &r->at[at].seen;
		uint32_t offset = (uint32_t)f->fragment_offset;
		int64_t off_ns = ns_distance(f->ts_ns, ts_ns);
		if (off_ns > least_ns || !may_be_fragment_of(r, point, w, &r->at[at]) ||
		    ranges_has(taken, (struct range){offset, offset + 1}))
			continue;
		nearest = at;
		least_ns = off_ns;
	}
	return nearest;
}

// Where the identification recurs: one fragment of each offset, those that came together.
static void match_nearest_fragments(struct room *r, int point, uint32_t place, int64_t ts_ns)
{
	struct ranges taken;
	uint32_t at;
	ranges_init(&taken);
	while (taken.count < RANGES_MAX && (at = nearest_fragment(r, point, &r->at[place], ts_ns, &taken)) != 0) {
		uint32_t offset = (uint32_t)r->at[at].seen.fragment_offset;
		ranges_add(&taken, (struct range){offset, offset + 1});
		match_fragment(r, point, &r->at[place], &r->at[at]);
		room_unseat(r, !point, at);
	}
	ranges_release(&taken);
}

static void match_all_fragments(struct room *r, int point, uint32_t place, uint32_t first)
{
	struct waiting *w = &r->at[place];
	int looked_at = 0;
	for (uint32_t at = first, next; at && looked_at < LOOKED_AT_MAX; at = next, looked_at++) {
		next = room_next(r, CHAIN_KEY, at);
		if (!may_be_fragment_of(r, point, w, &r->at[at]))
			continue;
		match_fragment(r, point, w, &r->at[at]);
		room_unseat(r, !point, at);
	}
}

// A packet at this point that the other one saw as fragments: of packets with the same identification, those that came
// together with the fragment that is nearest in time.
static void match_fragments(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct fragments found = w->seen.ip_id > 0 ? find_fragments(r, point, w) : (struct fragments){0};
	if (found.recur)
		match_nearest_fragments(r, point, place, r->at[found.nearest].seen.ts_ns);
	else
		match_all_fragments(r, point, place, found.first);
}

// ---- why it is alone ------------------------------------------------------------------------------------------------

// Bytes of a segment, by numbers as a point's headers have them.
static struct range numbers_of(const struct waiting *w, struct range part, uint32_t delta)
{
	return (struct range){w->seen.seq + delta + part.begin, w->seen.seq + delta + part.end};
}

// Whether another segment with some of these bytes waits at a point, which was sent again: it, too, may have brought them.
static bool came_again(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	uint32_t begin = w->seen.seq + part.begin, end = w->seen.seq + part.end;
	int looked_at = 0;
	for (uint32_t at = side->again[point]; at && looked_at < LOOKED_AT_MAX; at = r->at[at].again_behind) {
		const struct waiting *again = &r->at[at];
		uint32_t again_end = again->seen.seq + again->seen.payload_len;
		looked_at++;
		if (again != w && seq_lt(again->seen.seq, end) && seq_lt(begin, again_end))
			return true;
	}
	return false;
}

// Whether the other point never saw some of a segment's bytes, and their receiver has them: they must have passed there.
static bool was_missed(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	struct range at_first = numbers_of(w, part, point ? 0 - side->seq_delta : 0);
	uint32_t to_there = point ? 0 : side->seq_delta;
	return side->has_seq_delta && side->has_acked && !seq_lt(side->acked, at_first.end) &&
	       data_seen_hole(&side->seen[!point], at_first.begin + to_there, at_first.end + to_there) &&
	       !came_again(r, point, w, part);
}

// Whether the other point saw all of a segment's bytes, in whatever packets.
static bool has_passed(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	struct range there = numbers_of(w, part, point ? 0 - side->seq_delta : side->seq_delta);
	return side->has_seq_delta && data_seen_all(&side->seen[!point], there.begin, there.end);
}

// Whether the proxy had all of a segment's bytes and kept them for itself: it acknowledged them, or wanted no more.
static bool was_taken(const struct room *r, int point, const struct waiting *w, struct range part)
{
	const struct pair_side *side = &room_pair(r, w->pair)->side[w->direction];
	return side->is_refused[point] ||
	       (side->has_taken[point] && !seq_lt(side->taken[point], numbers_of(w, part, 0).end));
}

static enum reason reason_to_be_alone(const struct room *r, int point, const struct waiting *w, struct range part)
{
	if (!is_data(w))
		return REASON_NONE;
	if (room_pair(r, w->pair)->mapping == MAPPING_PROXY &&
	    (has_passed(r, point, w, part) || was_taken(r, point, w, part)))
		return REASON_PROXIED;
	return was_missed(r, point, w, part) ? REASON_MISSED : REASON_NONE;
}

// ---- all of it ------------------------------------------------------------------------------------------------------

// The bytes at the beginning of a gap that the other point would have seen as one segment: offload cuts from the first
// byte on, as long as they may be.
static struct range first_segment(const struct room *r, int point, const struct waiting *w, struct range gap)
{
	enum { SEGMENTS_MAX = 4096 }; // of a gap; with more, a length lies
	uint32_t longest = is_data(w) ? room_pair(r, w->pair)->side[w->direction].seen[!point].longest : 0;
	bool is_sane = longest > 0 && (gap.end - gap.begin) / longest < SEGMENTS_MAX;
	uint32_t len = is_sane ? longest - gap.begin % longest : UINT32_MAX;
	return (struct range){gap.begin, gap.end - gap.begin > len ? gap.begin + len : gap.end};
}

// Whether a gap between fragments is the options of a TCP header, which did not seem to be there.
static bool is_of_options(const struct waiting *w, struct range gap)
{
	enum { OPTIONS_LEN_MAX = 40 };
	return w->is_in_fragments && sighting_is_tcp(&w->seen) && gap.begin > 0 && gap.end < w->seen.payload_len &&
	       gap.end - gap.begin <= OPTIONS_LEN_MAX;
}

static void report_gaps(struct room *r, int point, const struct waiting *w)
{
	struct range gap;
	for (uint32_t from = 0; ranges_gap(&w->found, from, w->seen.payload_len, &gap); from = gap.end) {
		if (is_of_options(w, gap))
			continue;
		gap = first_segment(r, point, w, gap);
		found_part(r, point, w, gap, reason_to_be_alone(r, point, w, gap));
	}
}

static void report_rest(struct room *r, int point, const struct waiting *w)
{
	struct range whole = {0, w->seen.payload_len};
	if (w->is_paired)
		report_gaps(r, point, w);
	else
		found_alone(r, point, &w->seen, w->pair, w->direction, reason_to_be_alone(r, point, w, whole));
}

void leaving_alone(struct room *r, int point, uint32_t place)
{
	struct waiting *w = &r->at[place];
	struct choice choice = {0};
	if (!w->is_paired)
		choice = choice_find(r, point, &w->seen, w->key);
	if (choice.place && !choice_is_another(r, point, &w->seen, &r->at[choice.place])) {
		choice_take(r, point, &w->seen, &choice);
		room_unseat(r, point, place);
		return;
	}
	if (is_data(w))
		match_bytes(r, point, place);
	else if (w->is_listed && !w->is_paired)
		datagrams_match(r, point, place);
	if (!w->is_paired && !sighting_is_fragment(&w->seen) && !w->seen.is_copy)
		match_fragments(r, point, place);
	report_rest(r, point, w);
	room_unseat(r, point, place);
}

// The point at which a packet has to leave next; -1 none.
static int next_to_leave(const struct room *r)
{
	int64_t first_ns = r->now_ns;
	int next = -1;
	for (int point = 0; point < 2; point++) {
		uint32_t oldest = r->lounge[point].oldest;
		if (!oldest || r->at[oldest].deadline_ns >= first_ns)
			continue;
		first_ns = r->at[oldest].deadline_ns;
		next = point;
	}
	return next;
}

void leaving_due(struct room *r)
{
	for (int point; (point = next_to_leave(r)) >= 0;)
		leaving_alone(r, point, r->lounge[point].oldest);
}

// All that wait at a point, or all but fragments. Leaving may take others of the other point along, of its own point none
// but itself.
static void leave_point(struct room *r, int point, bool fragments_too)
{
	for (uint32_t place = r->lounge[point].oldest, next; place; place = next) {
		next = r->at[place].newer;
		if (fragments_too || !sighting_is_fragment(&r->at[place].seen))
			leaving_alone(r, point, place);
	}
}

void leaving_all(struct room *r)
{
	for (int point = 0; point < 2; point++)
		leave_point(r, point, false);
	for (int point = 0; point < 2; point++)
		leave_point(r, point, true);
}
