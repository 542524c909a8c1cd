-- What tcptrace tells of a TCP connection, as far as flows does not: one row a flow and direction that sent packets.

-- The direction's segments are `sent`; ACKs "for them" came from the other side. Each number is that of tcptrace 6.6.7's
-- long output under the name in quotes; docs/differences.md lists where it is not. The report tcp-stats shows all.
CREATE TABLE tcp_stats (
	tcp_stats_id            INTEGER PRIMARY KEY, -- 2 * flow_id + direction: JOIN tcp_stats s ON s.tcp_stats_id = 2 * f.flow_id gives what src sent
	ack_packets             INTEGER NOT NULL DEFAULT 0, -- "ack pkts sent": segments with ACK
	pure_acks               INTEGER NOT NULL DEFAULT 0, -- "pure acks sent": those without data, SYN, FIN or RST
	owin_max                INTEGER NOT NULL DEFAULT 0, -- "max owin": most bytes from the last number acknowledged to the end of a segment, both included; retransmissions, SYNs and RSTs do not count
	owin_min                INTEGER NOT NULL DEFAULT 0, -- "min non-zero owin": the fewest above 0
	owin_mean               INTEGER NOT NULL DEFAULT 0, -- "avg owin": the mean over all those segments; one that ends below the last ACK counts as negative
	rtt_handshake_ns        INTEGER, -- "RTT from 3WHS": of the SYN, if it was sent once; NULL: not measured
	data_packets            INTEGER NOT NULL DEFAULT 0, -- "actual data pkts": segments with data
	pushed_packets          INTEGER NOT NULL DEFAULT 0, -- "pushed data pkts": those with PSH
	max_segment             INTEGER NOT NULL DEFAULT 0, -- "max segm size": most bytes of data in one
	min_segment             INTEGER NOT NULL DEFAULT 0, -- "min segm size": fewest; 0 without data
	initial_window_bytes    INTEGER NOT NULL DEFAULT 0, -- "initial window": data sent before any was acknowledged, without retransmissions
	initial_window_packets  INTEGER NOT NULL DEFAULT 0, -- "initial window": its segments
	data_ns                 INTEGER, -- "data xmit time": from the first segment with data to the last; NULL without data
	rtt_full_count          INTEGER NOT NULL DEFAULT 0, -- "RTT full_sz smpls": RTT samples by Karn's rule of the longest segments measured
	rtt_full_mean_ns        INTEGER, -- "RTT full_sz avg": their mean
	rtt_full_min_ns         INTEGER, -- "RTT full_sz min": the shortest
	rtt_full_max_ns         INTEGER, -- "RTT full_sz max": the longest
	rtt_full_stdev_ns       INTEGER, -- "RTT full_sz stdev": standard deviation of a sample; NULL with fewer than three
	cumulative_acks         INTEGER NOT NULL DEFAULT 0, -- "segs cum acked": segments sent that an ACK of a later number acknowledged
	duplicate_acks          INTEGER NOT NULL DEFAULT 0, -- "duplicate acks": ACKs for them without data that repeat number and window of the one before
	out_of_order            INTEGER NOT NULL DEFAULT 0, -- "outoforder pkts": segments that begin below one seen before and end within or before it
	triple_duplicate_acks   INTEGER NOT NULL DEFAULT 0, -- "triple dupacks": runs of at least three duplicate ACKs
	max_repeats             INTEGER NOT NULL DEFAULT 0, -- "max # retrans": most retransmissions of one segment
	retransmission_min_ns   INTEGER, -- "min retr time": from one transmission of a segment to the next, the shortest
	retransmission_mean_ns  INTEGER, -- "avg retr time": the mean
	retransmission_max_ns   INTEGER, -- "max retr time": the longest
	retransmission_stdev_ns INTEGER, -- "sdv retr time": standard deviation of a sample; NULL with fewer than three
	post_loss_acks          INTEGER NOT NULL DEFAULT 0, -- "post-loss acks": of a segment that was sent before a lower one was sent again; no RTT sample
	ambiguous_acks          INTEGER NOT NULL DEFAULT 0, -- "ambiguous acks": of a segment that was sent more than once; no RTT sample
	rtt_last_min_ns         INTEGER, -- "RTT min (last)": of those, from the last transmission to the ACK, the shortest
	rtt_last_mean_ns        INTEGER, -- "RTT avg (last)": the mean
	rtt_last_max_ns         INTEGER, -- "RTT max (last)": the longest
	rtt_last_stdev_ns       INTEGER, -- "RTT sdv (last)": standard deviation of a sample; NULL with fewer than three
	sack_packets            INTEGER NOT NULL DEFAULT 0, -- "sack pkts sent": segments with SACK blocks
	max_sack_blocks         INTEGER NOT NULL DEFAULT 0, -- "max sack blks/ack": most blocks in one
	dsack_packets           INTEGER NOT NULL DEFAULT 0, -- "dsack pkts sent": those whose first block reports a duplicate (RFC 2883)
	truncated_packets       INTEGER NOT NULL DEFAULT 0, -- "truncated packets": segments whose data the snap length cut
	truncated_bytes         INTEGER NOT NULL DEFAULT 0, -- "truncated data": bytes of data that it cut
	zero_windows            INTEGER NOT NULL DEFAULT 0, -- "zero win adv": ACKs with a window of 0, RSTs not counted
	zero_window_probes      INTEGER NOT NULL DEFAULT 0, -- "zwnd probe pkts": segments with data or FIN sent while the other side's window was 0
	zero_window_probe_bytes INTEGER NOT NULL DEFAULT 0, -- "zwnd probe bytes": their data
	hardware_duplicates     INTEGER NOT NULL DEFAULT 0, -- "hardware dups": segments with sequence number and IPv4 identification of one of the eight before
	urgent_packets          INTEGER NOT NULL DEFAULT 0, -- "urgent data pkts": segments with URG and data
	urgent_bytes            INTEGER NOT NULL DEFAULT 0, -- "urgent data bytes": sum of their urgent pointers
	forgotten_segments      INTEGER NOT NULL DEFAULT 0, -- segments forgotten because too many waited for an ACK (8,192 a direction): what repeats them may not be noticed
	flow_id                 INTEGER GENERATED ALWAYS AS (tcp_stats_id / 2) VIRTUAL REFERENCES flows, -- the flow
	direction               INTEGER GENERATED ALWAYS AS (tcp_stats_id % 2) VIRTUAL -- 0 sent by src, 1 by dst
);
