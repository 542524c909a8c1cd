// Gaps by loss and by what was late. See gaps.h.
#include "gaps.h"

// ---- where a gap begins and ends ----------------------------------------------------------------------------------------

// The first to arrive, by its number at the near point, of those that the server sent behind a packet; 0 none.
static int64_t first_of_server(const struct timeline *t, int64_t far_id)
{
	size_t low = 0, high = t->far_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->far[middle]->p->packet_id[FAR] <= far_id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->far_count)
		return 0;
	const struct leg *l = t->far[low];
	bool is_itself = l->p->from_server && (!l->server_next_id || l->p->packet_id[NEAR] < l->server_next_id);
	return is_itself ? l->p->packet_id[NEAR] : l->server_next_id;
}

// The same of the client's, which the near point has in the order in which they were sent.
static int64_t first_of_client(const struct timeline *t, int64_t near_id)
{
	for (const struct leg *l = timeline_legs_behind(t, near_id); l < t->legs + t->count; l++)
		if (!l->p->from_server && l->p->packet_id[FAR])
			return l->p->packet_id[NEAR];
	return 0;
}

// The first packet that shows the client's side that the server has one of its packets.
static struct leg *shows(const struct timeline *t, bool from_server, int64_t near_id)
{
	struct leg *l = near_id ? timeline_leg(t, near_id) : NULL;
	if (!l || from_server)
		return l;
	return l->server_next_id ? timeline_leg(t, l->server_next_id) : NULL;
}

// A packet that was sent and did not come in its turn; came_near_id: the one with which it did.
static void add(struct timeline *t, const struct passage *missing, int64_t came_near_id, int why)
{
	int64_t sent_id = missing->packet_id[passage_sender(missing)];
	int64_t first_id = missing->from_server ? first_of_server(t, sent_id) : first_of_client(t, sent_id);
	struct leg *begin = shows(t, missing->from_server, first_id);
	struct leg *end = shows(t, missing->from_server, came_near_id);
	if (!begin || !end || begin >= end)
		return;
	begin->opens[why]++;
	end->closes[why]++;
}

// ---- losses -------------------------------------------------------------------------------------------------------------

// The first packet sent again that brought some of the numbers from begin to end; NULL none.
static const struct leg *filler(const struct timeline_side *side, const struct passage *lost, int64_t begin,
                                int64_t end)
{
	int sender = passage_sender(lost), receiver = !sender;
	size_t low = 0, high = side->repeat_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (side->repeats[middle].leg->p->packet_id[sender] <= lost->packet_id[sender])
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < side->repeat_count && side->repeats[low].lowest < end; low++) {
		const struct passage *p = side->repeats[low].leg->p;
		if (p->packet_id[receiver] && p->seq[sender] < end && passage_end(p, sender) > begin)
			return side->repeats[low].leg;
	}
	return NULL;
}

static void add_loss(struct timeline *t, const struct timeline_side *side, const struct passage *lost)
{
	int sender = passage_sender(lost);
	int64_t begin = lost->seq[sender] + lost->part_offset;
	int64_t end = lost->part_len ? begin + lost->part_len : passage_end(lost, sender);
	const struct leg *filled = end > begin ? filler(side, lost, begin, end) : NULL;
	if (filled)
		add(t, lost, filled->p->packet_id[NEAR], BY_LOSS);
}

// ---- what was late ------------------------------------------------------------------------------------------------------

static void add_late(struct timeline *t, const struct leg *l)
{
	const struct passage *first = l->brought_by ? l->brought_by : l->p;
	add(t, l->p, first->packet_id[NEAR], BY_LATE);
}

void gaps_find(struct timeline *t)
{
	for (int from_server = 0; from_server < 2; from_server++)
		for (size_t i = 0; i < t->side[from_server].lost_count; i++)
			add_loss(t, &t->side[from_server], t->side[from_server].lost[i]);
	for (size_t i = 0; i < t->count; i++)
		if (t->legs[i].p->is_behind && passage_has_data(t->legs[i].p))
			add_late(t, &t->legs[i]);
}
