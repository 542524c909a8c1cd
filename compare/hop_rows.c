// What comparing found, as rows. See hop_rows.h.
#include "hop_rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/message.h"
#include "connections.h"
#include "order.h"
#include "packet_rows.h"
#include "reasons.h"
#include "travel.h"

enum { FINDINGS_AT_ONCE = 1024 };

// Of one direction of a flow pair.
struct side_summary {
	int64_t lost, delay_min_ns, delay_max_ns, excess_max_ns;
	double delay_sum_ns, excess_sum_ns; // of all matched
	int64_t timed;                      // packets in delay_..., excess_...
	int64_t sent_id, sent_ts_ns;        // of those that arrived, the one that was sent last; when it arrived
	int32_t ttl_change, ttl_votes;      // the majority's
	bool has_ttl;
};

struct writing {
	struct hop_case *c;
	const struct matching *m;
	struct pairing *pairing;
	struct hop_totals *totals;
	struct side_summary (*summaries)[2]; // of each pair
	struct reasons reasons;
	int64_t comparison_id, first_flow_id;
	int trust; // enum trust: matches that the clock is fitted to next
	struct order order;
	struct packet_rows rows;
	struct connections connections;
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
	if (finding_is_matched(f))
		clock_cover(&w->totals->clock, f->ts_ns[0]);
	if (finding_is_matched(f) && (int)trust_in(w, f) == w->trust)
		clock_add(&w->totals->clock, matching_travel(w->m, f), f->ts_ns[0], finding_raw_ns(f));
	return true;
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

// ---- statements -------------------------------------------------------------------------------------------------------

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
	if (!finding_is_matched(f))
		return f->packet_id[0] ? 0 : 1;
	return matching_travel(w->m, f) != TRAVEL_BACK;
}

// A proxy sends packets of its own, in the order of the bytes; segments may be cut or joined, and datagrams fragmented.
static bool has_order(const struct writing *w, const struct finding *f)
{
	return w->pairing->pairs[f->pair].mapping != MAPPING_PROXY && f->method != METHOD_BYTE_RANGE &&
	       f->method != METHOD_FRAGMENT;
}

// Time since a packet arrived that was sent behind this one (RFC 4737); 0: there is none, or nothing can be said. Packets
// come in the order of arrival.
static int64_t late_by(struct writing *w, const struct finding *f)
{
	struct side_summary *s = &w->summaries[f->pair][f->direction];
	int point = arrival_point(w, f);
	if (matching_travel(w->m, f) == TRAVEL_UNKNOWN || !has_order(w, f))
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
	enum travel travel = matching_travel(w->m, f);
	int64_t raw_ns = finding_raw_ns(f);
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
	bool is_back = matching_travel(w->m, f) == TRAVEL_BACK;
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
	if (o->reason == REASON_MISSED)
		w->totals->missed[f->packet_id[0] != 0]++;
}

static void write_packet(struct writing *w, const struct finding *f, bool in_order)
{
	struct outcome o = finding_is_matched(f) ? outcome_of_match(w, f, in_order)
	                                         : (struct outcome){.reason = reasons_of(&w->reasons, f)};
	if (f->pair >= 0)
		count_outcome(w, f, &o);
	connections_add(&w->connections, f, &o);
	packet_rows_add(&w->rows, f, &o);
}

static void write_first(struct writing *w)
{
	struct finding f;
	bool in_order = order_take(&w->order, &f);
	write_packet(w, &f, in_order);
}

static bool hold_packet(struct writing *w, const struct finding *f)
{
	if (order_is_full(&w->order))
		write_first(w);
	order_add(&w->order, arrival_point(w, f), f);
	return true;
}

static bool write_packets(struct writing *w)
{
	bool has_delays = clock_knows_offset(&w->totals->clock);
	order_init(&w->order, w->m->offset_ns);
	bool ok = packet_rows_begin(&w->rows, w->c, w->comparison_id, w->first_flow_id, has_delays) &&
	          for_each_finding(w, hold_packet);
	while (ok && !order_is_empty(&w->order))
		write_first(w);
	order_release(&w->order);
	return packet_rows_end(&w->rows) && ok;
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
	bool timed = sum->timed > 0, delayed = timed && clock_knows_offset(&w->totals->clock);
	double timed_count = timed ? (double)sum->timed : 1;
	hop_case_bind_if(s, column++, is_tcp && side->has_seq_delta, side->seq_delta);
	hop_case_bind_if(s, column++, side->travel != TRAVEL_UNKNOWN, side->travel);
	sqlite3_bind_int64(s, column++, side->matched);
	sqlite3_bind_int64(s, column++, side->only[0]);
	sqlite3_bind_int64(s, column++, side->only[1]);
	sqlite3_bind_int64(s, column++, sum->lost);
	sqlite3_bind_int64(s, column++, side->reordered);
	hop_case_bind_if(s, column++, sum->has_ttl, sum->ttl_change);
	hop_case_bind_if(s, column++, delayed, sum->delay_min_ns);
	hop_case_bind_if(s, column++, delayed, llround(sum->delay_sum_ns / timed_count));
	hop_case_bind_if(s, column++, delayed, sum->delay_max_ns);
	hop_case_bind_if(s, column++, timed, llround(sum->excess_sum_ns / timed_count));
	hop_case_bind_if(s, column++, timed, sum->excess_max_ns);
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
	if (!hop_case_prepare(w->c, &s, sql))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < w->pairing->count; i++) {
		const struct flow_pair *pair = &w->pairing->pairs[i];
		sqlite3_bind_int64(s, 1, w->first_flow_id + (int64_t)i);
		sqlite3_bind_int64(s, 2, w->comparison_id);
		hop_case_bind_if(s, 3, pair->flow[0] >= 0, flow_id_of(w, pair, 0));
		hop_case_bind_if(s, 4, pair->flow[1] >= 0, flow_id_of(w, pair, 1));
		sqlite3_bind_int(s, 5, pair->is_swapped);
		sqlite3_bind_text(s, 6, mapping_name(pair->mapping), -1, SQLITE_STATIC);
		sqlite3_bind_int(s, 7, pair->confidence);
		sqlite3_bind_int(s, 8, pair->evidence);
		bind_side(w, s, SRC_SIDE, pair, 0);
		bind_side(w, s, DST_SIDE, pair, 1);
		ok = hop_case_step(w->c, s);
	}
	sqlite3_finalize(s);
	return ok;
}

