// Flows of one point with the flows of the other that carry the same packets.
//
// First by their endpoints: of several uses of the same ports, those with the same initial sequence numbers. Of TCP whose
// SYNs were not seen, packets that both sides have tell whether the numbers are the same (votes). So they put together
// what is left: behind NAT with the same numbers in the header, behind a firewall that rewrites initial sequence numbers
// with a constant difference and the same payload, behind a proxy with the same payload alone. Where a proxy cut the bytes
// into other segments, streams.h goes on. Flows without ports, of several hosts behind one address, are one flow at the
// other point: each has a pair with that, and they share the packets that are looked for.
#ifndef COMPARE_PAIRING_H
#define COMPARE_PAIRING_H

#include "data_seen.h"
#include "point.h"

enum mapping { MAPPING_NONE, MAPPING_NAT, MAPPING_ISN, MAPPING_PROXY, MAPPING_ABSENT };

// What is known of the way that a direction's packets take: from the first point to the second, or back.
enum travel { TRAVEL_UNKNOWN = 0, TRAVEL_FORWARD = 1, TRAVEL_BACK = -1 };

// How many sampled packets told that a field is passed on unchanged, or that it is not.
struct tally {
	uint32_t same, other;
};

// One direction of a pair: of the flow at the first point, 0 sent by its src.
struct pair_side {
	uint32_t seq_delta; // second point's number less the first's, as in the headers
	bool has_seq_delta; // else they cannot be compared
	bool has_ack;       // both points know the other side's numbers: ACKs can be compared
	struct tally ip_id, tsval;
	struct tally window;                 // of packets that were matched
	uint32_t ttl_less, ttl_more;         // packets with a lower, a higher TTL at the second point
	int64_t matched, only[2];            // packets
	int64_t reordered;                   // packets
	int64_t raw_min_ns, raw_max_ns;      // time at the second point less time at the first
	double raw_mean_ns;                  // the same
	int64_t raw_last_ns, raw_spread_ns;  // of the latest packet; its usual difference to the one before
	bool is_raw_known;                   // raw_last_ns is a packet's, not a guess from other flows
	uint32_t waiting[2], waiting_end[2]; // data of each point that waits for its match: first and last; 0 none
	uint32_t again[2];                   // the last of those that were sent again; 0 none
	enum travel travel;
	struct data_seen seen[2]; // of TCP: by each point
	uint32_t acked;           // highest acknowledgment of these bytes, as the first point numbers them
	bool has_acked;
	uint32_t taken[2]; // by a proxy: highest acknowledgment of these bytes at each point, as it numbers them
	bool has_taken[2];
	bool is_refused[2]; // the proxy reset the connection that these bytes came by
};

// As the TTLs tell.
static inline enum travel side_travel(const struct pair_side *side)
{
	if (side->ttl_less == side->ttl_more)
		return TRAVEL_UNKNOWN;
	return side->ttl_less > side->ttl_more ? TRAVEL_FORWARD : TRAVEL_BACK;
}

// One conversation: a flow of each point, or a flow of one point alone (the other is -1).
struct flow_pair {
	int32_t flow[2];
	int32_t
		lead; // itself; of a flow without ports that a translator put into the other point's flow of another pair: that
	bool is_swapped; // src at one point is dst at the other
	bool is_echo_ident_kept;
	bool is_assumed; // TCP by endpoints alone: no SYN at both points tells that the numbers are the same
	enum mapping mapping;
	int confidence;                 // that the flows belong together, per cent
	int32_t evidence;               // sampled packets that said so; 0: endpoints and sequence numbers alone
	uint32_t findings;              // that were made of its packets
	uint32_t packets[2], copies[2]; // that each point has seen; packets of which it had the like just before
	struct pair_side side[2];
};

struct pairing {
	struct point *points; // two, borrowed
	struct flow_pair *pairs;
	size_t count, capacity;
	struct tally ip_id, tsval; // of all pairs
};

void pairing_init(struct pairing *, struct point points[2]);
void pairing_release(struct pairing *);

// A pair of that flow of each point; -1 none. Valid until the next one.
struct flow_pair *pairing_add(struct pairing *, int32_t a, int32_t b);

// Pairs by endpoints; flows that have no counterpart, or one with other sequence numbers, are left for votes.
void pairing_by_endpoints(struct pairing *);

// That two unpaired flows have a packet in common.
struct vote {
	int32_t flow[2];
	bool is_swapped;
	bool is_weak;      // only the payload is the same, not the numbers in the header
	bool is_own;       // nor IP identification and timestamp, of which there is one at least: another host's packet
	uint8_t direction; // of the flow at the first point
	uint32_t seq_delta; // TCP
	uint32_t weight;    // set by pairing_by_votes
};

// Pairs by votes, those with the most first. Sorts the votes.
void pairing_by_votes(struct pairing *, struct vote *, size_t count);

// Whether numbers are the same in pairs that are assumed, from votes about their own flows: else takes the constant
// difference that most weak votes say. Sorts the votes.
void pairing_check(struct pairing *, struct vote *, size_t count);

// Pairs what is disputed and alone with its endpoints on either side, and began at the same time; the clocks differ by
// offset_ns (second less first), give or take tolerance_ns. Then makes a pair of each flow that is left.
void pairing_complete(struct pairing *, int64_t offset_ns, int64_t tolerance_ns);

// The pair of a flow of each point, or the one of those that share them; -1 none.
int32_t pairing_of(const struct pairing *, int32_t a, int32_t b);

// Direction of a packet of a point, as the first point's flow of its pair counts it.
static inline int pair_direction(const struct flow_pair *p, int point, int direction)
{
	return point == 1 && p->is_swapped && p->flow[0] >= 0 ? !direction : direction;
}

// A direction of a pair, as its lead counts it.
static inline int lead_direction(const struct pairing *p, int32_t index, int direction)
{
	const struct flow_pair *pair = &p->pairs[index], *lead = &p->pairs[pair->lead];
	return pair->flow[0] != lead->flow[0] && pair->is_swapped != lead->is_swapped ? !direction : direction;
}

// Whether the samples say that the field is passed on unchanged, or nothing.
bool is_passed_on(const struct tally *);

// Whether the flow has a counterpart, with numbers that are known to be the same.
static inline bool pairing_is_settled(const struct pairing *p, const struct point_flow *f)
{
	return f->pair >= 0 && !p->pairs[f->pair].is_assumed;
}

// Whether the IP identification is passed on unchanged in that direction.
bool pair_keeps_ip_id(const struct pairing *, const struct pair_side *);

// The same of the timestamps option's value.
bool pair_keeps_tsval(const struct pairing *, const struct pair_side *);

#endif
