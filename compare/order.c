// Findings in the order in which their packets arrived. See order.h.
#include "order.h"

#include <stdlib.h>

#include "../common/message.h"
#include "point.h"

void order_init(struct order *o, int64_t offset_ns)
{
	*o = (struct order){.offset_ns = offset_ns, .vacant_count = ORDER_HELD_MAX};
	o->held = memory_alloc(ORDER_HELD_MAX * sizeof *o->held);
	o->vacant = memory_alloc(ORDER_HELD_MAX * sizeof *o->vacant);
	for (uint32_t i = 0; i < ORDER_HELD_MAX; i++)
		o->vacant[i] = ORDER_HELD_MAX - 1 - i;
	for (int point = 0; point < 2; point++)
		o->arrived[point].at = memory_alloc(ORDER_HELD_MAX * sizeof *o->arrived[point].at);
}

void order_release(struct order *o)
{
	free(o->held);
	free(o->vacant);
	free(o->arrived[0].at);
	free(o->arrived[1].at);
	*o = (struct order){0};
}

bool order_is_full(const struct order *o)
{
	return o->vacant_count == 0;
}

bool order_is_empty(const struct order *o)
{
	return o->vacant_count == ORDER_HELD_MAX;
}

// ---- heaps ------------------------------------------------------------------------------------------------------------

static void push(struct order_heap *h, struct order_place place)
{
	size_t i = h->count++;
	while (i > 0 && h->at[(i - 1) / 2].packet_id > place.packet_id) {
		h->at[i] = h->at[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->at[i] = place;
}

static struct order_place pop(struct order_heap *h)
{
	struct order_place first = h->at[0], last = h->at[--h->count];
	size_t i = 0;
	for (size_t child = 1; child < h->count; child = 2 * i + 1) {
		if (child + 1 < h->count && h->at[child + 1].packet_id < h->at[child].packet_id)
			child++;
		if (h->at[child].packet_id >= last.packet_id)
			break;
		h->at[i] = h->at[child];
		i = child;
	}
	h->at[i] = last;
	return first;
}

// ---- both points ------------------------------------------------------------------------------------------------------

// On the first point's clock.
static int64_t first_time(const struct order *o, int point)
{
	int64_t ts_ns = o->held[o->arrived[point].at[0].at].ts_ns[point];
	return point == 0 ? ts_ns : ns_difference(ts_ns, o->offset_ns);
}

static int first_point(const struct order *o)
{
	if (o->arrived[0].count == 0 || o->arrived[1].count == 0)
		return o->arrived[0].count == 0;
	return first_time(o, 1) < first_time(o, 0);
}

void order_add(struct order *o, int point, const struct finding *f)
{
	uint32_t at = o->vacant[--o->vacant_count];
	o->held[at] = *f;
	push(&o->arrived[point], (struct order_place){f->packet_id[point], at});
}

bool order_take(struct order *o, struct finding *f)
{
	struct order_heap *h = &o->arrived[first_point(o)];
	struct order_place place = pop(h);
	bool in_order = place.packet_id >= h->left_id;
	if (in_order)
		h->left_id = place.packet_id;
	*f = o->held[place.at];
	o->vacant[o->vacant_count++] = place.at;
	return in_order;
}
