// Rows as plain structs, and the tables that describe them once: for the writer, and for a check at start-up that
// schema/*.sql declares the same columns.
//
// A row owns nothing. Its texts are static, or live in the batch's text arena, or belong to a flow until the batch
// is written.
#ifndef INGEST_ROW_H
#define INGEST_ROW_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build/rows.h"
#include "packet.h"

// Members without a value: NULL.
#define ROW_NULL INT64_MIN
#define ROW_NULL_REAL NAN
#define ROW_NO_INTEGER ROW_NULL
#define ROW_NO_REAL ROW_NULL_REAL
#define ROW_NO_TEXT NULL

enum column_kind { COLUMN_INTEGER, COLUMN_REAL, COLUMN_TEXT, COLUMN_ADDRESS };

struct column {
	const char *name;
	enum column_kind kind;
	size_t offset;
};

struct table {
	const char *name;
	const struct column *columns;
	unsigned column_count;
	size_t row_size;
	bool auto_id; // the table's id is not among the columns: SQLite counts on from the last
};

// C types of the column kinds, for the struct members.
typedef int64_t row_INTEGER;
typedef double row_REAL;
typedef const char *row_TEXT;
typedef struct address row_ADDRESS;
typedef int64_t row_SIDES_INTEGER[2]; // two columns: packets[0] is src_packets, packets[1] is dst_packets
typedef double row_SIDES_REAL[2];

// clang-format off
#define ROW_NO_SIDES_INTEGER {ROW_NULL, ROW_NULL}
#define ROW_NO_SIDES_REAL {ROW_NULL_REAL, ROW_NULL_REAL}

#define CAPTURE_ROW(X)                                                                                                 \
	X(INTEGER, capture_id) X(TEXT, name) X(INTEGER, first_packet_id) X(INTEGER, first_ts_ns)                           \
	X(INTEGER, last_ts_ns) X(INTEGER, packets) X(INTEGER, bytes) X(INTEGER, decoded) X(INTEGER, truncated)             \
	X(INTEGER, malformed) X(INTEGER, unsupported) X(INTEGER, left_out) X(INTEGER, duplicates) X(TEXT, filter)          \
	X(INTEGER, packet_limit) X(INTEGER, since_ts_ns)                                                                   \
	X(INTEGER, until_ts_ns) X(INTEGER, flow_timeout_ns) X(INTEGER, analyses_given_up)                                  \
	X(INTEGER, datagrams_given_up) X(INTEGER, stream_gaps) X(INTEGER, streams_given_up)                                \
	X(INTEGER, applications_forgotten) X(INTEGER, names_given_up)

#define CAPTURE_FILE_ROW(X)                                                                                            \
	X(INTEGER, capture_file_id) X(INTEGER, capture_id) X(TEXT, path) X(TEXT, format) X(TEXT, compression)              \
	X(INTEGER, size) X(TEXT, fingerprint) X(INTEGER, first_packet_id) X(INTEGER, last_packet_id)                       \
	X(INTEGER, packets) X(INTEGER, bytes_unread) X(TEXT, damage) X(TEXT, comment)

#define INTERFACE_ROW(X)                                                                                               \
	X(INTEGER, interface_id) X(INTEGER, capture_file_id) X(INTEGER, number) X(INTEGER, link_type)                      \
	X(INTEGER, snaplen) X(INTEGER, ts_units) X(INTEGER, ts_offset_s) X(INTEGER, fcs_len) X(TEXT, name)                 \
	X(TEXT, description) X(TEXT, filter) X(TEXT, os) X(TEXT, hardware) X(INTEGER, received) X(INTEGER, dropped)

#define PROTOCOL_STACK_ROW(X) X(INTEGER, stack_id) X(TEXT, stack)

