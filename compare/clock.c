// How two clocks differ. See clock.h.
#include "clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double drift_max = 500e-6;   // of two clocks that are not broken; NTP gives up at that, too (RFC 5905)
static const double drift_span_ns = 5e9;  // shorter captures do not show it
static const double resolution_ns = 1000; // of most captures
enum { BUCKETS_LEAST = 6, HALVINGS = 200 };

void clock_init(struct clock *c, int64_t begin_ns, int64_t end_ns, int64_t base_ns)
{
	*c = (struct clock){.begin_ns = begin_ns, .end_ns = end_ns, .base_ns = base_ns};
}

void clock_forget(struct clock *c)
{
	memset(c->forward, 0, sizeof c->forward);
	memset(c->back, 0, sizeof c->back);
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

static double best_slope(const struct clock *c)
{
	double low = -drift_max, high = drift_max;
	for (int i = 0; i < HALVINGS; i++) {
		double a = low + (high - low) / 3, b = high - (high - low) / 3;
		if (merit(c, a) < merit(c, b))
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

// How far the fastest packets of the stretches usually are from each other: what merit may differ by chance.
static double usual_distance(const struct clock *c, const struct clock_point *points, double slope)
{
	double values[CLOCK_BUCKETS];
	size_t count = 0;
	for (int i = 0; i < CLOCK_BUCKETS; i++)
		if (points[i].is_set)
			values[count++] = raw_of(c, points[i].raw_ns) - slope * time_of(c, points[i].ts_ns);
	double middle = median(values, count);
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - middle);
	return median(values, count);
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

// Whether a level line would not do as well.
static bool is_drift_shown(const struct clock *c, double slope)
{
	int forward = count_set(c->forward), back = count_set(c->back);
	if (time_of(c, c->end_ns) < drift_span_ns || (c->has_forward && forward < BUCKETS_LEAST) ||
	    (c->has_back && back < BUCKETS_LEAST))
		return false;
	double noise = resolution_ns + usual_distance(c, c->forward, slope) + usual_distance(c, c->back, slope);
	return merit(c, slope) - merit(c, 0) > noise;
}

void clock_fit(struct clock *c)
{
	c->has_forward = count_set(c->forward) > 0;
	c->has_back = count_set(c->back) > 0;
	double slope = c->has_forward || c->has_back ? best_slope(c) : 0;
	c->has_drift = is_drift_shown(c, slope);
	c->drift = c->has_drift ? slope : 0;
	c->forward_floor_ns = c->has_forward ? floor_at(c, c->drift) : 0;
	c->back_ceiling_ns = c->has_back ? ceiling_at(c, c->drift) : 0;
}

// ---- what it tells --------------------------------------------------------------------------------------------------

double clock_offset_ns(const struct clock *c, int64_t ts_ns)
{
	double at_begin = (c->forward_floor_ns + c->back_ceiling_ns) / 2;
	return (double)c->base_ns + at_begin + c->drift * time_of(c, ts_ns);
}

double clock_uncertainty_ns(const struct clock *c)
{
	return fabs(c->forward_floor_ns - c->back_ceiling_ns) / 2;
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
