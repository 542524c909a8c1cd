// query/packet_set.h and query/packet_options.h: which packets, and what a pcapng says behind them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../../query/packet_options.h"
#include "../../query/packet_set.h"

static void test_runs(void **state)
{
	struct packet_set set;
	(void)state;
	packet_set_init(&set);
	assert_int_equal(packet_set_size(&set), 0);
	packet_set_sort(&set);
	for (int64_t id = 5000; id > 0; id--)
		packet_set_add(&set, id, 0);
	for (int64_t id = 1; id <= 5000; id += 7)
		packet_set_add(&set, id, 0);
	packet_set_add(&set, 9000, 0);
	packet_set_add(&set, 0, 0);
	packet_set_add(&set, -3, 0);
	packet_set_add(&set, INT64_MAX, 0);
	packet_set_sort(&set);
	assert_int_equal(set.count, 2);
	assert_int_equal(set.runs[0].first, 1);
	assert_int_equal(set.runs[0].last, 5000);
	assert_int_equal(packet_set_size(&set), 5001);
	packet_set_release(&set);
}

static void test_comments(void **state)
{
	struct packet_set set;
	(void)state;
	packet_set_init(&set);
	uint32_t one = packet_set_comment(&set, "one and more", 3), two = packet_set_comment(&set, "two", 3);
	assert_int_equal(one, 1);
	assert_int_equal(packet_set_comment(&set, "one", 3), one);
	assert_int_equal(packet_set_comment(&set, "\0x", 2), 0);
	packet_set_add(&set, 7, one);
	packet_set_add(&set, 8, one);
	packet_set_add(&set, 8, two);
	packet_set_add(&set, 9, two);
	packet_set_add(&set, 7, two);
	packet_set_sort(&set);
	assert_int_equal(set.count, 2);
	assert_int_equal(set.runs[0].last, 8);
	assert_int_equal(set.runs[0].comment, one);
	assert_int_equal(set.runs[1].first, 9);
	assert_string_equal(set.comments[set.runs[1].comment], "two");
	packet_set_release(&set);
}

// The header of an Enhanced Packet Block of so many bytes.
static void put_header(unsigned char *at, uint32_t type, uint32_t length, uint32_t captured_len)
{
	memset(at, 0, PACKET_OPTIONS_HEADER);
	for (int i = 0; i < 4; i++) {
		at[3 - i] = (unsigned char)(type >> 8 * i);
		at[7 - i] = (unsigned char)(length >> 8 * i);
		at[23 - i] = (unsigned char)(captured_len >> 8 * i);
	}
}

static uint32_t room_of(uint32_t type, uint32_t length, uint32_t captured_len)
{
	unsigned char bytes[PACKET_OPTIONS_HEADER];
	bool big_endian = false;
	put_header(bytes, type, length, captured_len);
	return packet_options_room(bytes, 5, &big_endian);
}

static void test_room(void **state)
{
	(void)state;
	assert_int_equal(room_of(6, 40, 5), 7); // 3 bytes of padding, the length
	assert_int_equal(room_of(6, 52, 5), 19);
	assert_int_equal(room_of(6, 36, 5), 0);
	assert_int_equal(room_of(6, 41, 5), 0);
	assert_int_equal(room_of(6, 40, 6), 0);
	assert_int_equal(room_of(5, 40, 5), 0);
	assert_int_equal(room_of(6, UINT32_MAX - 3, 5), 0);
}

static void test_options(void **state)
{
	// three bytes of padding, a comment, flags, the end, the length
	static const unsigned char whole[] = {0, 0, 0, 0, 1, 0, 2, 'h', 'i', 0, 0, 0, 2, 0,
	                                      4, 0, 0, 0, 9, 0, 0, 0,   0,   0, 0, 0, 0};
	static const unsigned char wanted[] = {1, 0, 2, 0, 'h', 'i', 0, 0, 2, 0, 4, 0, 9, 0, 0, 0};
	unsigned char at[sizeof whole];
	(void)state;
	memcpy(at, whole, sizeof at);
	assert_int_equal(packet_options_take(at, sizeof at, 5, true), sizeof wanted);
	assert_memory_equal(at, wanted, sizeof wanted);
	memcpy(at, whole, sizeof at);
	at[14] = 200; // the second option runs over the end
	assert_int_equal(packet_options_take(at, sizeof at, 5, true), 0);
	assert_int_equal(packet_options_take(at, 7, 5, true), 0); // none
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
