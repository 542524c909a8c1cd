// What comparing found, as rows. See hop_rows.h.
#include "hop_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "connections.h"
#include "order.h"
#include "travel.h"

enum {
	FINDINGS_AT_ONCE = 1024,
	EDGE_MAX = 3, // packets that a capture may lack at an end although it ran
};

// Of one direction of a flow pair.
struct side_summary {
	int64_t lost, delay_min_ns, delay_max_ns, excess_max_ns;
	double delay_sum_ns, excess_sum_ns; // of all matched
	int64_t timed;                      // packets in delay_..., excess_...
	int64_t sent_id, sent_ts_ns;        // of those that arrived, the one that was sent last; when it arrived
	int32_t ttl_change, ttl_votes;      // the majority's
	bool has_ttl;
};

// An ICMP error about a packet of a point.
struct complaint {
	int64_t packet_id;
	enum reason reason;
};

struct complaints {
	struct complaint *at; // by packet_id
	size_t count;
};

struct writing {
	struct hop_case *c;
	const struct matching *m;
	struct pairing *pairing;
	struct hop_totals *totals;
	struct side_summary (*summaries)[2]; // of each pair
	struct complaints complaints[2];
	struct travel_paths paths[2];
	int64_t comparison_id, first_flow_id;
	int trust;                                 // enum trust: matches that the clock is fitted to next
	int64_t overlap_first_ns, overlap_last_ns; // on the first point's clock
	struct order order;
	struct connections connections;
	int64_t outside[2][2]; // packets of each point, of flows that were matched: before the other capture, after it
	bool is_outside[2][2]; // one of them must have passed the other point: its capture did not run
	sqlite3_stmt *insert, *insert_wait;
};

static const char *const method_names[] = {
#define X(id, name, confidence, meaning) name,
	HOP_METHODS(X)
#undef X
};

static const char *const reason_names[] = {NULL,
#define X(id, name, meaning) name,
                                           HOP_REASONS(X)
#undef X
};

static const char *const cause_names[] = {
#define X(id, name, place, meaning) name,
	HOP_CAUSES(X)
#undef X
};

// ---- going through the findings ---------------------------------------------------------------------------------------

static bool for_each_finding(struct writing *w, bool (*take)(struct writing *, const struct finding *))
{
	struct finding findings[FINDINGS_AT_ONCE];
	size_t count;
	bool ok = true;
	rewind(w->m->findings);
	while (ok && (count = fread(findings, sizeof *findings, FINDINGS_AT_ONCE, w->m->findings)) > 0)
		for (size_t i = 0; ok && i < count; i++)
			ok = take(w, &findings[i]);
	if (ok && ferror(w->m->findings)) {
		message_error("compare: cannot read a temporary file: %s", strerror(errno));
		return false;
	}
	return ok;
}

static bool is_matched(const struct finding *f)
{
	return f->packet_id[0] && f->packet_id[1];
}

static enum travel travel_of(const struct writing *w, const struct finding *f)
{
	return f->pair >= 0 ? w->pairing->pairs[f->pair].side[f->direction].travel : TRAVEL_UNKNOWN;
}

static int64_t raw_of(const struct finding *f)
{
	return ns_difference(f->ts_ns[1], f->ts_ns[0]);
}

// ---- clocks -----------------------------------------------------------------------------------------------------------

// How far a match can be trusted to tell about time: a wrong one may seem faster than light.
enum trust { TRUST_TCP, TRUST_OTHERS, TRUST_LIKELY, TRUST_ANY };

static enum trust trust_in(const struct writing *w, const struct finding *f)
{
	const struct flow_pair *pair = &w->pairing->pairs[f->pair];
	if (f->is_vague)
		return TRUST_ANY;
	if (f->method == METHOD_IP_ID || f->method == METHOD_PAYLOAD)
		return w->pairing->points[0].flows[pair->flow[0]].kind == KIND_TCP ? TRUST_TCP : TRUST_OTHERS;
	return f->method == METHOD_HEADER ? TRUST_LIKELY : TRUST_ANY;
}

