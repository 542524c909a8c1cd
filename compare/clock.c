// How two clocks differ. See clock.h.
#include "clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double drift_max = 500e-6;   // of two clocks that are not broken; NTP gives up at that, too (RFC 5905)
static const double drift_span_ns = 5e9;  // shorter captures do not show it
static const double resolution_ns = 1000; // of most captures
static const double stamps_ns = 100e3;    // that timestamps may be wrong by: made in software, by busy machines
enum {
	BUCKETS_LEAST = 6,
	HALVINGS = 200,
	RUNS_MAX = 16,  // of buckets, in which the fastest packets are near the least delay
	STRETCHES = 16, // of time, for the same
};

void clock_init(struct clock *c, int64_t begin_ns, int64_t end_ns, int64_t base_ns)
{
	*c = (struct clock){
		.begin_ns = begin_ns, .end_ns = end_ns, .base_ns = base_ns, .first = INFINITY, .last = -INFINITY};
}

void clock_forget(struct clock *c)
{
	memset(c->forward, 0, sizeof c->forward);
	memset(c->back, 0, sizeof c->back);
	c->first = INFINITY;
	c->last = -INFINITY;
}

// Since the first packet, and less the base: small numbers, exact as doubles.
static double time_of(const struct clock *c, int64_t ts_ns)
{
	return (double)ns_difference(ts_ns, c->begin_ns);
}

static double raw_of(const struct clock *c, int64_t raw_ns)
{
	return (double)ns_difference(raw_ns, c->base_ns);
}

static size_t bucket_of(const struct clock *c, int64_t ts_ns)
{
	double span = time_of(c, c->end_ns), at = time_of(c, ts_ns);
	if (!(span > 0) || !(at > 0))
		return 0;
	size_t bucket = (size_t)(at / span * CLOCK_BUCKETS);
	return bucket < CLOCK_BUCKETS ? bucket : CLOCK_BUCKETS - 1;
}

void clock_cover(struct clock *c, int64_t ts_ns)
{
	double at = time_of(c, ts_ns);
	c->first = fmin(c->first, at);
	c->last = fmax(c->last, at);
}

void clock_add(struct clock *c, enum travel travel, int64_t ts_ns, int64_t raw_ns)
{
	if (travel == TRAVEL_UNKNOWN)
		return;
	struct clock_point *p = &(travel == TRAVEL_FORWARD ? c->forward : c->back)[bucket_of(c, ts_ns)];
	double residual = raw_of(c, raw_ns) - c->drift * time_of(c, ts_ns);
	if (!p->is_set || (travel == TRAVEL_FORWARD ? residual < p->residual : residual > p->residual))
		*p = (struct clock_point){ts_ns, raw_ns, residual, true};
}

// ---- the line -------------------------------------------------------------------------------------------------------

// The lowest of the forward points, seen along a line of that slope; turned over, the highest of those back.
static double floor_at(const struct clock *c, double slope)
{
	double floor = INFINITY;
	for (int i = 0; i < CLOCK_BUCKETS; i++)
		if (c->forward[i].is_set)
			floor = fmin(floor, raw_of(c, c->forward[i].raw_ns) - slope * time_of(c, c->forward[i].ts_ns));
	return floor;
}

static double ceiling_at(const struct clock *c, double slope)
{
	double ceiling = -INFINITY;
	for (int i = 0; i < CLOCK_BUCKETS; i++)
		if (c->back[i].is_set)
			ceiling = fmax(ceiling, raw_of(c, c->back[i].raw_ns) - slope * time_of(c, c->back[i].ts_ns));
	return ceiling;
}

// What the best slope has most of; concave in the slope. Both ways, the margin between the points. One way, how high
// (or low) the line can pass the middle of the time: it then lies as close to all points as it can (Moon et al.).
static double merit(const struct clock *c, double slope)
{
	double middle = time_of(c, c->end_ns) / 2;
	if (c->has_forward && c->has_back)
		return floor_at(c, slope) - ceiling_at(c, slope);
	return c->has_forward ? floor_at(c, slope) + slope * middle : -ceiling_at(c, slope) - slope * middle;
}

