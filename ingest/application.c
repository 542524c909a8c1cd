// Applications and their streams. See application.h.
#include "application.h"

#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "../common/seq.h"
#include "application_find.h"
#include "tcp_analysis.h"

enum {
	FOREIGN_MAX = 64,   // chunks of one direction after which nobody waits for the other
	KEEP_ALIVE_MAX = 4, // bytes of a datagram that may only keep a way through a NAT open (RFC 5626, 4.4.1)
};

// What an application waits on.
struct held {
	uint8_t *at; // owned
	size_t left, capacity;
	int64_t packet_id, ts_ns; // of the packet that brought its last bytes,
	uint32_t ack;             // and what that acknowledges
};

// The packet with a FIN.
struct fin {
	bool is_set;
	uint32_t seq; // behind the last byte
	int64_t packet_id, ts_ns;
};

// One direction of a flow's bytes.
struct application_side {
	bool is_foreign; // its first bytes are of nobody, so far
	bool closed;     // the application was told so
	struct fin fin;
	struct held held;
	uint64_t skip; // bytes that are skipped as they come
};

struct application_flow {
	struct application_flow *older, *newer; // in the stage's list
	bool listed;
	struct flow *flow;
	const struct application *application; // NULL: not known yet
	unsigned place;                        // of the application
	void *state;                           // in the stage's memory
	bool done;                             // nothing more is wanted
	uint8_t foreign_chunks;                // that came since the first bytes of a direction were of nobody
	struct application_side side[2];       // by direction
	struct stream stream;
	size_t kept;       // by the application
	const char *named; // what application_layer() said of the bytes at hand
	int64_t named_id;  // and the packet
};

// ---- flows and their applications -----------------------------------------------------------------------------------

static struct application_call call_of(struct application_stage *s, struct packet *p, struct flow *f, int direction)
{
	return (struct application_call){
		.packet = p,
		.packet_id = p   ? p->id
	                 : f ? f->last_packet_id
	                     : 0,
		.ts_ns = p   ? p->frame->ts_ns
	             : f ? f->last_ts_ns
	                 : 0,
		.flow = f,
		.direction = direction,
		.writer = s->writer,
		.capture_id = s->capture_id,
		.names = s->names,
		.stage = s,
	};
}

// What flows point to that are nobody's.
static struct application_flow nobody = {.done = true};

static void choose(struct application_stage *s, struct application_flow *above, struct flow *f, unsigned place)
{
	const struct application *a = applications[place];
	above->application = a;
	above->place = place;
	above->state = pool_take(&s->states[place], a->state_size);
	above->side[0].is_foreign = above->side[1].is_foreign = false;
	f->application = a->name;
}

static void make_above(struct application_stage *s, struct flow *f)
{
	f->above = pool_take(&s->flows, sizeof *f->above);
	f->above->flow = f;
}

// The first packet of a flow without streams: it is of the application at `place`, or of nobody.
static void meet(struct application_stage *s, struct flow *f, int place)
{
	f->above = &nobody;
	if (place < 0)
		return;
	make_above(s, f);
	choose(s, f->above, f, (unsigned)place);
}

static void prepare(struct application_stage *s, const struct application_flow *above,
                    struct application_call *call)
{
	call->state = above->state;
	call->capture_state = application_capture_state(s, above->place);
}

static void end_application(struct application_stage *s, struct application_flow *above,
                            struct application_call *call)
{
	const struct application *a = above->application;
	struct packet *packet = call->packet;
	if (!a)
		return;
	prepare(s, above, call);
	call->packet = NULL;
	if (a->end)
		a->end(call);
	call->packet = packet;
	pool_give(&s->states[above->place], above->state);
	above->state = NULL;
	above->application = NULL;
}

// ---- datagrams ----------------------------------------------------------------------------------------------------

static void give_datagram(struct application_stage *s, struct application_call *call, struct bytes message)
{
	struct application_flow *above = call->flow->above;
	prepare(s, above, call);
	above->application->datagram(call, message);
	above->done = above->done || call->stop;
}

// The application leaves the flow to whoever knows the datagram, if another one does.
static void hand_over_datagram(struct application_stage *s, struct application_call *call, struct bytes message)
{
	struct application_flow *above = call->flow->above;
	bool more = false;
	int place = application_find(call, message, false, &more);
	call->leave = false;
	if (place < 0 || (unsigned)place == above->place)
		return;
	end_application(s, above, call);
	choose(s, above, call->flow, (unsigned)place);
	give_datagram(s, call, message);
}

