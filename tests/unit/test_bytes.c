// ingest/bytes.h: values, and what happens at the end of the window.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard.h"

static const uint8_t COUNT[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void test_values(void **state)
{
	(void)state;
	struct bytes b = guard_bytes(COUNT, sizeof COUNT);

	assert_int_equal(bytes_u8(&b), 0x01);
	assert_int_equal(bytes_u16(&b), 0x0203);
	assert_int_equal(bytes_u24(&b), 0x040506);
	assert_int_equal(b.left, 3);
	b = guard_bytes(COUNT, sizeof COUNT);
	assert_int_equal(bytes_u32(&b), 0x01020304);
	assert_int_equal(bytes_u32(&b), 0x05060708);
	assert_int_equal(bytes_u8(&b), 0x09);
	assert_false(b.bad);
	b = guard_bytes(COUNT, sizeof COUNT);
	assert_true(bytes_u64(&b) == UINT64_C(0x0102030405060708));
}

static void test_every_width(void **state)
{
	(void)state;
	uint64_t big = 0, little = 0;

	for (size_t width = 1; width <= 8; width++) {
		struct bytes b = guard_bytes(COUNT, width), same = b;
		big = big << 8 | width;
		little |= (uint64_t)width << (8 * (width - 1));
		assert_true(bytes_uint(&b, width) == big);
		assert_true(bytes_uint_le(&same, width) == little);
		assert_int_equal(b.left, 0);
		assert_false(b.bad);
	}
}

// One byte less than is read, for every width: zero, nothing left, and bad for good.
static void test_past_the_end(void **state)
{
	(void)state;
	for (size_t width = 1; width <= 8; width++) {
		struct bytes b = guard_bytes(COUNT, width - 1), same = b;
		assert_true(bytes_uint(&b, width) == 0);
		assert_true(bytes_uint_le(&same, width) == 0);
		assert_true(b.bad && same.bad);
		assert_int_equal(b.left, 0);
		assert_int_equal(bytes_u8(&b), 0);
		assert_true(b.bad);
	}
}

static void test_skip_and_split(void **state)
{
	(void)state;
	struct bytes b = guard_bytes(COUNT, sizeof COUNT);
	struct bytes part = bytes_split(&b, 4);

	assert_int_equal(bytes_u16(&part), 0x0102);
	bytes_skip(&part, 2);
	assert_false(part.bad);
	bytes_skip(&part, 1);
	assert_true(part.bad);
	assert_int_equal(bytes_u8(&b), 5);
	part = bytes_split(&b, 5);
	assert_true(part.bad && b.bad);
	assert_int_equal(part.left, 0);
}

static void test_lengths_that_would_wrap(void **state)
{
	(void)state;
	struct bytes b = guard_bytes(COUNT, sizeof COUNT);

	assert_true(bytes_peek(b, SIZE_MAX, 8) == 0);
	assert_true(bytes_peek(b, SIZE_MAX - 3, 8) == 0);
	assert_null(bytes_take(&b, SIZE_MAX));
	assert_true(b.bad);
}

static void test_peek(void **state)
{
	(void)state;
	struct bytes b = guard_bytes(COUNT, sizeof COUNT);

	assert_int_equal(bytes_peek(b, 7, 2), 0x0809);
	assert_int_equal(bytes_peek(b, 8, 2), 0);
	assert_int_equal(bytes_peek(b, 9, 1), 0);
	assert_int_equal(b.left, sizeof COUNT);
	assert_false(b.bad);
}

static void test_copy(void **state)
{
	(void)state;
	uint8_t to[4] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t ZEROS[4];
	struct bytes b = guard_bytes(COUNT, 5);

	bytes_copy(&b, to, 4);
	assert_memory_equal(to, COUNT, 4);
	bytes_copy(&b, to, 4);
	assert_memory_equal(to, ZEROS, 4);
	assert_true(b.bad);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_past_the_end),
		cmocka_unit_test(test_skip_and_split),
		cmocka_unit_test(test_lengths_that_would_wrap),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_copy),
	};
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
