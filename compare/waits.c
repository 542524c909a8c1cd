// Where the time of a connection went. See waits.h.
//
// The packets of the near point are gone through in order. One that somebody may have waited for ends a wait, which began
// with the last such packet.
#include "waits.h"

// What the near point has seen.
struct near_past {
	const struct passage *client, *server; // the latest packet of each; NULL none
	int64_t request_id, answer_id;         // their latest with data; 0 none
	int64_t client_end, server_acked;      // of the client's bytes: sent, and acknowledged; -1 none
	int gaps[2];                           // that are open: BY_LOSS, BY_LATE
	size_t lost;                // of the server's packets that were lost: so many need not be looked at any more
	int64_t client_acked;       // of the server's bytes, as the far point numbers them; -1 none
	bool has_lost, is_over;     // over: the client has closed or reset the connection
	const struct passage *step; // that ended the last wait; NULL none
	int64_t most_in_flight;
};

// A packet with what goes before it.
struct step {
	const struct timeline *t;
	const struct leg *leg;
	const struct passage *p;
	struct near_past *past;
	int64_t in_flight; // of the sender of the data, before this packet; -1 not known
	int64_t gap_ns;    // since the last step
	bool is_answered;  // the other side sent data as soon as it came
};

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

// ---- what a packet is ---------------------------------------------------------------------------------------------------

static bool has_shut(const struct passage *p)
{
	return p && p->marks[NEAR] & MARK_SHUT;
}

// The receiver's window is closed.
static bool is_shut(const struct step *s)
{
	return has_shut(s->p->from_server ? s->past->client : s->past->server);
}

// It opens a window that its sender had closed.
static bool is_opening(const struct step *s)
{
	return !passage_has_data(s->p) && has_shut(s->p->from_server ? s->past->server : s->past->client);
}

static bool is_probe(const struct passage *p)
{
	return p->marks[passage_sender(p)] & MARK_PROBE;
}

// The client's request is not answered.
static bool is_asked(const struct step *s)
{
	return s->past->request_id > s->past->answer_id;
}

// Whether somebody may have waited for it: ACKs that changed nothing are no steps.
static bool is_step(const struct step *s)
{
	const struct passage *p = s->p;
	return !s->leg->is_overtaken &&
	       (passage_has_data(p) || p->tcp_flags[NEAR] || s->is_answered || is_shut(s) || is_opening(s) ||
	        s->leg->fate != FATE_NONE || has_shut(p) || s->past->gaps[BY_LOSS] + s->past->gaps[BY_LATE] > 0 ||
	        (p->from_server && is_asked(s)));
}

// Less is under way than was before a loss, in the middle of a transfer.
static bool is_slowed(const struct step *s)
{
	bool goes_on = s->past->request_id < s->past->answer_id || (!passage_has_data(s->p) && s->is_answered);
	return s->past->has_lost && s->leg->waits_for_client && goes_on && s->in_flight >= 0 &&
	       s->in_flight < s->past->most_in_flight;
}

// ---- causes -------------------------------------------------------------------------------------------------------------

static enum cause cause_of_lack(const struct connection *c, int point)
{
	bool is_client = c->lacks[point] == LACKS_CLIENT;
	if (point == NEAR)
		return is_client ? CAUSE_NO_CLIENT_NEAR : CAUSE_NO_SERVER_NEAR;
	return is_client ? CAUSE_NO_CLIENT_FAR : CAUSE_NO_SERVER_FAR;
}

static enum cause cause_of_fate(enum fate fate, bool from_server)
{
	switch (fate) {
	case FATE_UNSEEN:
		return from_server ? CAUSE_UNSEEN_SERVER : CAUSE_UNSEEN_CLIENT;
	case FATE_ARRIVED:
		return from_server ? CAUSE_ARRIVED_SERVER : CAUSE_ARRIVED_CLIENT;
	case FATE_ACKED:
		return from_server ? CAUSE_ACKED_SERVER : CAUSE_ACKED_CLIENT;
	default:
		return CAUSE_UNTOLD;
	}
}

static enum cause cause_of_window(const struct step *s)
{
	return s->p->from_server == is_shut(s) ? CAUSE_CLIENT_WINDOW : CAUSE_SERVER_WINDOW;
}

// Of a packet that was sent once, with no window closed.
static enum cause cause_of_turn(const struct step *s)
{
	const struct passage *p = s->p;
	if (p->from_server && passage_has_data(p))
		return CAUSE_SERVER_THINK;
	if (p->from_server && (p->tcp_flags[NEAR] & FLAG_SYN || is_asked(s) || s->is_answered))
		return CAUSE_SERVER_ACK;
	return !p->from_server && !passage_has_data(p) && s->is_answered ? CAUSE_CLIENT_ACK : CAUSE_IDLE;
}

