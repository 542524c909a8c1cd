// ingest/pool.h: items are zeroed, apart from each other, on cache lines of their own, and used again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../ingest/pool.h"

enum { ITEMS = 20000, SIZE = 200, LINE = 64 };

static unsigned char *items[ITEMS];

static void take_all(struct pool *pool)
{
	static const unsigned char zeros[SIZE];
	for (int i = 0; i < ITEMS; i++) {
		items[i] = pool_take(pool, SIZE);
		assert_memory_equal(items[i], zeros, SIZE);
		assert_int_equal((uintptr_t)items[i] % LINE, 0);
		memset(items[i], i & 0xff, SIZE);
	}
}

static void check_all(void)
{
	unsigned char expected[SIZE];
	for (int i = 0; i < ITEMS; i++) {
		memset(expected, i & 0xff, SIZE);
		assert_memory_equal(items[i], expected, SIZE);
	}
}

static void test_items(void **state)
{
	(void)state;
	struct pool pool = {0};
	take_all(&pool);
	check_all();
	for (int i = 0; i < ITEMS; i++)
		pool_give(&pool, items[i]);
	const struct pool_chunk *newest = pool.chunks;
	take_all(&pool);
	check_all();
	assert_ptr_equal(pool.chunks, newest); // all of it is what was given back
	pool_give(&pool, NULL);
	pool_release(&pool);
	pool_release(&pool);
}

// Larger than the first chunk.
static void test_large(void **state)
{
	(void)state;
	struct pool pool = {0};
	enum { LARGE = 5 << 20 };
	unsigned char *one = pool_take(&pool, LARGE), *other = pool_take(&pool, LARGE);
	memset(one, 1, LARGE);
	memset(other, 2, LARGE);
	assert_int_equal(one[0] + one[LARGE - 1], 2);
	assert_int_equal(other[0] + other[LARGE - 1], 4);
	pool_release(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_items), cmocka_unit_test(test_large)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