static bool add_to_clock(struct writing *w, const struct finding *f)
{
	if (is_matched(f))
		clock_cover(&w->totals->clock, f->ts_ns[0]);
	if (is_matched(f) && (int)trust_in(w, f) == w->trust)
		clock_add(&w->totals->clock, travel_of(w, f), f->ts_ns[0], raw_of(f));
	return true;
}

static bool knows_offset(const struct clock *c)
{
	return c->has_forward && c->has_back && !c->is_contradicted;
}

// Those that are trusted most; others only where these do not tell enough, and where they do not contradict them.
static bool fit_once(struct writing *w)
{
	struct clock *clock = &w->totals->clock;
	bool enough = false;
	clock_forget(clock);
	for (w->trust = TRUST_TCP; w->trust <= TRUST_ANY && !enough; w->trust++) {
		struct clock before = *clock;
		if (!for_each_finding(w, add_to_clock))
			return false;
		clock_fit(clock);
		bool knows_some = w->trust > TRUST_TCP && (before.has_forward || before.has_back);
		if (knows_some && clock->is_contradicted && !before.is_contradicted)
			*clock = before;
		enough = w->trust == TRUST_TCP ? clock_is_dense(clock) : clock->has_forward && clock->has_back;
	}
	return true;
}

static bool fit_clock(struct writing *w)
{
	const struct point *a = &w->pairing->points[0];
	struct clock *clock = &w->totals->clock;
	clock_init(clock, a->first_ts_ns, a->last_ts_ns, w->m->offset_ns);
	return fit_once(w) && (!clock->has_drift || fit_once(w));
}

// ---- the time in which both captures ran ------------------------------------------------------------------------------

// Time at the second point less time at the first where packets of neither way tell; with nothing in common, the clocks
// are taken to agree.
static int64_t guessed_raw(const struct writing *w)
{
	return w->m->matched[0] > 0 ? w->m->offset_ns : 0;
}

// Time at the second point less time at the first, of a packet that goes that way.
static int64_t usual_raw(const struct writing *w, enum travel travel, int64_t ts_ns)
{
	const struct clock *c = &w->totals->clock;
	double drift = c->drift * (double)ns_difference(ts_ns, c->begin_ns);
	if (travel == TRAVEL_FORWARD && c->has_forward)
		return ns_sum(c->base_ns, (int64_t)(c->forward_floor_ns + drift));
	if (travel == TRAVEL_BACK && c->has_back)
		return ns_sum(c->base_ns, (int64_t)(c->back_ceiling_ns + drift));
	if (c->has_forward && c->has_back)
		return ns_sum(c->base_ns, (int64_t)((c->forward_floor_ns + c->back_ceiling_ns) / 2 + drift));
	return ns_sum(guessed_raw(w), (int64_t)drift);
}

static int64_t at_first_point(const struct writing *w, int64_t second_ts_ns)
{
	int64_t about = ns_difference(second_ts_ns, guessed_raw(w));
	return ns_difference(second_ts_ns, usual_raw(w, TRAVEL_UNKNOWN, about));
}

static void find_overlap(struct writing *w)
{
	const struct point *a = &w->pairing->points[0], *b = &w->pairing->points[1];
	int64_t first = at_first_point(w, b->first_ts_ns), last = at_first_point(w, b->last_ts_ns);
	w->overlap_first_ns = first > a->first_ts_ns ? first : a->first_ts_ns;
	w->overlap_last_ns = last < a->last_ts_ns ? last : a->last_ts_ns;
}

enum side_of_capture { BEFORE_CAPTURE, AFTER_CAPTURE, WITHIN_CAPTURE };

// Whether a packet of a point would have passed the other one before its capture began, or after it ended.
static enum side_of_capture place_of(const struct writing *w, int point, enum travel travel, int64_t ts_ns)
{
	const struct point *other = &w->pairing->points[!point];
	int64_t about = point == 0 ? ts_ns : ns_difference(ts_ns, guessed_raw(w));
	int64_t raw_ns = usual_raw(w, travel, about);
	int64_t there = point == 0 ? ns_sum(ts_ns, raw_ns) : ns_difference(ts_ns, raw_ns);
	if (other->packets == 0 || there < other->first_ts_ns)
		return BEFORE_CAPTURE;
	return there > other->last_ts_ns ? AFTER_CAPTURE : WITHIN_CAPTURE;
}