static enum cause cause_of(const struct step *s)
{
	const struct passage *p = s->p;
	const struct connection *c = s->t->of;
	enum fate fate = s->leg->fate;
	if (c->lacks[NEAR] != LACKS_NOBODY)
		return cause_of_lack(c, NEAR);
	if (c->lacks[FAR] != LACKS_NOBODY)
		return p->from_server || fate != FATE_NONE ? cause_of_lack(c, FAR) : CAUSE_IDLE;
	if (p->from_server && !p->packet_id[FAR])
		return CAUSE_ALONE;
	if (fate == FATE_LOST || s->past->gaps[BY_LOSS] > 0)
		return CAUSE_LOSS;
	if (fate == FATE_LATE || s->past->gaps[BY_LATE] > 0)
		return CAUSE_LATE;
	if (fate != FATE_NONE)
		return cause_of_fate(fate, p->from_server);
	if (is_shut(s) || is_opening(s))
		return cause_of_window(s);
	return is_probe(p) ? CAUSE_IDLE : cause_of_turn(s);
}

// ---- what was lost and not made up for ------------------------------------------------------------------------------------

// The first data of the server that was lost, and that the client has not acknowledged; NULL none.
static const struct passage *first_missing(const struct timeline *t, struct near_past *past)
{
	const struct timeline_side *server = &t->side[1];
	while (past->lost < server->lost_count) {
		const struct passage *lost = server->lost[past->lost];
		if (lost->payload_len[FAR] > 0 && passage_end(lost, FAR) > past->client_acked)
			return lost;
		past->lost++;
	}
	return NULL;
}

// For how long the client might have had, when it sent this, what it lacks.
static int64_t missed_for(const struct step *s)
{
	const struct passage *p = s->p, *lost = first_missing(s->t, s->past);
	if (p->from_server || !p->packet_id[FAR] || !lost || lost->packet_id[FAR] > p->packet_id[FAR])
		return 0;
	return greater(0, ns_difference(p->ts_ns[FAR], lost->ts_ns[FAR]) - s->t->of->round_trip_ns);
}

// ---- shares of a wait ---------------------------------------------------------------------------------------------------

static void add(struct waits *w, enum cause cause, int64_t ns, const struct passage *p)
{
	struct wait *wait = &w->of[cause];
	if (ns <= 0)
		return;
	if (ns > wait->longest_ns) {
		wait->longest_ns = ns;
		wait->packet_id[NEAR] = p->packet_id[NEAR];
		wait->packet_id[FAR] = p->packet_id[FAR];
	}
	wait->total_ns = ns_sum(wait->total_ns, ns);
	wait->count++;
}

// A wait for the server: beyond the far point, on the way there and back beyond what the fastest packets need, and the rest.
static void add_to_server(struct waits *w, const struct step *s, enum cause cause, int64_t beyond_ns)
{
	const struct passage *p = s->p;
	int64_t way_ns = s->gap_ns - beyond_ns;
	int64_t late_ns =
		p->excess_ns == UNKNOWN_NS ? greater(0, way_ns - s->t->of->round_trip_ns) : greater(0, p->excess_ns);
	if (s->leg->waits_for_client)
		late_ns = ns_sum(late_ns, s->leg->client_excess_ns);
	int64_t queue_ns = smaller(way_ns, greater(0, late_ns));
	add(w, cause, beyond_ns, p);
	add(w, CAUSE_QUEUE, queue_ns, p);
	add(w, is_slowed(s) ? CAUSE_SLOWED : CAUSE_DISTANCE, way_ns - queue_ns, p);
}

// A wait that nothing of the server ended: for what was lost, as far as it was, and for nobody.
static void add_idle(struct waits *w, const struct step *s)
{
	int64_t missed_ns = smaller(s->gap_ns, missed_for(s));
	add(w, CAUSE_MISSING, missed_ns, s->p);
	add(w, CAUSE_IDLE, s->gap_ns - missed_ns, s->p);
}