// Here and below, what most rows have in common comes last: a record ends with its last value that is not the column's
// DEFAULT in the schema (table_pages.h).
#define PACKET_ROW(X)                                                                                                  \
	X(INTEGER, packet_id) X(INTEGER, number) X(INTEGER, ts_ns) X(INTEGER, wire_len) X(INTEGER, captured_len)           \
	X(INTEGER, file_offset) X(INTEGER, stack_id) X(INTEGER, flow_id) X(INTEGER, direction)                             \
	X(INTEGER, payload_len) X(INTEGER, payload_hash) X(INTEGER, ttl) X(INTEGER, ip_id) X(INTEGER, tcp_flags)           \
	X(INTEGER, seq) X(INTEGER, ack) X(INTEGER, window) X(INTEGER, tsval) X(INTEGER, tsecr)                             \
	X(INTEGER, bytes_in_flight) X(INTEGER, acks) X(INTEGER, ack_rtt_ns) X(INTEGER, l4_checksum_ok)                     \
	X(INTEGER, duplicate_of) X(INTEGER, ip_checksum_ok) X(INTEGER, tos) X(INTEGER, interface_id)                       \
	X(INTEGER, capture_id) X(INTEGER, errors) X(INTEGER, vlan_id) X(INTEGER, fragment_offset)                          \
	X(INTEGER, more_fragments)

#define PACKET_ERROR_ROW(X) X(INTEGER, bit) X(TEXT, name) X(TEXT, meaning)

#define TCP_STATE_ROW(X) X(TEXT, state) X(TEXT, meaning)

#define FLOW_PACKET_ROW(X) X(INTEGER, flow_id) X(INTEGER, packet_id)

#define TIME_BUCKET_ROW(X)                                                                                             \
	X(INTEGER, start_ts_ns) X(INTEGER, first_packet_id) X(INTEGER, last_packet_id) X(INTEGER, packets)                 \
	X(INTEGER, bytes) X(INTEGER, capture_id)

// What packets of all protocols give comes first, so that the records of the others end there.
#define FLOW_ROW(X)                                                                                                    \
	X(INTEGER, flow_id) X(INTEGER, capture_id) X(TEXT, protocol) X(TEXT, src) X(INTEGER, src_port) X(TEXT, dst)        \
	X(INTEGER, dst_port) X(INTEGER, ip_version) X(INTEGER, first_ts_ns) X(INTEGER, last_ts_ns)                         \
	X(INTEGER, first_packet_id) X(INTEGER, last_packet_id) X(TEXT, started) X(INTEGER, connection_id)                  \
	X(TEXT, community_id) X(TEXT, application) X(TEXT, service) X(TEXT, server_name) X(TEXT, state) X(TEXT, history)   \
	X(INTEGER, orig_bytes) X(INTEGER, resp_bytes) X(INTEGER, idle_max_ns) X(SIDES_INTEGER, packets)                    \
	X(SIDES_INTEGER, bytes) X(SIDES_INTEGER, payload_bytes) X(SIDES_INTEGER, throughput_bps)                           \
	X(SIDES_INTEGER, goodput_bps) X(INTEGER, src_idle_max_ns) X(INTEGER, dst_idle_max_ns) X(SIDES_INTEGER, ttl_min)    \
	X(SIDES_INTEGER, ttl_max) X(TEXT, status) X(INTEGER, first_syn_ts_ns) X(INTEGER, last_fin_ts_ns)                   \
	X(INTEGER, completeness) X(INTEGER, syn_rtt_ns) X(INTEGER, handshake_ns) X(INTEGER, initial_rtt_ns)                \
	X(INTEGER, ecn) X(INTEGER, analysis_given_up) X(SIDES_INTEGER, syns) X(SIDES_INTEGER, fins)                        \
	X(SIDES_INTEGER, rsts) X(SIDES_INTEGER, mss) X(SIDES_INTEGER, window_scale) X(SIDES_INTEGER, sack)                 \
	X(SIDES_INTEGER, timestamps) X(SIDES_INTEGER, isn) X(SIDES_INTEGER, rtt_count) X(SIDES_INTEGER, rtt_min_ns)        \
	X(SIDES_INTEGER, rtt_mean_ns) X(SIDES_INTEGER, rtt_max_ns) X(SIDES_INTEGER, rtt_jitter_ns)                         \
	X(SIDES_INTEGER, rtt_karn_count) X(SIDES_INTEGER, rtt_karn_min_ns) X(SIDES_INTEGER, rtt_karn_mean_ns)              \
	X(SIDES_INTEGER, rtt_karn_max_ns) X(SIDES_INTEGER, rtt_karn_stdev_ns) X(SIDES_INTEGER, unique_bytes)               \
	X(SIDES_INTEGER, missed_bytes) X(SIDES_INTEGER, bytes_in_flight_max) X(SIDES_INTEGER, retransmitted_packets)       \
	X(SIDES_INTEGER, retransmitted_bytes) X(SIDES_REAL, retransmission_rate) X(SIDES_REAL, loss_estimate)              \
	X(SIDES_INTEGER, min_window) X(SIDES_REAL, mean_window) X(SIDES_INTEGER, max_window)                               \
	X(SIDES_INTEGER, min_scaled_window) X(SIDES_REAL, mean_scaled_window) X(SIDES_INTEGER, max_scaled_window)          \
	X(SIDES_INTEGER, retransmissions) X(SIDES_INTEGER, fast_retransmissions)                                           \
	X(SIDES_INTEGER, spurious_retransmissions) X(SIDES_INTEGER, out_of_order) X(SIDES_INTEGER, duplicate_acks)         \
	X(SIDES_INTEGER, lost_segments) X(SIDES_INTEGER, ack_lost_segments) X(SIDES_INTEGER, keep_alives)                  \
	X(SIDES_INTEGER, keep_alive_acks) X(SIDES_INTEGER, zero_windows) X(SIDES_INTEGER, zero_window_probes)              \
	X(SIDES_INTEGER, zero_window_probe_acks) X(SIDES_INTEGER, window_updates) X(SIDES_INTEGER, window_fulls)           \
	X(SIDES_INTEGER, fragments) X(SIDES_INTEGER, wrong_checksums) X(SIDES_INTEGER, errors)