static void analyze_udp(struct application_stage *s, struct packet *p)
{
	struct flow *f = p->flow;
	struct application_call call = call_of(s, p, f, p->direction);
	bool more = false;
	if (p->payload.left == 0)
		return;
	if (!f->above) {
		int place = application_find(&call, p->payload, false, &more);
		if (place < 0 && p->payload.left <= KEEP_ALIVE_MAX)
			return;
		meet(s, f, place);
	}
	if (!f->above->done)
		give_datagram(s, &call, p->payload);
	if (call.leave)
		hand_over_datagram(s, &call, p->payload);
}

// A layer of its own has no state in the flow: inside a tunnel, the flow is the tunnel's.
static void analyze_layer(struct application_stage *s, struct packet *p, unsigned place)
{
	struct application_call call = call_of(s, p, p->flow, p->direction);
	if (p->flow && !p->ip.ip_version)
		p->flow->application = applications[place]->name;
	call.capture_state = application_capture_state(s, place);
	applications[place]->datagram(&call, p->layer);
}

// IP without ports; a packet of a flow with ports whose transport header was cut has nothing for anybody.
static void analyze_ip(struct application_stage *s, struct packet *p)
{
	struct flow *f = p->flow;
	struct application_call call = call_of(s, p, f, p->direction);
	if (f->key.has_ports)
		return;
	if (!f->above)
		meet(s, f, p->ip.ip_version ? application_of_protocol(p->ip.protocol) : -1);
	if (!f->above->done)
		give_datagram(s, &call, p->layer);
}

// ---- streams ------------------------------------------------------------------------------------------------------

static void drop_held(struct application_stage *s, struct held *held)
{
	s->held_total -= held->capacity;
	free(held->at);
	held->at = NULL;
	held->left = held->capacity = 0;
}

static void stop(struct application_stage *s, struct application_flow *above)
{
	above->done = true;
	stream_release(&above->stream, &s->budget);
	drop_held(s, &above->side[0].held);
	drop_held(s, &above->side[1].held);
}

// Appends bytes to those that wait.
static void hold(struct application_stage *s, struct held *held, struct bytes data)
{
	size_t length = held->left + data.left;
	if (length > held->capacity) {
		size_t capacity = held->capacity ? held->capacity : 1024;
		while (capacity < length)
			capacity *= 2;
		s->held_total += capacity - held->capacity;
		held->at = memory_resize(held->at, capacity);
		held->capacity = capacity;
	}
	size_t n = data.left;
	bytes_copy(&data, held->at + held->left, n);
	held->left = length;
}

// What is left of the bytes that were given waits for more.
static void hold_rest(struct application_stage *s, struct held *held, struct bytes rest, bool is_held)
{
	if (rest.left == 0) {
		drop_held(s, held);
	} else if (!is_held) {
		hold(s, held, rest);
	} else {
		memmove(held->at, rest.at, rest.left);
		held->left = rest.left;
	}
}

static void skip(struct application_side *side, struct bytes *data)
{
	uint64_t n = side->skip < data->left ? side->skip : data->left;
	bytes_skip(data, n);
	side->skip -= n;
}

// The first bytes of a direction are of nobody: those of the other one may tell, unless they let us wait for long.
static void pass_foreign(struct application_stage *s, struct application_flow *above, int direction,
                         struct bytes *data)
{
	above->side[direction].is_foreign = true;
	bytes_skip(data, data->left);
	if (above->side[!direction].is_foreign || ++above->foreign_chunks == FOREIGN_MAX)
		stop(s, above);
}

// Finds the stream's application by the first bytes of a direction; false: not yet, or nobody.
static bool is_known(struct application_stage *s, struct application_flow *above, struct application_call *call,
                     struct bytes *data)
{
	bool more = false;
	if (above->application)
		return true;
	int place = above->side[call->direction].is_foreign ? -1 : application_find(call, *data, true, &more);
	if (place >= 0)
		choose(s, above, call->flow, (unsigned)place);
	else if (!more)
		pass_foreign(s, above, call->direction, data);
	return place >= 0;
}

// The application leaves the flow to whoever knows what comes next; not to itself, if it took nothing of it.
static void hand_over(struct application_stage *s, struct application_flow *above, struct application_call *call,
                      struct bytes *data, size_t taken)
{
	const struct application *leaving = above->application;
	end_application(s, above, call);
	if (taken == 0 && is_known(s, above, call, data) && above->application == leaving)
		stop(s, above);
}

