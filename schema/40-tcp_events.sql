-- What happened in TCP conversations. One row a packet and kind; docs/definitions.md says how each is recognised.
CREATE TABLE tcp_events (
	event_id          INTEGER PRIMARY KEY, -- in the order of packets
	packet_id         INTEGER NOT NULL REFERENCES packets, -- the packet that it happened with
	flow_id           INTEGER NOT NULL REFERENCES flows, -- its flow
	direction         INTEGER NOT NULL, -- of the packet: 0 sent by src, 1 by dst
	ts_ns             INTEGER NOT NULL, -- of the packet
	kind              TEXT NOT NULL, -- syn, syn_ack, established, fin, rst, retransmission, fast_retransmission, spurious_retransmission, out_of_order, lost_segment, ack_lost_segment, duplicate_ack, keep_alive, keep_alive_ack, zero_window, zero_window_probe, zero_window_probe_ack, window_update, window_full, reused_ports
	related_packet_id INTEGER, -- syn_ack: the SYN it answers; established: the SYN-ACK; duplicate_ack: the ACK it repeats; retransmission: the packet its time is measured from
	value             INTEGER, -- syn_ack, established: ns since the first SYN; retransmission: ns since related_packet_id (RTO); duplicate_ack: its number in the run, from 1; out_of_order: 1 where the TCP timestamp, or else the IP identification, tells that it was sent behind the segment that seems to have overtaken it: it was sent again
	capture_id        INTEGER NOT NULL DEFAULT 1 REFERENCES captures -- the capture
);

-- SACK blocks of segments (RFC 2018): what their sender has received beyond its ACK. One row a block.
CREATE TABLE tcp_sacks (
	tcp_sack_id INTEGER PRIMARY KEY, -- 4 * packet_id, and the block's place in the option, from 0: those of a packet are a range
	packet_id   INTEGER NOT NULL REFERENCES packets, -- the segment
	begin_seq   INTEGER NOT NULL, -- first sequence number of the block, relative as packets.ack
	end_seq     INTEGER NOT NULL -- the number behind its last
);
