// TCP segments to events and round trips, exactly as Wireshark's tcp.analysis (tshark 4.0.17) sees them.
#ifndef INGEST_TCP_ANALYSIS_H
#define INGEST_TCP_ANALYSIS_H

#include <stdalign.h>

#include "flow.h"
#include "writer.h"

enum {
	TCP_UNACKED_MAX = 10000, // segments a direction remembers until they are acknowledged, as Wireshark
	TCP_UNACKED_FEW = 2,     // of those, as many as have room within the direction's struct
	// Room for those of the directions that have more, in all flows: 96 MB. Wireshark has no such limit. Beyond it, the
	// flows that sent nothing for longest forget theirs: the ACKs of those segments give no round trip then.
	TCP_UNACKED_TOTAL_MAX = 1 << 22,
};

// tcp_events.kind, in the order in which a packet's events are written. The first five are the connection's course,
// the rest Wireshark's flags.
// clang-format off
#define TCP_EVENTS(X)                                                                                                  \
	X(SYN, "syn")                                                                                                      \
	X(SYN_ACK, "syn_ack")                                                                                              \
	X(ESTABLISHED, "established")                                                                                      \
	X(FIN, "fin")                                                                                                      \
	X(RST, "rst")                                                                                                      \
	X(REUSED_PORTS, "reused_ports")                                                                                    \
	X(RETRANSMISSION, "retransmission")                                                                                \
	X(FAST_RETRANSMISSION, "fast_retransmission")                                                                      \
	X(SPURIOUS_RETRANSMISSION, "spurious_retransmission")                                                              \
	X(OUT_OF_ORDER, "out_of_order")                                                                                    \
	X(LOST_SEGMENT, "lost_segment")                                                                                    \
	X(ACK_LOST_SEGMENT, "ack_lost_segment")                                                                            \
	X(DUPLICATE_ACK, "duplicate_ack")                                                                                  \
	X(KEEP_ALIVE, "keep_alive")                                                                                        \
	X(KEEP_ALIVE_ACK, "keep_alive_ack")                                                                                \
	X(ZERO_WINDOW, "zero_window")                                                                                      \
	X(ZERO_WINDOW_PROBE, "zero_window_probe")                                                                          \
	X(ZERO_WINDOW_PROBE_ACK, "zero_window_probe_ack")                                                                  \
	X(WINDOW_UPDATE, "window_update")                                                                                  \
	X(WINDOW_FULL, "window_full")
// clang-format on

enum tcp_event {
#define X(id, text) TCP_EVENT_##id,
	TCP_EVENTS(X)
#undef X
		TCP_EVENT_COUNT
};

// A segment sent and not yet acknowledged.
struct tcp_unacked {
	int64_t ts_ns;
	uint32_t number;
	uint32_t seq, next_seq;
};

// Segments with data, SYN or FIN that are copies of others, made by the capture or the network; and which of them are
// retransmissions by Wireshark's events, needed or spurious.
struct tcp_copies {
	uint32_t segments, retransmissions, spurious;
};

// When its sender sent a segment, as far as its headers tell.
struct tcp_sent {
	bool is_set, has_timestamps;
	uint16_t ip_id; // 0: none
	uint32_t seq, tsval;
};

// What one direction has sent. Sequence numbers are as in the header; comparisons are signed 32-bit differences
// (RFC 1982). Numbers of packets, 0: none.
struct tcp_side {
	alignas(64) uint32_t next_seq; // behind the highest byte, SYN or FIN seen; 0 unset, as Wireshark has it
	uint32_t next_number;          // the packet that set it,
	int64_t next_ts_ns;            // and when
	uint32_t last_ack;             // ack field of the last segment
	uint32_t ack_number;           // first packet with that ack
	int64_t last_ts_ns;            // time of the last segment
	uint32_t duplicate_acks;  // of that ack; UINT32_MAX: an ACK of unseen data was flagged, which counts as many
	uint32_t contiguous;      // behind the last byte without a gap before it; 0 unset
	int32_t window;           // raw; -1 unknown
	int16_t scale;            // shift; -1 unknown, -2 none
	bool first_ack_due;       // sent a SYN and no ACK since: its window is not scaled yet
	uint8_t mptcp_operations; // of the connection, when this side sent last
	uint32_t last_events;     // set of enum tcp_event of the last segment
	uint32_t sacked;          // bytes that the SACK blocks of the last segment name
	int64_t seq;              // highest relative sequence number seen, unwrapped

