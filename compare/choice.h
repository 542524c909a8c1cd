// Which of the packets of the other point that wait is the same one as a packet, by what they have in common and by the
// time.
#ifndef COMPARE_CHOICE_H
#define COMPARE_CHOICE_H

#include "room.h"

struct choice {
	uint32_t place;   // 0 none
	unsigned unlike;  // enum likeness
	int64_t error_ns; // off the expected time; 0: as near as delays vary
	bool is_odd;      // one of them is a copy of another packet of its capture, the other is not
	int rivals;       // others that are as like
};

// The best among those with the key; place 0: there is none.
struct choice choice_find(const struct room *, int point, const struct sighting *, uint64_t key);

// Whether another one like it may come, which is rather the same packet: that of which the other one is a copy, or of which
// it is. If none does, they meet when one of them leaves.
bool choice_is_doubtful(const struct room *, int point, const struct sighting *, const struct choice *);

// Whether they are rather two copies of a segment: they are told apart, and as far from the usual time as a sender waits
// before it sends again.
bool choice_is_another(const struct room *, int point, const struct sighting *, const struct waiting *);

// Reports both as one packet; the other one need not wait any longer.
void choice_take(struct room *, int point, const struct sighting *, const struct choice *);

#endif
