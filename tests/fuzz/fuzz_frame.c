// Any bytes as the frames of one capture: dissected, reassembled, put into flows, analysed, and written to a case in memory.
//
// The input: two bytes of link type, one of how much the snap length cut off; then frames, each behind a byte of its
// length (0: all that is left) and one of the milliseconds since the last.
#include "../../ingest/community_id.h"
#include "../../ingest/conn_state.h"
#include "../../ingest/copies.h"
#include "../../ingest/dissect.h"
#include "../../ingest/icmp_pairs.h"
#include "../../ingest/reassemble.h"
#include "../../ingest/tcp_analysis.h"
#include "../../ingest/tcp_stats.h"
#include "../../inspect/field_print.h"
#include "memory_case.h"

#include <stdlib.h>

static struct writer *writer;
static struct community_ids ids;

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int64_t last_packet_id; // goes on: a case takes many inputs

static void prepare(void)
{
	if (!writer) {
		dissect_init();
		if (!community_ids_init(&ids))
			abort();
	}
	writer = memory_case_writer();
}

// What goes with a capture.
struct state {
	struct defragmenter defragmenter;
	struct flow_table flows;
	struct tcp_analyzer tcp;
	struct tcp_space_memory tcp_memory;
	struct icmp_pairs pairs;
	struct copies copies;
	struct packet packet;
};

// As the report packet does.
static void look_at(const struct frame *frame)
{
	struct dissect_trace trace = {.count = 0};
	struct packet packet = {.id = 0};
	dissect_frame_traced(&packet, frame, &trace);
	sqlite3_free(field_print(&packet, &trace));
}

// The frame gets memory of its own, so that a read past its end is seen.
static void try_frame(struct state *s, struct frame *frame, struct bytes data)
{
	struct packet *packet = &s->packet;
	uint8_t *copy = malloc(data.left + !data.left);
	char stack[64]; // shorter than some stacks

	if (!copy)
		return;
	if (data.left)
		memcpy(copy, data.at, data.left);
	frame->data = bytes_of(copy, data.left);
	packet->number++;
	packet->id = ++last_packet_id;
	dissect_frame(packet, frame);
	reassemble(&s->defragmenter, packet);
	dissect_stack_text(packet, stack, sizeof stack);
	look_at(frame);
	flow_track(&s->flows, packet);
	tcp_analyze(&s->tcp, packet, writer, 1);
	tcp_stats_add(packet, &s->tcp_memory);
	conn_state_track(packet);
	copies_find(&s->copies, packet);
	icmp_analyze(&s->pairs, packet, &s->flows, writer, 1);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
	struct bytes input = bytes_of(at, length);
	struct state *s = calloc(1, sizeof *s);
	struct frame frame = {.link_type = bytes_u16(&input)};
	uint8_t cut = bytes_u8(&input);
	char id[COMMUNITY_ID_SIZE];

	if (!s)
		return 0;
	prepare();
	defragmenter_init(&s->defragmenter);
	flow_table_init(&s->flows, 1, 0);
	tcp_analyzer_init(&s->tcp, 16); // so that some are given up
	icmp_pairs_init(&s->pairs);
	copies_init(&s->copies);
	while (input.left) {
		size_t frame_len = bytes_u8(&input);
		frame.ts_ns += bytes_u8(&input) * INT64_C(1000000);
		if (frame_len == 0 || frame_len > input.left)
			frame_len = input.left;
		frame.wire_len = (uint32_t)frame_len + cut;
		try_frame(s, &frame, bytes_split(&input, frame_len));
	}
	icmp_pairs_finish(&s->pairs, writer, 1);
	copies_release(&s->copies);
	for (struct flow *flow; (flow = flow_take(&s->flows)) != NULL;) {
		community_id_of_flow(&ids, flow, id);
		flow_free(flow);
	}
	flow_table_release(&s->flows);
	defragmenter_release(&s->defragmenter);
	free(s);
	return 0;
}