// Lets the application take messages off the front, as many as there are. Wireshark dissects a message that waited for
// this packet by itself, unless no more than joins_below tells had waited, and what else the packet holds at one go: each
// adds its name to the stack once.
static void take_messages(struct application_stage *s, struct application_flow *above,
                          struct application_call *call, struct bytes *data, size_t waited)
{
	while (data->left && !above->done && is_known(s, above, call, data)) {
		prepare(s, above, call);
		size_t taken = above->application->stream(call, *data);
		if (waited && waited >= above->application->joins_below)
			above->named = NULL;
		waited = 0;
		if (taken > data->left)
			above->side[call->direction].skip = taken - data->left;
		bytes_skip(data, taken < data->left ? taken : data->left);
		if (call->stop)
			stop(s, above);
		else if (call->leave)
			hand_over(s, above, call, data, taken);
		else if (taken == 0)
			return;
		call->leave = false;
	}
}

static void give_bytes(struct application_stage *s, struct application_flow *above, struct application_call *call,
                       struct bytes data)
{
	struct held *held = &above->side[call->direction].held;
	size_t waited = held->left;
	skip(&above->side[call->direction], &data);
	if (data.left == 0)
		return;
	held->packet_id = call->packet_id;
	held->ts_ns = call->ts_ns;
	held->ack = call->ack;
	if (waited) {
		hold(s, held, data);
		data = bytes_of(held->at, held->left);
	}
	take_messages(s, above, call, &data, waited);
	if (!above->done)
		hold_rest(s, held, data, waited > 0);
}

// What waits for bytes that are lost is given once more; what is not taken then is dropped.
static void give_cut(struct application_stage *s, struct application_flow *above, struct application_call *call,
                     uint32_t end_seq)
{
	struct held *held = &above->side[call->direction].held;
	struct bytes data = bytes_of(held->at, held->left);
	struct application_call late = *call;
	late.cut = true;
	late.packet_id = held->packet_id;
	late.ts_ns = held->ts_ns;
	late.ack = held->ack;
	late.end_seq = end_seq;
	if (data.left && above->application && above->application->gap)
		take_messages(s, above, &late, &data, data.left);
	drop_held(s, held);
}

// Where the first bytes of a direction are lost, those behind them may tell whose it is, as they do where the connection
// had begun before the capture.
static void give_gap(struct application_stage *s, struct application_flow *above, struct application_call *call,
                     uint32_t missing)
{
	struct application_side *side = &above->side[call->direction];
	if (side->skip >= missing) {
		side->skip -= missing;
		return;
	}
	missing -= (uint32_t)side->skip;
	side->skip = 0;
	s->counts.gaps++;
	give_cut(s, above, call, call->end_seq - missing);
	if (above->done)
		return;
	if (!above->application && !side->held.packet_id)
		return;
	if (!above->application || !above->application->gap) {
		s->counts.given_up++;
		stop(s, above);
		return;
	}
	prepare(s, above, call);
	above->application->gap(call, missing);
}

static void give_chunks(struct application_stage *s, struct packet *p, struct flow *f)
{
	struct application_flow *above = f->above;
	struct stream_chunk chunk;
	bool given_up[2] = {!p, !p}; // by direction: a hole before these bytes
	while (!above->done && stream_next(&above->stream, &s->budget, &chunk)) {
		struct application_call call = call_of(s, p, f, chunk.direction);
		call.end_seq = chunk.seq + chunk.missing + (uint32_t)chunk.data.left;
		call.ack = chunk.ack;
		given_up[chunk.direction] |= chunk.missing > 0;
		if (given_up[chunk.direction]) {
			call.packet_id = chunk.packet_id;
			call.ts_ns = chunk.ts_ns;
		}
		if (chunk.missing)
			give_gap(s, above, &call, chunk.missing);
		else
			give_bytes(s, above, &call, chunk.data);
	}
}

// Streams begin at the number behind the first one of their direction. Where there was no handshake, that may be the
// number of a keep-alive, one before it (RFC 9293, 3.8.4); and what the other side acknowledged tells of bytes that were
// on their way when the capture began, rather than of its first ones.
static void begin(struct stream *stream, const struct flow *f, int direction)
{
	bool has_syn = !f->tcp || f->tcp->any_syn_ts_ns != ROW_NULL;
	for (int i = 0; i < 2; i++) {
		bool has_sent = f->side[i].packets > (i == direction);
		stream->side[i].is_unsure = !has_syn && has_sent;
		stream->side[i].begun = f->side[i].has_first_seq && (has_syn || has_sent);
		stream->side[i].next = f->side[i].first_seq + 1;
	}
}

