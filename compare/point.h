// One capture as a point on the path: its flows in memory, its packets one at a time in the order of the capture.
#ifndef COMPARE_POINT_H
#define COMPARE_POINT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What TCP analysis says of a packet: it was sent again; when its ACK had been seen; its window is 0; it probes.
enum packet_mark { MARK_AGAIN = 1, MARK_SPURIOUS = 2, MARK_SHUT = 4, MARK_PROBE = 8 };

enum flow_kind { KIND_TCP, KIND_ICMP, KIND_OTHER };

enum { PAYLOAD_SUM = 0xffff, PAYLOAD_PREFIX = 0x7fff0000 }; // halves of payload_hash, each 0 where it is not known
enum { PAYLOAD_PREFIX_LEN = 24 };                           // bytes that PAYLOAD_PREFIX is of: docs/definitions.md

enum { SYN_ONLY_FLAGS = 0x07 }; // FIN, SYN, RST: what no middlebox changes in passing

// What a SYN of one side offered; -1 none.
struct syn_options {
	int32_t mss, window_scale, sack, timestamps;
};

// A row of flows, as far as comparing needs it. Arrays of two: sent by src, sent by dst.
struct point_flow {
	int64_t flow_id;
	uint64_t key;                  // of protocol and endpoints, the same whichever of them is src
	uint64_t address[2];           // hash of src and dst
	int32_t port[2];               // -1 none
	uint32_t isn[2];               // what numbers are relative to: raw = isn + seq
	bool has_isn[2], has_syn[2];   // of TCP
	struct syn_options options[2]; // of TCP
	int64_t stream_len[2];         // of TCP: bytes of data without those sent again
	uint16_t head[2];      // of TCP: fingerprint of the first bytes, of a flow without a counterpart; 0 not known
	int64_t rtt_min_ns[2]; // of TCP: from a segment to its ACK; 0 not known
	int64_t first_ts_ns, last_ts_ns; // on this point's clock
	enum flow_kind kind;
	bool is_flipped;   // of TCP: the packet that came first looked like an answer
	bool is_one_sided; // of TCP: dst sent nothing here, and what src sent shows that it must have
	bool is_local;     // never leaves its network: no IP, or a link-local or broadcast address
	bool is_group;     // to or from a multicast address
	bool is_disputed;  // the other point has its endpoints, with other initial sequence numbers
	bool has_twin;     // of TCP: a flow of the other point carries just the same streams at about the same time
	uint8_t sampled;   // packets taken as samples
	int32_t pair;      // index among the flow pairs; -1 not yet
};

struct point {
	sqlite3 *db; // borrowed
	int64_t capture_id;
	char *name;
	int64_t first_packet_id, packets, bytes;
	int64_t first_ts_ns, last_ts_ns;
	struct point_flow *flows; // in the order of flow_id
	size_t flow_count;
};

// One packet as the point saw it. Negative: it has no such field.
struct sighting {
	int64_t packet_id, ts_ns;
	int64_t ip_id;
	int32_t flow; // index in point.flows; -1 none
	int32_t ttl, tos, vlan_id, fragment_offset, tcp_flags, window;
	uint32_t payload_len, seq, ack, tsval; // seq and ack as in the header
	uint32_t own_ack;                      // from the other side's first number at this point on
	uint32_t payload_hash;                 // 0 none
	int32_t echo_ident, echo_seq;          // of echo requests and replies
	uint8_t marks;                         // of TCP: enum packet_mark
	uint8_t direction;                     // of the flow: 0 sent by src, 1 by dst
	bool has_ack; // and the other side's numbers are known: it can be compared with the other point's
	bool has_own_ack, has_tsval;
	bool is_echo_reply;
	bool is_header_cut; // not all of what is before the payload was captured: options may be missing
	bool is_copy;       // of another packet that the capture holds: packets.duplicate_of
	bool is_mirrored; // set by matching: a copy where nearly all packets of the conversation have one; is_copy then
	bool is_again;    // set by matching: TCP data of which the point has seen some before
};

// Times of damaged captures may be anywhere: sums and differences wrap.
static inline int64_t ns_difference(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t ns_sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t ns_distance(int64_t a, int64_t b)
{
	int64_t difference = ns_difference(a, b);
	return difference >= 0 ? difference : difference == INT64_MIN ? INT64_MAX : -difference;
}

// Reads the capture's row and flows. False after a message. Release it in any case.
bool point_load(struct point *, sqlite3 *db, int64_t capture_id);
void point_release(struct point *);

// Another connection to the point's case, for reading only, while nothing is written; close it before. NULL where the case
// cannot be read twice: this comparison is not the first of the transaction, and the writes of the last one have reached
// the file.
sqlite3 *point_open_again(const struct point *);

// Whether payloads of the same length may be the same: no half of their fingerprints is known to differ
// (docs/definitions.md, payload_hash).
bool sighting_same_payload(const struct sighting *, const struct sighting *);

static inline bool sighting_same_id(const struct sighting *a, const struct sighting *b)
{
	return a->ip_id > 0 && a->ip_id == b->ip_id;
}

static inline bool sighting_is_fragment(const struct sighting *s)
{
	return s->fragment_offset >= 0;
}

static inline bool sighting_is_tcp(const struct sighting *s)
{
	return s->tcp_flags >= 0;
}

// Whether they are a fragment as it is, and one that completes its datagram: that has the datagram's header and payload.
static inline bool sighting_show_other_parts(const struct sighting *a, const struct sighting *b)
{
	return sighting_is_fragment(a) && sighting_is_fragment(b) && a->payload_len != b->payload_len;
}

static inline bool sighting_show_same_payload(const struct sighting *a, const struct sighting *b)
{
	return sighting_show_other_parts(a, b) || sighting_same_payload(a, b);
}

struct cursor {
	const struct point *point; // borrowed
	sqlite3_stmt *packets, *echoes, *marks;
	sqlite3_stmt *whole;    // one packet, of a cursor over outlines; NULL: it gives all of each packet
	int64_t echo_packet_id; // of the echo that comes next; INT64_MAX none
	int64_t mark_packet_id; // of the mark that comes next; INT64_MAX none
	bool failed, is_over;   // after an error; after the last packet
};

// Goes through the packets of a point. After cursor_next said false, cursor_end tells whether all were read (else a
// message was printed).
bool cursor_begin(struct cursor *, const struct point *);
bool cursor_next(struct cursor *, struct sighting *);

// The same in less time and without marks, for who wants few of them, at least the first `of_flow` of each flow:
// packet_id, flow, direction, payload_len, payload_hash, tcp_flags, seq and ack are filled, the rest by cursor_complete.
bool cursor_begin_outlines(struct cursor *, const struct point *, int of_flow);
bool cursor_next_outline(struct cursor *, struct sighting *);
bool cursor_complete(struct cursor *, struct sighting *); // false at an error
bool cursor_end(struct cursor *);

#endif
