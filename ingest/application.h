// What is above TCP and UDP: an application is a value in a file of ingest/proto/ that names its ports or the bytes by
// which it is known, takes messages off byte streams or datagrams, and adds rows.
//
// The build finds every `const struct application application_NAME` in ingest/proto/; its tables are declared in
// schema/7*.sql, from which the build makes their row structs (struct NAME_row, TABLE_NAME). Nothing else is edited to
// add one.
//
// A flow has at most one application at a time. It is found at the first payload: by the lower port, then by the
// higher one, then by asking every application that can recognise its own. Where that tells nothing, a TCP connection
// gets a second chance with the first payload of the other side; then the flow costs nothing more.
#ifndef INGEST_APPLICATION_H
#define INGEST_APPLICATION_H

#include "decoder.h"
#include "flow.h"
#include "names.h"
#include "stream.h"
#include "writer.h"

enum {
	APPLICATIONS_MAX = 64,
	APPLICATION_KEYS_MAX = 128,
	APPLICATION_WAITING_MAX = 64 * 1048576, // bytes that wait, of all flows: see application_counts.forgotten
};

enum recognised { RECOGNISED_NO, RECOGNISED_YES, RECOGNISED_MORE };

// What an application is called with.
struct application_call {
	struct packet *packet; // the packet at hand; NULL in end(), and for bytes that are given at the end of the flow
	// The packet that completes what is given: the one at hand; of bytes behind a hole that was given up, and of those
	// given at the end of the flow, the one that carried them; in end() the flow's last. Always valid but in
	// end_capture().
	int64_t packet_id, ts_ns;
	struct flow *flow;
	int direction; // of the bytes: 0 from the flow's src
	// Of a TCP stream: the sequence number behind the last byte that is given, or behind the hole, and what the segment
	// that carries that byte acknowledges.
	uint32_t end_seq, ack;
	void *state;         // of the flow: application.state_size bytes, zeroed at first
	void *capture_state; // of the capture: application.capture_state_size bytes, zeroed at first
	struct writer *writer;
	int64_t capture_id;
	struct names *names; // what the capture tells of addresses
	bool cut;            // the bytes behind these are lost: they will not come again with more
	// Set: this flow is another application's from the next byte on (CONNECT, Upgrade, STARTTLS); of datagrams, from this
	// one on, if another one knows it.
	bool leave;
	bool stop; // set: nothing more of this flow is wanted
	struct application_stage *stage;
};

struct application {
	const char *name; // as Wireshark's in frame.protocols; flows.application
	// Where it is looked for: {"tcp.port", 80}, {"udp.port", 53}; {"ip.proto", 89}; {"layer", 0}: frames whose innermost
	// protocol in the stack has the application's name. Those may be of no flow, or of a tunnel's: call->flow may be
	// NULL, and there is no call->state. {"tcp.first", 0}: asked whether it recognises the bytes before any port decides.
	struct decoder_key keys[APPLICATION_KEYS_MAX];
	size_t state_size, capture_state_size;

	// Whether the first bytes of a direction are its own; asked when no port decides, and at its own ports before the
	// first byte is given. RECOGNISED_MORE: a few more bytes will tell. NULL: its ports decide.
	enum recognised (*recognise)(const struct application_call *, struct bytes first);

	// Takes one message off a datagram, or off a frame's layer.
	void (*datagram)(struct application_call *, struct bytes message);

	// Takes whole messages off a TCP stream. Gives the number of bytes taken; 0: it waits for more (the bytes come again,
	// with what follows them), for a message of bounded length. More than data.left: the bytes behind are skipped as they
	// come.
	size_t (*stream)(struct application_call *, struct bytes data);

	// Fewer waiting bytes than these do not tell the message's length: it is one together with all of the next packet, as
	// Wireshark's is that asks for one more segment. With as many or more, with only so much as it lacks.
	size_t joins_below;

	// `missing` bytes of a direction were lost. Those it waited on came once more before, with call->cut; what it did not
	// take then is dropped. NULL: the flow is given up.
	void (*gap)(struct application_call *, uint32_t missing);

	// A direction has sent its last byte (FIN), or the flow is over. Optional.
	void (*closed)(struct application_call *);

	// The flow is over, call->packet is NULL: rows for what was not answered; frees what the state holds.
	void (*end)(struct application_call *);

	// The capture is over, call->flow and packet are NULL: the same for capture_state.
	void (*end_capture)(struct application_call *);
};

// Whether the datagram is a copy that the capture or the network made (packets.duplicate_of): it has a name, and is no
// message of its own.
static inline bool application_is_copy(const struct application_call *call)
{
	return call->packet && call->packet->duplicate_of && !call->flow->tcp;
}

// Every application, ended by NULL: build/decoders.c, written by ingest/proto/registry.sh.
extern const struct application *const applications[];

// Of a capture.
struct application_counts {
	// Flows whose application was ended before their time, because more than APPLICATION_WAITING_MAX bytes waited of all:
	// those that had been silent for longest. Their rows are as at the end of the capture.
	int64_t forgotten;
	int64_t gaps;     // in TCP streams that were given up; what the snap length cut is one at once
	int64_t given_up; // flows followed no further, because their application cannot go on behind such a gap
};

struct application_stage {
	struct writer *writer;
	int64_t capture_id;
	struct names *names;
	void **capture_states; // by place in applications[]
	struct pool *states;   // the same: memory for the states of flows
	struct pool flows;     // memory for application_flow
	// What waits, of all flows: segments behind a gap, bytes of unfinished messages, what applications keep.
	struct stream_budget budget;
	size_t held_total, kept_total;
	struct application_flow *oldest, *newest; // flows of which something waits, in the order of their last packets
	struct application_counts counts;
};

struct application_flow; // of a flow: its streams and its application's state

void application_init(struct application_stage *, struct writer *, int64_t capture_id, struct names *);

// Looks at a packet whose flow is known. May add rows, and names to packet->stack.
void application_analyze(struct application_stage *, struct packet *);

// The flow is over: gives the application what is left, and frees flow->above.
void application_end_flow(struct application_stage *, struct flow *);

// After the last flow.
void application_finish(struct application_stage *);

// Adds a name to the packet's protocol stack, as Wireshark's frame.protocols has it: once for all messages that lie in
// the packet, and once for one that began before it. Nothing is added where the bytes are not those of the packet at
// hand. `name` must be static.
void application_layer(struct application_call *, const char *name);

// The same for a message that began before the packet and was skipped as it came: what follows it adds a name again.
void application_layer_apart(struct application_call *, const char *name);

// Counts memory that an application takes for a flow beyond its state, and gives back: every byte, at the end().
void application_keep(struct application_call *, size_t bytes);
void application_drop(struct application_call *, size_t bytes);

#endif
