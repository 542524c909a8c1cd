// What a protocol decoder is: a value in a file of ingest/proto/ that names its parents and takes one header off.
//
// A decoder never calls another. It reads its header from d->rest, fills fields of d->packet, and says what may
// follow with dissect_next(): a number in one of its dispatch tables. Tables are named as Wireshark names them
// ("ethertype", "ip.proto", "udp.port"); a decoder is entered into them by its keys. The build finds every
// `const struct decoder decoder_NAME` in ingest/proto/; nothing else is edited to add one.
//
// The names pushed with dissect_layer() make frame.protocols. The loop pushes decoder.name itself, before decode();
// a decoder pushes only names beside its own.
#ifndef INGEST_DECODER_H
#define INGEST_DECODER_H

#include "field.h"
#include "packet.h"

#include <stddef.h>

enum {
	DECODER_KEYS_MAX = 24,
	DECODER_TABLES_MAX = 7,
	DECODER_NEXT_MAX = 4,
};

struct decoder_key {
	const char *table;
	uint32_t number; // below 65536
};

struct dissection;

struct decoder {
	const char *name;                          // in frame.protocols; NULL: the decoder pushes its names itself
	struct decoder_key keys[DECODER_KEYS_MAX]; // the parents: ends at the first with no table
	const char *tables[DECODER_TABLES_MAX];    // dispatch tables that dissect_next() refers to by their place here
	void (*decode)(struct dissection *d);      // NULL: the protocol is only named
	const struct field *fields;                // for people; NULL: only name, offset and length are shown
};

// Every decoder, ended by NULL: build/decoders.c, written by ingest/proto/registry.sh.
extern const struct decoder *const decoders[];

struct dissection_next {
	uint16_t table; // place in decoder.tables
	uint32_t number;
	bool needed; // nobody there: the packet is unsupported, and "data" ends its stack
};

struct dissection {
	struct packet *packet;
	struct headers *ip;  // where IP and above write: &packet->ip, or &packet->quoted inside an ICMP error
	struct bytes rest;   // what is left to decode; a decoder takes its header off
	uint32_t cut;        // bytes behind `rest` that were on the wire and not captured (snap length)
	uint32_t pseudo_sum; // checksum_sum() of the addresses in the transport's pseudo header; set by IP decoders
	bool checksummable;  // whole, not a fragment, not quoted: transport checksums may be verified
	bool rejected;       // set by a heuristic decoder: not mine; nothing was taken
	bool quoting;        // inside an ICMP quotation
	struct dissection_next next[DECODER_NEXT_MAX];
	unsigned next_count;
};

// Bytes of this layer as they were on the wire.
static inline uint32_t dissect_wire_left(const struct dissection *d)
{
	return (uint32_t)d->rest.left + d->cut;
}

// Cuts the rest to the length a header gives, so that padding and trailers are out of sight. A longer length than
// there is stays as it is: the caller decides whether that is an error.
static inline void dissect_limit(struct dissection *d, uint32_t wire_len)
{
	if (wire_len <= d->rest.left) {
		d->rest.left = wire_len;
		d->cut = 0;
	} else if (wire_len - (uint32_t)d->rest.left < d->cut) {
		d->cut = wire_len - (uint32_t)d->rest.left;
	}
}

// Adds a name to the protocol stack. `name` must be static.
static inline void dissect_layer(struct dissection *d, const char *name)
{
	struct packet *p = d->packet;
	if (p->stack_count == PACKET_LAYERS_MAX)
		return;
	p->stack[p->stack_count++] = name;
	p->stack_hash = (p->stack_hash ^ (uint64_t)(uintptr_t)name) * 0x9e3779b97f4a7c15u;
	p->stack_hash ^= p->stack_hash >> 29;
}

// What may follow: number in the decoder's table. Candidates are tried in order until one is taken.
static inline void dissect_offer(struct dissection *d, unsigned table, uint32_t number, bool needed)
{
	if (d->next_count < DECODER_NEXT_MAX)
		d->next[d->next_count++] = (struct dissection_next){(uint16_t)table, number, needed};
}

// As above, for a layer that we need (link, network, transport): unknown numbers make the packet unsupported.
static inline void dissect_next(struct dissection *d, unsigned table, uint32_t number)
{
	dissect_offer(d, table, number, true);
}

// What follows is of no protocol that we know.
static inline void dissect_unknown(struct dissection *d)
{
	dissect_next(d, 0, UINT32_MAX);
}

// Takes n bytes of a header off that may do without its end, such as options. Where the snap length cut them (n is not
// more than dissect_wire_left()), what is there is returned and the packet counts as truncated.
static inline struct bytes dissect_split_cut(struct dissection *d, uint32_t n)
{
	if (n <= d->rest.left)
		return bytes_split(&d->rest, n);
	d->cut -= n - (uint32_t)d->rest.left;
	if (!d->quoting) {
		d->packet->verdict = VERDICT_TRUNCATED;
		d->packet->errors |= PACKET_ERROR_TRUNCATED;
	}
	return bytes_split(&d->rest, d->rest.left);
}

// As dissect_next(), where the next layer is a bonus (what a UDP port carries).
static inline void dissect_try(struct dissection *d, unsigned table, uint32_t number)
{
	dissect_offer(d, table, number, false);
}

// Notes an error in the packet without ending the dissection.
static inline void dissect_error(struct dissection *d, enum packet_error error)
{
	if (!d->quoting)
		d->packet->errors |= (uint32_t)error;
}

// Ends the dissection: the header contradicts itself. (A read past the end does the same: the loop sees rest.bad,
// and calls it truncated where the snap length took the bytes, malformed where they never were.)
static inline void dissect_malformed(struct dissection *d, enum packet_error error)
{
	dissect_error(d, error);
	bytes_fail(&d->rest);
	d->cut = 0;
}

// The header is whole, but what it tells of is not there at all: the packet counts as malformed.
static inline void dissect_missing(struct dissection *d)
{
	dissect_error(d, PACKET_ERROR_MALFORMED);
	if (!d->quoting)
		d->packet->verdict = VERDICT_MALFORMED;
}

// What follows is an ICMP error's copy of the packet it complains about: it goes to packet.quoted, its troubles are
// not the packet's, and all of it is the packet's payload.
static inline void dissect_quote(struct dissection *d)
{
	d->packet->payload = d->rest;
	d->packet->payload_len = dissect_wire_left(d);
	d->packet->has_quoted = true;
	memset(&d->packet->quoted, 0, sizeof d->packet->quoted);
	d->ip = &d->packet->quoted;
	d->quoting = true;
	d->checksummable = false;
}

// The decoder is not for these bytes after all: the next candidate is tried. Nothing may have been pushed or set.
// When the layer was needed and nobody takes it, the packet is malformed, and "data" ends its stack.
static inline void dissect_reject(struct dissection *d)
{
	d->rejected = true;
}

#endif
