// Each packet of one point with its appearance at the other. See matching.h.
#include "matching.h"

#include "../common/seq.h"
#include "choice.h"
#include "feed.h"
#include "found.h"
#include "leaving.h"
#include "room.h"
#include "timeline.h"

enum { PROGRESS_PACKETS = 16384 };

// ---- copies ---------------------------------------------------------------------------------------------------------

// Whether a segment is like another one of a moment ago, which is no copy itself. Notes it for the next.
static bool is_alike(struct room *r, int point, const struct sighting *s, uint64_t key)
{
	struct recent *last = &r->recent[point][key % RECENT_MAX], before = *last;
	bool alike = before.key == key && !before.is_copy && ns_distance(before.ts_ns, s->ts_ns) <= COPIES_NS &&
	             before.window == s->window && before.tsval == s->tsval && before.payload_hash == s->payload_hash;
	*last = (struct recent){
		.key = key,
		.ts_ns = s->ts_ns,
		.payload_hash = s->payload_hash,
		.tsval = s->tsval,
		.window = s->window,
		.is_copy = alike || s->is_copy,
	};
	return alike;
}

// Where a point sees nearly all of a conversation's packets twice, what is alike was not sent twice either, though it might
// have been: an ACK without data or a RST, of a sender that numbers no packets (ingest/copies.h).
static void note_copies(struct room *r, int point, struct sighting *s, struct flow_pair *pair, uint64_t key)
{
	if (!sighting_is_tcp(s) || sighting_is_fragment(s))
		return;
	bool is_copy = is_alike(r, point, s, key) || s->is_copy;
	pair->packets[point]++;
	pair->copies[point] += is_copy;
	s->is_mirrored = is_copy && pair->copies[point] * 5ULL >= pair->packets[point] * 2ULL;
	s->is_copy = s->is_copy || s->is_mirrored;
}

// ---- meeting --------------------------------------------------------------------------------------------------------

static void note_numbers(struct room *r, int point, struct sighting *s, struct flow_pair *pair, int direction)
{
	struct pair_side *side = &pair->side[direction], *other = &pair->side[!direction];
	if (!sighting_is_tcp(s) || r->failed)
		return;
	if (s->tcp_flags & FLAG_SYN)
		data_seen_begin(&side->seen[point], s->seq + 1);
	if (s->tcp_flags & SYN_ONLY_FLAGS)
		return;
	if (s->payload_len > 0) {
		s->is_again = data_seen_some(&side->seen[point], s->seq, s->payload_len);
		data_seen_add(&side->seen[point], s->seq, s->payload_len);
	}
	if (!s->has_ack || !other->has_seq_delta)
		return;
	uint32_t ack = s->ack - (point ? other->seq_delta : 0);
	if (!other->has_acked || seq_lt(other->acked, ack))
		other->acked = ack;
	other->has_acked = true;
}

// Behind a proxy each point has acknowledgments of its own.
static void note_taken(const struct sighting *s, struct flow_pair *pair, int point, int direction)
{
	struct pair_side *other = &pair->side[!direction];
	other->is_refused[point] |= (s->tcp_flags & FLAG_RST) != 0;
	if (!(s->tcp_flags & FLAG_ACK) || s->tcp_flags & SYN_ONLY_FLAGS)
		return;
	if (!other->has_taken[point] || seq_lt(other->taken[point], s->ack))
		other->taken[point] = s->ack;
	other->has_taken[point] = true;
}

static void make_room(struct room *r)
{
	if (r->lounge[0].count + r->lounge[1].count < WAITING_MAX)
		return;
	int point = r->lounge[1].count > r->lounge[0].count;
	r->m->given_up++;
	leaving_alone(r, point, r->lounge[point].oldest);
}

static void meet(struct room *r, int point, struct sighting *s)
{
	if (s->flow < 0) {
		found_alone(r, point, s, -1, 0, REASON_NONE);
		return;
	}
	int32_t index = room_flow(r, point, s)->pair;
	struct flow_pair *pair = room_pair(r, index);
	int direction = pair_direction(pair, point, s->direction);
	bool is_paired = pair->flow[0] >= 0 && pair->flow[1] >= 0;
	if (!is_paired && !sighting_is_fragment(s)) {
		found_alone(r, point, s, index, direction, REASON_NONE);
		return;
	}
	bool is_proxied = is_paired && pair->mapping == MAPPING_PROXY && sighting_is_tcp(s);
	if (is_proxied)
		note_taken(s, pair, point, direction);
	if (is_proxied && s->payload_len == 0) {
		found_alone(r, point, s, index, direction, REASON_PROXIED);
		return;
	}
	note_numbers(r, point, s, pair, direction);
	uint64_t key =
		sighting_is_fragment(s) ? room_fragment_key(s->ip_id) : room_paired_key(r, point, s, index, direction);
	struct choice choice = {0};
	note_copies(r, point, s, pair, key);
	if (is_paired)
		choice = choice_find(r, point, s, key);
	if (!choice.place || choice_is_doubtful(r, point, s, &choice)) {
		make_room(r);
		room_seat(r, point, s, key, index, direction);
		return;
	}
	choice_take(r, point, s, &choice);
}

// ---- both captures side by side -------------------------------------------------------------------------------------

static int earlier_of(const struct room *r, struct sighting *const next[2])
{
	if (!next[0] || !next[1])
		return !next[0];
	return room_time(r, 0, next[0]->ts_ns) > room_time(r, 1, next[1]->ts_ns);
}

static void read_both(struct room *r, struct feed feeds[2])
{
	int64_t packets = 0;
	struct sighting *next[2] = {feed_peek(&feeds[0]), feed_peek(&feeds[1])};
	while ((next[0] || next[1]) && !r->failed) {
		int point = earlier_of(r, next);
		int64_t ts_ns = room_time(r, point, next[point]->ts_ns);
		if (packets == 0 || ts_ns > r->now_ns)
			r->now_ns = ts_ns;
		leaving_due(r);
		meet(r, point, next[point]);
		feed_pass(&feeds[point]);
		next[point] = feed_peek(&feeds[point]);
		if (++packets % PROGRESS_PACKETS == 0 && r->m->progress)
			r->m->progress(r->m->progress_of, packets);
	}
	leaving_all(r);
}

bool matching_run(struct matching *m)
{
	struct room r;
	struct feed feeds[2];
	room_init(&r, m);
	bool ok = feed_begin(&feeds[0], &m->pairing->points[0]);
	ok = feed_begin(&feeds[1], &m->pairing->points[1]) && ok;
	if (ok)
		read_both(&r, feeds);
	ok = feed_end(&feeds[0]) && ok;
	ok = feed_end(&feeds[1]) && ok && !r.failed;
	room_release(&r);
	return ok;
}
