// A flow's accounts as a row of flows. See flow_row.h.
#include "flow_row.h"

#include <stdio.h>

#include "services.h"
#include "tcp_analysis.h"
#include "tcp_stats.h"

// Bits per second; NULL without duration.
static int64_t rate_bps(int64_t bytes, int64_t duration_ns)
{
	return duration_ns > 0 ? (int64_t)((double)bytes * 8e9 / (double)duration_ns) : ROW_NULL;
}

static void set_sent(struct flow_row *row, const struct flow *f, int direction)
{
	const struct flow_side *side = &f->side[direction];
	int64_t duration_ns = f->last_ts_ns - f->first_ts_ns;
	int64_t unique_bytes =
		row->unique_bytes[direction] != ROW_NULL ? row->unique_bytes[direction] : side->payload_bytes;
	row->packets[direction] = side->packets;
	row->bytes[direction] = side->bytes;
	row->payload_bytes[direction] = side->payload_bytes;
	row->throughput_bps[direction] = rate_bps(side->bytes, duration_ns);
	row->goodput_bps[direction] = rate_bps(unique_bytes, duration_ns);
	row->ttl_min[direction] = side->has_ttl ? side->ttl_min : ROW_NULL;
	row->ttl_max[direction] = side->has_ttl ? side->ttl_max : ROW_NULL;
	row->fragments[direction] = side->fragments;
	row->wrong_checksums[direction] = f->wrong_checksums[direction];
	row->errors[direction] = side->errors;
}

static void set_events(struct flow_row *row, int direction, const struct tcp_side *side)
{
	row->retransmissions[direction] = side->events[TCP_EVENT_RETRANSMISSION];
	row->fast_retransmissions[direction] = side->events[TCP_EVENT_FAST_RETRANSMISSION];
	row->spurious_retransmissions[direction] = side->events[TCP_EVENT_SPURIOUS_RETRANSMISSION];
	row->out_of_order[direction] = side->events[TCP_EVENT_OUT_OF_ORDER];
	row->duplicate_acks[direction] = side->events[TCP_EVENT_DUPLICATE_ACK];
	row->lost_segments[direction] = side->events[TCP_EVENT_LOST_SEGMENT];
	row->ack_lost_segments[direction] = side->events[TCP_EVENT_ACK_LOST_SEGMENT];
	row->keep_alives[direction] = side->events[TCP_EVENT_KEEP_ALIVE];
	row->keep_alive_acks[direction] = side->events[TCP_EVENT_KEEP_ALIVE_ACK];
	row->zero_windows[direction] = side->events[TCP_EVENT_ZERO_WINDOW];
	row->zero_window_probes[direction] = side->events[TCP_EVENT_ZERO_WINDOW_PROBE];
	row->zero_window_probe_acks[direction] = side->events[TCP_EVENT_ZERO_WINDOW_PROBE_ACK];
	row->window_updates[direction] = side->events[TCP_EVENT_WINDOW_UPDATE];
	row->window_fulls[direction] = side->events[TCP_EVENT_WINDOW_FULL];
}

static void set_tcp_side(struct flow_row *row, const struct flow *f, int direction)
{
	const struct tcp_side *side = &f->tcp->side[direction];
	bool sent = side->segments > 0, timed = side->rtt_count > 0;
	row->syns[direction] = side->syns;
	row->fins[direction] = side->fins;
	row->rsts[direction] = side->rsts;
	row->isn[direction] = sent ? (int64_t)f->side[direction].first_seq : ROW_NULL;
	row->mss[direction] = side->mss >= 0 ? side->mss : ROW_NULL;
	row->window_scale[direction] = side->window_scale_option >= 0 ? side->window_scale_option : ROW_NULL;
	row->sack[direction] = side->syns ? side->sack_permitted : ROW_NULL;
	row->min_window[direction] = sent ? side->min_window : ROW_NULL;
	row->mean_window[direction] = sent ? (double)side->window_sum / side->segments : ROW_NULL_REAL;
	row->max_window[direction] = sent ? side->max_window : ROW_NULL;
	row->rtt_count[direction] = side->rtt_count;
	row->rtt_min_ns[direction] = timed ? side->rtt_min_ns : ROW_NULL;
	row->rtt_mean_ns[direction] = timed ? (int64_t)side->rtt_sum_ns / side->rtt_count : ROW_NULL;
	row->rtt_max_ns[direction] = timed ? side->rtt_max_ns : ROW_NULL;
	row->rtt_jitter_ns[direction] =
		side->rtt_count > 1 ? (int64_t)(side->rtt_jitter_sum_ns / (side->rtt_count - 1)) : ROW_NULL;
	row->bytes_in_flight_max[direction] = side->bytes_in_flight_max ? side->bytes_in_flight_max : ROW_NULL;
	set_events(row, direction, side);
}