#define FLOW_SIGN_ROW(X) X(INTEGER, flow_id) X(INTEGER, signs)

#define HOST_ROW(X)                                                                                                    \
	X(TEXT, address) X(ADDRESS, address_bytes) X(INTEGER, flows) X(INTEGER, packets_sent)                              \
	X(INTEGER, packets_received) X(INTEGER, bytes_sent) X(INTEGER, bytes_received) X(INTEGER, first_ts_ns)             \
	X(INTEGER, last_ts_ns) X(INTEGER, ip_version) X(INTEGER, capture_id)

#define TCP_EVENT_ROW(X)                                                                                               \
	X(INTEGER, packet_id) X(INTEGER, flow_id) X(INTEGER, direction) X(INTEGER, ts_ns) X(TEXT, kind)                    \
	X(INTEGER, related_packet_id) X(INTEGER, value) X(INTEGER, capture_id)

#define TCP_SACK_ROW(X)                                                                                                \
	X(INTEGER, tcp_sack_id) X(INTEGER, packet_id) X(INTEGER, begin_seq) X(INTEGER, end_seq)

// What most directions have not comes last, as in packets.
#define TCP_STATS_ROW(X)                                                                                               \
	X(INTEGER, tcp_stats_id) X(INTEGER, ack_packets) X(INTEGER, pure_acks) X(INTEGER, owin_max)       \
	X(INTEGER, owin_min) X(INTEGER, owin_mean) X(INTEGER, rtt_handshake_ns) X(INTEGER, data_packets)                   \
	X(INTEGER, pushed_packets) X(INTEGER, max_segment) X(INTEGER, min_segment) X(INTEGER, initial_window_bytes)        \
	X(INTEGER, initial_window_packets) X(INTEGER, data_ns) X(INTEGER, rtt_full_count) X(INTEGER, rtt_full_mean_ns)     \
	X(INTEGER, rtt_full_min_ns) X(INTEGER, rtt_full_max_ns) X(INTEGER, rtt_full_stdev_ns) X(INTEGER, cumulative_acks)  \
	X(INTEGER, duplicate_acks) X(INTEGER, out_of_order) X(INTEGER, triple_duplicate_acks) X(INTEGER, max_repeats)      \
	X(INTEGER, retransmission_min_ns) X(INTEGER, retransmission_mean_ns) X(INTEGER, retransmission_max_ns)             \
	X(INTEGER, retransmission_stdev_ns) X(INTEGER, post_loss_acks) X(INTEGER, ambiguous_acks)                          \
	X(INTEGER, rtt_last_min_ns) X(INTEGER, rtt_last_mean_ns) X(INTEGER, rtt_last_max_ns)                               \
	X(INTEGER, rtt_last_stdev_ns) X(INTEGER, sack_packets) X(INTEGER, max_sack_blocks) X(INTEGER, dsack_packets)       \
	X(INTEGER, truncated_packets) X(INTEGER, truncated_bytes) X(INTEGER, zero_windows)                                 \
	X(INTEGER, zero_window_probes) X(INTEGER, zero_window_probe_bytes) X(INTEGER, hardware_duplicates)                 \
	X(INTEGER, urgent_packets) X(INTEGER, urgent_bytes) X(INTEGER, forgotten_segments)