static void close_direction(struct application_stage *s, struct application_flow *above,
                            struct application_call call)
{
	if (above->side[call.direction].closed)
		return;
	above->side[call.direction].closed = true;
	if (!above->application->closed)
		return;
	call.end_seq = above->stream.side[call.direction].next;
	prepare(s, above, &call);
	above->application->closed(&call);
}

// Whether all bytes before the FIN of a direction were given.
static bool is_given(const struct application_flow *above, int direction)
{
	const struct fin *fin = &above->side[direction].fin;
	return fin->is_set && !seq_lt(above->stream.side[direction].next, fin->seq);
}

// A FIN ends its direction once every byte before it was given; a reset at once.
static void note_end(struct application_stage *s, struct packet *p)
{
	struct application_flow *above = p->flow->above;
	const struct tcp_header *tcp = &p->ip.tcp;
	if (tcp->flags & TCP_FIN) {
		struct fin fin = {true, tcp->seq + p->payload_len, p->id, p->frame->ts_ns};
		above->side[p->direction].fin = fin;
	}
	if (above->done || !above->application)
		return;
	if (tcp->flags & TCP_RST)
		close_direction(s, above, call_of(s, p, p->flow, p->direction));
	for (int i = 0; i < 2; i++)
		if (is_given(above, i))
			close_direction(s, above, call_of(s, p, p->flow, i));
}

// A FIN that was acknowledged tells of bytes before it that are lost, where nothing followed them that would show it.
static uint32_t missing_before_fin(const struct application_flow *above, int direction)
{
	const struct stream_side *side = &above->stream.side[direction];
	uint32_t fin = above->side[direction].fin.seq;
	bool is_sure = side->begun && side->is_acked && !seq_lt(side->acked, fin);
	return is_sure && !seq_le(fin, side->next) ? fin - side->next : 0;
}

// Bytes that came out, or are known to be lost, only now that the flow is over.
static void close_late(struct application_stage *s, struct application_flow *above, int direction)
{
	const struct application *a = above->application;
	const struct fin *fin = &above->side[direction].fin;
	uint32_t missing = missing_before_fin(above, direction);
	if (above->done || !a || !a->closed || !fin->is_set)
		return;
	struct application_call call = call_of(s, NULL, above->flow, direction);
	call.packet_id = fin->packet_id;
	call.ts_ns = fin->ts_ns;
	call.end_seq = fin->seq;
	if (missing)
		give_gap(s, above, &call, missing);
	if (above->application == a && (missing || above->stream.side[direction].next == fin->seq))
		close_direction(s, above, call);
}

static void analyze_tcp(struct application_stage *s, struct packet *p)
{
	struct flow *f = p->flow;
	if (f->above ? f->above->done : p->payload_len == 0)
		return;
	if (!f->above) {
		make_above(s, f);
		begin(&f->above->stream, f, p->direction);
	}
	stream_add(&f->above->stream, &s->budget, p);
	give_chunks(s, p, f);
	note_end(s, p);
}

// ---- what waits ---------------------------------------------------------------------------------------------------

static void unlist(struct application_stage *s, struct application_flow *above)
{
	if (!above->listed)
		return;
	*(above->older ? &above->older->newer : &s->oldest) = above->newer;
	*(above->newer ? &above->newer->older : &s->newest) = above->older;
	above->older = above->newer = NULL;
	above->listed = false;
}

static bool has_waiting(const struct application_flow *above)
{
	const struct stream *stream = &above->stream;
	return above->side[0].held.at || above->side[1].held.at || stream->side[0].ahead || stream->side[1].ahead ||
	       above->kept;
}

// The newest of the list, if anything of it waits.
static void list_again(struct application_stage *s, struct application_flow *above)
{
	if (s->newest == above && has_waiting(above))
		return;
	unlist(s, above);
	if (!has_waiting(above))
		return;
	above->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = above;
	s->newest = above;
	above->listed = true;
}

// Whether nothing more is given to anybody: it is wanted no more, or the connection was closed.
static bool is_over(const struct application_flow *above)
{
	return above->done || (is_given(above, 0) && is_given(above, 1));
}

// The flow is over for what is above it.
static void end(struct application_stage *s, struct application_flow *above)
{
	if (!above->done) {
		stream_end(&above->stream);
		give_chunks(s, NULL, above->flow);
		close_late(s, above, 0);
		close_late(s, above, 1);
	}
	struct application_call call = call_of(s, NULL, above->flow, 0);
	end_application(s, above, &call);
	stop(s, above);
	unlist(s, above);
}

