// The dispatch tables and the loop that walks a frame through them.
#include "dissect.h"

#include "../common/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

enum { TABLES_MAX = 64, LAYERS_MAX = 512, NUMBERS = 65536 };

// A decoder with its dispatch tables found.
struct layer {
	const struct decoder *decoder;
	const uint16_t *tables[DECODER_TABLES_MAX];
};

static struct layer layers[LAYERS_MAX + 1]; // from 1; 0 in a dispatch table is nobody
static unsigned layer_count;

static const char *table_names[TABLES_MAX];
static uint16_t tables[TABLES_MAX][NUMBERS]; // places in layers
static unsigned table_count;

static const uint16_t *link_types, *ip_protocols;

static void fail(const char *name, const char *what)
{
	message_error("ingest/proto: %s: %s", name, what);
	exit(EXIT_FAILED);
}

static void claimed_twice(const struct decoder_key *key, const struct decoder *first, const struct decoder *second)
{
	message_error("ingest/proto: %s %u is claimed by %s and %s", key->table, (unsigned)key->number,
	              first->name ? first->name : "a decoder without a name",
	              second->name ? second->name : "a decoder without a name");
	exit(EXIT_FAILED);
}

static uint16_t *find_table(const char *name)
{
	for (unsigned i = 0; i < table_count; i++)
		if (strcmp(table_names[i], name) == 0)
			return tables[i];
	if (table_count == TABLES_MAX)
		fail(name, "too many dispatch tables");
	table_names[table_count] = name;
	return tables[table_count++];
}

static void enter_keys(const struct decoder *decoder, unsigned place)
{
	for (unsigned i = 0; i < DECODER_KEYS_MAX && decoder->keys[i].table; i++) {
		const struct decoder_key *key = &decoder->keys[i];
		uint16_t *table = find_table(key->table);
		if (key->number >= NUMBERS)
			fail(key->table, "a key is out of range");
		if (table[key->number])
			claimed_twice(key, layers[table[key->number]].decoder, decoder);
		table[key->number] = (uint16_t)place;
	}
}

static void enter(const struct decoder *decoder)
{
	if (layer_count == LAYERS_MAX)
		fail("decoders", "too many");

	struct layer *layer = &layers[++layer_count];
	layer->decoder = decoder;
	for (unsigned i = 0; i < DECODER_TABLES_MAX && decoder->tables[i]; i++)
		layer->tables[i] = find_table(decoder->tables[i]);
	enter_keys(decoder, layer_count);
}

void dissect_init(void)
{
	if (layer_count)
		return;
	link_types = find_table("linktype");
	ip_protocols = find_table("ip.proto");
	for (unsigned i = 0; decoders[i]; i++)
		enter(decoders[i]);
}

static const struct layer *layer_of(const struct layer *from, const struct dissection_next *next)
{
	const uint16_t *table = from->tables[next->table];
	if (!table || next->number >= NUMBERS || !table[next->number])
		return NULL;
	return &layers[table[next->number]];
}

static void give_up(struct dissection *d, enum verdict verdict, uint32_t errors)
{
	d->next_count = 0;
	if (d->quoting)
		return;
	d->packet->verdict = verdict;
	d->packet->errors |= errors;
}

static void too_deep(struct dissection *d)
{
	give_up(d, VERDICT_MALFORMED, PACKET_ERROR_MALFORMED | PACKET_ERROR_TOO_DEEP);
}

// A read went past the end: where the snap length cut the frame that may be why, elsewhere the bytes never were.
static void give_up_at_end(struct dissection *d)
{
	if (d->cut)
		give_up(d, VERDICT_TRUNCATED, PACKET_ERROR_TRUNCATED);
	else
		give_up(d, VERDICT_MALFORMED, PACKET_ERROR_MALFORMED);
}

// Has a layer take its header off the rest; false: it was for another. A header that could not be decoded stays in
// the rest, under its name in the stack.
static inline bool run(struct dissection *d, const struct layer *layer)
{
	struct packet *p = d->packet;
	struct bytes rest = d->rest;
	uint32_t cut = d->cut;
	unsigned stack_count = p->stack_count;
	uint64_t stack_hash = p->stack_hash;

	d->next_count = 0;
	p->layer = rest;
	if (layer->decoder->name)
		dissect_layer(d, layer->decoder->name);
	if (layer->decoder->decode)
		layer->decoder->decode(d);
	if (!d->rejected && !d->rest.bad)
		return true;

	bool rejected = d->rejected;
	if (!rejected)
		give_up_at_end(d);
	d->rest = rest;
	d->cut = cut;
	d->rejected = false;
	if (!rejected)
		return true;
	p->stack_count = stack_count;
	p->stack_hash = stack_hash;
	return false;
}

