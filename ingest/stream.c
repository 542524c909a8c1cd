// TCP segments to byte streams. See stream.h.
#include "stream.h"

#include <stdlib.h>

#include "../common/message.h"
#include "../common/seq.h"

// A copy of what arrived ahead of a hole.
struct stream_segment {
	struct stream_segment *next;
	uint32_t seq;
	uint32_t cut; // bytes behind those captured that the snap length cut
	uint32_t ack;
	int64_t packet_id, ts_ns;
	size_t size; // bytes taken from the budget
	struct bytes data;
	uint8_t copy[];
};

static void segment_free(struct stream_segment *segment, struct stream_budget *budget)
{
	if (!segment)
		return;
	budget->bytes -= segment->size;
	free(segment);
}

// Cuts off what lies before `next`; false: nothing is left.
static bool trim(uint32_t *seq, uint32_t next, struct bytes *data, uint32_t *cut)
{
	if (seq_lt(*seq, next)) {
		uint32_t old = next - *seq, there = (uint32_t)data->left;
		if (old >= there + *cut)
			return false;
		if (old > there)
			*cut -= old - there;
		bytes_skip(data, old < there ? old : there);
		*seq = next;
	}
	return data->left + *cut > 0;
}

// Keeps a copy, sorted by its number; behind those of the same number.
static void keep(struct stream_side *side, struct stream_budget *budget, const struct packet *p, uint32_t seq,
                 struct bytes data, uint32_t cut, uint32_t ack)
{
	struct stream_segment *segment = memory_alloc(sizeof *segment + data.left);
	segment->seq = seq;
	segment->cut = cut;
	segment->ack = ack;
	segment->packet_id = p->id;
	segment->ts_ns = p->frame->ts_ns;
	segment->size = sizeof *segment + data.left;
	segment->data = bytes_of(segment->copy, data.left);
	bytes_copy(&data, segment->copy, data.left);
	struct stream_segment **at = &side->ahead;
	while (*at && !seq_lt(seq, (*at)->seq))
		at = &(*at)->next;
	segment->next = *at;
	*at = segment;
	side->ahead_count++;
	side->ahead_bytes += segment->size;
	budget->bytes += segment->size;
}

static void note_ack(struct stream_side *receiver, uint32_t ack)
{
	if (receiver->is_acked && !seq_lt(receiver->acked, ack))
		return;
	receiver->acked = ack;
	receiver->is_acked = true;
}

// Takes down a segment with data that its receiver has not acknowledged yet; `sender` is who may have a hole.
static void note_reply(struct stream_side *sender, const struct stream_side *receiver, uint32_t ack, uint32_t end)
{
	bool is_new = !receiver->is_acked || seq_lt(receiver->acked, end);
	bool is_needed = sender->ahead && sender->is_replied && !seq_lt(sender->reply_ack, sender->ahead->seq);
	if (!is_new || is_needed)
		return;
	sender->is_replied = true;
	sender->reply_ack = ack;
	sender->reply_end = end;
}

static void count_patience(struct stream_side *side)
{
	bool acked = side->ahead && side->is_acked && !seq_lt(side->acked, side->ahead->seq);
	side->patience = acked ? side->patience + 1 : 0;
}

void stream_add(struct stream *s, struct stream_budget *budget, const struct packet *p)
{
	const struct tcp_header *tcp = &p->ip.tcp;
	struct stream_side *side = &s->side[p->direction];
	uint32_t seq = tcp->seq + (tcp->flags & TCP_SYN ? 1 : 0);
	struct bytes data = p->payload;
	uint32_t cut = p->payload_len > data.left ? p->payload_len - (uint32_t)data.left : 0;
	struct stream_side *other = &s->side[!p->direction];
	uint32_t ack = tcp->flags & TCP_ACK ? tcp->ack : other->is_acked ? other->acked : other->next;
	s->direction = p->direction;
	if (tcp->flags & TCP_ACK)
		note_ack(other, tcp->ack);
	if (tcp->flags & TCP_ACK && p->payload_len)
		note_reply(other, side, ack, seq + p->payload_len);
	count_patience(&s->side[0]);
	count_patience(&s->side[1]);
	if (side->is_unsure && data.left + cut > 0) {
		if (seq == side->next + 1 || seq_lt(seq + 1, side->next))
			side->next = seq;
		side->is_unsure = false;
	}
	if (!side->begun && (tcp->flags & TCP_SYN || data.left + cut > 0)) {
		side->next = seq;
		side->begun = true;
	}
	if (tcp->flags & TCP_RST || data.left + cut == 0 || !trim(&seq, side->next, &data, &cut))
		return;
	if (seq != side->next) {
		keep(side, budget, p, seq, data, cut, ack);
		return;
	}
	side->direct = data;
	side->cut = cut;
	side->ack = ack;
	side->packet_id = p->id;
	side->ts_ns = p->frame->ts_ns;
}