// What the flow points to then: nobody, or NULL where it may begin anew.
static void leave(struct application_stage *s, struct application_flow *above, struct application_flow *then)
{
	struct flow *f = above->flow;
	end(s, above);
	f->above = then;
	pool_give(&s->flows, above);
}

// Datagrams may begin anew; what follows in a stream is nobody's.
static void forget(struct application_stage *s, struct application_flow *above)
{
	s->counts.forgotten++;
	leave(s, above, above->flow->tcp ? &nobody : NULL);
}

// After each packet of a flow. One flow's bounds lie far below those of all.
static void note_waiting(struct application_stage *s, struct application_flow *above)
{
	list_again(s, above);
	while (s->budget.bytes + s->held_total + s->kept_total > APPLICATION_WAITING_MAX && s->oldest != s->newest)
		forget(s, s->oldest);
}

// ---- the stage ----------------------------------------------------------------------------------------------------

void application_init(struct application_stage *s, struct writer *writer, int64_t capture_id, struct names *names)
{
	*s = (struct application_stage){.writer = writer, .capture_id = capture_id, .names = names};
	unsigned count = application_find_init();
	s->capture_states = memory_alloc((count + 1) * sizeof *s->capture_states);
	s->states = memory_alloc((count + 1) * sizeof *s->states);
}

// What SCTP and DCCP carry is not looked into: their ports lead to chunks and options, not to messages.
static bool has_datagrams(const struct packet *p)
{
	return p->ip.protocol == IP_PROTO_UDP || p->ip.protocol == IP_PROTO_UDPLITE;
}

// A fragment has nothing for anybody, but for a first one that is cut: as it cannot be put together with others, its
// transport header was read.
void application_analyze(struct application_stage *s, struct packet *p)
{
	if (p->ip.is_fragment && !p->ip.is_reassembled && !p->ip.has_transport)
		return;
	int place = p->verdict == VERDICT_MALFORMED ? -1 : application_of_layer(p);
	bool has_ports = p->ip.has_transport && p->ip.has_ports;
	if (place >= 0)
		analyze_layer(s, p, (unsigned)place);
	else if (!p->flow)
		return;
	else if (has_ports && p->ip.protocol == IP_PROTO_TCP)
		analyze_tcp(s, p);
	else if (has_ports && has_datagrams(p))
		analyze_udp(s, p);
	else if (p->verdict != VERDICT_MALFORMED)
		analyze_ip(s, p);
	if (!p->flow || !p->flow->above || p->flow->above == &nobody)
		return;
	note_waiting(s, p->flow->above);
	if (is_over(p->flow->above))
		leave(s, p->flow->above, &nobody);
}

void application_end_flow(struct application_stage *s, struct flow *f)
{
	struct application_flow *above = f->above;
	if (!above || above == &nobody)
		return;
	leave(s, above, NULL);
}

void application_finish(struct application_stage *s)
{
	for (unsigned i = 0; applications[i]; i++) {
		struct application_call call = call_of(s, NULL, NULL, 0);
		call.capture_state = s->capture_states[i];
		if (call.capture_state && applications[i]->end_capture)
			applications[i]->end_capture(&call);
		free(s->capture_states[i]);
		pool_release(&s->states[i]);
	}
	pool_release(&s->flows);
	free(s->states);
	s->states = NULL;
	free(s->capture_states);
	s->capture_states = NULL;
}

// Of "http:websocket" the part that is new behind "http".
static const char *behind_last(const struct packet *p, const char *name)
{
	const char *last = p->stack_count ? p->stack[p->stack_count - 1] : "";
	size_t length = strlen(last);
	return length && strncmp(name, last, length) == 0 && name[length] == ':' ? name + length + 1 : name;
}

void application_layer(struct application_call *call, const char *name)
{
	struct packet *p = call->packet;
	struct application_flow *above = call->flow->above;
	if (!p || p->id != call->packet_id || (above->named == name && above->named_id == p->id))
		return;
	above->named = name;
	above->named_id = p->id;
	struct dissection d = {.packet = p};
	dissect_layer(&d, behind_last(p, name));
}

void application_layer_apart(struct application_call *call, const char *name)
{
	application_layer(call, name);
	call->flow->above->named = NULL;
}

void application_keep(struct application_call *call, size_t bytes)
{
	call->flow->above->kept += bytes;
	call->stage->kept_total += bytes;
}

void application_drop(struct application_call *call, size_t bytes)
{
	call->flow->above->kept -= bytes;
	call->stage->kept_total -= bytes;
}
