// ingest/defragment.h: fragments in any order, overlapping, missing, and too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/defragment.h"
#include "guard.h"

static const char TEXT[] = "abcdefghijklmnopqrstuvwxyz012345";

static int64_t clock_s;                 // when fragments come
static int64_t packet_id;               // of the last
static struct packet_fragment fragment; // the last

// A fragment of datagram `ip_id`: length bytes of `from`, to lie at offset.
static bool give(struct defragmenter *d, uint32_t ip_id, const char *from, uint32_t offset, uint32_t length,
                 bool more, struct bytes *whole)
{
	static struct frame frame;
	frame.ts_ns = clock_s * INT64_C(1000000000);
	struct packet p = {.id = ++packet_id, .frame = &frame};
	fragment = (struct packet_fragment){
		.ip_version = 4,
		.protocol = 17,
		.ip_id = ip_id,
		.more = more,
		.start = offset,
		.length = length,
		.data = guard_bytes(from, length),
	};
	return defragment(d, &p, &fragment, whole);
}

static void assert_text(struct bytes whole, const char *text)
{
	assert_int_equal(whole.left, strlen(text));
	assert_memory_equal(whole.at, text, whole.left);
}

static void test_orders(void **state)
{
	(void)state;
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct defragmenter d;
		struct bytes whole;
		defragmenter_init(&d);
		for (int k = 0; k < 3; k++) {
			uint32_t part = (uint32_t)orders[i][k], length = part == 2 ? 16 : 8;
			bool complete = give(&d, 7, TEXT + part * 8, part * 8, length, part < 2, &whole);
			assert_int_equal(complete, k == 2);
		}
		assert_text(whole, TEXT);
		assert_int_equal(d.count, 0);
		defragmenter_release(&d);
	}
}

// Of overlapping fragments the one that begins first counts, then the first to come.
static void test_overlap(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	assert_false(give(&d, 1, "AAAAAAAAAAAAAAAA", 8, 16, true, &whole));
	assert_false(give(&d, 1, "BBBBBBBBBBBBBBBBBBBBBBBB", 16, 24, false, &whole));
	assert_true(give(&d, 1, "CCCCCCCCCCCCCCCC", 0, 16, true, &whole));
	assert_text(whole, "CCCCCCCCCCCCCCCCAAAAAAAABBBBBBBBBBBBBBBB");
	assert_false(give(&d, 2, "AAAAAAAA", 0, 8, true, &whole));
	assert_false(give(&d, 2, "BBBBBBBBBBBBBBBB", 0, 16, true, &whole));
	assert_false(give(&d, 2, "CCCCCCCC", 8, 8, true, &whole));
	assert_true(give(&d, 2, "DDDDDDDD", 16, 8, false, &whole));
	assert_text(whole, "AAAAAAAABBBBBBBBDDDDDDDD");
	defragmenter_release(&d);
}

static void test_apart(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	assert_false(give(&d, 1, TEXT, 0, 8, true, &whole));
	assert_false(give(&d, 2, TEXT + 8, 8, 8, false, &whole));   // of another datagram
	assert_false(give(&d, 1, TEXT, 0, 8, true, &whole));        // the same once more
	assert_false(give(&d, 1, TEXT + 24, 24, 8, false, &whole)); // with a gap before it
	assert_true(give(&d, 2, TEXT, 0, 8, true, &whole));
	assert_text(whole, "abcdefghijklmnop");
	assert_true(give(&d, 1, TEXT + 8, 8, 16, true, &whole));
	assert_text(whole, TEXT);
	defragmenter_release(&d);
}

// What a hostile capture makes it keep is bounded, and the oldest goes first.
static void test_limits(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	for (uint32_t id = 0; id < DEFRAGMENT_DATAGRAMS_MAX + 10; id++)
		assert_false(give(&d, id, TEXT, 0, 8, true, &whole));
	assert_int_equal(d.count, DEFRAGMENT_DATAGRAMS_MAX);
	assert_int_equal(d.given_up, 10);
	assert_false(give(&d, 0, TEXT + 8, 8, 8, false, &whole)); // given up before
	assert_true(give(&d, 4000, TEXT + 8, 8, 8, false, &whole));
	for (uint32_t id = 10000; id < 12000; id++)
		give(&d, id, TEXT, 65528, 8, true, &whole); // far out: the buffer must reach it
	assert_true(d.bytes <= DEFRAGMENT_BYTES_MAX);
	assert_int_equal(d.given_up + (int64_t)d.count, DEFRAGMENT_DATAGRAMS_MAX + 10 + 2000);
	defragmenter_release(&d);
	assert_int_equal(d.count, 0);
}