#define ICMP_PAIR_ROW(X)                                                                                               \
	X(INTEGER, flow_id) X(TEXT, src) X(TEXT, dst) X(INTEGER, ident) X(INTEGER, seq) X(INTEGER, request_packet_id)      \
	X(INTEGER, request_ts_ns) X(INTEGER, request_bytes) X(INTEGER, request_data_bytes) X(INTEGER, request_ttl)         \
	X(INTEGER, reply_packet_id) X(INTEGER, reply_ts_ns) X(INTEGER, rtt_ns) X(INTEGER, reply_bytes)                     \
	X(INTEGER, reply_data_bytes) X(INTEGER, reply_ttl) X(TEXT, kind) X(INTEGER, capture_id)

#define ICMP_ERROR_ROW(X)                                                                                              \
	X(INTEGER, packet_id) X(INTEGER, flow_id) X(INTEGER, ts_ns) X(INTEGER, type) X(INTEGER, code) X(TEXT, src)         \
	X(TEXT, dst) X(INTEGER, original_protocol) X(TEXT, original_src) X(TEXT, original_dst)                             \
	X(INTEGER, original_src_port) X(INTEGER, original_dst_port) X(INTEGER, original_ip_id)                             \
	X(INTEGER, original_flow_id) X(INTEGER, original_packet_id) X(INTEGER, mtu) X(INTEGER, ip_version)                 \
	X(INTEGER, capture_id)

// Every table that rows go to: enum name, row struct, SQL name, columns, whether SQLite counts its id.
#define TABLES(X)                                                                                                      \
	X(CAPTURES, capture_row, captures, CAPTURE_ROW, false)                                                             \
	X(CAPTURE_FILES, capture_file_row, capture_files, CAPTURE_FILE_ROW, false)                                         \
	X(INTERFACES, interface_row, interfaces, INTERFACE_ROW, false)                                                     \
	X(PROTOCOL_STACKS, protocol_stack_row, protocol_stacks, PROTOCOL_STACK_ROW, false)                                 \
	X(PACKETS, packet_row, packets, PACKET_ROW, false)                                                                 \
	X(PACKET_ERRORS, packet_error_row, packet_errors, PACKET_ERROR_ROW, false)                                         \
	X(TCP_STATES, tcp_state_row, tcp_states, TCP_STATE_ROW, false)                                                     \
	X(FLOW_PACKETS, flow_packet_row, flow_packets, FLOW_PACKET_ROW, false)                                             \
	X(TIME_BUCKETS, time_bucket_row, time_buckets, TIME_BUCKET_ROW, true)                                              \
	X(FLOWS, flow_row, flows, FLOW_ROW, false)                                                                         \
	X(FLOW_SIGNS, flow_sign_row, flow_signs, FLOW_SIGN_ROW, false)                                                     \
	X(HOSTS, host_row, hosts, HOST_ROW, true)                                                                          \
	X(TCP_STATS, tcp_stats_row, tcp_stats, TCP_STATS_ROW, false)                                                       \
	X(TCP_EVENTS, tcp_event_row, tcp_events, TCP_EVENT_ROW, true)                                                      \
	X(TCP_SACKS, tcp_sack_row, tcp_sacks, TCP_SACK_ROW, false)                                                         \
	X(ICMP_PAIRS, icmp_pair_row, icmp_pairs, ICMP_PAIR_ROW, true)                                                      \
	X(ICMP_ERRORS, icmp_error_row, icmp_errors, ICMP_ERROR_ROW, true)                                                  \
	TABLES_OF_PROTOCOLS(X)
// clang-format on

#define ROW_MEMBER(kind, name) row_##kind name;
#define X(id, row, sql, columns, auto_id)                                                                          \
	struct row {                                                                                                   \
		columns(ROW_MEMBER)                                                                                        \
	};
TABLES(X)
#undef X
#undef ROW_MEMBER

enum table_id {
#define X(id, row, sql, columns, auto_id) TABLE_##id,
	TABLES(X)
#undef X
		TABLE_COUNT
};

// Rows of the tables from here on name their id: writer_next_id().
enum { TABLES_FIRST_OF_PROTOCOLS = TABLE_ICMP_ERRORS + 1 };

extern const struct table tables[TABLE_COUNT];

#endif