static bool is_flow_matched(const struct writing *w, const struct finding *f)
{
	const struct flow_pair *pair = f->pair >= 0 ? &w->pairing->pairs[f->pair] : NULL;
	return pair && pair->side[0].matched + pair->side[1].matched > 0;
}

static bool count_outside(struct writing *w, const struct finding *f)
{
	int point = f->packet_id[0] ? 0 : 1;
	if (is_matched(f) || f->reason == REASON_DUPLICATE || f->reason == REASON_PROXIED || !is_flow_matched(w, f))
		return true;
	enum travel travel = travel_of(w, f), from_there = point == 0 ? TRAVEL_BACK : TRAVEL_FORWARD;
	enum side_of_capture place = place_of(w, point, travel, f->ts_ns[point]);
	if (place == WITHIN_CAPTURE)
		return true;
	w->outside[point][place]++;
	w->is_outside[point][place] |= travel == from_there;
	return true;
}

// A capture has an end where it saw its first or last packet, not where it began or ended to run: a few packets that it
// lacks there, of flows that it has, may be lost, if all of them went towards it.
static enum reason reason_of_place(const struct writing *w, const struct finding *f, int point)
{
	enum side_of_capture place = place_of(w, point, travel_of(w, f), f->ts_ns[point]);
	if (place == WITHIN_CAPTURE)
		return REASON_NONE;
	bool may_be_lost =
		is_flow_matched(w, f) && w->outside[point][place] <= EDGE_MAX && !w->is_outside[point][place];
	return may_be_lost ? REASON_EDGE : REASON_OUTSIDE;
}

// ---- reasons ----------------------------------------------------------------------------------------------------------

static int compare_complaints(const void *a, const void *b)
{
	const struct complaint *x = a, *y = b;
	return x->packet_id < y->packet_id ? -1 : x->packet_id > y->packet_id;
}

// Errors that name the packet they are about. Time exceeded is type 11 of ICMP (RFC 792), type 3 of ICMPv6 (RFC 4443).
static bool load_complaints(struct writing *w, int point)
{
	static const char sql[] =
		"SELECT original_packet_id, CASE WHEN type = iif(ip_version = 4, 11, 3) THEN 1"
		" WHEN type = iif(ip_version = 4, 3, 1) OR (ip_version = 6 AND type = 2) THEN 2 END"
		" FROM icmp_errors WHERE capture_id = ? AND original_packet_id IS NOT NULL ORDER BY 1";
	struct complaints *list = &w->complaints[point];
	sqlite3_stmt *row;
	size_t capacity = 0;
	int rc = sqlite3_prepare_v2(w->c->db, sql, -1, &row, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, w->pairing->points[point].capture_id);
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
		hop_case_say_why(w->c, rc);
	sqlite3_finalize(row);
	return rc == SQLITE_DONE;
}