// Takes the last name off the stack, if it is this one.
static void drop_layer(struct dissection *d, const char *name)
{
	struct packet *p = d->packet;
	unsigned count = p->stack_count;
	if (!count || strcmp(p->stack[count - 1], name) != 0)
		return;
	p->stack_count = 0;
	p->stack_hash = 0;
	for (unsigned i = 0; i + 1 < count; i++)
		dissect_layer(d, p->stack[i]);
}

// Nobody takes a layer that was needed: nobody knows it, or those that do found that it is not what it says. Wireshark
// has no name for an ethertype that nobody knows where the frame ends behind it.
static void nobody(struct dissection *d, bool rejected)
{
	if (d->rest.left)
		dissect_layer(d, "data");
	else if (!rejected)
		drop_layer(d, "ethertype");
	if (rejected)
		give_up(d, VERDICT_MALFORMED, PACKET_ERROR_MALFORMED);
	else
		give_up(d, VERDICT_UNSUPPORTED, PACKET_ERROR_UNSUPPORTED);
}

// Runs the first candidate that takes what `from` left. NULL: the dissection ends here.
static inline const struct layer *follow(struct dissection *d, const struct layer *from)
{
	unsigned count = d->next_count;
	bool needed = false, rejected = false;

	for (unsigned i = 0; i < count; i++) {
		struct dissection_next next = d->next[i];
		const struct layer *layer = layer_of(from, &next);
		if (layer && run(d, layer))
			return layer;
		needed |= next.needed;
		rejected |= layer && next.needed;
	}
	if (needed)
		nobody(d, rejected);
	return NULL;
}

static inline void walk(struct dissection *d, const struct layer *layer)
{
	if (!run(d, layer)) {
		nobody(d, true);
		return;
	}
	for (unsigned depth = 1; (layer = follow(d, layer)); depth++) {
		if (depth < PACKET_LAYERS_MAX && d->packet->stack_count < PACKET_LAYERS_MAX)
			continue;
		too_deep(d);
		return;
	}
}

// ---- for people who look at a frame -------------------------------------------------------------------------------

static void trace_layer(struct dissect_trace *trace, const struct dissection *d, struct bytes header,
                        const struct dissect_layer *layer)
{
	if (trace->count == PACKET_LAYERS_MAX)
		return;
	struct dissect_layer *added = &trace->layers[trace->count++];
	*added = *layer;
	added->offset = (size_t)(header.at - d->packet->frame->data.at);
	added->window_len = (size_t)(d->rest.at + d->rest.left - header.at);
}

// Notes a layer that was run, and the names that it pushed beside its own: those from stack[first]. header: what was
// left before. A layer that failed has put that back.
static void trace_run(struct dissect_trace *trace, const struct dissection *d, const struct layer *layer,
                      struct bytes header, unsigned first)
{
	const struct packet *p = d->packet;
	const char *name = layer->decoder->name ? layer->decoder->name : "";
	size_t taken = (size_t)(d->rest.at - header.at);
	bool in_trouble = p->verdict != VERDICT_DECODED || d->quoting;
	bool failed = !taken && layer->decoder->decode && !d->next_count && in_trouble;
	trace_layer(trace, d, header,
	            &(struct dissect_layer){layer->decoder, name, .header_len = taken, .failed = failed});
	for (unsigned i = first + (*name != 0); i < p->stack_count; i++) {
		const char *more = p->stack[i];
		if (strcmp(more, "ethertype") != 0 && strcmp(more, "data") != 0 && strcmp(more, name) != 0)
			trace_layer(trace, d, d->rest, &(struct dissect_layer){.name = more, .failed = failed});
	}
}

// As walk().
static void walk_traced(struct dissection *d, const struct layer *layer, struct dissect_trace *trace)
{
	struct bytes header = d->rest;
	unsigned first = 0, depth = 1;
	if (!run(d, layer)) {
		nobody(d, true);
		return;
	}
	do {
		trace_run(trace, d, layer, header, first);
		header = d->rest;
		first = d->packet->stack_count;
		layer = follow(d, layer);
	} while (layer && depth++ < PACKET_LAYERS_MAX && d->packet->stack_count < PACKET_LAYERS_MAX);
	if (layer)
		too_deep(d);
}