void stream_end(struct stream *s)
{
	s->ended = true;
}

// `chunk` has what is told of the segment that ends the hole.
static bool give_hole(struct stream_side *side, uint32_t missing, struct stream_chunk *chunk)
{
	if (!missing)
		return false;
	chunk->missing = missing;
	chunk->seq = side->next;
	chunk->data = bytes_of(NULL, 0);
	side->next += missing;
	return true;
}

// Gives the direct segment: its bytes, then the hole that the snap length left behind them.
static bool give_direct(struct stream_side *side, struct stream_chunk *chunk)
{
	chunk->packet_id = side->packet_id;
	chunk->ts_ns = side->ts_ns;
	chunk->ack = side->ack;
	if (side->direct.left) {
		chunk->missing = 0;
		chunk->seq = side->next;
		chunk->data = side->direct;
		side->next += (uint32_t)side->direct.left;
		side->direct.left = 0;
		return true;
	}
	uint32_t cut = side->cut;
	side->cut = 0;
	return give_hole(side, cut, chunk);
}

static struct stream_segment *take_first(struct stream_side *side)
{
	struct stream_segment *first = side->ahead;
	side->ahead = first->next;
	side->ahead_count--;
	side->ahead_bytes -= first->size;
	return first;
}

// Whether the sender knew that the receiver has what is in the hole: it acknowledged the reply that says so.
static bool is_known_received(const struct stream_side *side, const struct stream_side *receiver)
{
	return side->is_replied && !seq_lt(side->reply_ack, side->ahead->seq) && receiver->is_acked &&
	       !seq_lt(receiver->acked, side->reply_end);
}

// Whether that is known of a hole of the receiver by a reply that waits behind this one: then both are given up.
static bool is_reply_behind(const struct stream_side *side, const struct stream_side *receiver)
{
	return receiver->ahead && seq_lt(side->ahead->seq, receiver->reply_end) && is_known_received(receiver, side);
}

// Whether nobody will fill the hole before the first segment that waits.
static bool is_given_up(const struct stream *s, const struct stream_side *side)
{
	const struct stream_side *receiver = &s->side[side == s->side];
	return s->ended || is_known_received(side, receiver) || is_reply_behind(side, receiver) ||
	       side->ahead_bytes > STREAM_AHEAD_MAX || side->ahead_count >= STREAM_SEGMENTS_MAX ||
	       side->patience > STREAM_PATIENCE;
}

// The first segment that waits becomes the direct one when its turn has come.
static bool advance(struct stream *s, struct stream_budget *budget, struct stream_side *side,
                    struct stream_chunk *chunk)
{
	while (side->ahead) {
		if (seq_lt(side->next, side->ahead->seq)) {
			chunk->packet_id = side->ahead->packet_id;
			chunk->ts_ns = side->ahead->ts_ns;
			chunk->ack = side->ahead->ack;
			return is_given_up(s, side) && give_hole(side, side->ahead->seq - side->next, chunk);
		}
		struct stream_segment *segment = take_first(side);
		if (!trim(&segment->seq, side->next, &segment->data, &segment->cut)) {
			segment_free(segment, budget);
			continue;
		}
		s->lent = segment;
		side->direct = segment->data;
		side->cut = segment->cut;
		side->ack = segment->ack;
		side->packet_id = segment->packet_id;
		side->ts_ns = segment->ts_ns;
		return give_direct(side, chunk);
	}
	return false;
}

// A hole of the direction that was not offered is given first: what was offered may be about what is behind it.
bool stream_next(struct stream *s, struct stream_budget *budget, struct stream_chunk *chunk)
{
	segment_free(s->lent, budget);
	s->lent = NULL;
	for (int i = 0; i < 2; i++) {
		chunk->direction = i ? s->direction : !s->direction;
		struct stream_side *side = &s->side[chunk->direction];
		if (give_direct(side, chunk) || advance(s, budget, side, chunk))
			return true;
	}
	return false;
}

void stream_release(struct stream *s, struct stream_budget *budget)
{
	segment_free(s->lent, budget);
	for (int i = 0; i < 2; i++)
		while (s->side[i].ahead)
			segment_free(take_first(&s->side[i]), budget);
	*s = (struct stream){0};
}
