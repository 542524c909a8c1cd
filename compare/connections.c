// TCP connections until it is known where their time went. See connections.h.
#include "connections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"

struct kept {
	struct connection of;
	int near;                              // the point of comparing that is near
	bool is_flipped;                       // the client is dst of the pair
	int64_t seq[2][2];                     // the latest at the near and the far point: of the client, of the server
	int64_t least_ack[2], greatest_ack[2]; // at the near and the far point
	struct passage *passages;
	size_t count, capacity;
	uint32_t left;       // findings that are to come
	struct waits *waits; // of pieces; NULL: there were none
};

void connections_init(struct connections *c, const struct pairing *pairing, const struct clock *clock)
{
	bool both = clock_knows_offset(clock);
	double round_trip_ns = both ? clock->forward_floor_ns - clock->back_ceiling_ns : 0;
	*c = (struct connections){
		.pairing = pairing,
		.round_trip_ns = round_trip_ns > 0 ? llround(round_trip_ns) : 0,
		.is_both_ways = both,
		.kept = memory_alloc((pairing->count + 1) * sizeof *c->kept),
		.spent = memory_alloc((pairing->count + 1) * sizeof *c->spent),
		.limit = PASSAGES_MAX,
		.most = PASSAGES_MAX,
	};
}

static void release(struct connections *c, size_t pair)
{
	struct kept *k = c->kept[pair];
	if (!k)
		return;
	c->passages -= k->count;
	c->kept[pair] = NULL;
	free(k->passages);
	free(k->waits);
	free(k);
}

void connections_release(struct connections *c)
{
	for (size_t i = 0; i < c->pairing->count; i++) {
		release(c, i);
		free(c->spent[i].causes);
	}
	free(c->kept);
	free(c->spent);
	timeline_release(&c->timeline);
	*c = (struct connections){0};
}

// ---- a connection -------------------------------------------------------------------------------------------------------

static const struct point_flow *flow_at(const struct connections *c, const struct flow_pair *pair, int point)
{
	return &c->pairing->points[point].flows[pair->flow[point]];
}

// Data that answers an ACK comes as soon as this beyond a point: the round trip there of what `sender` sends.
static int64_t soon(const struct connections *c, const struct flow_pair *pair, int point, int sender)
{
	enum { MORE_NS = 500000 };
	int64_t rtt_ns = flow_at(c, pair, point)->rtt_min_ns[pair_direction(pair, point, sender)];
	return ns_sum(ns_sum(rtt_ns, rtt_ns / 2), MORE_NS);
}

static bool is_connection(const struct connections *c, const struct flow_pair *pair)
{
	return pair->flow[0] >= 0 && pair->flow[1] >= 0 && pair->side[0].travel != TRAVEL_UNKNOWN &&
	       flow_at(c, pair, 0)->kind == KIND_TCP;
}

// The client is src, or dst where what came first looked like an answer.
bool connections_is_turned(const struct connections *c, int32_t pair)
{
	const struct flow_pair *p = &c->pairing->pairs[pair];
	return (p->side[0].travel == TRAVEL_BACK) != flow_at(c, p, 0)->is_flipped;
}

static struct kept *keep(struct connections *c, int32_t index)
{
	const struct flow_pair *pair = &c->pairing->pairs[index];
	bool is_flipped = flow_at(c, pair, 0)->is_flipped;
	struct kept *k = memory_alloc(sizeof *k);
	k->is_flipped = is_flipped;
	k->near = connections_is_turned(c, index);
	k->left = pair->findings;
	k->of.round_trip_ns = c->round_trip_ns;
	k->of.beyond_ns[NEAR] = soon(c, pair, k->near, !is_flipped);
	k->of.beyond_ns[FAR] = soon(c, pair, !k->near, is_flipped);
	for (int at = NEAR; at <= FAR; at++) {
		k->least_ack[at] = INT64_MAX;
		k->greatest_ack[at] = INT64_MIN;
	}
	return k;
}

static int point_of(const struct kept *k, int at)
{
	return at == NEAR ? k->near : !k->near;
}

// Where a point has no packets of one side, and the other's show that there were some.
static enum lacking lacking(const struct connections *c, const struct flow_pair *pair, const struct kept *k, int at)
{
	int point = point_of(k, at);
	if (!flow_at(c, pair, point)->is_one_sided || (c->is_both_ways && k->greatest_ack[at] <= k->least_ack[at]))
		return LACKS_NOBODY;
	return pair_direction(pair, point, 1) == k->is_flipped ? LACKS_CLIENT : LACKS_SERVER;
}

// ---- packets ------------------------------------------------------------------------------------------------------------

// A number of 32 bits, as it goes on from another.
static int64_t unwrapped(int64_t last, uint32_t number)
{
	return last + (int32_t)(number - (uint32_t)last);
}