// ---- frames -------------------------------------------------------------------------------------------------------

// Clears what a decoder may leave unset. packet->quoted counts only with has_quoted.
static void clear(struct packet *p, const struct frame *frame)
{
	p->frame = frame;
	p->verdict = VERDICT_DECODED;
	p->errors = 0;
	p->ip_checksum = CHECKSUM_UNKNOWN;
	p->l4_checksum = CHECKSUM_UNKNOWN;
	p->vlan_id = -1;
	p->ethertype = -1;
	p->has_macs = false;
	p->layer = bytes_of(NULL, 0);
	p->link_unit = 0;
	p->link_payload = bytes_of(NULL, 0);
	p->ip_payload = bytes_of(NULL, 0);
	p->ip_payload_len = 0;
	p->datagram.wire_len = 0;
	p->fragment_count = 0;
	p->frames_len = frame->wire_len;
	p->has_quoted = false;
	memset(&p->ip, 0, sizeof p->ip);
	p->stack_count = 0;
	p->stack_hash = 0;
	p->flow = NULL;
	p->direction = 0;
}

static uint32_t wire_len_of(const struct frame *frame)
{
	uint32_t wire_len = frame->wire_len > frame->fcs_len ? frame->wire_len - frame->fcs_len : 0;
	return frame->data.left > frame->wire_len ? (uint32_t)frame->data.left : wire_len;
}

// What no decoder took is the payload. An ICMP error's is what it quotes, which is read already.
static void finish(struct dissection *d)
{
	if (d->packet->has_quoted)
		return;
	d->packet->payload = d->rest;
	d->packet->payload_len = dissect_wire_left(d);
}

// Sets the dissection of a frame up; where it begins, or NULL.
static inline const struct layer *begin(struct dissection *d, struct packet *packet, const struct frame *frame)
{
	unsigned place = link_types[frame->link_type];

	*d = (struct dissection){.packet = packet, .ip = &packet->ip, .rest = frame->data};
	clear(packet, frame);
	if (frame->wire_len > frame->data.left)
		d->cut = frame->wire_len - (uint32_t)frame->data.left;
	dissect_limit(d, wire_len_of(frame));
	return place ? &layers[place] : NULL;
}

void dissect_frame(struct packet *packet, const struct frame *frame)
{
	struct dissection d;
	const struct layer *layer = begin(&d, packet, frame);

	if (layer)
		walk(&d, layer);
	else
		nobody(&d, false);
	finish(&d);
}

void dissect_frame_traced(struct packet *packet, const struct frame *frame, struct dissect_trace *trace)
{
	struct dissection d;
	const struct layer *layer = begin(&d, packet, frame);

	if (layer)
		walk_traced(&d, layer, trace);
	else
		nobody(&d, false);
	finish(&d);
}

// The sum over the addresses of the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1).
static uint32_t sum_of_addresses(const struct headers *ip)
{
	size_t skip = ip->ip_version == 4 ? 12 : 0;
	return checksum_sum(bytes_of(ip->src.at + skip, 16 - skip)) +
	       checksum_sum(bytes_of(ip->dst.at + skip, 16 - skip));
}

// A fragment's stack ends in "data": what the datagram carries takes its place.
static void drop_data(struct dissection *d)
{
	struct packet *p = d->packet;
	unsigned count = p->stack_count;

	if (!count || strcmp(p->stack[count - 1], "data") != 0)
		return;
	p->stack_count = 0;
	p->stack_hash = 0;
	for (unsigned i = 0; i + 1 < count; i++)
		dissect_layer(d, p->stack[i]);
}

void dissect_resume(struct packet *packet, struct bytes datagram)
{
	struct dissection d = {.packet = packet, .ip = &packet->ip, .rest = datagram, .checksummable = true};
	const struct layer *layer = &layers[ip_protocols[packet->ip.protocol]];

	drop_data(&d);
	d.pseudo_sum = sum_of_addresses(&packet->ip);
	if (layer->decoder)
		walk(&d, layer);
	else
		nobody(&d, false);
	finish(&d);
}

void dissect_stack_text(const struct packet *packet, char *to, size_t size)
{
	size_t used = 0;

	if (!size)
		return;
	to[0] = '\0';
	for (unsigned i = 0; i < packet->stack_count && used < size; i++) {
		int written = snprintf(to + used, size - used, "%s%s", i ? ":" : "", packet->stack[i]);
		used += written > 0 ? (size_t)written : 0;
	}
}