static void set_karn(struct flow_row *row, int direction, const struct tcp_times *rtt)
{
	row->rtt_karn_count[direction] = rtt->count;
	row->rtt_karn_min_ns[direction] = rtt->count ? rtt->min_ns : ROW_NULL;
	row->rtt_karn_mean_ns[direction] = tcp_times_mean_ns(rtt);
	row->rtt_karn_max_ns[direction] = rtt->count ? rtt->max_ns : ROW_NULL;
	row->rtt_karn_stdev_ns[direction] = tcp_times_stdev_ns(rtt);
}

// Of what Wireshark calls retransmissions, those that were needed tell of loss. Copies are nothing that was sent.
static void set_loss(struct flow_row *row, int direction, const struct tcp_side *side, uint32_t sequenced_packets)
{
	uint32_t lost = side->events[TCP_EVENT_RETRANSMISSION] + side->events[TCP_EVENT_FAST_RETRANSMISSION];
	uint32_t again = lost + side->events[TCP_EVENT_SPURIOUS_RETRANSMISSION];
	const struct tcp_copies *copies = &side->copies;
	double sent = (double)sequenced_packets - copies->segments;
	if (sent <= 0)
		return;
	row->retransmission_rate[direction] = (again - copies->retransmissions - copies->spurious) / sent;
	row->loss_estimate[direction] = (lost - copies->retransmissions) / sent;
}

static void set_tcp_stats(struct flow_row *row, const struct flow *f, int direction)
{
	const struct tcp_stats_side *side = &f->stats->side[direction];
	if (side->packets == 0)
		return;
	row->timestamps[direction] = side->timestamps;
	row->min_scaled_window[direction] = side->window_min;
	row->mean_scaled_window[direction] = tcp_stats_mean_window(f->stats, direction);
	row->max_scaled_window[direction] = side->window_max;
	row->unique_bytes[direction] = side->unique_bytes;
	row->missed_bytes[direction] = side->space.missed;
	row->retransmitted_packets[direction] = side->retransmitted_packets;
	row->retransmitted_bytes[direction] = side->retransmitted_bytes;
	set_karn(row, direction, &side->rtt);
	set_loss(row, direction, &f->tcp->side[direction], side->sequenced_packets);
}

static const struct flow_row no_values = {
#define X(kind, name) .name = ROW_NO_##kind,
	FLOW_ROW(X)
#undef X
};

static int64_t elapsed(int64_t from_ns, int64_t to_ns)
{
	return from_ns == ROW_NULL || to_ns == ROW_NULL ? ROW_NULL : to_ns - from_ns;
}

static void set_tcp_flow(struct flow_row *row, const struct flow *f, struct writer *w)
{
	const struct tcp_flow *tcp = f->tcp;
	const struct tcp_side *src = &tcp->side[0], *dst = &tcp->side[1];
	char status[64];
	snprintf(status, sizeof status, "S%uF%u%s", src->syns + dst->syns, src->fins + dst->fins,
	         src->rsts + dst->rsts ? "/R" : "");
	row->status = writer_text(w, status);
	row->first_syn_ts_ns = tcp->any_syn_ts_ns;
	row->last_fin_ts_ns = tcp->last_fin_ts_ns;
	row->completeness = tcp->completeness;
	row->syn_rtt_ns = elapsed(tcp->first_syn_ts_ns, tcp->syn_ack_ts_ns);
	row->handshake_ns = elapsed(tcp->first_syn_ts_ns, tcp->established_ts_ns);
	row->initial_rtt_ns = tcp->initial_rtt_ns ? tcp->initial_rtt_ns : ROW_NULL;
	row->analysis_given_up = tcp->given_up;
	for (int direction = 0; direction < 2; direction++) {
		set_tcp_side(row, f, direction);
		set_tcp_stats(row, f, direction);
	}
	if (f->stats->side[0].ecn != TCP_ECN_UNKNOWN)
		row->ecn = f->stats->side[0].ecn == TCP_ECN_NEGOTIATED;
}

