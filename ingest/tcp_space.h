// The sequence numbers that one direction of a TCP connection has sent, as segments: which were sent before, which came
// out of order, which wait for their ACK. The rules are tcptrace's (rexmit.c), independent of time; docs/definitions.md
// describes them.
//
// A segment is a run of sequence numbers, as far as no other segment had them before. Those that wait for an ACK are kept
// apart; those that are acknowledged and touch become one. SYN and FIN take a number each (RFC 9293, 3.4).
//
// Memory: two segments within the struct, which is all that most directions need. A direction keeps at most
// TCP_SPACE_SEGMENTS_MAX that wait and as many acknowledged runs; all directions together as many on the heap as
// TCP_SPACE_TOTAL_MAX. What is more is forgotten, the lowest first, and counted: waiting segments count as acknowledged
// then, without a measurement; numbers below what is remembered count as sent before. So do those more than 1 GB behind.
#ifndef INGEST_TCP_SPACE_H
#define INGEST_TCP_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TCP_SPACE_SEGMENTS_MAX = 8192,
	TCP_SPACE_TOTAL_MAX = 1 << 20, // 24 bytes each
	TCP_SPACE_SPAN_MAX = 1 << 30, // of what is remembered: comparisons need less than half of the numbers there are
	TCP_SPACE_FEW = 2,
};

// Numbers begin to end - 1.
struct tcp_segment {
	int64_t ts_ns; // when it was sent last
	uint32_t begin, end;
	uint32_t repeats; // how often it was sent again, or a part of it
};

// What all spaces hold together. Zero it; it outlives them.
struct tcp_space_memory {
	int64_t segments; // on the heap
};

struct tcp_segments {
	struct tcp_segment *at; // owned, unless it is tcp_space.few; in the order of their numbers
	uint32_t first, count, capacity;
};

struct tcp_space {
	struct tcp_segments waiting; // for an ACK
	uint32_t lowest, highest;    // the first number remembered, and the one behind the last
	bool used;                   // something was added
	bool forgot;                 // numbers below lowest may have been sent
	uint32_t forgotten;          // segments that there was no room for
	struct tcp_segment acked;    // the highest acknowledged run; empty: none
	struct tcp_segment few[TCP_SPACE_FEW];
	int64_t acked_ts_ns;             // latest of all acknowledged runs
	int64_t missed;                  // numbers in the gaps
	struct tcp_segments older;       // acknowledged runs below `acked`, with gaps between
	struct tcp_space_memory *memory; // borrowed
};

// What a segment turned out to be.
struct tcp_space_added {
	uint32_t repeated;     // how many of its numbers were sent before
	bool out_of_order;     // it begins below another segment, and ends before the last number of that
	uint32_t repeats;      // of the first segment that it repeats and that waits for its ACK; 0: none
	int64_t since_last_ns; // time since that was sent last, if repeats > 0
};

enum tcp_measurement {
	TCP_MEASURED_NOTHING, // the ACK ends no segment that waited
	TCP_MEASURED,         // one that was sent once, and nothing below it later (Karn's rule)
	TCP_AMBIGUOUS,        // one that was sent more than once
	TCP_AFTER_LOSS,       // one that was sent before another below it was sent again
};

// What an ACK acknowledged.
struct tcp_space_acked {
	enum tcp_measurement measurement; // of the segment that ends where the ACK says
	int64_t rtt_ns;                   // since that was sent last
	uint32_t length;                  // of that, in sequence numbers
	uint32_t others;                  // segments that it acknowledged as well
};

void tcp_space_init(struct tcp_space *, struct tcp_space_memory *);
void tcp_space_release(struct tcp_space *);

void tcp_space_add_any(struct tcp_space *, uint32_t seq, uint32_t count, int64_t ts_ns, bool is_start,
                       struct tcp_space_added *);
void tcp_space_acknowledge_some(struct tcp_space *, uint32_t ack, int64_t ts_ns, struct tcp_space_acked *);

// Adds `count` > 0 numbers from `seq`, sent at ts_ns. A start (SYN) leaves no gap between what is known and itself. False:
// they continue what is there, the common case; *found is not set.
static inline bool tcp_space_add(struct tcp_space *space, uint32_t seq, uint32_t count, int64_t ts_ns,
                                 bool is_start, struct tcp_space_added *found)
{
	struct tcp_segments *waiting = &space->waiting;
	uint32_t place = waiting->first + waiting->count;
	if (seq != space->highest || !space->used || place == waiting->capacity ||
	    seq + count - space->lowest > TCP_SPACE_SPAN_MAX) {
		tcp_space_add_any(space, seq, count, ts_ns, is_start, found);
		return true;
	}
	waiting->at[place] = (struct tcp_segment){.ts_ns = ts_ns, .begin = seq, .end = seq + count};
	waiting->count++;
	space->highest = seq + count;
	return false;
}

// Acknowledges what is below `ack`. False: nothing waited for it; *found is not set.
static inline bool tcp_space_acknowledge(struct tcp_space *space, uint32_t ack, int64_t ts_ns,
                                         struct tcp_space_acked *found)
{
	const struct tcp_segments *waiting = &space->waiting;
	if (!waiting->count || (int32_t)(ack - waiting->at[waiting->first].begin) <= 0)
		return false;
	tcp_space_acknowledge_some(space, ack, ts_ns, found);
	return true;
}

// Whether an acknowledged run ends at `ack`.
bool tcp_space_ends_at(const struct tcp_space *, uint32_t ack);

#endif
