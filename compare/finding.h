// What comparing finds: one for each pair of sightings of a packet, one for each packet that only one point saw, and one
// for each part of a packet that the other point has not.
#ifndef COMPARE_FINDING_H
#define COMPARE_FINDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "point.h"

// How a packet was known again: name, confidence in per cent, what it means. These lists become the tables hop_methods,
// hop_changes and hop_reasons.
// clang-format off
#define HOP_METHODS(X) \
	X(IP_ID, "ip_id", 99, "same conversation, numbers, lengths and IP identification") \
	X(PAYLOAD, "payload", 97, "the same without a usable IP identification, and the same payload") \
	X(HEADER, "header", 90, "the same, without payload: sequence and acknowledgment numbers, timestamps option") \
	X(OCCURRENCE, "occurrence", 70, "several packets alike: taken in their order, nearest in time") \
	X(ALTERED, "altered", 60, "its place in the conversation, with another payload of the same length") \
	X(BYTE_RANGE, "byte_range", 90, "data in segments or datagrams of other sizes: these two share bytes") \
	X(FRAGMENT, "fragment", 90, "a datagram and one of the fragments that it became, or came from")

// What differs between the two sightings.
#define HOP_CHANGES(X) \
	X(ADDRESSES, "addresses", "source or destination address") \
	X(PORTS, "ports", "source or destination port") \
	X(TTL, "ttl", "TTL or hop limit") \
	X(DSCP, "dscp", "differentiated services code point") \
	X(ECN, "ecn", "explicit congestion notification bits") \
	X(MSS, "mss", "maximum segment size option of a SYN") \
	X(WINDOW_SCALE, "window_scale", "window scale option of a SYN") \
	X(OPTIONS, "options", "SACK-permitted or timestamps option, or the timestamp") \
	X(IP_ID, "ip_id", "IP identification") \
	X(LENGTH, "length", "payload length") \
	X(PAYLOAD, "payload", "payload") \
	X(VLAN, "vlan", "VLAN tag") \
	X(SEQUENCE, "sequence", "TCP sequence numbers, by a constant") \
	X(WINDOW, "window", "TCP window field")

// Why the other point may not have a packet.
#define HOP_REASONS(X) \
	X(LOST, "lost", "it went towards the other point and did not arrive") \
	X(MISSED, "missed", "it passed the other point, whose capture has it not") \
	X(UNKNOWN, "unknown", "lost or missed: which way it went is not known") \
	X(OUTSIDE, "outside", "the other capture had not begun, or had ended") \
	X(EDGE, "edge", "it went towards the other point, at the very beginning or end of that capture: lost, or the capture did not run") \
	X(ABSENT, "absent", "the other capture has nothing of its flow, or nothing that goes its way: not forwarded, another path, filtered, or all lost") \
	X(LINK_LOCAL, "link_local", "it never leaves its network: no IP, or a link-local address") \
	X(TTL_EXPIRED, "ttl_expired", "a router reported that its TTL ran out") \
	X(REJECTED, "rejected", "a router or host reported by ICMP that it did not deliver it") \
	X(DUPLICATE, "duplicate", "a copy of another packet in its own capture") \
	X(PROXIED, "proxied", "a proxy between the points ends connections itself: what one side exchanged with it alone")
// clang-format on

enum method {
#define X(id, name, confidence, meaning) METHOD_##id,
	HOP_METHODS(X)
#undef X
};

enum change_bit {
#define X(id, name, meaning) CHANGE_BIT_##id,
	HOP_CHANGES(X)
#undef X
};

enum change {
#define X(id, name, meaning) CHANGE_##id = 1 << CHANGE_BIT_##id,
	HOP_CHANGES(X)
#undef X
};

enum reason {
	REASON_NONE, // matched, or not yet known
#define X(id, name, meaning) REASON_##id,
	HOP_REASONS(X)
#undef X
};

// A packet of TCP as one point saw it.
struct tcp_sighting {
	uint32_t seq, ack, payload_len; // from each side's first number at that point on, modulo 2^32
	uint8_t flags;                  // FIN, SYN and RST
	uint8_t marks;                  // enum packet_mark
	bool has_ack;
	bool is_tcp; // else only payload_len is known: a fragment without the header
};

struct finding {
	int64_t packet_id[2]; // 0: this point does not have it
	int64_t ts_ns[2];
	struct tcp_sighting tcp[2];
	int32_t pair;         // of flows; -1: the packet has no flow
	uint32_t changes;     // enum change
	uint32_t part_offset; // of a packet that the other point has in part: the first byte that it has not
	uint32_t part_len;    // how many; 0: the finding is of the whole packet
	int16_t ttl_change;   // at the first point less at the second
	bool has_ttl;
	uint8_t direction; // of the pair
	uint8_t method, confidence;
	uint8_t reason; // enum reason: DUPLICATE, PROXIED; MISSED: it is, if it went towards the other point
	bool is_vague;  // may be another copy of a segment that was sent again
};

// What became of a packet.
struct outcome {
	enum reason reason;          // of one that a point alone has
	bool is_timed;               // delay_ns and excess_ns are known
	int64_t delay_ns, excess_ns; // of one that both have
	int64_t late_ns;             // since one arrived that was sent behind it; 0: in order
};

// Time at the second point less time at the first, of one that both have.
static inline int64_t finding_raw_ns(const struct finding *f)
{
	return ns_difference(f->ts_ns[1], f->ts_ns[0]);
}

// Both points have it.
static inline bool finding_is_matched(const struct finding *f)
{
	return f->packet_id[0] && f->packet_id[1];
}

#endif
