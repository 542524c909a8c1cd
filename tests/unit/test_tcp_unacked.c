// ingest/tcp_unacked.h beside a list that looks at every segment for every ACK, as Wireshark's does: in order, out of order,
// and across the end of the sequence numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../common/seq.h"
#include "../../ingest/tcp_unacked.h"

enum { PLAIN_MAX = 512, STEPS = 60000 };

struct plain {
	struct tcp_unacked at[PLAIN_MAX];
	unsigned count;
};

struct lists {
	struct tcp_analyzer analyzer;
	struct tcp_flow flow;
	struct plain plain;
	uint32_t random;
	uint32_t base; // what relative numbers start from
	uint32_t next; // behind the highest number sent
};

static void lists_init(struct lists *l, uint32_t base)
{
	*l = (struct lists){.random = 77, .base = base, .next = base};
	tcp_analyzer_init(&l->analyzer, TCP_UNACKED_TOTAL_MAX);
	l->flow.analyzer = &l->analyzer;
	for (int i = 0; i < 2; i++) {
		l->flow.side[i].unacked = l->flow.side[i].few;
		l->flow.side[i].unacked_capacity = TCP_UNACKED_FEW;
		l->flow.side[i].unacked_sorted = true;
	}
}

// 0 to below - 1, the same in every run.
static uint32_t pick(struct lists *l, uint32_t below)
{
	l->random = l->random * 1664525 + 1013904223;
	return (l->random >> 8) % below;
}

static void send_segment(struct lists *l, uint32_t seq, uint32_t length, uint32_t number)
{
	struct tcp_unacked segment = {number, number, seq, seq + length};
	tcp_unacked_add(&l->flow, &l->flow.side[0], &segment);
	l->plain.at[l->plain.count++] = segment;
	if (seq_gt(segment.next_seq, l->next))
		l->next = segment.next_seq;
}

static bool plain_remove(struct plain *plain, uint32_t ack, struct tcp_unacked *acked)
{
	unsigned kept = 0;
	bool found = false;
	for (unsigned i = 0; i < plain->count; i++) {
		struct tcp_unacked segment = plain->at[i];
		if (segment.next_seq == ack) {
			*acked = found ? *acked : segment;
			found = true;
			continue;
		}
		if (seq_gt(ack, segment.seq) && seq_le(ack, segment.next_seq))
			segment.seq = ack;
		if (seq_gt(segment.next_seq, ack))
			plain->at[kept++] = segment;
	}
	plain->count = kept;
	return found;
}

static uint32_t plain_span(const struct plain *plain, uint32_t base)
{
	uint32_t low = UINT32_MAX, high = 0;
	for (unsigned i = 0; i < plain->count; i++) {
		low = plain->at[i].seq - base < low ? plain->at[i].seq - base : low;
		high = plain->at[i].next_seq - base > high ? plain->at[i].next_seq - base : high;
	}
	return high - low;
}

static void check_same(struct lists *l)
{
	struct tcp_side *side = &l->flow.side[0];
	assert_int_equal(side->unacked_count, l->plain.count);
	for (unsigned i = 0; i < l->plain.count; i++) {
		const struct tcp_unacked *segment = &side->unacked[side->unacked_first + i];
		assert_int_equal(segment->number, l->plain.at[i].number);
		assert_int_equal(segment->seq, l->plain.at[i].seq);
	}
	if (l->plain.count)
		assert_int_equal(tcp_unacked_span(side, l->base), plain_span(&l->plain, l->base));
}

static void acknowledge(struct lists *l, uint32_t ack)
{
	struct tcp_unacked one = {0}, other = {0};
	if (!l->plain.count)
		return;
	bool found = tcp_unacked_remove(&l->analyzer, &l->flow.side[0], ack, &one);
	assert_int_equal(found, plain_remove(&l->plain, ack, &other));
	assert_int_equal(one.number, other.number);
}

// One segment in `disorder` is sent again, or far ahead of others.
static void try_many(uint32_t base, uint32_t disorder)
{
	struct lists l;
	lists_init(&l, base);
	for (uint32_t number = 1; number < STEPS; number++) {
		uint32_t length = 1 + pick(&l, 1460), what = pick(&l, disorder);
		uint32_t seq = l.next + (what == 0 ? 3000 : what == 1 ? -pick(&l, 20000) : 0);
		send_segment(&l, seq, length, number);
		if (pick(&l, 3) == 0)
			acknowledge(&l, l.plain.at[pick(&l, l.plain.count)].next_seq);
		if (pick(&l, 50) == 0)
			acknowledge(&l, l.next - pick(&l, 40000));
		if (pick(&l, 100) == 0 || l.plain.count > PLAIN_MAX - 10)
			acknowledge(&l, l.next);
		check_same(&l);
	}
	tcp_unacked_release(&l.flow);
	assert_int_equal(l.analyzer.room, 0);
	assert_int_equal(l.flow.side[0].unacked_count, l.plain.count <= TCP_UNACKED_FEW ? l.plain.count : 0);
}

static void test_in_order(void **state)
{
	(void)state;
	try_many(4290000000, 1000000);
}

static void test_some_disorder(void **state)
{
	(void)state;
	try_many(4290000000, 40);
}

static void test_disorder(void **state)
{
	(void)state;
	try_many(1, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_some_disorder),
		cmocka_unit_test(test_disorder),
	};
	return cmocka_run_group_tests_name("tcp_unacked", tests, NULL, NULL);
}
