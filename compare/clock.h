// How two clocks differ, from the fastest packets each way.
//
// A packet that goes forward shows the clocks' difference plus its delay, one that comes back the difference less its
// delay. Delays are never negative, so the line of the true difference over time lies below all of the former and above all
// of the latter (Moon, Skelly, Towsley: Estimation and Removal of Clock Skew from Network Delay Measurements, INFOCOM
// 1999, for one direction). Taken is the line with the widest margin on both sides: it halves the least round trip between
// the points. It may be off as far as any other line that lies between the packets: half of that round trip, and more
// where the fastest packets are rare, or where the clocks wander off any line. With packets one way only, the rate can be
// told, the difference cannot.
#ifndef COMPARE_CLOCK_H
#define COMPARE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "pairing.h"

enum {
	CLOCK_BUCKETS = 512,
	CLOCK_BUCKETS_ENOUGH = 32, // with packets either way: the line follows the clocks all along
};

// The fastest packet of a stretch of time.
struct clock_point {
	int64_t ts_ns, raw_ns; // at the first point; time at the second less time at the first
	double residual;       // raw_ns less the drift known so far
	bool is_set;
};

struct clock {
	int64_t begin_ns, end_ns; // at the first point
	int64_t base_ns;          // taken off raw_ns, so that doubles hold them exactly
	struct clock_point forward[CLOCK_BUCKETS], back[CLOCK_BUCKETS];
	double first, last; // of the times covered, since begin_ns

	bool has_forward, has_back; // packets went that way
	bool is_contradicted; // packets arrive before they leave: a clock was set, or packets were taken for others
	bool has_drift;       // there are enough, over long enough, to tell that the clocks run at different rates
	double drift;         // ns of the second clock gained on the first in a ns
	double forward_floor_ns, back_ceiling_ns; // of raw_ns - base_ns without drift: the fastest packets
	double uncertainty_ns;                    // of the offset, either way, at any time covered
};

// ts_ns from begin to end are of the first point; raw_ns about base_ns.
void clock_init(struct clock *, int64_t begin_ns, int64_t end_ns, int64_t base_ns);

// The uncertainty is wanted at a time of the first point.
void clock_cover(struct clock *, int64_t ts_ns);

// A packet seen at ts_ns at the first point and raw_ns later on the second point's clock. Packets of unknown way do not
// count.
void clock_add(struct clock *, enum travel, int64_t ts_ns, int64_t raw_ns);

// Fits the line to what was added. To know a large drift exactly, forget the packets, add them all again, and fit again.
void clock_fit(struct clock *);
void clock_forget(struct clock *);

// Whether both ways have packets all over the time.
bool clock_is_dense(const struct clock *);

// Whether packets of both directions tell how far the clocks are apart.
static inline bool clock_knows_offset(const struct clock *c)
{
	return c->has_forward && c->has_back && !c->is_contradicted;
}

// Time at the second point less time at the first, at a time of the first: both directions are needed.
double clock_offset_ns(const struct clock *, int64_t ts_ns);

// One-way delay of a packet, and how much longer it took than the fastest. raw_ns as in clock_add.
double clock_delay_ns(const struct clock *, enum travel, int64_t ts_ns, int64_t raw_ns);
double clock_excess_ns(const struct clock *, enum travel, int64_t ts_ns, int64_t raw_ns);

#endif
