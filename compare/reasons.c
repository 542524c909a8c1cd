// Why the other point has not a packet. See reasons.h.
#include "reasons.h"

#include <stdlib.h>

#include "../common/message.h"

enum { EDGE_MAX = 3 }; // packets that a capture may lack at an end although it ran

// ---- the time in which both captures ran ------------------------------------------------------------------------------

// Time at the second point less time at the first where packets of neither way tell; with nothing in common, the clocks
// are taken to agree.
static int64_t guessed_raw(const struct reasons *r)
{
	return r->m->matched[0] > 0 ? r->m->offset_ns : 0;
}

// Time at the second point less time at the first, of a packet that goes that way.
static int64_t usual_raw(const struct reasons *r, enum travel travel, int64_t ts_ns)
{
	const struct clock *c = r->clock;
	double drift = c->drift * (double)ns_difference(ts_ns, c->begin_ns);
	if (travel == TRAVEL_FORWARD && c->has_forward)
		return ns_sum(c->base_ns, (int64_t)(c->forward_floor_ns + drift));
	if (travel == TRAVEL_BACK && c->has_back)
		return ns_sum(c->base_ns, (int64_t)(c->back_ceiling_ns + drift));
	if (c->has_forward && c->has_back)
		return ns_sum(c->base_ns, (int64_t)((c->forward_floor_ns + c->back_ceiling_ns) / 2 + drift));
	return ns_sum(guessed_raw(r), (int64_t)drift);
}

static int64_t at_first_point(const struct reasons *r, int64_t second_ts_ns)
{
	int64_t about = ns_difference(second_ts_ns, guessed_raw(r));
	return ns_difference(second_ts_ns, usual_raw(r, TRAVEL_UNKNOWN, about));
}

static void find_overlap(struct reasons *r)
{
	const struct point *a = &r->m->pairing->points[0], *b = &r->m->pairing->points[1];
	int64_t first = at_first_point(r, b->first_ts_ns), last = at_first_point(r, b->last_ts_ns);
	r->overlap_first_ns = first > a->first_ts_ns ? first : a->first_ts_ns;
	r->overlap_last_ns = last < a->last_ts_ns ? last : a->last_ts_ns;
}

enum side_of_capture { BEFORE_CAPTURE, AFTER_CAPTURE, WITHIN_CAPTURE };

// Whether a packet of a point would have passed the other one before its capture began, or after it ended.
static enum side_of_capture place_of(const struct reasons *r, int point, enum travel travel, int64_t ts_ns)
{
	const struct point *other = &r->m->pairing->points[!point];
	int64_t about = point == 0 ? ts_ns : ns_difference(ts_ns, guessed_raw(r));
	int64_t raw_ns = usual_raw(r, travel, about);
	int64_t there = point == 0 ? ns_sum(ts_ns, raw_ns) : ns_difference(ts_ns, raw_ns);
	if (other->packets == 0 || there < other->first_ts_ns)
		return BEFORE_CAPTURE;
	return there > other->last_ts_ns ? AFTER_CAPTURE : WITHIN_CAPTURE;
}

static bool is_flow_matched(const struct reasons *r, const struct finding *f)
{
	const struct flow_pair *pair = f->pair >= 0 ? &r->m->pairing->pairs[f->pair] : NULL;
	return pair && pair->side[0].matched + pair->side[1].matched > 0;
}

void reasons_add(struct reasons *r, const struct finding *f)
{
	int point = f->packet_id[0] ? 0 : 1;
	if (finding_is_matched(f) || f->reason == REASON_DUPLICATE || f->reason == REASON_PROXIED ||
	    !is_flow_matched(r, f))
		return;
	enum travel travel = matching_travel(r->m, f), from_there = point == 0 ? TRAVEL_BACK : TRAVEL_FORWARD;
	enum side_of_capture place = place_of(r, point, travel, f->ts_ns[point]);
	if (place == WITHIN_CAPTURE)
		return;
	r->outside[point][place]++;
	r->is_outside[point][place] |= travel == from_there;
}

// A capture has an end where it saw its first or last packet, not where it began or ended to run: a few packets that it
// lacks there, of flows that it has, may be lost, if all of them went towards it.
static enum reason reason_of_place(const struct reasons *r, const struct finding *f, int point)
{
	enum side_of_capture place = place_of(r, point, matching_travel(r->m, f), f->ts_ns[point]);
	if (place == WITHIN_CAPTURE)
		return REASON_NONE;
	bool may_be_lost =
		is_flow_matched(r, f) && r->outside[point][place] <= EDGE_MAX && !r->is_outside[point][place];
	return may_be_lost ? REASON_EDGE : REASON_OUTSIDE;
}

// ---- reasons ----------------------------------------------------------------------------------------------------------

static int compare_complaints(const void *a, const void *b)
{
	const struct complaint *x = a, *y = b;
	return x->packet_id < y->packet_id ? -1 : x->packet_id > y->packet_id;
}

