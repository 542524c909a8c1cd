// Which flows end while others go on: ingest/flow.h, flow_take_idle().
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../ingest/flow.h"

enum { TIMEOUT_NS = 1000, CLOSED_TIMEOUT_NS = 100, FLOWS_MAX = 3 };

struct state {
	struct flow_table flows;
	struct frame frame;
	struct packet packet;
};

static void state_init(struct state *s)
{
	*s = (struct state){.packet.frame = &s->frame};
	flow_table_init(&s->flows, 1, TIMEOUT_NS);
	s->flows.closed_timeout_ns = CLOSED_TIMEOUT_NS;
	s->flows.flows_max = FLOWS_MAX;
}

static void state_release(struct state *s)
{
	for (struct flow *f; (f = flow_take(&s->flows)) != NULL;)
		flow_free(f);
	flow_table_release(&s->flows);
}

// A datagram from the port, one ns after the packet before it. The id of its flow: 1 for the first, and so on.
static int64_t track(struct state *s, uint16_t port)
{
	struct packet *p = &s->packet;
	s->frame.ts_ns++;
	p->id = ++p->number;
	p->ip = (struct headers){.ip_version = 4, .protocol = 17, .has_ports = true, .has_transport = true};
	p->ip.src_port = port;
	p->ip.dst_port = 53;
	flow_track(&s->flows, p);
	return p->flow->id;
}

// The id of the flow that ends ns after the last packet; 0 none.
static int64_t end_after(struct state *s, int64_t ns)
{
	struct flow *idle = flow_take_idle(&s->flows, s->frame.ts_ns + ns);
	int64_t id = idle ? idle->id : 0;
	if (idle)
		flow_free(idle);
	return id;
}

static void test_too_many(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s);
	for (int port = 1; port <= FLOWS_MAX; port++)
		track(&s, (uint16_t)port);
	track(&s, 1);
	assert_int_equal(end_after(&s, 0), 0);
	track(&s, 4);
	assert_int_equal(end_after(&s, 0), 2); // silent for longest: the first was heard again
	assert_int_equal(end_after(&s, 0), 0);
	assert_int_equal(track(&s, 2), 5);
	assert_int_equal(end_after(&s, 0), 3);
	state_release(&s);
}

static void test_idle(void **unused)
{
	(void)unused;
	struct state s;
	state_init(&s);
	track(&s, 1);
	track(&s, 2);
	flow_close(&s.flows, s.packet.flow);
	assert_int_equal(end_after(&s, CLOSED_TIMEOUT_NS), 0);
	assert_int_equal(end_after(&s, CLOSED_TIMEOUT_NS + 1), 2);
	assert_int_equal(end_after(&s, TIMEOUT_NS - 1), 0);
	assert_int_equal(end_after(&s, TIMEOUT_NS), 1);
	state_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_idle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
