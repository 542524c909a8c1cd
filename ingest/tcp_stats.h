// What tcptrace knows of a TCP connection: segments and bytes of every kind, windows, outstanding data, round trips by
// Karn's rule, retransmission times. The definitions are those of tcptrace 6.6.7 (trace.c, rexmit.c); where they differ,
// docs/differences.md says why.
//
// A flow's struct tcp_stats is about 1 KB; segments out of the ordinary are in tcp_space.h, which bounds them.
#ifndef INGEST_TCP_STATS_H
#define INGEST_TCP_STATS_H

#include "flow.h"
#include "tcp_space.h"
#include "writer.h"

enum { TCP_STATS_RECENT = 8 }; // segments among which duplicates of the capture are looked for

// Durations, and what their mean and deviation need.
struct tcp_times {
	uint32_t count;
	int64_t first_ns, min_ns, max_ns;
	double sum_ns, sum_squares; // of the differences to the first
};

// What few directions have.
struct tcp_stats_rare {
	uint32_t out_of_order, post_loss_acks, triple_duplicate_acks;
	uint32_t sack_packets, max_sack_blocks, dsack_packets;
	uint32_t zero_windows, zero_window_probes;
	uint32_t truncated_packets, hardware_duplicates, urgent_packets, max_repeats;
	int64_t zero_window_probe_bytes, truncated_bytes, urgent_bytes;
	struct tcp_times last;           // from the last transmission of a segment that was sent again to its ACK
	struct tcp_times retransmission; // between two transmissions of a segment
};

enum tcp_ecn { TCP_ECN_UNKNOWN, TCP_ECN_REFUSED, TCP_ECN_NEGOTIATED }; // RFC 3168, 6.1.1

// What one direction has sent. "Its ACKs" are those that the other direction sent for it.
struct tcp_stats_side {
	struct tcp_space space;
	// Of SYNs, of retransmissions, and what is rare.
	struct tcp_stats_rare *rare; // owned; NULL: nothing of it
	int64_t retransmitted_bytes;
	uint32_t retransmitted_packets, duplicate_acks, syns, fins;

	// Of every segment.
	uint32_t last_ack;    // ack field of its last segment that was no RST; or the other side's SYN, which sets it
	uint32_t last_window; // of its last segment that was no RST, scaled; 0 without ACK and SYN
	uint8_t scale;        // shift of its windows
	bool offered_scale, acked; // acked: last_ack is set
	bool scales;               // in both sides: both SYNs offered window scaling
	bool windows_scaled;       // window statistics are those of scaled windows alone
	bool timestamps;           // sent the option
	uint8_t recent_at,
		recent_disorder; // disorder: segments until the identifications of all recent ones rise again
	uint32_t packets, ack_packets, pure_acks, data_packets, pushed_packets;
	uint32_t sequenced_packets; // with data, SYN or FIN
	uint32_t scaled_packets;    // since windows_scaled
	uint32_t owin_count;
	uint64_t window_sum;
	uint32_t max_segment, min_segment; // 0: no data

	// Of data.
	uint64_t recent[TCP_STATS_RECENT]; // sequence number and IP identification
	int64_t unique_bytes;
	int64_t first_data_ts_ns, last_data_ts_ns;
	int64_t owin_sum;
	int32_t owin_max;
	uint32_t owin_min_less_1; // of those above 0; UINT32_MAX none

	// Of ACKs for it.
	uint32_t duplicate_run; // duplicate ACKs in a row
	uint32_t cumulative_acks;
	uint32_t rtt_full_length; // longest segment measured so far
	int64_t rtt_last_ns;      // 0: the last ACK that ended a segment measured nothing
	struct tcp_times rtt;
	bool data_acked;              // the first window is over
	bool syn_seen, syn_wants_ecn; // in both sides: of the last SYN without ACK
	uint8_t ecn;                  // in both sides: enum tcp_ecn
	uint32_t syn_seq;             // of its last SYN, 0 before
	uint32_t initial_window_packets, initial_window_bytes;
	struct tcp_times rtt_full;       // the round trips of the longest segments
	uint32_t window_min, window_max; // min: of those above 0; 0 none
	int64_t rtt_handshake_ns;        // 0 none
};

struct tcp_stats {
	struct tcp_stats_side side[2];
};

// Counts a packet whose flow is known and analysed by tcp_analyze(); makes the flow's tcp_stats at its first segment.
// Packets that are no whole TCP header are left alone.
void tcp_stats_add(struct packet *, struct tcp_space_memory *);

// Frees what it owns, not itself. NULL is fine.
void tcp_stats_release(struct tcp_stats *);

// Adds the rows of tcp_stats of a flow that has ended.
void tcp_stats_add_rows(const struct flow *, struct writer *);

int64_t tcp_times_mean_ns(const struct tcp_times *);  // ROW_NULL without any
int64_t tcp_times_stdev_ns(const struct tcp_times *); // of a sample; ROW_NULL with fewer than three

// Mean receive window, NAN without packets: tcptrace's, see schema/30-flows.sql.
double tcp_stats_mean_window(const struct tcp_stats *, int direction);

#endif