static void set_numbers(struct passage *p, struct kept *k, int at, const struct tcp_sighting *seen)
{
	p->payload_len[at] = seen->payload_len;
	if (!seen->is_tcp)
		return;
	p->tcp_flags[at] = seen->flags;
	p->marks[at] = seen->marks;
	p->seq[at] = unwrapped(k->seq[at][p->from_server], seen->seq);
	k->seq[at][p->from_server] = p->seq[at];
	p->has_ack[at] = seen->has_ack;
	if (!seen->has_ack)
		return;
	p->ack[at] = unwrapped(k->seq[at][!p->from_server], seen->ack);
	k->least_ack[at] = p->ack[at] < k->least_ack[at] ? p->ack[at] : k->least_ack[at];
	k->greatest_ack[at] = p->ack[at] > k->greatest_ack[at] ? p->ack[at] : k->greatest_ack[at];
}

static struct passage passage_of(struct kept *k, const struct finding *f, const struct outcome *o)
{
	struct passage p = {
		.excess_ns = o->is_timed ? o->excess_ns : UNKNOWN_NS,
		.part_offset = f->part_offset,
		.part_len = f->part_len,
		.from_server = f->direction != k->is_flipped,
		.is_behind = o->late_ns > 0,
		.is_lost = o->reason == REASON_LOST,
		.is_copy = o->reason == REASON_DUPLICATE,
	};
	for (int at = NEAR; at <= FAR; at++) {
		int point = point_of(k, at);
		p.packet_id[at] = f->packet_id[point];
		p.ts_ns[at] = f->ts_ns[point];
		set_numbers(&p, k, at, &f->tcp[point]);
	}
	return p;
}

static void append(struct connections *c, struct kept *k, const struct passage *p)
{
	if (k->count == k->capacity) {
		k->capacity = k->capacity ? k->capacity * 2 : 8;
		k->passages = memory_resize(k->passages, k->capacity * sizeof *k->passages);
	}
	k->passages[k->count++] = *p;
	c->passages++;
}

// ---- looking at them ----------------------------------------------------------------------------------------------------

static void count_waits(struct connections *c, size_t pair, struct waits *waits, bool is_all)
{
	struct kept *k = c->kept[pair];
	for (int at = NEAR; at <= FAR; at++)
		k->of.lacks[at] = lacking(c, &c->pairing->pairs[pair], k, at);
	timeline_build(&c->timeline, &k->of, k->passages, k->count);
	waits_add(waits, &c->timeline, is_all ? 0 : c->timeline.count / 4);
}

static void count_piece(struct connections *c, size_t pair)
{
	struct kept *k = c->kept[pair];
	size_t over = k->count / 2;
	if (!k->waits)
		k->waits = memory_alloc(sizeof *k->waits);
	count_waits(c, pair, k->waits, false);
	memmove(k->passages, k->passages + over, (k->count - over) * sizeof *k->passages);
	k->count -= over;
	c->passages -= over;
}

// Looks at those that have more than their share.
static void make_room(struct connections *c)
{
	enum { SHARE_MIN = 64 };
	size_t live = 0;
	for (size_t i = 0; i < c->pairing->count; i++)
		live += c->kept[i] != NULL;
	size_t share = c->limit / 2 / (live + 1);
	for (size_t i = 0; i < c->pairing->count; i++)
		if (c->kept[i] && c->kept[i]->count > (share > SHARE_MIN ? share : SHARE_MIN))
			count_piece(c, i);
	c->limit = c->passages * 2 > c->most ? c->passages * 2 : c->most;
}

static void complete(struct connections *c, size_t pair)
{
	const struct kept *k = c->kept[pair];
	struct spent *spent = &c->spent[pair];
	struct waits waits = k->waits ? *k->waits : (struct waits){0};
	count_waits(c, pair, &waits, true);
	release(c, pair);
	for (int cause = 0; cause < CAUSES; cause++)
		spent->count += waits.of[cause].count > 0;
	spent->causes = memory_alloc((spent->count + 1) * sizeof *spent->causes);
	size_t at = 0;
	for (int cause = 0; cause < CAUSES; cause++)
		if (waits.of[cause].count > 0)
			spent->causes[at++] = (struct cause_wait){(enum cause)cause, waits.of[cause]};
}

void connections_add(struct connections *c, const struct finding *f, const struct outcome *o)
{
	const struct flow_pair *pair = f->pair >= 0 ? &c->pairing->pairs[f->pair] : NULL;
	if (!pair || !is_connection(c, pair))
		return;
	size_t index = (size_t)f->pair;
	if (!c->kept[index])
		c->kept[index] = keep(c, f->pair);
	struct kept *k = c->kept[index];
	struct passage p = passage_of(k, f, o);
	append(c, k, &p);
	if (--k->left == 0)
		complete(c, index);
	else if (k->count >= PIECE_MAX)
		count_piece(c, index);
	else if (c->passages >= c->limit)
		make_room(c);
}
