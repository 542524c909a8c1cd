// The limit on segments that wait for their ACK, over all flows: ingest/tcp_analysis.h, struct tcp_analyzer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/tcp_analysis.h"

enum { ROOM = 16, LENGTH = 100 }; // segments: two flows of eight; bytes a segment

struct state {
	struct tcp_analyzer analyzer;
	struct flow_table flows;
	struct frame frame;
	struct packet packet;
};

static void state_init(struct state *s, size_t room)
{
	*s = (struct state){.packet.frame = &s->frame};
	tcp_analyzer_init(&s->analyzer, room);
	flow_table_init(&s->flows, 1, 0);
}

static void state_release(struct state *s)
{
	for (struct flow *f; (f = flow_take(&s->flows)) != NULL;)
		flow_free(f);
	flow_table_release(&s->flows);
	assert_int_equal(s->analyzer.room, 0);
	assert_null(s->analyzer.oldest);
	assert_null(s->analyzer.newest);
}

// A packet of a conversation that is named by its ports; nothing in it makes an event.
static struct tcp_flow *analyze(struct state *s, uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
                                uint32_t length)
{
	struct packet *p = &s->packet;
	s->frame.ts_ns += 1000;
	p->id = ++p->number;
	p->payload_len = length;
	p->ip = (struct headers){.ip_version = 4, .protocol = 6, .has_ports = true, .has_transport = true};
	p->ip.src_port = from;
	p->ip.dst_port = to;
	p->ip.tcp = (struct tcp_header){
		.seq = seq, .ack = ack, .flags = TCP_ACK, .window = 1000, .mss = -1, .window_scale = -1};
	flow_track(&s->flows, p);
	tcp_analyze(&s->analyzer, p, NULL, 1);
	return p->flow->tcp;
}

static struct tcp_flow *send_data(struct state *s, uint16_t port, unsigned segments)
{
	struct tcp_flow *flow = NULL;
	for (uint32_t i = 0; i < segments; i++)
		flow = analyze(s, port, 80, 1000 + LENGTH * i, 5000, LENGTH);
	return flow;
}

// The number of the packet that an ACK of one segment acknowledges.
static int64_t acknowledge(struct state *s, uint16_t port, unsigned segments)
{
	analyze(s, 80, port, 5000, 1000 + LENGTH * segments, 0);
	return s->packet.acks;
}

static void test_idle_longest(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	const struct tcp_flow *first = send_data(&s, 1, 3), *second = send_data(&s, 2, 3);
	assert_int_equal(s.analyzer.room, ROOM);
	const struct tcp_flow *third = send_data(&s, 3, 3);
	assert_int_equal(s.analyzer.given_up, 1);
	assert_int_equal(s.analyzer.room, ROOM);
	assert_true(first->given_up);
	assert_false(second->given_up || third->given_up);
	assert_int_equal(acknowledge(&s, 1, 3), 0);
	assert_int_equal(acknowledge(&s, 2, 3), 6);
	assert_int_equal(acknowledge(&s, 3, 3), 9);
	state_release(&s);
}

// The first flow to be given up is not the oldest one, but the one that sent nothing for longest.
static void test_activity(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	const struct tcp_flow *first = send_data(&s, 1, 3), *second = send_data(&s, 2, 3);
	analyze(&s, 1, 80, 1000 + 3 * LENGTH, 5000, LENGTH);
	send_data(&s, 3, 3);
	assert_false(first->given_up);
	assert_true(second->given_up);
	assert_int_equal(acknowledge(&s, 1, 3), 3);
	state_release(&s);
}

static void test_nothing_waits(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	const struct tcp_flow *first = send_data(&s, 1, 3);
	acknowledge(&s, 1, 3);
	send_data(&s, 2, 3);
	send_data(&s, 3, 3);
	assert_int_equal(s.analyzer.given_up, 0);
	assert_false(first->given_up);
	state_release(&s);
}

// A flow goes on after it was given up.
static void test_afterwards(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	send_data(&s, 1, 3);
	send_data(&s, 2, 3);
	send_data(&s, 3, 3);
	analyze(&s, 1, 80, 1000 + 3 * LENGTH, 5000, LENGTH);
	assert_int_equal(s.analyzer.given_up, 1);
	assert_int_equal(acknowledge(&s, 1, 4), 10);
	assert_int_equal(acknowledge(&s, 3, 3), 9);
	state_release(&s);
}

// A few segments need no room.
static void test_few(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	for (uint16_t port = 1; port <= 10; port++)
		send_data(&s, port, TCP_UNACKED_FEW);
	assert_int_equal(s.analyzer.room, 0);
	for (uint16_t port = 1; port <= 10; port++)
		assert_int_equal(acknowledge(&s, port, TCP_UNACKED_FEW), port * TCP_UNACKED_FEW);
	state_release(&s);
}

static void test_alone(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, ROOM);
	const struct tcp_flow *flow = send_data(&s, 1, 100);
	assert_false(flow->given_up);
	assert_int_equal(s.packet.bytes_in_flight, 100 * LENGTH);
	assert_int_equal(acknowledge(&s, 1, 100), 100);
	state_release(&s);
}

// A direction alone remembers as many segments as Wireshark.
static void test_one_direction(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s, TCP_UNACKED_TOTAL_MAX);
	send_data(&s, 1, TCP_UNACKED_MAX + 5);
	assert_int_equal(s.packet.bytes_in_flight, TCP_UNACKED_MAX * LENGTH);
	assert_int_equal(acknowledge(&s, 1, TCP_UNACKED_MAX + 5), 0);
	state_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_longest),  cmocka_unit_test(test_activity), cmocka_unit_test(test_nothing_waits),
		cmocka_unit_test(test_afterwards),    cmocka_unit_test(test_few),      cmocka_unit_test(test_alone),
		cmocka_unit_test(test_one_direction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