	struct tcp_unacked *unacked; // in the order sent; owned, unless it is few
	uint32_t unacked_first, unacked_count, unacked_capacity;
	bool flight_unknown; // behind a gap, until the other side sends an ACK
	bool unacked_sorted; // also in the order of their numbers, without overlap, and over less than 2^30
	bool span_known;     // where they are not sorted: what they reach over, relative to span_base
	bool span_wraps;     // a segment of it does
	uint32_t segments, bytes_in_flight_max;
	uint16_t min_window, max_window;
	uint32_t rtt_count;
	uint64_t window_sum;
	struct tcp_sent highest; // that of the highest number

	struct tcp_unacked few[TCP_UNACKED_FEW];
	struct tcp_sent first_gap; // the first one behind a gap since all were filled

	uint64_t rtt_sum_ns;
	int64_t rtt_min_ns, rtt_max_ns;
	int64_t rtt_last_ns;
	uint64_t rtt_jitter_sum_ns; // of the differences of consecutive round trips
	struct tcp_sent last_gap;   // the latest one behind a gap
	uint32_t span_low, span_high, span_base;
	uint32_t events[TCP_EVENT_COUNT];
	uint32_t syns, fins, rsts;
	struct tcp_copies copies;
	int32_t mss;                          // -1 none
	int16_t window_scale_option;          // -1 none
	bool sack_permitted, options_unknown; // of its SYNs
};

struct tcp_flow {
	struct tcp_analyzer *analyzer;
	struct tcp_flow *older, *newer; // of those with more than a few unacknowledged segments, by the last one added
	bool listed;                    // among those
	bool given_up;                  // forgot unacknowledged segments
	bool is_mptcp;                  // has seen an option that makes it a subflow (RFC 8684)
	uint8_t mptcp_operations;       // bits of 1 << subtype: options of both sides
	uint8_t completeness;           // Wireshark's bits,
	uint8_t first_completeness;     // and those of a first packet that is no SYN
	uint32_t segments;
	int64_t initial_rtt_ns;                   // 0 unknown
	int64_t syn_ack_ts_ns, established_ts_ns; // ROW_NULL: not seen
	struct tcp_side side[2];
	int64_t first_syn_ts_ns, last_syn_ts_ns, any_syn_ts_ns, last_fin_ts_ns; // any_syn: a SYN-ACK counts as well
	int64_t first_syn_id, syn_ack_id;
	uint32_t first_syn_seq, syn_ack_seq;
};

// What the analyses of all flows share: a limit on their memory. It outlives the flows.
struct tcp_analyzer {
	size_t room, room_max;            // for unacknowledged segments, all flows
	struct tcp_flow *oldest, *newest; // those listed
	int64_t given_up;                 // times that a flow forgot segments
};

void tcp_analyzer_init(struct tcp_analyzer *, size_t room_max);

// Analyses a packet whose flow is known; makes the flow's tcp_flow at its first segment. Sets packet->seq, ack, acks,
// ack_rtt_ns and bytes_in_flight, counts, and adds tcp_events rows. Packets that are no whole TCP header are left
// alone.
void tcp_analyze(struct tcp_analyzer *, struct packet *, struct writer *, int64_t capture_id);

// Frees what it owns, not itself. NULL is fine.
void tcp_flow_release(struct tcp_flow *);

const char *tcp_event_name(enum tcp_event);

#endif