// ---- waits ------------------------------------------------------------------------------------------------------------

static bool write_wait(struct writing *w, sqlite3_stmt *s, int32_t pair, const struct cause_wait *c)
{
	enum { COLUMN_A = 6 };
	bool is_turned = connections_is_turned(&w->connections, pair);
	sqlite3_bind_int64(s, 1, w->first_flow_id + pair);
	sqlite3_bind_text(s, 2, cause_names[c->cause], -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, c->wait.count);
	sqlite3_bind_int64(s, 4, c->wait.total_ns);
	sqlite3_bind_int64(s, 5, c->wait.longest_ns);
	for (int at = NEAR; at <= FAR; at++)
		hop_case_bind_if(s, COLUMN_A + (at != is_turned), c->wait.packet_id[at] != 0, c->wait.packet_id[at]);
	return hop_case_step(w->c, s);
}

static bool write_waits(struct writing *w)
{
	sqlite3_stmt *s;
	if (!hop_case_prepare(w->c, &s, "INSERT INTO hop_waits VALUES (?, ?, ?, ?, ?, ?, ?)"))
		return false;
	bool ok = true;
	for (size_t pair = 0; ok && pair < w->pairing->count; pair++)
		for (size_t i = 0; ok && i < w->connections.spent[pair].count; i++)
			ok = write_wait(w, s, (int32_t)pair, &w->connections.spent[pair].causes[i]);
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
	bool both = clock_knows_offset(c), fits = !c->is_contradicted;
	bool overlap = w->m->matched[0] > 0 && w->reasons.overlap_first_ns <= w->reasons.overlap_last_ns;
	sqlite3_bind_text(s, column++, clock_name(c), -1, SQLITE_STATIC);
	int64_t at_begin_ns = llround((c->forward_floor_ns + c->back_ceiling_ns) / 2);
	hop_case_bind_if(s, column++, both, ns_sum(c->base_ns, at_begin_ns));
	if (fits && (c->has_forward || c->has_back))
		sqlite3_bind_double(s, column++, c->drift * 1e6);
	else
		sqlite3_bind_null(s, column++);
	hop_case_bind_if(s, column++, both, llround(c->uncertainty_ns));
	hop_case_bind_if(s, column++, fits && c->has_forward, ns_sum(c->base_ns, llround(c->forward_floor_ns)));
	hop_case_bind_if(s, column++, fits && c->has_back, ns_sum(c->base_ns, llround(c->back_ceiling_ns)));
	hop_case_bind_if(s, column++, overlap, w->reasons.overlap_first_ns);
	hop_case_bind_if(s, column, overlap, w->reasons.overlap_last_ns);
}

static bool write_comparison(struct writing *w)
{
	static const char sql[] =
		"INSERT INTO hop_comparisons VALUES"
		" (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const struct matching *m = w->m;
	sqlite3_stmt *s;
	if (!hop_case_prepare(w->c, &s, sql))
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
	bool ok = hop_case_step(w->c, s);
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
	return write_packets(w) && write_flows(w) && write_waits(w) && write_comparison(w);
}

static bool add_to_reasons(struct writing *w, const struct finding *f)
{
	reasons_add(&w->reasons, f);
	return true;
}

bool hop_rows_write(struct hop_case *c, const struct matching *m, struct hop_totals *totals)
{
	struct writing w = {.c = c, .m = m, .pairing = m->pairing, .totals = totals};
	memset(totals, 0, sizeof *totals);
	travel_find(m->pairing);
	if (!fit_clock(&w))
		return false;
	w.summaries = memory_alloc((m->pairing->count + 1) * sizeof *w.summaries);
	connections_init(&w.connections, m->pairing, &totals->clock);
	bool ok =
		reasons_init(&w.reasons, c, m, &totals->clock) && for_each_finding(&w, add_to_reasons) && write_all(&w);
	reasons_release(&w.reasons);
	connections_release(&w.connections);
	free(w.summaries);
	return ok;
}