// Where a function that rises and then falls is greatest.
static double peak(const struct clock *c, double low, double high, double (*f)(const struct clock *, double))
{
	for (int i = 0; i < HALVINGS; i++) {
		double a = low + (high - low) / 3, b = high - (high - low) / 3;
		if (f(c, a) < f(c, b))
			low = a;
		else
			high = b;
	}
	return (low + high) / 2;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static double median(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, compare_doubles);
	return values[count / 2];
}

static int count_set(const struct clock_point *points)
{
	int count = 0;
	for (int i = 0; i < CLOCK_BUCKETS; i++)
		count += points[i].is_set;
	return count;
}

bool clock_is_dense(const struct clock *c)
{
	return count_set(c->forward) >= CLOCK_BUCKETS_ENOUGH && count_set(c->back) >= CLOCK_BUCKETS_ENOUGH;
}

// How far the fastest packets of a few long runs of buckets usually are from each other: what merit may differ by chance.
static double usual_distance(const struct clock *c, const struct clock_point *points, double slope)
{
	double values[RUNS_MAX] = {0};
	size_t of = (size_t)count_set(points), seen = 0, count = 0;
	double sign = points == c->forward ? 1 : -1;
	for (int i = 0; i < CLOCK_BUCKETS; i++) {
		if (!points[i].is_set)
			continue;
		size_t run = of > RUNS_MAX ? seen * RUNS_MAX / of : seen;
		double value = sign * (raw_of(c, points[i].raw_ns) - slope * time_of(c, points[i].ts_ns));
		values[run] = run < count ? fmin(values[run], value) : value;
		count = run + 1;
		seen++;
	}
	double middle = median(values, count);
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - middle);
	return median(values, count);
}

// Whether a level line cannot be, or would not do as well. No clock runs as fast as the steepest line, which does best where
// it is no clock.
static bool is_drift_shown(const struct clock *c, double slope)
{
	int forward = count_set(c->forward), back = count_set(c->back);
	double gain = merit(c, slope) - merit(c, 0);
	if (fabs(slope) > drift_max * 0.999)
		return false;
	if (c->has_forward && c->has_back && merit(c, 0) < -stamps_ns)
		return gain > resolution_ns;
	if (time_of(c, c->end_ns) < drift_span_ns || (c->has_forward && forward < BUCKETS_LEAST) ||
	    (c->has_back && back < BUCKETS_LEAST))
		return false;
	return gain > resolution_ns + usual_distance(c, c->forward, slope) + usual_distance(c, c->back, slope);
}

// ---- what else it could be ------------------------------------------------------------------------------------------

// The slopes of all lines that lie between the packets, or as near to that as one can.
struct slopes {
	double least, greatest;
};

// From a slope that does to one that may not: the last that does.
static double last_possible(const struct clock *c, double does, double beyond, double least_merit)
{
	if (merit(c, beyond) >= least_merit)
		return beyond;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (does + beyond) / 2;
		*(merit(c, middle) >= least_merit ? &does : &beyond) = middle;
	}
	return does;
}

static struct slopes possible_slopes(const struct clock *c, double best)
{
	double least_merit = fmin(0, merit(c, best));
	return (struct slopes){last_possible(c, best, -drift_max, least_merit),
	                       last_possible(c, best, drift_max, least_merit)};
}

static double top_at_first(const struct clock *c, double slope)
{
	return floor_at(c, slope) + slope * c->first;
}

static double top_at_last(const struct clock *c, double slope)
{
	return floor_at(c, slope) + slope * c->last;
}

static double depth_at_first(const struct clock *c, double slope)
{
	return -ceiling_at(c, slope) - slope * c->first;
}

static double depth_at_last(const struct clock *c, double slope)
{
	return -ceiling_at(c, slope) - slope * c->last;
}

// ---- clocks that wander ---------------------------------------------------------------------------------------------

static double lowest(const struct clock *c, const struct clock_point *points, int from, double sign)
{
	double least = INFINITY;
	for (int i = from; i < from + CLOCK_BUCKETS / STRETCHES; i++)
		if (points[i].is_set)
			least = fmin(least, sign * (raw_of(c, points[i].raw_ns) - c->drift * time_of(c, points[i].ts_ns)));
	return least;
}