// As Zeek has it. The history lives as long as the flow; the row lives longer.
static void set_connection(struct flow_row *row, const struct conn_state *c, struct writer *w)
{
	int64_t orig_bytes = conn_state_bytes(c, c->originator), resp_bytes = conn_state_bytes(c, !c->originator);
	row->state = conn_state_text(conn_state_of(c));
	row->history = c->letters ? writer_text(w, c->history) : NULL;
	row->orig_bytes = orig_bytes >= 0 ? orig_bytes : ROW_NULL;
	row->resp_bytes = resp_bytes >= 0 ? resp_bytes : ROW_NULL;
}

static const char *service_of(const struct flow *f)
{
	if (!f->key.has_ports)
		return NULL;
	const char *name = service_name(f->ip_protocol, flow_endpoint(f, 1)->port);
	return name ? name : service_name(f->ip_protocol, flow_endpoint(f, 0)->port);
}

// ---- signs --------------------------------------------------------------------------------------------------------

// Bits of flow_signs.signs; schema/31-flow_signs.sql says what each means.
enum sign {
	SIGN_NOT_ESTABLISHED = 1 << 0,
	SIGN_RESET = 1 << 1,
	SIGN_NO_DATA = 1 << 2,
	SIGN_ONE_SIDE = 1 << 3,
	SIGN_RETRANSMITTED = 1 << 4,
	SIGN_OUT_OF_ORDER = 1 << 5,
	SIGN_ZERO_WINDOW = 1 << 6,
	SIGN_UNSEEN = 1 << 7,
	SIGN_REUSED_PORTS = 1 << 8,
	SIGN_UNSCALED = 1 << 9,
	SIGN_CHECKSUMS = 1 << 10,
	SIGN_ERRORS = 1 << 11,
	SIGN_TTLS = 1 << 12,
	SIGN_ODD_MSS = 1 << 13,
};

static int if_any(int sign, int64_t a, int64_t b)
{
	return a || b ? sign : 0;
}

static int tcp_event_sign(int sign, const struct tcp_flow *tcp, enum tcp_event kind)
{
	return if_any(sign, tcp->side[0].events[kind], tcp->side[1].events[kind]);
}

static bool has_odd_mss(const struct tcp_side *src, const struct tcp_side *dst)
{
	enum { USUAL_MSS_MIN = 1440 }; // IPv6 over Ethernet
	return src->mss >= 0 && dst->mss >= 0 &&
	       (src->mss != dst->mss || src->mss < USUAL_MSS_MIN || dst->mss < USUAL_MSS_MIN);
}

// Whether its SYN had no window scale; one whose options are not all known may have had.
static bool lacks_scale(const struct tcp_side *side)
{
	return side->window_scale_option < 0 && !side->options_unknown;
}