static enum reason complaint_about(const struct writing *w, int point, int64_t packet_id)
{
	const struct complaints *list = &w->complaints[point];
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
static const struct point_flow *own_flow(const struct writing *w, const struct finding *f, int point)
{
	int32_t index = f->pair >= 0 ? w->pairing->pairs[f->pair].flow[point] : -1;
	return index >= 0 ? &w->pairing->points[point].flows[index] : NULL;
}

// Whether a flow that the other point has not is one that came as far as here: others between the same addresses went on,
// and all of its packets go there. One that came from there passed without being captured.
static bool may_all_be_lost(const struct writing *w, const struct flow_pair *pair, int point,
                            const struct point_flow *flow)
{
	bool came_from_there = false;
	for (int d = 0; d < 2; d++)
		came_from_there = came_from_there || (pair->side[d].only[point] > 0 &&
		                                      reason_of_way(pair->side[d].travel, point) == REASON_MISSED);
	return pair->flow[!point] < 0 && !came_from_there && travel_paths_has(&w->paths[point], flow);
}

static enum reason reason_of(const struct writing *w, const struct finding *f)
{
	int point = f->packet_id[0] ? 0 : 1;
	enum travel travel = travel_of(w, f);
	enum reason complaint = complaint_about(w, point, f->packet_id[point]);
	const struct point_flow *flow = own_flow(w, f, point);
	const struct flow_pair *pair = flow ? &w->pairing->pairs[f->pair] : NULL;
	bool absent = pair && is_absent(pair, point, f->direction);
	enum reason of_place = reason_of_place(w, f, point);
	if (f->reason == REASON_DUPLICATE || f->reason == REASON_PROXIED)
		return f->reason;
	if (absent && flow->is_local)
		return REASON_LINK_LOCAL;
	if (of_place != REASON_NONE)
		return of_place;
	if (complaint != REASON_NONE)
		return complaint;
	if (absent && !may_all_be_lost(w, pair, point, flow))
		return REASON_ABSENT;
	enum reason of_way = reason_of_way(travel, point);
	return of_way == REASON_LOST && f->reason == REASON_MISSED ? REASON_MISSED : of_way;
}

// ---- statements -------------------------------------------------------------------------------------------------------

static bool prepare(struct writing *w, sqlite3_stmt **statement, const char *sql)
{
	int rc = sqlite3_prepare_v2(w->c->db, sql, -1, statement, NULL);
	if (rc != SQLITE_OK)
		hop_case_say_why(w->c, rc);
	return rc == SQLITE_OK;
}

static bool step(struct writing *w, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);
	if (rc != SQLITE_DONE)
		hop_case_say_why(w->c, rc);
	return sqlite3_reset(statement) == SQLITE_OK && rc == SQLITE_DONE;
}

static void bind_if(sqlite3_stmt *s, int column, bool known, int64_t value)
{
	if (known)
		sqlite3_bind_int64(s, column, value);
	else
		sqlite3_bind_null(s, column);
}

