// ingest/stream.h: segments in any order, again, overlapping, missing, cut, and beyond the limits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/stream.h"
#include "guard.h"

static const struct frame frame = {.ts_ns = 7};
static const char TEXT[] = "abcdefghijklmnopqrstuvwxyz";

struct reader {
	struct stream stream;
	struct stream_budget budget;
	uint32_t first; // sequence number of TEXT[0]
	char text[256]; // what was given; '.' for a missing byte
	size_t length;
};

static void collect(struct reader *r)
{
	struct stream_chunk chunk;
	while (stream_next(&r->stream, &r->budget, &chunk)) {
		for (uint32_t i = 0; i < chunk.missing; i++)
			r->text[r->length++] = '.';
		while (chunk.data.left)
			r->text[r->length++] = (char)bytes_u8(&chunk.data);
		assert_true(r->length < sizeof r->text);
	}
	r->text[r->length] = '\0';
}

static void send_cut(struct reader *r, uint32_t from, uint32_t length, uint32_t captured)
{
	struct packet p = {.frame = &frame, .payload_len = length, .payload = guard_bytes(TEXT + from, captured)};
	p.ip.tcp.seq = r->first + from;
	p.ip.tcp.flags = TCP_ACK;
	stream_add(&r->stream, &r->budget, &p);
	collect(r);
}

static void send_text(struct reader *r, uint32_t from, uint32_t length)
{
	send_cut(r, from, length, length);
}

static void acknowledge(struct reader *r, uint32_t up_to)
{
	struct packet p = {.frame = &frame, .direction = 1};
	p.ip.tcp.flags = TCP_ACK;
	p.ip.tcp.ack = r->first + up_to;
	stream_add(&r->stream, &r->budget, &p);
	collect(r);
}

static void end(struct reader *r, const char *expected)
{
	stream_end(&r->stream);
	collect(r);
	assert_string_equal(r->text, expected);
	stream_release(&r->stream, &r->budget);
	assert_int_equal(r->budget.bytes, 0);
}

static void test_in_order(void **state)
{
	(void)state;
	struct reader r = {.first = UINT32_MAX - 4}; // the numbers wrap
	send_text(&r, 0, 5);
	assert_string_equal(r.text, "abcde");
	send_text(&r, 5, 3);
	assert_string_equal(r.text, "abcdefgh");
	end(&r, "abcdefgh");
}

static void test_syn_takes_a_number(void **state)
{
	(void)state;
	struct reader r = {0};
	struct packet syn = {.payload = bytes_of(NULL, 0)};
	syn.ip.tcp.flags = TCP_SYN;
	syn.ip.tcp.seq = 99;
	r.first = 100;
	stream_add(&r.stream, &r.budget, &syn);
	collect(&r);
	send_text(&r, 3, 3);
	assert_string_equal(r.text, "");
	send_text(&r, 0, 3);
	end(&r, "abcdef");
}

static void test_every_order(void **state)
{
	(void)state;
	static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct reader r = {.first = 1000};
		send_text(&r, 0, 2);
		for (int k = 0; k < 3; k++)
			send_text(&r, 2 + orders[i][k] * 4, 4);
		assert_string_equal(r.text, "abcdefghijklmn");
		end(&r, "abcdefghijklmn");
	}
}

static void test_again_and_overlapping(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_text(&r, 0, 6);
	send_text(&r, 0, 6);
	send_text(&r, 3, 6);
	send_text(&r, 12, 4); // waits
	send_text(&r, 10, 4); // waits, overlaps it
	send_text(&r, 14, 1); // within
	assert_string_equal(r.text, "abcdefghi");
	send_text(&r, 9, 1);
	end(&r, "abcdefghijklmnop");
}

static void test_hole_acknowledged(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_text(&r, 0, 4);
	send_text(&r, 6, 4);
	acknowledge(&r, 4);
	assert_string_equal(r.text, "abcd");
	for (int i = 0; i < STREAM_PATIENCE; i++)
		acknowledge(&r, 10);
	assert_string_equal(r.text, "abcd");
	acknowledge(&r, 10);
	assert_string_equal(r.text, "abcd..ghij");
	send_text(&r, 4, 2); // too late
	end(&r, "abcd..ghij");
}

// A reply acknowledges what is behind the hole, and the sender acknowledges the reply.
static void test_hole_known_received(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_text(&r, 0, 4);
	send_text(&r, 6, 4);
	struct packet reply = {.frame = &frame, .direction = 1, .payload_len = 1, .payload = guard_bytes(TEXT + 25, 1)};
	reply.ip.tcp.seq = 500;
	reply.ip.tcp.flags = TCP_ACK;
	reply.ip.tcp.ack = r.first + 10;
	stream_add(&r.stream, &r.budget, &reply);
	collect(&r);
	assert_string_equal(r.text, "abcdz");
	struct packet after = {.frame = &frame};
	after.ip.tcp.flags = TCP_ACK;
	after.ip.tcp.ack = 500; // not yet
	stream_add(&r.stream, &r.budget, &after);
	collect(&r);
	assert_string_equal(r.text, "abcdz");
	after.ip.tcp.ack = 501;
	stream_add(&r.stream, &r.budget, &after);
	collect(&r);
	assert_string_equal(r.text, "abcdz..ghij");
	end(&r, "abcdz..ghij");
}

static void test_acknowledged_before_it_is_there(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_text(&r, 0, 4);
	send_text(&r, 6, 4);
	acknowledge(&r, 10);
	send_text(&r, 4, 2);
	end(&r, "abcdefghij");
}

