// ingest/tcp_space.h: what a text case cannot reach: more than 4 GB of a direction, and the limits of memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/tcp_space.h"

enum { SEGMENT = 60000 };

static struct tcp_space_memory memory;

static struct tcp_space_added add(struct tcp_space *space, uint32_t seq, uint32_t count, int64_t ts_ns)
{
	struct tcp_space_added found = {0};
	tcp_space_add(space, seq, count, ts_ns, false, &found);
	return found;
}

static struct tcp_space_acked acknowledge(struct tcp_space *space, uint32_t ack, int64_t ts_ns)
{
	struct tcp_space_acked found = {.measurement = TCP_MEASURED_NOTHING};
	tcp_space_acknowledge(space, ack, ts_ns, &found);
	return found;
}

// 20 GB, in windows of 16 segments; now and then one is missing, and one is sent again.
static void test_wrap(void **state)
{
	(void)state;
	struct tcp_space space;
	uint32_t seq = 4000000000;
	int64_t now = 0, missed = 0;
	uint64_t repeated = 0;
	tcp_space_init(&space, &memory);
	for (int window = 0; window < 20000; window++) {
		for (int i = 0; i < 16; i++, seq += SEGMENT) {
			bool gap = window % 1000 == 999 && i == 7;
			missed += gap ? SEGMENT : 0;
			if (!gap)
				assert_int_equal(add(&space, seq, SEGMENT, now++).repeated, 0);
		}
		if (window % 100 == 50)
			repeated += add(&space, seq - 3 * SEGMENT, SEGMENT, now++).repeated;
		struct tcp_space_acked acked = acknowledge(&space, seq, now++);
		assert_int_equal(acked.measurement, window % 100 == 50 ? TCP_AFTER_LOSS : TCP_MEASURED);
		assert_true(tcp_space_ends_at(&space, seq));
	}
	assert_int_equal(space.missed, missed);
	assert_int_equal(repeated, 200 * SEGMENT);
	assert_int_equal(space.forgotten, 0);
	assert_true(memory.segments < 64);
	tcp_space_release(&space);
	assert_int_equal(memory.segments, 0);
}

// Nothing is acknowledged, and every other segment is missing: what is too much is forgotten, the oldest first.
static void test_gaps_without_acks(void **state)
{
	(void)state;
	struct tcp_space space;
	tcp_space_init(&space, &memory);
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(add(&space, i * 200, 100, i).repeated, 0);
	assert_int_equal(space.missed, 99999 * 100);
	assert_true(space.forgotten > 0);
	assert_true(memory.segments <= 2 * TCP_SPACE_SEGMENTS_MAX);
	assert_true(add(&space, 99998 * 200 + 100, 100, 100001).out_of_order); // the last gap is known,
	assert_int_equal(space.missed, 99998 * 100);
	assert_int_equal(add(&space, 100, 100, 100002).repeated, 100); // the first is not
	assert_int_equal(space.missed, 99998 * 100);
	tcp_space_release(&space);
}

// Many directions together come to the limit of all; none of them grows any more, and each still works.
static void test_total(void **state)
{
	(void)state;
	enum { SPACES = 300 };
	static struct tcp_space spaces[SPACES];
	for (int i = 0; i < SPACES; i++) {
		tcp_space_init(&spaces[i], &memory);
		for (uint32_t n = 0; n < TCP_SPACE_SEGMENTS_MAX; n++)
			add(&spaces[i], n * 200, 100, n);
	}
	assert_true(memory.segments <= TCP_SPACE_TOTAL_MAX + SPACES * 32);
	assert_int_equal(spaces[0].forgotten, 0);
	assert_true(spaces[SPACES - 1].forgotten > 0);
	struct tcp_space_acked acked = acknowledge(&spaces[SPACES - 1], (TCP_SPACE_SEGMENTS_MAX - 1) * 200 + 100, 9999);
	assert_int_equal(acked.measurement, TCP_MEASURED);
	for (int i = 0; i < SPACES; i++)
		tcp_space_release(&spaces[i]);
	assert_int_equal(memory.segments, 0);
}

// Numbers at random: everything ends, whatever they are.
static void test_any_numbers(void **state)
{
	(void)state;
	struct tcp_space space;
	uint32_t random = 1;
	tcp_space_init(&space, &memory);
	for (int i = 0; i < 300000; i++) {
		random = random * 1664525 + 1013904223;
		uint32_t count = i % 3 == 0 ? random : random >> 20;
		if (i % 4 == 3)
			acknowledge(&space, i % 8 == 3 ? random : space.highest, i);
		else if (count)
			add(&space, i % 1000 == 0 ? random : space.highest + (random >> 16) - 30000, count, i);
		assert_true(space.missed >= 0);
	}
	tcp_space_release(&space);
	assert_int_equal(memory.segments, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_gaps_without_acks),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_any_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
