// Connection states where no capture of a text case reaches: limits, and transfers beyond 4 GB.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../ingest/flow.h"

enum { CLIENT = 0, SERVER = 1 };

static struct flow_table table;
static struct flow flow;

static void send_segment(int direction, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t length)
{
	struct packet p = {.flow = &flow, .direction = direction, .payload_len = length};
	p.ip.ip_version = 4;
	p.ip.protocol = 6;
	p.ip.has_transport = true;
	p.ip.src_port = direction == CLIENT ? 50000 : 80;
	p.ip.dst_port = direction == CLIENT ? 80 : 50000;
	p.ip.tcp = (struct tcp_header){.flags = flags, .seq = seq, .ack = ack, .window = 1000};
	p.ip_checksum = p.l4_checksum = CHECKSUM_OK;
	conn_state_track(&p);
}

// Client's first byte has number `seq`, the server's 500.
static void establish(uint32_t seq)
{
	flow = (struct flow){.table = &table};
	send_segment(CLIENT, TCP_SYN, seq - 1, 0, 0);
	send_segment(SERVER, TCP_SYN | TCP_ACK, 499, seq, 0);
	send_segment(CLIENT, TCP_ACK, seq, 500, 0);
}

static void test_beyond_4_gb(void **state)
{
	(void)state;
	enum { STEP = 1 << 30 };
	uint32_t seq = UINT32_MAX - 10;
	establish(seq);
	for (int i = 0; i < 10; i++) {
		send_segment(CLIENT, TCP_ACK, seq, 500, STEP);
		seq += STEP;
		send_segment(SERVER, TCP_ACK, 500, seq, 0);
	}
	assert_int_equal(conn_state_bytes(&flow.conn, CLIENT), INT64_C(10) * STEP);
	assert_int_equal(conn_state_bytes(&flow.conn, SERVER), 0);
	assert_string_equal(flow.conn.history, "ShADa");
	conn_state_release(&flow.conn, &table.conn_sides);
}

// Of more than 2 GB the capture has only SYN and FIN.
static void test_only_syn_and_fin(void **state)
{
	(void)state;
	establish(100);
	send_segment(CLIENT, TCP_FIN | TCP_ACK, 100 + 3000000000u, 500, 0);
	assert_int_equal(conn_state_bytes(&flow.conn, CLIENT), 3000000000);
	assert_int_equal(conn_state_of(&flow.conn), CONN_S2);
	conn_state_release(&flow.conn, &table.conn_sides);
}

static void test_long_history(void **state)
{
	(void)state;
	establish(100);
	for (uint32_t i = 0; i < 1000; i++)
		send_segment(SERVER, TCP_RST, 500 + i, 0, 0);
	assert_int_equal(strlen(flow.conn.history), CONN_HISTORY_MAX);
	assert_memory_equal(flow.conn.history, "ShArrrr", 7);
	assert_int_equal(flow.conn.history[CONN_HISTORY_MAX - 1], 'X');
	assert_int_equal(conn_state_of(&flow.conn), CONN_RSTR);
	conn_state_release(&flow.conn, &table.conn_sides);
}

static void test_many_pieces(void **state)
{
	(void)state;
	establish(100);
	send_segment(CLIENT, TCP_ACK, 100, 500, 10);
	send_segment(SERVER, TCP_ACK, 500, 110, 0);
	for (uint32_t i = 1; i <= CONN_PIECES_MAX; i++)
		send_segment(CLIENT, TCP_ACK, 110 + 20 * i, 500, 10);
	assert_string_equal(flow.conn.history, "ShADa");
	send_segment(CLIENT, TCP_ACK, 110 + 20 * (CONN_PIECES_MAX + 1), 500, 10);
	send_segment(SERVER, TCP_ACK, 500, 110 + 20 * (CONN_PIECES_MAX + 1), 0);
	assert_string_equal(flow.conn.history, "ShADaX");
	conn_state_release(&flow.conn, &table.conn_sides);
}

// Pieces that arrive in any order, twice and overlapping, close the gap.
static void test_pieces_join(void **state)
{
	(void)state;
	static const struct {
		uint32_t from, length;
	} pieces[] = {{300, 100}, {500, 50}, {320, 20}, {600, 100}, {380, 140}, {550, 60}, {200, 50}, {240, 70}};
	establish(100);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		send_segment(CLIENT, TCP_ACK, pieces[i].from, 500, pieces[i].length);
	send_segment(CLIENT, TCP_ACK, 100, 500, 100);
	send_segment(SERVER, TCP_ACK, 500, 700, 0);
	assert_string_equal(flow.conn.history, "ShADTa");
	assert_int_equal(conn_state_bytes(&flow.conn, CLIENT), 600);
	send_segment(CLIENT, TCP_ACK, 701, 500, 10);
	send_segment(SERVER, TCP_ACK, 500, 711, 0);
	assert_string_equal(flow.conn.history, "ShADTaG");
	conn_state_release(&flow.conn, &table.conn_sides);
}

// Much beyond a gap, and nothing was ever acknowledged: the capture has one direction only.
static void test_one_direction(void **state)
{
	(void)state;
	establish(100);
	send_segment(CLIENT, TCP_ACK, 200, 500, 10);
	send_segment(CLIENT, TCP_ACK, 100 + 20000, 500, 10);
	send_segment(SERVER, TCP_ACK, 500, 100 + 20010, 0);
	assert_string_equal(flow.conn.history, "ShADa");
	conn_state_release(&flow.conn, &table.conn_sides);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beyond_4_gb),  cmocka_unit_test(test_only_syn_and_fin),
		cmocka_unit_test(test_long_history), cmocka_unit_test(test_many_pieces),
		cmocka_unit_test(test_pieces_join),  cmocka_unit_test(test_one_direction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
