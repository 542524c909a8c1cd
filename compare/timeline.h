// The packets of a TCP connection in the order of each of two points, and what became of those that were sent again.
//
// The near point is that on the client's side, the far one that on the server's.
#ifndef COMPARE_TIMELINE_H
#define COMPARE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "point.h"

enum { NEAR, FAR };

#define UNKNOWN_NS INT64_MIN

// A packet at both points, or at one of them; or a part of one that the other point has not.
struct passage {
	int64_t packet_id[2];           // 0: the point does not have it
	int64_t ts_ns[2];               // by the point's clock
	int64_t seq[2], ack[2];         // as the point numbers them, from the connection's first on
	int64_t excess_ns;              // time beyond that of the fastest packet the same way; UNKNOWN_NS
	uint32_t payload_len[2];        // bytes
	uint32_t part_offset, part_len; // of a part: the bytes of the payload; 0: this is the whole packet
	uint8_t tcp_flags[2];           // FIN, SYN and RST
	uint8_t marks[2];               // enum packet_mark
	bool has_ack[2];
	bool from_server;
	bool is_behind; // it arrived behind one that was sent later
	bool is_lost;   // between the points
	bool is_copy;   // that a capture holds of another packet of its own
};

// A connection, as far as its packets do not tell.
struct connection {
	int64_t round_trip_ns; // the least between the points
	int64_t beyond_ns[2];  // data that answers an ACK comes as soon as this, beyond each point
	enum lacking { LACKS_NOBODY, LACKS_CLIENT, LACKS_SERVER } lacks[2]; // whose packets a point has not
};

// What became of a segment before it was sent again, or of its ACK.
enum fate {
	FATE_NONE,    // it was sent once
	FATE_LOST,    // between the points
	FATE_LATE,    // there
	FATE_UNSEEN,  // lost beyond the sender's point
	FATE_ARRIVED, // at the receiver's point: lost or late beyond it
	FATE_ACKED,   // its ACK came to the sender's point in time
	FATE_UNKNOWN,
};

// A packet of the near point, with what is known of it at the far one.
struct leg {
	const struct passage *p;
	// of the server's:
	int64_t beyond_ns;        // passed beyond the far point since what it waited for; UNKNOWN_NS
	int64_t client_excess_ns; // excess of the client's latest packet before it there; 0 where it is not known
	int64_t acked;            // of the server's bytes, by the client's packets before it there; -1 none
	bool waits_for_client;    // the latest that the server needed was the client's
	// of the client's:
	bool is_answered_far; // the server sent data as soon as it came

	int64_t server_next_id; // of the server's packets behind it at the far point, the first at the near one; 0 none
	enum fate fate;
	const struct passage *brought_by; // the first that came with its first byte, of those known; NULL: itself
	bool is_overtaken;                // it came behind what was sent again of it
	int opens[2], closes[2]; // gaps in what its receiver has, that begin and end with it: by loss, by what was late
};

enum { BY_LOSS, BY_LATE };

// A packet that was sent again, and what of it was sent before.
struct repeat {
	struct leg *leg;
	const struct passage *before; // the latest before it with its first byte; NULL none
	bool has_arrived;             // that byte did, at the receiver's point
	int64_t lowest;               // number of it and all behind it, at the sender's point
};

// Of one direction; 0 the client's.
struct timeline_side {
	const struct passage **sent;   // what took numbers, at the sender's point, in its order
	int64_t *sent_highest;         // behind the highest number of it and all before
	const struct passage **unsent; // what the receiver's point alone has, in its order
	const struct passage **lost;   // between the points, in the order of the sender's
	int64_t *lost_ack;             // the highest of it and all before; -1 none
	struct repeat *repeats;        // in the order of the sender's point
	size_t sent_count, unsent_count, lost_count, repeat_count;
	int64_t shift; // number at the sender's point less number at the receiver's
	bool has_shift;
};

struct timeline {
	const struct connection *of;
	struct leg *legs; // the packets of the near point, once each, in its order
	size_t count;
	struct leg **far; // those that the far point has too, in its order
	size_t far_count;
	const struct passage **at[2]; // all that each point has, copies too, in its order
	size_t at_count[2];
	struct timeline_side side[2];
	size_t capacity; // passages that there is room for
};

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

// Fills a timeline, which begins as zeros and may be used again, with packets in any order, which it borrows. A packet may
// be in several passages, where segments were cut or joined, or datagrams fragmented.
void timeline_build(struct timeline *, const struct connection *, const struct passage *, size_t count);
void timeline_release(struct timeline *);

// The point that saw the packet first, and the other.
static inline int passage_sender(const struct passage *p)
{
	return p->from_server ? FAR : NEAR;
}

static inline int passage_receiver(const struct passage *p)
{
	return p->from_server ? NEAR : FAR;
}

// Behind the last number that the segment takes, SYN and FIN too.
static inline int64_t passage_end(const struct passage *p, int point)
{
	return p->seq[point] + p->payload_len[point] + ((p->tcp_flags[point] & (FLAG_FIN | FLAG_SYN)) != 0);
}

static inline bool passage_has_data(const struct passage *p)
{
	return p->payload_len[NEAR] > 0;
}

// 0 where it is not known.
static inline int64_t passage_excess(const struct passage *p)
{
	return p->excess_ns == UNKNOWN_NS ? 0 : p->excess_ns;
}

// How many of a list in the order of a point are before a packet of it; 0: the point does not have it.
size_t passages_before(const struct passage **list, size_t count, int point, int64_t packet_id);

// The packet of the near point; NULL: it has none of that number, or a copy.
struct leg *timeline_leg(const struct timeline *, int64_t near_id);

// The first of a point's passages behind a packet, as an index of `at`; the first leg behind one of the near point.
size_t timeline_behind(const struct timeline *, int point, int64_t packet_id);
struct leg *timeline_legs_behind(const struct timeline *, int64_t near_id);

#endif
