// The packets of both points that wait for their appearance at the other one: by what makes them known again, by their age,
// and TCP data by its connection.
#ifndef COMPARE_ROOM_H
#define COMPARE_ROOM_H

#include "matching.h"
#include "ranges.h"

enum {
	HEADS = 1 << 18,     // chains of each kind of waiting packets of a point
	RECENT_MAX = 4096,   // packets that copies are looked for among
	COPIES_NS = 1000000, // that a mirror port's copies are apart
};

// Waiting packets are in chains of the same hash: of their keys, and of those with the beginning of the payload, where that
// is known. Long streams of datagrams of one length differ in that alone.
enum chain { CHAIN_KEY, CHAIN_BEGINNING, CHAINS };

struct links {
	uint32_t next, before; // places; 0 none
};

struct waiting {
	struct sighting seen;
	uint64_t key;
	uint64_t beginning_key;              // 0 in no such chain
	int64_t deadline_ns;                 // on the second point's clock
	struct links links[CHAINS];          // newest first
	uint32_t older, newer;               // of its point
	uint32_t before, behind;             // of its flow and direction, if it is TCP data or a datagram
	uint32_t again_before, again_behind; // the same of those that were sent again
	struct ranges found;                 // bytes of the payload that the other point has
	int32_t pair;
	uint8_t direction;    // of the pair
	bool is_listed;       // before and behind are set
	bool is_paired;       // it, or a part of it, with one of the other point
	bool is_in_fragments; // the other point has it in fragments
};

// The packets of one point that wait.
struct lounge {
	uint32_t *heads[CHAINS];
	uint32_t oldest, newest;
	size_t count;
};

// The fastest packets of late, which tell how the clocks drift apart.
struct epoch {
	int64_t count;
	int64_t forward_ns, back_ns; // raw times
	bool has_forward, has_back;
};

// A packet that a point saw a moment ago.
struct recent {
	uint64_t key;
	int64_t ts_ns;
	uint32_t payload_hash, tsval;
	int32_t window;
	bool is_copy;
};

struct room {
	struct matching *m;
	struct lounge lounge[2];
	struct recent *recent[2]; // by key
	struct waiting *at;       // [0] stands for none
	size_t used, capacity;
	uint32_t vacant;   // chain of places that are free, by CHAIN_KEY
	int64_t now_ns;    // on the second point's clock
	int64_t offset_ns; // time at the second point less time at the first, at present
	struct epoch epoch;
	bool failed;
};

static inline struct flow_pair *room_pair(const struct room *r, int32_t pair)
{
	return &r->m->pairing->pairs[pair];
}

static inline struct point_flow *room_flow(const struct room *r, int point, const struct sighting *s)
{
	return &r->m->pairing->points[point].flows[s->flow];
}

// A time of a point, as the second point's clock has it.
static inline int64_t room_time(const struct room *r, int point, int64_t ts_ns)
{
	return point == 0 ? ns_sum(ts_ns, r->offset_ns) : ts_ns;
}

void room_init(struct room *, struct matching *);
void room_release(struct room *);

// What fragments, and the other packets of a pair and direction, are known again by: both sightings have it, as far as
// the way leaves it alone.
uint64_t room_fragment_key(int64_t ip_id);
uint64_t room_paired_key(const struct room *, int point, const struct sighting *, int32_t pair, int direction);

// The same with the beginning of the payload; 0: it is not known, or tells nothing.
uint64_t room_beginning_key(const struct sighting *, uint64_t key);

// The newest packet in the chain of a key; the next one. 0 none.
static inline uint32_t room_first(const struct room *r, int point, enum chain chain, uint64_t key)
{
	return r->lounge[point].heads[chain][key % HEADS];
}

static inline uint32_t room_next(const struct room *r, enum chain chain, uint32_t place)
{
	return r->at[place].links[chain].next;
}

// A packet waits, as one of that pair and direction; waits no more.
void room_seat(struct room *, int point, const struct sighting *, uint64_t key, int32_t pair, int direction);
void room_unseat(struct room *, int point, uint32_t place);

// Of a packet, and one of the other point that waits: how far they are off the time that the latest packet took; whether
// they are near enough to be one.
int64_t room_time_off(const struct room *, int point, const struct sighting *, const struct waiting *);
bool room_is_within_window(const struct room *, int point, const struct sighting *, const struct sighting *);

#endif