// How far the clocks' difference moves up and down, off the line. A queue lifts the least delay of a stretch of time one
// way, and lowers what the packets of the other way say; only where both are on the same side of what is usual, it is
// the clocks.
static double wander(const struct clock *c)
{
	double forward[STRETCHES], back[STRETCHES], sorted[2][STRETCHES], up = 0, down = 0;
	size_t count = 0;
	for (int i = 0; i < STRETCHES; i++) {
		int from = i * (CLOCK_BUCKETS / STRETCHES);
		double a = lowest(c, c->forward, from, 1), b = -lowest(c, c->back, from, -1);
		if (!isfinite(a) || !isfinite(b))
			continue;
		sorted[0][count] = forward[count] = a;
		sorted[1][count] = back[count] = b;
		count++;
	}
	double usual_forward = median(sorted[0], count), usual_back = median(sorted[1], count);
	for (size_t i = 0; i < count; i++) {
		up = fmax(up, fmin(forward[i] - usual_forward, back[i] - usual_back));
		down = fmax(down, fmin(usual_forward - forward[i], usual_back - back[i]));
	}
	return up + down;
}

// The same, where it is more than the fastest packets of a stretch vary, and than timestamps are wrong by or is much of the
// round trip: that seems shorter by as much.
static double shown_wander(const struct clock *c)
{
	double range = wander(c), round_trip = c->forward_floor_ns - c->back_ceiling_ns;
	double chance = usual_distance(c, c->forward, c->drift) + usual_distance(c, c->back, c->drift);
	return range > chance + fmin(stamps_ns, resolution_ns + round_trip / 2) ? range : 0;
}

// How far the clocks' difference may be from the line: as far as another line that lies between the packets. Lines are
// farthest from each other at the ends. Clocks that wander go beyond.
static double find_uncertainty(const struct clock *c, double best)
{
	struct slopes s = possible_slopes(c, best);
	double middle = (c->forward_floor_ns + c->back_ceiling_ns) / 2;
	double first = middle + c->drift * c->first, last = middle + c->drift * c->last;
	double above = fmax(top_at_first(c, peak(c, s.least, s.greatest, top_at_first)) - first,
	                    top_at_last(c, peak(c, s.least, s.greatest, top_at_last)) - last);
	double below = fmax(depth_at_first(c, peak(c, s.least, s.greatest, depth_at_first)) + first,
	                    depth_at_last(c, peak(c, s.least, s.greatest, depth_at_last)) + last);
	double wrong = fmax(0, c->back_ceiling_ns - c->forward_floor_ns);
	return fmax(above, below) + wrong + shown_wander(c);
}

void clock_fit(struct clock *c)
{
	c->has_forward = count_set(c->forward) > 0;
	c->has_back = count_set(c->back) > 0;
	double slope = c->has_forward || c->has_back ? peak(c, -drift_max, drift_max, merit) : 0;
	c->has_drift = is_drift_shown(c, slope);
	c->drift = c->has_drift ? slope : 0;
	c->forward_floor_ns = c->has_forward ? floor_at(c, c->drift) : 0;
	c->back_ceiling_ns = c->has_back ? ceiling_at(c, c->drift) : 0;
	c->is_contradicted = c->has_forward && c->has_back && c->forward_floor_ns - c->back_ceiling_ns < -stamps_ns;
	c->uncertainty_ns = c->has_forward && c->has_back ? find_uncertainty(c, slope) : 0;
}

// ---- what it tells --------------------------------------------------------------------------------------------------

double clock_offset_ns(const struct clock *c, int64_t ts_ns)
{
	double at_begin = (c->forward_floor_ns + c->back_ceiling_ns) / 2;
	return (double)c->base_ns + at_begin + c->drift * time_of(c, ts_ns);
}

double clock_delay_ns(const struct clock *c, enum travel travel, int64_t ts_ns, int64_t raw_ns)
{
	double at_begin = (c->forward_floor_ns + c->back_ceiling_ns) / 2;
	return travel * (raw_of(c, raw_ns) - at_begin - c->drift * time_of(c, ts_ns));
}

double clock_excess_ns(const struct clock *c, enum travel travel, int64_t ts_ns, int64_t raw_ns)
{
	double fastest = travel == TRAVEL_FORWARD ? c->forward_floor_ns : c->back_ceiling_ns;
	return travel * (raw_of(c, raw_ns) - fastest - c->drift * time_of(c, ts_ns));
}
