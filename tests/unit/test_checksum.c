// ingest/checksum.h against a naive sum, and against an example that others worked out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/checksum.h"
#include "guard.h"

// As RFC 1071, 4.1 has it.
static uint16_t naive_sum(struct bytes b)
{
	uint64_t sum = 0;

	while (b.left >= 2)
		sum += bytes_u16(&b);
	if (b.left)
		sum += (uint32_t)bytes_u8(&b) << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

// Every length up to a few strides and, as the input ends at a page, every alignment.
static void test_like_the_naive_sum(void **state)
{
	(void)state;
	uint8_t bytes[300];

	srand(1071);
	for (size_t length = 0; length <= sizeof bytes; length++) {
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)(rand() >> 4);
		struct bytes b = guard_bytes(bytes, length);
		assert_int_equal(checksum_sum(b), naive_sum(b));
	}
}

// Carries out of every place.
static void test_all_ones(void **state)
{
	(void)state;
	static uint8_t bytes[GUARD_SIZE];

	memset(bytes, 0xff, sizeof bytes);
	for (size_t length = sizeof bytes - 70; length <= sizeof bytes; length++) {
		struct bytes b = guard_bytes(bytes, length);
		assert_int_equal(checksum_sum(b), naive_sum(b));
	}
}

// RFC 1071, 3: 00 01 f2 03 f4 f5 f6 f7 add up to ddf2.
static void test_example(void **state)
{
	(void)state;
	static const uint8_t EXAMPLE[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(checksum_sum(guard_bytes(EXAMPLE, sizeof EXAMPLE)), 0xddf2);
}

static void test_parts_add_up(void **state)
{
	(void)state;
	uint8_t bytes[97];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37);
	struct bytes rest = guard_bytes(bytes, sizeof bytes), whole = rest;
	uint32_t sum = checksum_sum(bytes_split(&rest, 12)) + checksum_sum(bytes_split(&rest, 40));
	assert_int_equal(checksum_fold(sum + checksum_sum(rest)), naive_sum(whole));
}

static void test_right_and_wrong(void **state)
{
	(void)state;
	// The header of an IPv4 packet from 10.0.0.1 to 10.0.0.2.
	uint8_t header[] = {0x45, 0x00, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11,
	                    0x66, 0xca, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02};

	assert_true(checksum_is_right(checksum_sum(guard_bytes(header, sizeof header))));
	header[8]--;
	assert_false(checksum_is_right(checksum_sum(guard_bytes(header, sizeof header))));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_the_naive_sum),
		cmocka_unit_test(test_all_ones),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_parts_add_up),
		cmocka_unit_test(test_right_and_wrong),
	};
	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
