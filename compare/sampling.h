// A first look at both captures: packets that both have, picked by a hash of what no router changes, so that both picks
// are of the same packets. Their times tell how far the clocks are apart, to within a moment; they are the votes for
// flows whose endpoints were rewritten, and they tell what else is rewritten on the way.
#ifndef COMPARE_SAMPLING_H
#define COMPARE_SAMPLING_H

#include "pairing.h"

enum {
	SAMPLES_WANTED = 65536,   // of a capture; more where there are many flows
	SAMPLES_MAX = 1 << 20,    // of a capture
	SAMPLES_OF_FLOW = 4,      // the first packets of each flow are samples in any case
	SAMPLES_OF_STRANGER = 16, // the same of flows without a counterpart
	EQUAL_NS = 2000000000,    // that clocks are apart where little or nothing tells
};

// What the samples in common say.
struct sampling {
	size_t common; // packets that both captures have; 0: what follows is not known
	int64_t
		offset_ns; // time at the second point less time at the first, such that packets seem to leave before they arrive
	int64_t low_ns, high_ns; // these differences are of the same packets
	bool is_sure;            // else there was little to tell by, and the clocks are taken to agree within EQUAL_NS
};

// Completes the pairing, which was made by endpoints. False after a message.
bool sampling_run(struct sampling *, struct pairing *);

#endif
