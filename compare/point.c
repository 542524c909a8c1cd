// A capture as a point on the path. See point.h.
#include "point.h"

#include <stdlib.h>
#include <string.h>

#include "../common/hash.h"
#include "../common/message.h"

static bool prepare(sqlite3 *db, sqlite3_stmt **statement, const char *sql)
{
	if (sqlite3_prepare_v2(db, sql, -1, statement, NULL) == SQLITE_OK)
		return true;
	message_error("compare: %s", sqlite3_errmsg(db));
	return false;
}

// ---- flows --------------------------------------------------------------------------------------------------------

enum flow_column {
	FLOW_ID,
	FLOW_PROTOCOL,
	FLOW_SRC,
	FLOW_DST,
	FLOW_SRC_PORT,
	FLOW_DST_PORT,
	FLOW_IP_VERSION,
	FLOW_FIRST_TS,
	FLOW_LAST_TS,
	FLOW_IS_FLIPPED,
	FLOW_IS_ONE_SIDED,
	FLOW_SIDES // then for each side:
};

enum side_column {
	SIDE_SYNS,
	SIDE_ISN,
	SIDE_MSS,
	SIDE_WINDOW_SCALE,
	SIDE_SACK,
	SIDE_TIMESTAMPS,
	SIDE_UNIQUE_BYTES,
	SIDE_RTT_MIN,
	SIDE_COLUMNS
};

static const char flows_sql[] =
	"SELECT flow_id, protocol, src, dst, src_port, dst_port, ip_version, first_ts_ns, last_ts_ns,"
	" instr(history, '^') > 0,"
	" dst_packets = 0 AND (src_packets > src_syns + src_rsts OR history LIKE '^h%'),"
	" src_syns, src_isn, src_mss, src_window_scale, src_sack, src_timestamps, src_unique_bytes, src_rtt_min_ns,"
	" dst_syns, dst_isn, dst_mss, dst_window_scale, dst_sack, dst_timestamps, dst_unique_bytes, dst_rtt_min_ns"
	" FROM flows WHERE capture_id = ? ORDER BY flow_id";

static const char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

// An integer, or what stands for NULL.
static int64_t integer_of(sqlite3_stmt *row, int column, int64_t otherwise)
{
	sqlite3_value *value = sqlite3_column_value(row, column); // one call of the statement instead of two
	return sqlite3_value_type(value) == SQLITE_NULL ? otherwise : sqlite3_value_int64(value);
}

