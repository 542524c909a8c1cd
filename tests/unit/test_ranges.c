// Ranges of a packet's bytes: added in any order, and the gaps between them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../compare/ranges.h"

enum { BYTES = 64, ROUNDS = 2000 };

// Adds random ranges and holds them to a byte each.
static void test_random(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		struct ranges r;
		bool there[BYTES] = {false};
		ranges_init(&r);
		for (int i = 0; i < 12; i++) {
			uint32_t begin = (uint32_t)rand() % BYTES, end = begin + (uint32_t)rand() % (BYTES - begin);
			bool is_new = false;
			for (uint32_t at = begin; at < end; at++) {
				is_new = is_new || !there[at];
				there[at] = true;
			}
			assert_int_equal(ranges_add(&r, (struct range){begin, end}), is_new);
			assert_true(ranges_has(&r, (struct range){begin, end}));
		}
		struct range gap = {0, 0};
		for (uint32_t from = 0; ranges_gap(&r, from, BYTES, &gap); from = gap.end)
			for (uint32_t at = gap.begin; at < gap.end; at++) {
				assert_false(there[at]);
				there[at] = true;
			}
		for (int at = 0; at < BYTES; at++)
			assert_true(there[at]);
		ranges_release(&r);
	}
}

// With too many stretches, the last ones become one.
static void test_many(void **state)
{
	(void)state;
	struct ranges r;
	struct range gap;
	ranges_init(&r);
	for (uint32_t i = 0; i < 4 * RANGES_MAX; i++)
		assert_true(ranges_add(&r, (struct range){i * 2, i * 2 + 1}));
	assert_true(r.count <= RANGES_MAX);
	assert_true(ranges_gap(&r, 0, 8 * RANGES_MAX, &gap));
	assert_int_equal(gap.begin, 1);
	assert_int_equal(gap.end, 2);
	ranges_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