// Errors that name the packet they are about. Time exceeded is type 11 of ICMP (RFC 792), type 3 of ICMPv6 (RFC 4443).
static bool load_complaints(struct reasons *r, struct hop_case *c, int point)
{
	static const char sql[] =
		"SELECT original_packet_id, CASE WHEN type = iif(ip_version = 4, 11, 3) THEN 1"
		" WHEN type = iif(ip_version = 4, 3, 1) OR (ip_version = 6 AND type = 2) THEN 2 END"
		" FROM icmp_errors WHERE capture_id = ? AND original_packet_id IS NOT NULL ORDER BY 1";
	struct complaints *list = &r->complaints[point];
	sqlite3_stmt *row;
	size_t capacity = 0;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &row, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, r->m->pairing->points[point].capture_id);
		while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
			if (list->count == capacity) {
				capacity = capacity ? capacity * 2 : 64;
				list->at = memory_resize(list->at, capacity * sizeof *list->at);
			}
			int kind = sqlite3_column_int(row, 1);
			enum reason reason = kind == 1 ? REASON_TTL_EXPIRED : kind == 2 ? REASON_REJECTED : REASON_NONE;
			list->at[list->count++] = (struct complaint){sqlite3_column_int64(row, 0), reason};
		}
	}
	if (rc != SQLITE_DONE)
		hop_case_say_why(c, rc);
	sqlite3_finalize(row);
	return rc == SQLITE_DONE;
}

static enum reason complaint_about(const struct reasons *r, int point, int64_t packet_id)
{
	const struct complaints *list = &r->complaints[point];
	struct complaint wanted = {.packet_id = packet_id};
	const struct complaint *found =
		list->count ? bsearch(&wanted, list->at, list->count, sizeof *list->at, compare_complaints) : NULL;
	return found ? found->reason : REASON_NONE;
}

// Whether the other point has nothing of a packet's flow in that direction.
static bool is_absent(const struct flow_pair *pair, int point, int direction)
{
	const struct pair_side *side = &pair->side[direction];
	if (pair->flow[!point] < 0)
		return true;
	return side->matched == 0 && side->only[!point] == 0 && side->only[point] > 2;
}

static enum reason reason_of_way(enum travel travel, int point)
{
	if (travel == TRAVEL_UNKNOWN)
		return REASON_UNKNOWN;
	return (travel == TRAVEL_FORWARD) == (point == 0) ? REASON_LOST : REASON_MISSED;
}

// The flow of a packet that one point has alone.
static const struct point_flow *own_flow(const struct reasons *r, const struct finding *f, int point)
{
	int32_t index = f->pair >= 0 ? r->m->pairing->pairs[f->pair].flow[point] : -1;
	return index >= 0 ? &r->m->pairing->points[point].flows[index] : NULL;
}

// Whether a flow that the other point has not is one that came as far as here: others between the same addresses went on,
// and all of its packets go there. One that came from there passed without being captured.
static bool may_all_be_lost(const struct reasons *r, const struct flow_pair *pair, int point,
                            const struct point_flow *flow)
{
	bool came_from_there = false;
	for (int d = 0; d < 2; d++)
		came_from_there = came_from_there || (pair->side[d].only[point] > 0 &&
		                                      reason_of_way(pair->side[d].travel, point) == REASON_MISSED);
	return pair->flow[!point] < 0 && !came_from_there && travel_paths_has(&r->paths[point], flow);
}

enum reason reasons_of(const struct reasons *r, const struct finding *f)
{
	int point = f->packet_id[0] ? 0 : 1;
	enum travel travel = matching_travel(r->m, f);
	enum reason complaint = complaint_about(r, point, f->packet_id[point]);
	const struct point_flow *flow = own_flow(r, f, point);
	const struct flow_pair *pair = flow ? &r->m->pairing->pairs[f->pair] : NULL;
	bool absent = pair && is_absent(pair, point, f->direction);
	enum reason of_place = reason_of_place(r, f, point);
	if (f->reason == REASON_DUPLICATE || f->reason == REASON_PROXIED)
		return f->reason;
	if (absent && flow->is_local)
		return REASON_LINK_LOCAL;
	if (of_place != REASON_NONE)
		return of_place;
	if (complaint != REASON_NONE)
		return complaint;
	if (absent && !may_all_be_lost(r, pair, point, flow))
		return REASON_ABSENT;
	enum reason of_way = reason_of_way(travel, point);
	return of_way == REASON_LOST && f->reason == REASON_MISSED ? REASON_MISSED : of_way;
}

// ---- all of it --------------------------------------------------------------------------------------------------------

bool reasons_init(struct reasons *r, struct hop_case *c, const struct matching *m, const struct clock *clock)
{
	*r = (struct reasons){.m = m, .clock = clock};
	travel_paths_init(&r->paths[0], m->pairing, 0);
	travel_paths_init(&r->paths[1], m->pairing, 1);
	find_overlap(r);
	return load_complaints(r, c, 0) && load_complaints(r, c, 1);
}

void reasons_release(struct reasons *r)
{
	for (int point = 0; point < 2; point++) {
		free(r->complaints[point].at);
		travel_paths_release(&r->paths[point]);
	}
	*r = (struct reasons){0};
}