static int32_t small_of(sqlite3_stmt *row, int column)
{
	return (int32_t)integer_of(row, column, -1);
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Addresses that no router passes on: RFC 5771 section 4, RFC 919, RFC 3927, RFC 4291 sections 2.5.6 and 2.7.
static bool is_local_address(const char *address)
{
	static const char *const prefixes[] = {"224.0.0.", "255.255.255.255", "169.254.", "fe80:", "ff01:", "ff02:"};
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (begins_with(address, prefixes[i]))
			return true;
	return false;
}

// Multicast: 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291 section 2.7).
static bool is_group_address(const char *address)
{
	long first = strtol(address, NULL, 10);
	return begins_with(address, "ff") || (first >= 224 && first < 240 && strchr(address, '.'));
}

static enum flow_kind kind_of(const char *protocol)
{
	if (strcmp(protocol, "tcp") == 0)
		return KIND_TCP;
	return strcmp(protocol, "icmp") == 0 || strcmp(protocol, "icmpv6") == 0 ? KIND_ICMP : KIND_OTHER;
}

static uint64_t endpoint_hash(const struct point_flow *f, int side)
{
	uint64_t parts[2] = {f->address[side], (uint64_t)(int64_t)f->port[side]};
	return XXH3_64bits(parts, sizeof parts);
}

static void read_side(struct point_flow *f, int side, sqlite3_stmt *row)
{
	int at = FLOW_SIDES + side * SIDE_COLUMNS;
	f->has_isn[side] = sqlite3_column_type(row, at + SIDE_ISN) != SQLITE_NULL;
	f->isn[side] = (uint32_t)sqlite3_column_int64(row, at + SIDE_ISN);
	f->has_syn[side] = sqlite3_column_int(row, at + SIDE_SYNS) > 0;
	f->rtt_min_ns[side] = sqlite3_column_int64(row, at + SIDE_RTT_MIN);
	f->stream_len[side] = sqlite3_column_int64(row, at + SIDE_UNIQUE_BYTES);
	f->options[side] = (struct syn_options){
		.mss = small_of(row, at + SIDE_MSS),
		.window_scale = small_of(row, at + SIDE_WINDOW_SCALE),
		.sack = small_of(row, at + SIDE_SACK),
		.timestamps = small_of(row, at + SIDE_TIMESTAMPS),
	};
}

static void read_flow(struct point_flow *f, sqlite3_stmt *row)
{
	const char *protocol = text_of(row, FLOW_PROTOCOL);
	bool has_ip = sqlite3_column_type(row, FLOW_IP_VERSION) != SQLITE_NULL;
	*f = (struct point_flow){
		.flow_id = sqlite3_column_int64(row, FLOW_ID),
		.port = {small_of(row, FLOW_SRC_PORT), small_of(row, FLOW_DST_PORT)},
		.first_ts_ns = sqlite3_column_int64(row, FLOW_FIRST_TS),
		.last_ts_ns = sqlite3_column_int64(row, FLOW_LAST_TS),
		.kind = kind_of(protocol),
		.is_flipped = sqlite3_column_int(row, FLOW_IS_FLIPPED) != 0,
		.is_one_sided = sqlite3_column_int(row, FLOW_IS_ONE_SIDED) != 0,
		.is_local = !has_ip,
		.pair = -1,
	};
	for (int side = 0; side < 2; side++) {
		const char *address = text_of(row, FLOW_SRC + side);
		f->address[side] = XXH3_64bits(address, strlen(address));
		f->is_local = f->is_local || is_local_address(address);
		f->is_group = f->is_group || (has_ip && is_group_address(address));
		read_side(f, side, row);
	}
	uint64_t a = endpoint_hash(f, 0), b = endpoint_hash(f, 1);
	uint64_t parts[3] = {a < b ? a : b, a < b ? b : a, XXH3_64bits(protocol, strlen(protocol))};
	f->key = XXH3_64bits(parts, sizeof parts);
}

static bool load_flows(struct point *p)
{
	sqlite3_stmt *row;
	size_t capacity = 0;
	int rc;
	if (!prepare(p->db, &row, flows_sql))
		return false;
	sqlite3_bind_int64(row, 1, p->capture_id);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW && p->flow_count < INT32_MAX) {
		if (p->flow_count == capacity) {
			capacity = capacity ? capacity * 2 : 256;
			p->flows = memory_resize(p->flows, capacity * sizeof *p->flows);
		}
		read_flow(&p->flows[p->flow_count++], row);
	}
	if (rc != SQLITE_DONE)
		message_error("compare: %s", sqlite3_errmsg(p->db));
	sqlite3_finalize(row);
	return rc == SQLITE_DONE;
}

bool point_load(struct point *p, sqlite3 *db, int64_t capture_id)
{
	static const char sql[] =
		"SELECT name, ifnull(first_packet_id, 0), packets, bytes, ifnull(first_ts_ns, 0),"
		" ifnull(last_ts_ns, 0) FROM captures WHERE capture_id = ?";
	sqlite3_stmt *row;
	*p = (struct point){.db = db, .capture_id = capture_id};
	if (!prepare(db, &row, sql))
		return false;
	sqlite3_bind_int64(row, 1, capture_id);
	bool found = sqlite3_step(row) == SQLITE_ROW;
	if (found) {
		p->name = memory_copy_text(text_of(row, 0));
		p->first_packet_id = sqlite3_column_int64(row, 1);
		p->packets = sqlite3_column_int64(row, 2);
		p->bytes = sqlite3_column_int64(row, 3);
		p->first_ts_ns = sqlite3_column_int64(row, 4);
		p->last_ts_ns = sqlite3_column_int64(row, 5);
	} else {
		message_error("compare: %s", sqlite3_errmsg(db));
	}
	sqlite3_finalize(row);
	return found && load_flows(p);
}

void point_release(struct point *p)
{
	free(p->name);
	free(p->flows);
	*p = (struct point){0};
}