static void test_pieces(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	for (uint32_t i = 1; i < DEFRAGMENT_PIECES_MAX; i++)
		assert_false(give(&d, 1, TEXT, i * 16, 8, true, &whole));
	assert_int_equal(d.count, 1);
	assert_false(give(&d, 1, TEXT, 0, 8, true, &whole));
	assert_int_equal(d.count, 0);
	assert_int_equal(d.given_up, 1);
	defragmenter_release(&d);
}

// An identification may come again for another datagram.
static void test_late(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	clock_s = 1000;
	assert_false(give(&d, 1, TEXT, 0, 8, true, &whole));
	assert_false(give(&d, 2, TEXT, 0, 8, true, &whole));
	clock_s += DEFRAGMENT_WAIT_S;
	assert_true(give(&d, 1, TEXT + 8, 8, 8, false, &whole));
	clock_s++;
	assert_false(give(&d, 2, TEXT + 8, 8, 8, false, &whole));
	assert_int_equal(d.given_up, 1);
	assert_true(give(&d, 2, TEXT, 0, 8, true, &whole));
	defragmenter_release(&d);
}

// A fragment that came before begins another datagram once nothing has come for long.
static void test_again(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	defragmenter_init(&d);
	clock_s = 2000;
	assert_false(give(&d, 1, "AAAAAAAA", 0, 8, true, &whole));
	clock_s += DEFRAGMENT_AGAIN_S;
	assert_false(give(&d, 1, "BBBBBBBB", 0, 8, true, &whole));
	clock_s += DEFRAGMENT_AGAIN_S + 1;
	assert_false(give(&d, 1, "CCCCCCCC", 0, 8, true, &whole));
	assert_int_equal(d.given_up, 1);
	assert_int_equal(fragment.first_packet_id, packet_id);
	clock_s += DEFRAGMENT_AGAIN_S + 1;
	assert_true(give(&d, 1, "DDDDDDDD", 8, 8, false, &whole));
	assert_text(whole, "CCCCCCCCDDDDDDDD");
	assert_int_equal(fragment.first_packet_id, packet_id - 1);
	assert_int_equal(fragment.previous_packet_id, packet_id - 1);
	defragmenter_release(&d);
}

// Those that the snap length cut tell when all has come.
static void test_cut(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	struct frame frame = {.ts_ns = 0};
	struct packet p = {.id = 9, .frame = &frame};
	struct packet_fragment f = {.length = 8, .more = true};
	defragmenter_init(&d);
	assert_false(defragment(&d, &p, &f, &whole));
	assert_int_equal(f.end, FRAGMENT_LEAVES_OPEN);
	f = (struct packet_fragment){.start = 8, .length = 8, .data = bytes_of(TEXT, 8)};
	assert_false(defragment(&d, &p, &f, &whole));
	assert_int_equal(f.end, FRAGMENT_ENDS_CUT);
	assert_int_equal(d.count, 0);
	assert_int_equal(d.given_up, 0);
	defragmenter_release(&d);
}

// No IP header tells of a datagram that is longer, a jumbogram in fragments aside, which RFC 2675 forbids.
static void test_too_long(void **state)
{
	(void)state;
	struct defragmenter d;
	struct bytes whole;
	static char large[131073];
	struct frame frame = {.ts_ns = 0};
	struct packet p = {.frame = &frame};
	struct packet_fragment f = {.length = sizeof large, .data = bytes_of(large, sizeof large)};
	defragmenter_init(&d);
	assert_false(defragment(&d, &p, &f, &whole));
	assert_int_equal(d.count, 0);
	defragmenter_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders), cmocka_unit_test(test_overlap), cmocka_unit_test(test_apart),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_pieces),  cmocka_unit_test(test_late),
		cmocka_unit_test(test_again),  cmocka_unit_test(test_cut),     cmocka_unit_test(test_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