static void test_hole_at_end(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_text(&r, 0, 1);
	send_text(&r, 3, 2);
	send_text(&r, 8, 2);
	end(&r, "a..de...ij");
}

static void test_cut(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	send_cut(&r, 0, 6, 4);
	assert_string_equal(r.text, "abcd..");
	send_cut(&r, 8, 4, 0); // waits
	send_cut(&r, 12, 2, 2);
	send_text(&r, 6, 2);
	end(&r, "abcd..gh....mn");
}

static void test_reset_is_not_read(void **state)
{
	(void)state;
	struct reader r = {.first = 7};
	struct packet p = {.frame = &frame, .payload_len = 3, .payload = guard_bytes("bad", 3)};
	p.ip.tcp.flags = TCP_RST;
	p.ip.tcp.seq = 9;
	send_text(&r, 0, 2);
	stream_add(&r.stream, &r.budget, &p);
	collect(&r);
	send_text(&r, 2, 2);
	end(&r, "abcd");
}

// Every run of bytes names the packet that carried it, however late it is given.
static void test_carrier(void **state)
{
	(void)state;
	struct stream stream = {0};
	struct stream_budget budget = {0};
	struct stream_chunk chunk;
	struct packet p = {.frame = &frame, .id = 11, .payload_len = 2, .payload = guard_bytes("ab", 2)};
	p.ip.tcp.seq = 100;
	stream_add(&stream, &budget, &p);
	assert_true(stream_next(&stream, &budget, &chunk));
	assert_int_equal(chunk.packet_id, 11);
	assert_int_equal(chunk.ts_ns, frame.ts_ns);
	for (int i = 0; i < 2; i++) {
		struct packet late = {.frame = &frame, .id = 12 + i, .payload_len = 1, .payload = guard_bytes("x", 1)};
		late.ip.tcp.seq = 110 + (uint32_t)i * 10;
		stream_add(&stream, &budget, &late);
		assert_false(stream_next(&stream, &budget, &chunk));
	}
	stream_end(&stream);
	for (int64_t id = 12; id < 14; id++) {
		assert_true(stream_next(&stream, &budget, &chunk));
		assert_int_equal(chunk.missing, id == 12 ? 8 : 9);
		assert_int_equal(chunk.packet_id, id);
		assert_true(stream_next(&stream, &budget, &chunk));
		assert_int_equal(chunk.missing, 0);
		assert_int_equal(chunk.packet_id, id);
	}
	assert_false(stream_next(&stream, &budget, &chunk));
	stream_release(&stream, &budget);
}

static void test_limits(void **state)
{
	(void)state;
	static char large[65536];
	struct stream stream = {0};
	struct stream_budget budget = {0};
	struct stream_chunk chunk;
	struct packet p = {.frame = &frame, .payload_len = 1, .payload = bytes_of(large, 1)};
	stream_add(&stream, &budget, &p);
	assert_true(stream_next(&stream, &budget, &chunk));
	p.payload_len = sizeof large;
	p.payload = bytes_of(large, sizeof large);
	size_t given = 0, most = 0;
	int64_t missing = 0;
	for (uint32_t i = 0; i < 100; i++) {
		p.ip.tcp.seq = 2 + i * (uint32_t)(sizeof large + 1);
		stream_add(&stream, &budget, &p);
		most = budget.bytes > most ? budget.bytes : most;
		while (stream_next(&stream, &budget, &chunk)) {
			given += chunk.data.left;
			missing += chunk.missing;
		}
	}
	assert_in_range(most, STREAM_AHEAD_MAX, STREAM_AHEAD_MAX + 2 * sizeof large);
	assert_in_range(given, 80 * sizeof large, 100 * sizeof large);
	assert_in_range(missing, 80, 100);
	stream_release(&stream, &budget);
	assert_int_equal(budget.bytes, 0);
}

// Small segments cost more than their bytes: their number is bounded, too.
static void test_many_segments(void **state)
{
	(void)state;
	struct stream stream = {0};
	struct stream_budget budget = {0};
	struct stream_chunk chunk;
	struct packet p = {.frame = &frame, .payload_len = 1, .payload = guard_bytes("x", 1)};
	stream_add(&stream, &budget, &p);
	assert_true(stream_next(&stream, &budget, &chunk));
	for (uint32_t i = 1; i < STREAM_SEGMENTS_MAX; i++) {
		p.ip.tcp.seq = i * 2;
		stream_add(&stream, &budget, &p);
		assert_false(stream_next(&stream, &budget, &chunk));
	}
	assert_true(budget.bytes > STREAM_SEGMENTS_MAX * sizeof(struct stream_chunk));
	p.ip.tcp.seq += 2;
	stream_add(&stream, &budget, &p);
	assert_true(stream_next(&stream, &budget, &chunk));
	assert_int_equal(chunk.missing, 1);
	assert_true(stream_next(&stream, &budget, &chunk));
	assert_int_equal(chunk.data.left, 1);
	assert_false(stream_next(&stream, &budget, &chunk));
	stream_release(&stream, &budget);
	assert_int_equal(budget.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_syn_takes_a_number),
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_again_and_overlapping),
		cmocka_unit_test(test_hole_acknowledged),
		cmocka_unit_test(test_hole_known_received),
		cmocka_unit_test(test_acknowledged_before_it_is_there),
		cmocka_unit_test(test_hole_at_end),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_reset_is_not_read),
		cmocka_unit_test(test_carrier),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_segments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