static int tcp_signs(const struct flow *f)
{
	const struct tcp_flow *tcp = f->tcp;
	const struct tcp_side *src = &tcp->side[0], *dst = &tcp->side[1];
	int signs = if_any(SIGN_RESET, src->rsts, dst->rsts) |
	            tcp_event_sign(SIGN_RETRANSMITTED, tcp, TCP_EVENT_RETRANSMISSION) |
	            tcp_event_sign(SIGN_RETRANSMITTED, tcp, TCP_EVENT_FAST_RETRANSMISSION) |
	            tcp_event_sign(SIGN_RETRANSMITTED, tcp, TCP_EVENT_SPURIOUS_RETRANSMISSION) |
	            tcp_event_sign(SIGN_OUT_OF_ORDER, tcp, TCP_EVENT_OUT_OF_ORDER) |
	            tcp_event_sign(SIGN_ZERO_WINDOW, tcp, TCP_EVENT_ZERO_WINDOW) |
	            tcp_event_sign(SIGN_UNSEEN, tcp, TCP_EVENT_ACK_LOST_SEGMENT);
	if (src->syns && elapsed(tcp->first_syn_ts_ns, tcp->established_ts_ns) == ROW_NULL)
		signs |= SIGN_NOT_ESTABLISHED;
	if (src->syns && dst->syns && (lacks_scale(src) || lacks_scale(dst)))
		signs |= SIGN_UNSCALED;
	if (!f->side[0].payload_bytes && !f->side[1].payload_bytes)
		signs |= SIGN_NO_DATA;
	if (f->start == FLOW_REUSED_PORTS)
		signs |= SIGN_REUSED_PORTS;
	if (has_odd_mss(src, dst))
		signs |= SIGN_ODD_MSS;
	return signs;
}

static bool ttl_differs(const struct flow_side *side)
{
	return side->ttl_min != side->ttl_max;
}

static void add_signs(const struct flow *f, struct writer *w)
{
	const struct flow_side *src = &f->side[0], *dst = &f->side[1];
	bool is_udp = f->ip_version && f->ip_protocol == IP_PROTO_UDP;
	int signs = if_any(SIGN_CHECKSUMS, f->wrong_checksums[0], f->wrong_checksums[1]) |
	            if_any(SIGN_ERRORS, src->errors, dst->errors) |
	            if_any(SIGN_TTLS, ttl_differs(src), ttl_differs(dst));
	if (f->tcp)
		signs |= tcp_signs(f);
	if ((f->tcp || is_udp) && dst->packets == 0)
		signs |= SIGN_ONE_SIDE;
	if (!signs)
		return;
	struct flow_sign_row *row = writer_add(w, TABLE_FLOW_SIGNS);
	*row = (struct flow_sign_row){.flow_id = f->id, .signs = signs};
}

// ---- the row ------------------------------------------------------------------------------------------------------

void flow_row_add(const struct flow *f, const struct community_ids *ids, struct writer *w, int64_t capture_id)
{
	char id[COMMUNITY_ID_SIZE];
	struct flow_row *row = writer_add(w, TABLE_FLOWS);
	const struct endpoint *src = flow_endpoint(f, 0), *dst = flow_endpoint(f, 1);
	*row = no_values;
	row->flow_id = f->id;
	row->capture_id = capture_id;
	row->protocol = f->key.protocol;
	row->src = writer_address(w, &src->address, f->ip_version);
	row->dst = writer_address(w, &dst->address, f->ip_version);
	row->src_port = f->key.has_ports ? src->port : ROW_NULL;
	row->dst_port = f->key.has_ports ? dst->port : ROW_NULL;
	row->ip_version = f->ip_version ? f->ip_version : ROW_NULL;
	row->first_ts_ns = f->first_ts_ns;
	row->last_ts_ns = f->last_ts_ns;
	row->first_packet_id = f->first_packet_id;
	row->last_packet_id = f->last_packet_id;
	row->started = flow_start_name(f->start);
	row->connection_id = f->connection_id;
	row->application = f->application;
	row->service = service_of(f);
	row->server_name = writer_text(w, f->server_name);
	if (community_id_of_flow(ids, f, id))
		row->community_id = writer_text(w, id);
	row->idle_max_ns = f->side[0].packets + f->side[1].packets > 1 ? f->idle_max_ns : ROW_NULL;
	row->src_idle_max_ns = f->side[0].packets > 1 ? f->side[0].idle_max_ns : ROW_NULL;
	row->dst_idle_max_ns = f->side[1].packets > 1 ? f->side[1].idle_max_ns : ROW_NULL;
	set_connection(row, &f->conn, w);
	if (f->tcp)
		set_tcp_flow(row, f, w);
	set_sent(row, f, 0);
	set_sent(row, f, 1);
	add_signs(f, w);
}