static void add_step(struct waits *w, const struct step *s)
{
	enum cause cause = cause_of(s);
	bool is_turn = cause == CAUSE_SERVER_THINK || cause == CAUSE_SERVER_ACK;
	bool is_known = s->leg->beyond_ns != UNKNOWN_NS;
	int64_t beyond_ns = is_known ? greater(0, smaller(s->gap_ns, s->leg->beyond_ns)) : 0;
	if (is_turn && !is_known)
		add(w, CAUSE_UNASKED, s->gap_ns, s->p);
	else if (is_turn)
		add_to_server(w, s, cause, beyond_ns);
	else if (cause == CAUSE_SERVER_WINDOW && s->p->from_server)
		add(w, cause, beyond_ns, s->p);
	else if (cause == CAUSE_IDLE)
		add_idle(w, s);
	else
		add(w, cause, s->gap_ns, s->p);
}

// ---- packet by packet ---------------------------------------------------------------------------------------------------

static int64_t in_flight(const struct step *s)
{
	const struct passage *p = s->p;
	if (!p->from_server)
		return -1;
	if (!passage_has_data(p))
		return s->past->client_end >= 0 && s->past->server_acked >= 0 ? s->past->client_end - s->past->server_acked
		                                                              : -1;
	return p->packet_id[FAR] && s->leg->acked >= 0 ? passage_end(p, FAR) - s->leg->acked : -1;
}

static bool is_answered(const struct timeline *t, const struct leg *l)
{
	const struct leg *next = l + 1 < t->legs + t->count ? l + 1 : NULL;
	if (!l->p->from_server)
		return l->is_answered_far;
	return next && !next->p->from_server && passage_has_data(next->p) &&
	       ns_difference(next->p->ts_ns[NEAR], l->p->ts_ns[NEAR]) <= t->of->beyond_ns[NEAR];
}

static void note(struct near_past *past, const struct step *s)
{
	const struct passage *p = s->p;
	if (p->from_server) {
		past->server = p;
		past->answer_id = passage_has_data(p) ? p->packet_id[NEAR] : past->answer_id;
		past->server_acked = p->has_ack[NEAR] ? greater(past->server_acked, p->ack[NEAR]) : past->server_acked;
	} else {
		past->client = p;
		past->request_id = passage_has_data(p) ? p->packet_id[NEAR] : past->request_id;
		past->is_over = past->is_over || p->tcp_flags[NEAR] & (FLAG_FIN | FLAG_RST);
		past->client_end = greater(past->client_end, passage_end(p, NEAR));
	}
	for (int why = 0; why < 2; why++)
		past->gaps[why] += s->leg->opens[why] - s->leg->closes[why];
	past->has_lost = past->has_lost || s->leg->opens[BY_LOSS] > 0;
	past->most_in_flight = greater(past->most_in_flight, s->in_flight);
}

// The wait that no packet of the near point ended: until the server sent for the last time what does not come.
static void add_last(struct waits *w, const struct timeline *t, struct near_past *past)
{
	const struct timeline_side *server = &t->side[1];
	const struct passage *lost = first_missing(t, past);
	if (!lost || past->is_over || t->of->lacks[NEAR] != LACKS_NOBODY || t->of->lacks[FAR] != LACKS_NOBODY)
		return;
	int64_t since_ns = lost->ts_ns[FAR];
	if (past->step && past->step->packet_id[FAR])
		since_ns = greater(since_ns, past->step->ts_ns[FAR]);
	const struct passage *last = server->lost[server->lost_count - 1];
	add(w, CAUSE_MISSING, ns_difference(last->ts_ns[FAR], since_ns), last);
}

void waits_add(struct waits *w, const struct timeline *t, size_t left)
{
	struct near_past past = {.client_end = -1,
	                         .server_acked = -1,
	                         .client_acked = -1,
	                         .has_lost = w->has_lost,
	                         .most_in_flight = w->most_in_flight};
	int64_t counted_id = w->counted_id;
	for (size_t i = 0; i + left < t->count; i++) {
		struct step s = {.t = t, .leg = &t->legs[i], .p = t->legs[i].p, .past = &past};
		if (!s.p->from_server && s.p->packet_id[FAR] && s.p->has_ack[FAR])
			past.client_acked = greater(past.client_acked, s.p->ack[FAR]);
		s.is_answered = is_answered(t, s.leg);
		s.in_flight = in_flight(&s);
		if (is_step(&s)) {
			s.gap_ns = past.step ? ns_difference(s.p->ts_ns[NEAR], past.step->ts_ns[NEAR]) : 0;
			past.step = s.p;
			if (s.gap_ns > 0 && s.p->packet_id[NEAR] > counted_id)
				add_step(w, &s);
		}
		note(&past, &s);
		w->counted_id = s.p->packet_id[NEAR];
	}
	if (left == 0)
		add_last(w, t, &past);
	w->has_lost = past.has_lost;
	w->most_in_flight = past.most_in_flight;
}