sqlite3 *point_open_again(const struct point *p)
{
	sqlite3 *again = NULL;
	int rc = sqlite3_open_v2(sqlite3_db_filename(p->db, "main"), &again, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
	                         NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(again, "BEGIN; SELECT 1 FROM packets LIMIT 1", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return again;
	sqlite3_close(again);
	return NULL;
}

bool sighting_same_payload(const struct sighting *a, const struct sighting *b)
{
	uint32_t x = a->payload_hash & PAYLOAD_SUM, y = b->payload_hash & PAYLOAD_SUM;
	bool sums = x == y || !x || !y;
	x = a->payload_hash & PAYLOAD_PREFIX;
	y = b->payload_hash & PAYLOAD_PREFIX;
	bool prefixes = x == y || !x || !y;
	return sums && prefixes;
}

// ---- packets ------------------------------------------------------------------------------------------------------

enum packet_column {
	PACKET_ID,
	PACKET_TS,
	PACKET_FLOW,
	PACKET_DIRECTION,
	PACKET_PAYLOAD_LEN,
	PACKET_TTL,
	PACKET_IP_ID,
	PACKET_TOS,
	PACKET_TCP_FLAGS,
	PACKET_SEQ,
	PACKET_ACK,
	PACKET_WINDOW,
	PACKET_TSVAL,
	PACKET_VLAN_ID,
	PACKET_FRAGMENT_OFFSET,
	PACKET_PAYLOAD_HASH,
	PACKET_DUPLICATE_OF,
	PACKET_HEADER_CUT,
};

#define PACKET_COLUMNS                                                                                             \
	"packet_id, ts_ns, flow_id, direction, payload_len, ttl, ip_id, tos, tcp_flags, seq, ack, window, tsval,"      \
	" vlan_id, fragment_offset, payload_hash, duplicate_of, captured_len < wire_len - payload_len"

static const char packets_sql[] =
	"SELECT " PACKET_COLUMNS " FROM packets WHERE packet_id BETWEEN ? AND ? ORDER BY packet_id";

static const char whole_sql[] = "SELECT " PACKET_COLUMNS " FROM packets WHERE packet_id = ?";

enum outline_column {
	OUTLINE_ID,
	OUTLINE_FLOW,
	OUTLINE_DIRECTION,
	OUTLINE_PAYLOAD_LEN,
	OUTLINE_TCP_FLAGS,
	OUTLINE_SEQ,
	OUTLINE_ACK,
	OUTLINE_PAYLOAD_HASH,
};

static const char outlines_sql[] =
	"SELECT packet_id, flow_id, direction, payload_len, tcp_flags, seq, ack, payload_hash"
	" FROM packets WHERE packet_id BETWEEN ? AND ? ORDER BY packet_id";

static const char echoes_sql[] =
	"SELECT request_packet_id, ident, seq, 0 FROM icmp_pairs"
	" WHERE capture_id = ?1 AND kind IN ('answered', 'unanswered') UNION ALL"
	" SELECT reply_packet_id, ident, seq, 1 FROM icmp_pairs WHERE capture_id = ?1 AND kind <> 'unanswered' ORDER BY 1";

// In the order of packets, which event_id has; the bits of enum packet_mark.
static const char marks_sql[] =
	"SELECT packet_id, (kind LIKE '%retransmission') + 2 * (kind = 'spurious_retransmission')"
	" + 4 * (kind = 'zero_window') + 8 * (kind IN ('keep_alive', 'zero_window_probe')) FROM tcp_events"
	" WHERE capture_id = ? AND kind IN ('retransmission', 'fast_retransmission', 'spurious_retransmission',"
	" 'zero_window', 'keep_alive', 'zero_window_probe') ORDER BY event_id";

static void next_mark(struct cursor *c)
{
	int rc = sqlite3_step(c->marks);
	c->failed = c->failed || (rc != SQLITE_ROW && rc != SQLITE_DONE);
	c->mark_packet_id = rc == SQLITE_ROW ? sqlite3_column_int64(c->marks, 0) : INT64_MAX;
}

static void next_echo(struct cursor *c)
{
	int rc = sqlite3_step(c->echoes);
	c->failed = c->failed || (rc != SQLITE_ROW && rc != SQLITE_DONE);
	c->echo_packet_id = rc == SQLITE_ROW ? sqlite3_column_int64(c->echoes, 0) : INT64_MAX;
}

// In a case that somebody edited, anything.
static int64_t last_packet_id(const struct point *p)
{
	return (int64_t)((uint64_t)p->first_packet_id + (uint64_t)p->packets - 1);
}

static bool begin(struct cursor *c, const struct point *p, const char *sql)
{
	*c = (struct cursor){.point = p, .mark_packet_id = INT64_MAX};
	if (!prepare(p->db, &c->packets, sql) || !prepare(p->db, &c->echoes, echoes_sql)) {
		c->failed = c->is_over = true;
		return false;
	}
	sqlite3_bind_int64(c->packets, 1, p->first_packet_id);
	sqlite3_bind_int64(c->packets, 2, last_packet_id(p));
	sqlite3_bind_int64(c->echoes, 1, p->capture_id);
	next_echo(c);
	return true;
}

bool cursor_begin(struct cursor *c, const struct point *p)
{
	if (!begin(c, p, packets_sql))
		return false;
	c->failed = !prepare(p->db, &c->marks, marks_sql);
	if (c->failed)
		return false;
	sqlite3_bind_int64(c->marks, 1, p->capture_id);
	next_mark(c);
	return true;
}

bool cursor_begin_outlines(struct cursor *c, const struct point *p, int of_flow)
{
	enum { LOOK_UP_COST = 4 }; // of one packet more than in passing
	if ((int64_t)p->flow_count * of_flow > p->packets / LOOK_UP_COST)
		return begin(c, p, packets_sql);
	if (!begin(c, p, outlines_sql))
		return false;
	c->failed = !prepare(p->db, &c->whole, whole_sql);
	return !c->failed;
}

static int32_t flow_index(const struct point *p, int64_t flow_id)
{
	size_t low = 0, high = p->flow_count;
	if (p->flow_count == 0)
		return -1;
	// Flows of a capture are numbered through: the place is known, but for a case that somebody else edited.
	size_t guess = (size_t)((uint64_t)flow_id - (uint64_t)p->flows[0].flow_id);
	if (guess < p->flow_count && p->flows[guess].flow_id == flow_id)
		return (int32_t)guess;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->flows[middle].flow_id < flow_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->flow_count && p->flows[low].flow_id == flow_id ? (int32_t)low : -1;
}

// Numbers as in the headers. ack: INT64_MIN none.
static void set_numbers(struct sighting *s, const struct point_flow *f, int64_t seq, int64_t ack)
{
	int direction = s->direction;
	s->seq = f->isn[direction] + (uint32_t)seq;
	s->has_own_ack = ack != INT64_MIN;
	s->own_ack = s->has_own_ack ? (uint32_t)ack : 0;
	s->has_ack = s->has_own_ack && f->has_isn[!direction];
	s->ack = s->has_ack ? f->isn[!direction] + (uint32_t)ack : 0;
}

static void read_tcp(struct sighting *s, sqlite3_stmt *row, const struct point_flow *f)
{
	int64_t tsval = integer_of(row, PACKET_TSVAL, -1);
	set_numbers(s, f, sqlite3_column_int64(row, PACKET_SEQ), integer_of(row, PACKET_ACK, INT64_MIN));
	s->window = small_of(row, PACKET_WINDOW);
	s->has_tsval = tsval >= 0;
	s->tsval = s->has_tsval ? (uint32_t)tsval : 0;
}

static void read_echo(struct cursor *c, struct sighting *s)
{
	while (c->echo_packet_id < s->packet_id)
		next_echo(c);
	if (c->echo_packet_id != s->packet_id)
		return;
	s->echo_ident = sqlite3_column_int(c->echoes, 1);
	s->echo_seq = sqlite3_column_int(c->echoes, 2);
	s->is_echo_reply = sqlite3_column_int(c->echoes, 3) != 0;
}

static void read_marks(struct cursor *c, struct sighting *s)
{
	for (; c->mark_packet_id <= s->packet_id && c->mark_packet_id < INT64_MAX; next_mark(c))
		if (c->mark_packet_id == s->packet_id)
			s->marks |= (uint8_t)sqlite3_column_int(c->marks, 1);
}

static void read_packet(struct cursor *c, sqlite3_stmt *row, struct sighting *s)
{
	int64_t payload_len = sqlite3_column_int64(row, PACKET_PAYLOAD_LEN);
	int64_t flow_id = integer_of(row, PACKET_FLOW, -1);
	*s = (struct sighting){
		.packet_id = sqlite3_column_int64(row, PACKET_ID),
		.ts_ns = sqlite3_column_int64(row, PACKET_TS),
		.ip_id = integer_of(row, PACKET_IP_ID, -1),
		.flow = flow_id >= 0 ? flow_index(c->point, flow_id) : -1,
		.ttl = small_of(row, PACKET_TTL),
		.tos = small_of(row, PACKET_TOS),
		.vlan_id = small_of(row, PACKET_VLAN_ID),
		.fragment_offset = small_of(row, PACKET_FRAGMENT_OFFSET),
		.tcp_flags = small_of(row, PACKET_TCP_FLAGS),
		.window = -1,
		.payload_len = (uint32_t)payload_len,
		.echo_ident = -1,
		.echo_seq = -1,
		.direction = sqlite3_column_int(row, PACKET_DIRECTION) != 0,
		.payload_hash = (uint32_t)sqlite3_column_int64(row, PACKET_PAYLOAD_HASH),
		.is_copy = integer_of(row, PACKET_DUPLICATE_OF, -1) >= 0,
		.is_header_cut = sqlite3_column_int(row, PACKET_HEADER_CUT) != 0,
	};
	if (s->flow >= 0 && s->tcp_flags >= 0)
		read_tcp(s, row, &c->point->flows[s->flow]);
	read_echo(c, s);
	read_marks(c, s);
}

bool cursor_next(struct cursor *c, struct sighting *s)
{
	int rc = c->failed || c->is_over ? SQLITE_DONE : sqlite3_step(c->packets);
	if (rc == SQLITE_ROW) {
		read_packet(c, c->packets, s);
		return true;
	}
	c->failed = c->failed || rc != SQLITE_DONE;
	c->is_over = true; // a statement that is stepped on begins again
	return false;
}

static void read_outline(struct cursor *c, struct sighting *s)
{
	sqlite3_stmt *row = c->packets;
	int64_t flow_id = integer_of(row, OUTLINE_FLOW, -1);
	*s = (struct sighting){
		.packet_id = sqlite3_column_int64(row, OUTLINE_ID),
		.flow = flow_id >= 0 ? flow_index(c->point, flow_id) : -1,
		.direction = sqlite3_column_int(row, OUTLINE_DIRECTION) != 0,
		.payload_len = (uint32_t)sqlite3_column_int64(row, OUTLINE_PAYLOAD_LEN),
		.payload_hash = (uint32_t)sqlite3_column_int64(row, OUTLINE_PAYLOAD_HASH),
		.tcp_flags = small_of(row, OUTLINE_TCP_FLAGS),
	};
	if (s->flow >= 0 && s->tcp_flags >= 0)
		set_numbers(s, &c->point->flows[s->flow], sqlite3_column_int64(row, OUTLINE_SEQ),
		            integer_of(row, OUTLINE_ACK, INT64_MIN));
}

bool cursor_next_outline(struct cursor *c, struct sighting *s)
{
	if (!c->whole)
		return cursor_next(c, s);
	int rc = c->failed || c->is_over ? SQLITE_DONE : sqlite3_step(c->packets);
	if (rc == SQLITE_ROW) {
		read_outline(c, s);
		return true;
	}
	c->failed = c->failed || rc != SQLITE_DONE;
	c->is_over = true; // a statement that is stepped on begins again
	return false;
}

bool cursor_complete(struct cursor *c, struct sighting *s)
{
	if (!c->whole)
		return true;
	sqlite3_bind_int64(c->whole, 1, s->packet_id);
	bool found = sqlite3_step(c->whole) == SQLITE_ROW;
	if (found)
		read_packet(c, c->whole, s);
	c->failed = sqlite3_reset(c->whole) != SQLITE_OK || c->failed;
	return found;
}

bool cursor_end(struct cursor *c)
{
	if (c->failed)
		message_error("%s: %s", c->point->name, sqlite3_errmsg(c->point->db));
	sqlite3_finalize(c->packets);
	sqlite3_finalize(c->echoes);
	sqlite3_finalize(c->marks);
	sqlite3_finalize(c->whole);
	c->packets = c->echoes = c->marks = c->whole = NULL;
	return !c->failed;
}
