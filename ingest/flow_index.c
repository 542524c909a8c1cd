// The flow of each packet, sorted by flow. See flow_index.h.
#include "flow_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/message.h"
#include "../common/temporary.h"

enum {
	SORT_MAX = 16 << 20, // packets sorted at a time: 64 MB
	READ_MAX = 65536,    // packets read at a time
};

bool flow_index_init(struct flow_index *index, const char *case_path, int64_t first_packet_id,
                     int64_t first_flow_id)
{
	*index = (struct flow_index){
		.file = temporary_file(case_path),
		.first_packet_id = first_packet_id,
		.first_flow_id = first_flow_id,
	};
	return index->file != NULL;
}

static void write_notes(struct flow_index *index, size_t count)
{
	if (fwrite(index->notes, sizeof *index->notes, count, index->file) != count && !index->error)
		index->error = errno;
}

void flow_index_add(struct flow_index *index, int64_t flow_id)
{
	index->notes[index->packets % FLOW_INDEX_NOTES] =
		flow_id == ROW_NULL ? 0 : (uint32_t)(flow_id - index->first_flow_id) + 1;
	if (++index->packets % FLOW_INDEX_NOTES == 0)
		write_notes(index, FLOW_INDEX_NOTES);
}

// Calls `each` with every packet's flow, in the order of packets.
static bool scan(struct flow_index *index, void (*each)(void *context, uint32_t flow, int64_t packet_id),
                 void *context)
{
	uint32_t *flows = memory_alloc(READ_MAX * sizeof *flows);
	int64_t packet_id = index->first_packet_id;
	size_t count;
	rewind(index->file);
	while ((count = fread(flows, sizeof *flows, READ_MAX, index->file)) > 0)
		for (size_t i = 0; i < count; i++)
			each(context, flows[i], packet_id++);
	free(flows);
	return !ferror(index->file) && packet_id - index->first_packet_id == index->packets;
}

static void count_flow(void *context, uint32_t flow, int64_t packet_id)
{
	(void)packet_id;
	((uint32_t *)context)[flow]++;
}

// A pass over some flows: where the packets of each go.
struct pass {
	uint32_t first, end; // flows
	uint32_t *next;      // by flow - first: place in `packets` of its next packet
	uint32_t *packets;   // packet_id - first_packet_id
	int64_t first_packet_id;
};

static void place_packet(void *context, uint32_t flow, int64_t packet_id)
{
	struct pass *pass = context;
	if (flow >= pass->first && flow < pass->end)
		pass->packets[pass->next[flow - pass->first]++] = (uint32_t)(packet_id - pass->first_packet_id);
}

static void write_pass(const struct flow_index *index, const struct pass *pass, const uint32_t *counts,
                       struct writer *w)
{
	uint32_t at = 0;
	for (uint32_t flow = pass->first; flow < pass->end; flow++) {
		for (uint32_t i = 0; i < counts[flow]; i++) {
			struct flow_packet_row *row = writer_add(w, TABLE_FLOW_PACKETS);
			row->flow_id = index->first_flow_id + flow - 1;
			row->packet_id = index->first_packet_id + pass->packets[at++];
		}
	}
}

// One flow with more packets than are sorted at a time: they are in order as they are.
struct long_flow {
	uint32_t flow;
	int64_t flow_id;
	struct writer *writer;
};

static void write_packet(void *context, uint32_t flow, int64_t packet_id)
{
	const struct long_flow *f = context;
	if (flow != f->flow)
		return;
	struct flow_packet_row *row = writer_add(f->writer, TABLE_FLOW_PACKETS);
	row->flow_id = f->flow_id;
	row->packet_id = packet_id;
}

// The flows from pass->first on whose packets fit into one sort; at least one.
static uint64_t choose_flows(struct pass *pass, const uint32_t *counts, uint32_t flow_end)
{
	uint64_t total = 0;
	for (pass->end = pass->first; pass->end < flow_end; pass->end++) {
		if (pass->end > pass->first && total + counts[pass->end] > SORT_MAX)
			break;
		total += counts[pass->end];
	}
	return total;
}

static bool sort_flows(struct flow_index *index, struct pass *pass, const uint32_t *counts, uint64_t total,
                       struct writer *w)
{
	uint32_t place = 0;
	if (total > SORT_MAX) {
		struct long_flow f = {pass->first, index->first_flow_id + pass->first - 1, w};
		return scan(index, write_packet, &f);
	}
	pass->packets = memory_alloc(total * sizeof *pass->packets + 1);
	pass->next = memory_alloc((pass->end - pass->first) * sizeof *pass->next);
	for (uint32_t flow = pass->first; flow < pass->end; flow++) {
		pass->next[flow - pass->first] = place;
		place += counts[flow];
	}
	bool ok = scan(index, place_packet, pass);
	if (ok)
		write_pass(index, pass, counts, w);
	free(pass->packets);
	free(pass->next);
	return ok;
}

bool flow_index_finish(struct flow_index *index, int64_t last_flow_id, struct writer *w)
{
	uint32_t flow_end = (uint32_t)(last_flow_id - index->first_flow_id) + 2;
	uint32_t *counts = memory_alloc((size_t)flow_end * sizeof *counts);
	errno = 0;
	write_notes(index, (size_t)(index->packets % FLOW_INDEX_NOTES));
	bool ok = !index->error && fflush(index->file) == 0 && scan(index, count_flow, counts);
	struct pass pass = {.end = 1, .first_packet_id = index->first_packet_id};
	while (ok && pass.end < flow_end) {
		pass.first = pass.end;
		uint64_t total = choose_flows(&pass, counts, flow_end);
		ok = sort_flows(index, &pass, counts, total, w);
	}
	if (!ok)
		message_error("the temporary file beside the case cannot be written or read: %s",
		              strerror(index->error ? index->error : errno));
	free(counts);
	fclose(index->file);
	*index = (struct flow_index){0};
	return ok;
}
