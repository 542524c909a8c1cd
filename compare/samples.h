// Packets of each point that both points are likely to have, picked by a hash of what no router changes, so that both
// picks are of the same packets; and the first ones of each flow.
#ifndef COMPARE_SAMPLES_H
#define COMPARE_SAMPLES_H

#include "pairing.h"

// What a packet that both captures seem to have says of the clocks. Some packets are sent many times: keep-alives, ACKs,
// requests of which one is like another.
enum weight {
	WEIGHT_NONE = 0,
	WEIGHT_REPEATABLE = 1,
	WEIGHT_DOUBTFUL = 2,
	WEIGHT_LIKELY = 4,
	WEIGHT_OF_FLOWS = 8, // two flows that have only payload in common: one may be a repetition of the other
	WEIGHT_SURE = 16,
	WEIGHT_ENOUGH = 16, // to say that the clocks are far apart
};

struct sample {
	uint64_t key;
	int64_t ts_ns, ip_id;
	int32_t flow, ttl;
	uint32_t seq, tsval;
	int32_t echo_ident;
	uint8_t direction;
	uint8_t weight; // enum weight, of a packet that each point has once
	bool is_weak, has_tsval;
	bool is_of_half, is_hash_whole; // the key has one half of payload_hash; both halves are known
};

struct samples {
	struct sample *at;
	size_t count, capacity;
};

// Picks those of both points, which begin as zeros, in the order of key and time; streams are noted in the flows, too
// (streams.h). False after a message. Release them in any case.
bool samples_pick(struct samples samples[2], const struct pairing *);
void samples_release(struct samples *);

#endif