static int64_t id_after_last(struct writing *w, const char *sql)
{
	sqlite3_stmt *row;
	int64_t id = 1;
	if (sqlite3_prepare_v2(w->c->db, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
		id = sqlite3_column_int64(row, 0) + 1;
	sqlite3_finalize(row);
	return id;
}

// ---- packets ----------------------------------------------------------------------------------------------------------

enum hop_packet_column {
	HOP_COMPARISON = 1,
	HOP_FLOW,
	HOP_A,
	HOP_B,
	HOP_DIRECTION,
	HOP_METHOD,
	HOP_CONFIDENCE,
	HOP_REASON,
	HOP_CHANGES_SET,
	HOP_TTL_DIFF,
	HOP_RAW_DELAY,
	HOP_DELAY,
	HOP_EXCESS,
	HOP_LATE,
	HOP_PART_OFFSET,
	HOP_PART_LEN,
};

static void count_ttl(struct side_summary *s, const struct finding *f)
{
	if (!f->has_ttl)
		return;
	s->has_ttl = true;
	if (s->ttl_votes == 0)
		s->ttl_change = f->ttl_change;
	s->ttl_votes += s->ttl_change == f->ttl_change ? 1 : -1;
}

static void count_times(struct side_summary *s, int64_t delay_ns, int64_t excess_ns)
{
	if (s->timed == 0 || delay_ns < s->delay_min_ns)
		s->delay_min_ns = delay_ns;
	if (s->timed == 0 || delay_ns > s->delay_max_ns)
		s->delay_max_ns = delay_ns;
	if (s->timed == 0 || excess_ns > s->excess_max_ns)
		s->excess_max_ns = excess_ns;
	s->delay_sum_ns += (double)delay_ns;
	s->excess_sum_ns += (double)excess_ns;
	s->timed++;
}

static int arrival_point(const struct writing *w, const struct finding *f)
{
	if (!is_matched(f))
		return f->packet_id[0] ? 0 : 1;
	return travel_of(w, f) != TRAVEL_BACK;
}

// Time since a packet arrived that was sent behind this one (RFC 4737); 0: there is none. Packets come in the order of
// arrival. Of segments that were cut or joined, and of fragments, it says nothing.
static int64_t late_by(struct writing *w, const struct finding *f)
{
	struct side_summary *s = &w->summaries[f->pair][f->direction];
	int point = arrival_point(w, f);
	if (travel_of(w, f) == TRAVEL_UNKNOWN || f->method == METHOD_BYTE_RANGE || f->method == METHOD_FRAGMENT)
		return 0;
	if (f->packet_id[!point] < s->sent_id) {
		int64_t late_ns = ns_distance(f->ts_ns[point], s->sent_ts_ns);
		return late_ns > 0 ? late_ns : 1; // at the same moment, and yet behind
	}
	s->sent_id = f->packet_id[!point];
	s->sent_ts_ns = f->ts_ns[point];
	return 0;
}

static struct outcome outcome_of_match(struct writing *w, const struct finding *f, bool in_order)
{
	const struct clock *clock = &w->totals->clock;
	enum travel travel = travel_of(w, f);
	int64_t raw_ns = raw_of(f);
	return (struct outcome){
		.is_timed = travel != TRAVEL_UNKNOWN && !clock->is_contradicted,
		.delay_ns = llround(clock_delay_ns(clock, travel, f->ts_ns[0], raw_ns)),
		.excess_ns = llround(clock_excess_ns(clock, travel, f->ts_ns[0], raw_ns)),
		.late_ns = in_order ? late_by(w, f) : 0,
	};
}

static void count_outcome(struct writing *w, const struct finding *f, const struct outcome *o)
{
	struct side_summary *s = &w->summaries[f->pair][f->direction];
	bool is_back = travel_of(w, f) == TRAVEL_BACK;
	count_ttl(s, f);
	if (o->is_timed)
		count_times(s, o->delay_ns, o->excess_ns);
	if (o->late_ns > 0) {
		w->totals->reordered[is_back]++;
		w->pairing->pairs[f->pair].side[f->direction].reordered++;
	}
	if (o->reason == REASON_LOST) {
		s->lost++;
		w->totals->lost[is_back]++;
	}
}

static void bind_match(struct writing *w, const struct finding *f, const struct outcome *o)
{
	sqlite3_bind_text(w->insert, HOP_METHOD, method_names[f->method], -1, SQLITE_STATIC);
	sqlite3_bind_int(w->insert, HOP_CONFIDENCE, f->confidence);
	sqlite3_bind_null(w->insert, HOP_REASON);
	sqlite3_bind_int64(w->insert, HOP_CHANGES_SET, f->changes);
	bind_if(w->insert, HOP_TTL_DIFF, f->has_ttl, f->ttl_change);
	sqlite3_bind_int64(w->insert, HOP_RAW_DELAY, raw_of(f));
	bind_if(w->insert, HOP_DELAY, o->is_timed && knows_offset(&w->totals->clock), o->delay_ns);
	bind_if(w->insert, HOP_EXCESS, o->is_timed, o->excess_ns);
	bind_if(w->insert, HOP_LATE, o->late_ns > 0, o->late_ns);
}

static void bind_alone(struct writing *w, const struct outcome *o)
{
	for (int column = HOP_METHOD; column <= HOP_LATE; column++)
		sqlite3_bind_null(w->insert, column);
	sqlite3_bind_text(w->insert, HOP_REASON, reason_names[o->reason], -1, SQLITE_STATIC);
}

static bool write_waits(struct writing *w, int32_t pair, const struct waits *waits)
{
	bool turned = connections_is_turned(&w->connections, pair), ok = true;
	for (int cause = 0; ok && cause < CAUSES; cause++) {
		const struct wait *of = &waits->of[cause];
		if (of->count == 0)
			continue;
		sqlite3_stmt *s = w->insert_wait;
		sqlite3_bind_int64(s, 1, w->first_flow_id + pair);
		sqlite3_bind_text(s, 2, cause_names[cause], -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, of->count);
		sqlite3_bind_int64(s, 4, of->total_ns);
		sqlite3_bind_int64(s, 5, of->longest_ns);
		for (int at = NEAR; at <= FAR; at++)
			bind_if(s, 6 + (at != turned), of->packet_id[at] != 0, of->packet_id[at]);
		ok = step(w, s);
	}
	return ok;
}

static bool write_packet(struct writing *w, const struct finding *f, bool in_order)
{
	sqlite3_bind_int64(w->insert, HOP_COMPARISON, w->comparison_id);
	bind_if(w->insert, HOP_FLOW, f->pair >= 0, w->first_flow_id + f->pair);
	bind_if(w->insert, HOP_A, f->packet_id[0] != 0, f->packet_id[0]);
	bind_if(w->insert, HOP_B, f->packet_id[1] != 0, f->packet_id[1]);
	bind_if(w->insert, HOP_DIRECTION, f->pair >= 0, f->direction);
	bind_if(w->insert, HOP_PART_OFFSET, f->part_len > 0, f->part_offset);
	bind_if(w->insert, HOP_PART_LEN, f->part_len > 0, f->part_len);
	struct outcome o =
		is_matched(f) ? outcome_of_match(w, f, in_order) : (struct outcome){.reason = reason_of(w, f)};
	if (is_matched(f))
		bind_match(w, f, &o);
	else
		bind_alone(w, &o);
	if (f->pair >= 0)
		count_outcome(w, f, &o);
	const struct waits *waits = connections_add(&w->connections, f, &o);
	return step(w, w->insert) && (!waits || write_waits(w, f->pair, waits));
}

static bool write_first(struct writing *w)
{
	struct finding f;
	bool in_order = order_take(&w->order, &f);
	return write_packet(w, &f, in_order);
}

static bool hold_packet(struct writing *w, const struct finding *f)
{
	if (order_is_full(&w->order) && !write_first(w))
		return false;
	order_add(&w->order, arrival_point(w, f), f);
	return true;
}

static bool write_packets(struct writing *w)
{
	static const char sql[] =
		"INSERT INTO hop_packets (comparison_id, hop_flow_id, a_packet_id, b_packet_id, direction, method, confidence,"
		" reason, changes, ttl_diff, raw_delay_ns, delay_ns, excess_ns, late_ns, part_offset, part_len)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	static const char wait_sql[] = "INSERT INTO hop_waits VALUES (?, ?, ?, ?, ?, ?, ?)";
	order_init(&w->order, w->m->offset_ns);
	connections_init(&w->connections, w->pairing, &w->totals->clock);
	bool ok =
		prepare(w, &w->insert, sql) && prepare(w, &w->insert_wait, wait_sql) && for_each_finding(w, hold_packet);
	while (ok && !order_is_empty(&w->order))
		ok = write_first(w);
	order_release(&w->order);
	connections_release(&w->connections);
	sqlite3_finalize(w->insert);
	sqlite3_finalize(w->insert_wait);
	return ok;
}

// ---- flows ------------------------------------------------------------------------------------------------------------

static const char *mapping_name(enum mapping mapping)
{
	static const char *const names[] = {"none", "nat", "isn", "proxy", "absent"};
	return names[mapping];
}

// The columns from src_seq_delta or dst_seq_delta on.
static void bind_side(struct writing *w, sqlite3_stmt *s, int column, const struct flow_pair *pair, int direction)
{
	const struct pair_side *side = &pair->side[direction];
	const struct side_summary *sum = &w->summaries[pair - w->pairing->pairs][direction];
	bool both = pair->flow[0] >= 0 && pair->flow[1] >= 0;
	bool is_tcp = both && w->pairing->points[0].flows[pair->flow[0]].kind == KIND_TCP;
	bool timed = sum->timed > 0, delayed = timed && knows_offset(&w->totals->clock);
	double timed_count = timed ? (double)sum->timed : 1;
	bind_if(s, column++, is_tcp && side->has_seq_delta, side->seq_delta);
	bind_if(s, column++, side->travel != TRAVEL_UNKNOWN, side->travel);
	sqlite3_bind_int64(s, column++, side->matched);
	sqlite3_bind_int64(s, column++, side->only[0]);
	sqlite3_bind_int64(s, column++, side->only[1]);
	sqlite3_bind_int64(s, column++, sum->lost);
	sqlite3_bind_int64(s, column++, side->reordered);
	bind_if(s, column++, sum->has_ttl, sum->ttl_change);
	bind_if(s, column++, delayed, sum->delay_min_ns);
	bind_if(s, column++, delayed, llround(sum->delay_sum_ns / timed_count));
	bind_if(s, column++, delayed, sum->delay_max_ns);
	bind_if(s, column++, timed, llround(sum->excess_sum_ns / timed_count));
	bind_if(s, column++, timed, sum->excess_max_ns);
}

static int64_t flow_id_of(const struct writing *w, const struct flow_pair *pair, int point)
{
	return pair->flow[point] >= 0 ? w->pairing->points[point].flows[pair->flow[point]].flow_id : 0;
}

static bool write_flows(struct writing *w)
{
	static const char sql[] =
		"INSERT INTO hop_flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	enum { SRC_SIDE = 9, DST_SIDE = 22 };
	sqlite3_stmt *s;
	if (!prepare(w, &s, sql))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < w->pairing->count; i++) {
		const struct flow_pair *pair = &w->pairing->pairs[i];
		sqlite3_bind_int64(s, 1, w->first_flow_id + (int64_t)i);
		sqlite3_bind_int64(s, 2, w->comparison_id);
		bind_if(s, 3, pair->flow[0] >= 0, flow_id_of(w, pair, 0));
		bind_if(s, 4, pair->flow[1] >= 0, flow_id_of(w, pair, 1));
		sqlite3_bind_int(s, 5, pair->is_swapped);
		sqlite3_bind_text(s, 6, mapping_name(pair->mapping), -1, SQLITE_STATIC);
		sqlite3_bind_int(s, 7, pair->confidence);
		sqlite3_bind_int(s, 8, pair->evidence);
		bind_side(w, s, SRC_SIDE, pair, 0);
		bind_side(w, s, DST_SIDE, pair, 1);
		ok = step(w, s);
	}
	sqlite3_finalize(s);
	return ok;
}

// ---- the comparison ---------------------------------------------------------------------------------------------------

static const char *clock_name(const struct clock *c)
{
	if (c->is_contradicted)
		return "contradicted";
	if (c->has_forward && c->has_back)
		return "both_ways";
	return c->has_forward ? "forward_only" : c->has_back ? "back_only" : "none";
}

static void bind_clock(const struct writing *w, sqlite3_stmt *s, int column)
{
	const struct clock *c = &w->totals->clock;
	bool both = knows_offset(c), fits = !c->is_contradicted;
	bool overlap = w->m->matched[0] > 0 && w->overlap_first_ns <= w->overlap_last_ns;
	sqlite3_bind_text(s, column++, clock_name(c), -1, SQLITE_STATIC);
	int64_t at_begin_ns = llround((c->forward_floor_ns + c->back_ceiling_ns) / 2);
	bind_if(s, column++, both, ns_sum(c->base_ns, at_begin_ns));
	if (fits && (c->has_forward || c->has_back))
		sqlite3_bind_double(s, column++, c->drift * 1e6);
	else
		sqlite3_bind_null(s, column++);
	bind_if(s, column++, both, llround(c->uncertainty_ns));
	bind_if(s, column++, fits && c->has_forward, ns_sum(c->base_ns, llround(c->forward_floor_ns)));
	bind_if(s, column++, fits && c->has_back, ns_sum(c->base_ns, llround(c->back_ceiling_ns)));
	bind_if(s, column++, overlap, w->overlap_first_ns);
	bind_if(s, column, overlap, w->overlap_last_ns);
}

static bool write_comparison(struct writing *w)
{
	static const char sql[] =
		"INSERT INTO hop_comparisons VALUES"
		" (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const struct matching *m = w->m;
	sqlite3_stmt *s;
	if (!prepare(w, &s, sql))
		return false;
	const struct point *points = w->pairing->points;
	const int64_t values[] = {
		w->comparison_id,
		points[0].capture_id,
		points[1].capture_id,
		m->window_ns,
		points[0].packets,
		points[1].packets,
		m->matched[0],
		m->matched[1],
		m->only[0],
		m->only[1],
		w->totals->lost[0],
		w->totals->lost[1],
		w->totals->reordered[0],
		w->totals->reordered[1],
	};
	int count = (int)(sizeof values / sizeof *values);
	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(s, i + 1, values[i]);
	bind_clock(w, s, count + 1);
	sqlite3_bind_int64(s, sqlite3_bind_parameter_count(s), m->given_up);
	bool ok = step(w, s);
	sqlite3_finalize(s);
	return ok;
}

static bool write_words(struct writing *w)
{
	static const char *const sql[] = {
#define X(id, name, confidence, meaning) "INSERT OR REPLACE INTO hop_methods VALUES ('" name "', '" meaning "')",
		HOP_METHODS(X)
#undef X
#define X(id, name, meaning) "INSERT OR REPLACE INTO hop_reasons VALUES ('" name "', '" meaning "')",
			HOP_REASONS(X)
#undef X
	};
	static const char *const causes[][3] = {
#define X(id, name, place, meaning) {name, place, meaning},
		HOP_CAUSES(X)
#undef X
	};
	static const char *const changes[][2] = {
#define X(id, name, meaning) {name, meaning},
		HOP_CHANGES(X)
#undef X
	};
	bool ok = true;
	for (size_t i = 0; ok && i < sizeof sql / sizeof *sql; i++)
		ok = hop_case_run(w->c, sql[i]);
	for (size_t i = 0; ok && i < sizeof changes / sizeof *changes; i++) {
		char *text = sqlite3_mprintf("INSERT OR REPLACE INTO hop_changes VALUES (%d, %Q, %Q)", (int)i,
		                             changes[i][0], changes[i][1]);
		ok = text && hop_case_run(w->c, text);
		sqlite3_free(text);
	}
	for (size_t i = 0; ok && i < CAUSES; i++) {
		char *text = sqlite3_mprintf("INSERT OR REPLACE INTO hop_causes VALUES (%Q, %Q, %Q)", causes[i][0],
		                             causes[i][1], causes[i][2]);
		ok = text && hop_case_run(w->c, text);
		sqlite3_free(text);
	}
	return ok;
}

static bool forget_earlier(struct writing *w)
{
	char *sql =
		sqlite3_mprintf("DELETE FROM hop_comparisons WHERE a_capture_id = %lld AND b_capture_id = %lld",
	                    (long long)w->pairing->points[0].capture_id, (long long)w->pairing->points[1].capture_id);
	bool ok = sql && hop_case_run(w->c, sql);
	sqlite3_free(sql);
	return ok;
}

static bool write_all(struct writing *w)
{
	if (!forget_earlier(w) || !write_words(w))
		return false;
	w->comparison_id = id_after_last(w, "SELECT max(comparison_id) FROM hop_comparisons");
	w->first_flow_id = id_after_last(w, "SELECT max(hop_flow_id) FROM hop_flows");
	return write_packets(w) && write_flows(w) && write_comparison(w);
}

bool hop_rows_write(struct hop_case *c, const struct matching *m, struct hop_totals *totals)
{
	struct writing w = {.c = c, .m = m, .pairing = m->pairing, .totals = totals};
	memset(totals, 0, sizeof *totals);
	w.summaries = memory_alloc((m->pairing->count + 1) * sizeof *w.summaries);
	travel_find(m->pairing);
	travel_paths_init(&w.paths[0], m->pairing, 0);
	travel_paths_init(&w.paths[1], m->pairing, 1);
	bool ok =
		fit_clock(&w) && for_each_finding(&w, count_outside) && load_complaints(&w, 0) && load_complaints(&w, 1);
	if (ok) {
		find_overlap(&w);
		ok = write_all(&w);
	}
	for (int point = 0; point < 2; point++) {
		free(w.complaints[point].at);
		travel_paths_release(&w.paths[point]);
	}
	free(w.summaries);
	return ok;
}
