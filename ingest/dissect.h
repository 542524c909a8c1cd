// Frames to packets: runs the decoders of ingest/proto/ over a frame.
#ifndef INGEST_DISSECT_H
#define INGEST_DISSECT_H

#include "decoder.h"

// Where a frame's headers are, for people who look at it.
struct dissect_trace {
	struct dissect_layer {
		const struct decoder *decoder; // NULL: a name that the decoder before pushed
		const char *name;
		size_t offset;     // in the frame
		size_t header_len; // what the decoder took; 0 where it could not
		size_t window_len; // from offset to the end of what it and those above it may see
		bool failed;       // cut, or wrong
	} layers[PACKET_LAYERS_MAX];
	unsigned count;
};

// Enters every decoder into its dispatch tables. Once, before the first frame; ends the program with a message
// when two decoders claim the same key (a mistake in ingest/proto/, met by the tests).
void dissect_init(void);

// Decodes one frame into *packet, from the link layer down to the transport. Never fails: packet->verdict and
// packet->errors say how it went. *packet borrows from *frame.
void dissect_frame(struct packet *packet, const struct frame *frame);

// The same, and notes where its headers are.
void dissect_frame_traced(struct packet *packet, const struct frame *frame, struct dissect_trace *trace);

// Goes on with a datagram put together from fragments, of which packet is the last that came: its IP payload is
// decoded as if it had come in one piece. packet borrows from datagram.
void dissect_resume(struct packet *packet, struct bytes datagram);

// packet->stack as one text, "eth:ethertype:ip:tcp"; to is cut at size, always ended by a NUL.
void dissect_stack_text(const struct packet *packet, char *to, size_t size);

#endif
