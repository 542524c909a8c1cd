// The tables that rows go to, from the lists in row.h.
#include "row.h"

#define COLUMN(kind, name) COLUMN_OF_##kind(kind, name)
#define COLUMN_OF_INTEGER(kind, name) {#name, COLUMN_##kind, offsetof(struct ROW, name)},
#define COLUMN_OF_REAL COLUMN_OF_INTEGER
#define COLUMN_OF_TEXT COLUMN_OF_INTEGER
#define COLUMN_OF_ADDRESS COLUMN_OF_INTEGER

// A member that stands for two columns of eight bytes each.
#define COLUMN_OF_SIDES(kind, name)                                                                                \
	{"src_" #name, kind, offsetof(struct ROW, name)},                                                              \
		{"dst_" #name, kind, offsetof(struct ROW, name) + sizeof(int64_t)},
#define COLUMN_OF_SIDES_INTEGER(kind, name) COLUMN_OF_SIDES(COLUMN_INTEGER, name)
#define COLUMN_OF_SIDES_REAL(kind, name) COLUMN_OF_SIDES(COLUMN_REAL, name)

#define ROW capture_row
static const struct column captures_columns[] = {CAPTURE_ROW(COLUMN)};
#undef ROW
#define ROW capture_file_row
static const struct column capture_files_columns[] = {CAPTURE_FILE_ROW(COLUMN)};
#undef ROW
#define ROW interface_row
static const struct column interfaces_columns[] = {INTERFACE_ROW(COLUMN)};
#undef ROW
#define ROW protocol_stack_row
static const struct column protocol_stacks_columns[] = {PROTOCOL_STACK_ROW(COLUMN)};
#undef ROW
#define ROW packet_row
static const struct column packets_columns[] = {PACKET_ROW(COLUMN)};
#undef ROW
#define ROW packet_error_row
static const struct column packet_errors_columns[] = {PACKET_ERROR_ROW(COLUMN)};
#undef ROW
#define ROW tcp_state_row
static const struct column tcp_states_columns[] = {TCP_STATE_ROW(COLUMN)};
#undef ROW
#define ROW flow_packet_row
static const struct column flow_packets_columns[] = {FLOW_PACKET_ROW(COLUMN)};
#undef ROW
#define ROW time_bucket_row
static const struct column time_buckets_columns[] = {TIME_BUCKET_ROW(COLUMN)};
#undef ROW
#define ROW flow_row
static const struct column flows_columns[] = {FLOW_ROW(COLUMN)};
#undef ROW
#define ROW flow_sign_row
static const struct column flow_signs_columns[] = {FLOW_SIGN_ROW(COLUMN)};
#undef ROW
#define ROW host_row
static const struct column hosts_columns[] = {HOST_ROW(COLUMN)};
#undef ROW
#define ROW tcp_stats_row
static const struct column tcp_stats_columns[] = {TCP_STATS_ROW(COLUMN)};
#undef ROW
#define ROW tcp_event_row
static const struct column tcp_events_columns[] = {TCP_EVENT_ROW(COLUMN)};
#undef ROW
#define ROW tcp_sack_row
static const struct column tcp_sacks_columns[] = {TCP_SACK_ROW(COLUMN)};
#undef ROW
#define ROW icmp_pair_row
static const struct column icmp_pairs_columns[] = {ICMP_PAIR_ROW(COLUMN)};
#undef ROW
#define ROW icmp_error_row
static const struct column icmp_errors_columns[] = {ICMP_ERROR_ROW(COLUMN)};
#undef ROW

#include "build/row_columns.h"

const struct table tables[TABLE_COUNT] = {
#define X(id, row, sql, columns, auto_id)                                                                          \
	[TABLE_##id] = {#sql, sql##_columns, sizeof sql##_columns / sizeof *sql##_columns, sizeof(struct row), auto_id},
	TABLES(X)
#undef X
};
