// Any bytes as what one flow carries above TCP, UDP or the link: given to the application that the first byte chooses, or
// to whoever recognises them, and written to a case in memory.
//
// The input: the application's place in applications[] (beyond its end: nobody's ports), a byte of flags (1: TCP), then
// chunks, each behind two bytes: of its length (0: all that is left), and of its direction (1), of a hole before it (2),
// of bytes that the snap length cut (4), and of a FIN (8).
#include "../../common/embedded.h"
#include "../../ingest/application.h"
#include "../../ingest/dissect.h"
#include "../../ingest/tcp_analysis.h"

#include <stdlib.h>

enum { INPUTS_OF_A_CASE = 2000, HOLE = 7, CUT = 5, PORT_OF_NOBODY = 40000 };

enum { CHUNK_BACK = 1, CHUNK_HOLE = 2, CHUNK_CUT = 4, CHUNK_FIN = 8 };

static sqlite3 *db;
static struct writer *writer;

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void run_sql(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		abort();
}

// A writer on an empty case, anew from time to time.
static void prepare(void)
{
	static int inputs;

	if (!db) {
		dissect_init();
		if (sqlite3_open(":memory:", &db) != SQLITE_OK)
			abort();
		for (const struct embedded *e = embedded_schema; e->name; e++)
			run_sql(e->text);
	}
	if (writer && inputs++ % INPUTS_OF_A_CASE)
		return;
	if (writer) {
		if (!writer_finish(writer))
			abort();
		run_sql("ROLLBACK");
	}
	run_sql("BEGIN");
	writer = writer_start(db, NULL, "fuzz");
	if (!writer)
		abort();
}

// What goes with a capture.
struct state {
	struct flow_table flows;
	struct tcp_analyzer tcp;
	struct application_stage stage;
	struct names names;
	struct packet packet;
	struct frame frame;
	uint32_t seq[2];
};

// The first key of an application whose table is called so; NULL none.
static const struct decoder_key *find_key(const struct application *a, const char *table)
{
	for (int i = 0; i < APPLICATION_KEYS_MAX && a->keys[i].table; i++)
		if (strcmp(a->keys[i].table, table) == 0)
			return &a->keys[i];
	return NULL;
}

static const struct application *choose(uint8_t place)
{
	for (unsigned i = 0; applications[i]; i++)
		if (i == place)
			return applications[i];
	return NULL;
}

// A packet between two addresses: TCP or UDP at the application's port, its IP protocol, or its layer.
static void set_packet(struct state *s, const struct application *a, bool is_tcp, bool back)
{
	struct packet *p = &s->packet;
	const struct decoder_key *layer = a ? find_key(a, "layer") : NULL;
	const struct decoder_key *ip = a ? find_key(a, "ip.proto") : NULL;
	const struct decoder_key *port = a ? find_key(a, is_tcp ? "tcp.port" : "udp.port") : NULL;
	uint16_t server = port ? (uint16_t)port->number : PORT_OF_NOBODY;
	p->frame = &s->frame;
	p->id = ++p->number;
	p->stack_count = 0;
	p->has_macs = true;
	p->mac_src.at[15] = back;
	p->mac_dst.at[15] = !back;
	if (layer) {
		p->stack[p->stack_count++] = a->name;
		return;
	}
	p->ip.ip_version = 4;
	p->ip.protocol = ip ? (uint8_t)ip->number : is_tcp ? 6 : 17;
	p->ip.has_transport = p->ip.has_ports = !ip;
	p->ip.src = (struct address){{[10] = 0xff, [11] = 0xff, [12] = 10, [15] = back}};
	p->ip.dst = (struct address){{[10] = 0xff, [11] = 0xff, [12] = 10, [15] = !back}};
	p->ip.src_port = back ? server : PORT_OF_NOBODY + 1;
	p->ip.dst_port = back ? PORT_OF_NOBODY + 1 : server;
}

// A chunk gets memory of its own, so that a read past its end is seen.
static void try_chunk(struct state *s, uint8_t flags, struct bytes data)
{
	struct packet *p = &s->packet;
	bool back = flags & CHUNK_BACK;
	uint8_t *copy = malloc(data.left + !data.left);
	uint32_t cut = flags & CHUNK_CUT ? CUT : 0;

	if (!copy)
		return;
	if (data.left)
		memcpy(copy, data.at, data.left);
	p->payload = p->layer = bytes_of(copy, data.left);
	p->payload_len = (uint32_t)data.left + cut;
	s->seq[back] += flags & CHUNK_HOLE ? HOLE : 0;
	p->ip.tcp.seq = s->seq[back];
	p->ip.tcp.ack = s->seq[!back];
	p->ip.tcp.flags = TCP_ACK | (flags & CHUNK_FIN ? TCP_FIN : 0);
	s->seq[back] += p->payload_len;
	s->frame.ts_ns += 1000000;
	flow_track(&s->flows, p);
	tcp_analyze(&s->tcp, p, writer, 1);
	application_analyze(&s->stage, p);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
	struct bytes input = bytes_of(at, length);
	struct state *s = calloc(1, sizeof *s);
	const struct application *a = choose(bytes_u8(&input));
	bool is_tcp = bytes_u8(&input) & 1;

	if (!s)
		return 0;
	prepare();
	flow_table_init(&s->flows, 1, 0);
	tcp_analyzer_init(&s->tcp, TCP_UNACKED_TOTAL_MAX);
	names_init(&s->names);
	application_init(&s->stage, writer, 1, &s->names);
	while (input.left) {
		size_t chunk_len = bytes_u8(&input);
		uint8_t flags = bytes_u8(&input);
		if (chunk_len == 0 || chunk_len > input.left)
			chunk_len = input.left;
		set_packet(s, a, is_tcp, flags & CHUNK_BACK);
		try_chunk(s, flags, bytes_split(&input, chunk_len));
	}
	for (struct flow *flow; (flow = flow_take(&s->flows)) != NULL;) {
		application_end_flow(&s->stage, flow);
		flow_free(flow);
	}
	application_finish(&s->stage);
	if (s->stage.budget.bytes || s->stage.held_total)
		abort();
	names_finish(&s->names, writer, 1);
	flow_table_release(&s->flows);
	free(s);
	return 0;
}
