// Where the time of connections went, from findings: piece by piece the same as in one piece.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../compare/connections.h"

enum {
	MS = 1000000,
	ROUNDS = 400,      // requests, each with its answer
	LOST_EVERY = 10,   // one answer in so many is lost between the points, and comes again
	WAY_NS = 5 * MS,   // between the points
	THINK_NS = 2 * MS, // beyond the far point
	AGAIN_NS = 200 * MS,
	REQUEST = 100,
	ANSWER = 1000,
};

// A client, its server, and their packets so far; the near point is the client's.
struct talk {
	struct connections *connections;
	int64_t ts_ns; // at the near point
	int64_t near_id, far_id;
	uint32_t seq[2]; // of the client, of the server
};

static struct tcp_sighting sighting(const struct talk *t, bool from_server, uint32_t payload_len)
{
	return (struct tcp_sighting){.seq = t->seq[from_server],
	                             .ack = t->seq[!from_server],
	                             .payload_len = payload_len,
	                             .has_ack = true,
	                             .is_tcp = true};
}

// A packet that passes both points, or is lost between them.
static void send(struct talk *t, bool from_server, uint32_t payload_len, bool is_lost, bool is_again)
{
	int64_t far_ns = from_server ? t->ts_ns - WAY_NS : t->ts_ns + WAY_NS;
	struct finding f = {
		.packet_id = {++t->near_id, ++t->far_id}, .ts_ns = {t->ts_ns, far_ns}, .direction = from_server};
	struct outcome o = {.is_timed = true, .reason = is_lost ? REASON_LOST : REASON_NONE};
	f.tcp[0] = f.tcp[1] = sighting(t, from_server, payload_len);
	f.tcp[from_server].marks = is_again ? MARK_AGAIN : 0;
	if (is_lost)
		f.packet_id[!from_server] = f.ts_ns[!from_server] = 0;
	connections_add(t->connections, &f, &o);
}

static void talk_once(struct talk *t, int round)
{
	bool is_lost = round % LOST_EVERY == LOST_EVERY - 1;
	t->ts_ns += 50 * MS; // the client's user
	send(t, false, REQUEST, false, false);
	t->seq[0] += REQUEST;
	t->ts_ns += 2 * WAY_NS + THINK_NS;
	send(t, true, ANSWER, is_lost, false);
	if (is_lost) {
		t->ts_ns += AGAIN_NS;
		send(t, true, ANSWER, false, true);
	}
	t->seq[1] += ANSWER;
	t->ts_ns += 1;
	send(t, false, 0, false, false);
}

// What becomes of the talk, when no more than `most` passages are kept.
static struct waits waits_of(size_t most)
{
	struct point_flow flows[2] = {{.kind = KIND_TCP}, {.kind = KIND_TCP}};
	struct point points[2] = {{.flows = &flows[0], .flow_count = 1}, {.flows = &flows[1], .flow_count = 1}};
	struct pairing pairing;
	struct clock clock = {
		.has_forward = true, .has_back = true, .forward_floor_ns = WAY_NS, .back_ceiling_ns = -WAY_NS};
	struct connections connections;
	pairing_init(&pairing, points);
	struct flow_pair *pair = pairing_add(&pairing, 0, 0);
	pair->side[0].travel = TRAVEL_FORWARD;
	pair->side[1].travel = TRAVEL_BACK;
	pair->findings = 3 * ROUNDS + ROUNDS / LOST_EVERY;
	connections_init(&connections, &pairing, &clock);
	connections.limit = connections.most = most;
	struct talk talk = {.connections = &connections, .near_id = 0, .far_id = 1000000};
	for (int round = 0; round < ROUNDS; round++) {
		assert_int_equal(connections.spent[0].count, 0);
		talk_once(&talk, round);
		assert_true(connections.passages <= most);
	}
	struct waits waits = {0};
	for (size_t i = 0; i < connections.spent[0].count; i++)
		waits.of[connections.spent[0].causes[i].cause] = connections.spent[0].causes[i].wait;
	assert_int_equal(connections.passages, 0);
	connections_release(&connections);
	pairing_release(&pairing);
	return waits;
}

static void test_causes(void **state)
{
	(void)state;
	struct waits w = waits_of(PASSAGES_MAX);
	int64_t lost = ROUNDS / LOST_EVERY, arrived = ROUNDS - lost;
	assert_int_equal(w.of[CAUSE_SERVER_THINK].total_ns, arrived * THINK_NS);
	assert_int_equal(w.of[CAUSE_SERVER_THINK].longest_ns, THINK_NS);
	assert_int_equal(w.of[CAUSE_LOSS].count, lost);
	assert_int_equal(w.of[CAUSE_LOSS].total_ns, lost * (2 * WAY_NS + THINK_NS + AGAIN_NS));
	// After a loss, what a round trip takes is time lost as long as less is under way than before.
	assert_int_equal(w.of[CAUSE_DISTANCE].total_ns + w.of[CAUSE_SLOWED].total_ns, arrived * 2 * WAY_NS);
	assert_int_equal(w.of[CAUSE_QUEUE].total_ns, 0);
	assert_true(w.of[CAUSE_IDLE].count >= ROUNDS - 1);
	assert_true(w.of[CAUSE_LOSS].packet_id[NEAR] > 0 && w.of[CAUSE_LOSS].packet_id[FAR] > 1000000);
}

static void test_pieces(void **state)
{
	(void)state;
	struct waits whole = waits_of(PASSAGES_MAX);
	for (size_t most = 128; most <= 2048; most *= 2) {
		struct waits pieces = waits_of(most);
		for (int cause = 0; cause < CAUSES; cause++) {
			assert_int_equal(pieces.of[cause].count, whole.of[cause].count);
			assert_int_equal(pieces.of[cause].total_ns, whole.of[cause].total_ns);
			assert_int_equal(pieces.of[cause].longest_ns, whole.of[cause].longest_ns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
