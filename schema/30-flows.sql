-- Conversations, and the hosts that hold them.

-- One row a flow: two endpoints and a protocol. src sent the SYN, or else the first packet. src_... is what src sent,
-- dst_... what dst sent. TCP columns are NULL for other protocols.
CREATE TABLE flows (
	flow_id                      INTEGER PRIMARY KEY, -- in the order of first packets
	capture_id                   INTEGER NOT NULL REFERENCES captures, -- the capture it is in
	protocol                     TEXT NOT NULL, -- tcp, udp, icmp ...; for frames without IP the ethertype or link protocol: arp, stp, 0x88b5
	src                          TEXT NOT NULL, -- IP address; a MAC address for frames without IP
	src_port                     INTEGER, -- NULL: a protocol without ports
	dst                          TEXT NOT NULL, -- the other endpoint
	dst_port                     INTEGER, -- its port
	ip_version                   INTEGER, -- 4 or 6; NULL without IP
	first_ts_ns                  INTEGER NOT NULL, -- ns since 1970 UTC
	last_ts_ns                   INTEGER NOT NULL, -- latest packet
	first_packet_id              INTEGER NOT NULL REFERENCES packets, -- the packet that made the flow
	last_packet_id               INTEGER NOT NULL REFERENCES packets, -- the last one in the capture
	started                      TEXT NOT NULL, -- why it is a flow of its own: new, reused_ports (a new SYN on old endpoints), timeout (idle longer than --flow-timeout)
	connection_id                INTEGER NOT NULL, -- flow_id of the first flow with the same endpoints: flows that port reuse split share it
	src_packets                  INTEGER NOT NULL, -- packets sent by src
	src_bytes                    INTEGER NOT NULL, -- their bytes on the wire, all headers
	src_payload_bytes            INTEGER NOT NULL, -- their bytes above the transport header, every copy counted
	dst_packets                  INTEGER NOT NULL, -- packets sent by dst
	dst_bytes                    INTEGER NOT NULL, -- their bytes on the wire, all headers
	dst_payload_bytes            INTEGER NOT NULL, -- their bytes above the transport header, every copy counted
	status                       TEXT, -- SYNs and FINs seen, both ways, and R if reset: S2F1, S2F0/R
	first_syn_ts_ns              INTEGER, -- earliest segment with SYN, either way
	last_fin_ts_ns               INTEGER, -- latest segment with FIN, either way
	completeness                 INTEGER, -- Wireshark's tcp.completeness: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST
	syn_rtt_ns                   INTEGER, -- first SYN to first SYN-ACK
	handshake_ns                 INTEGER, -- first SYN to the ACK that completes the handshake
	initial_rtt_ns               INTEGER, -- Wireshark's: last SYN to the first segment with ACK and without SYN
	src_syns                     INTEGER, -- segments with SYN, SYN-ACKs too
	src_fins                     INTEGER, -- segments with FIN
	src_rsts                     INTEGER, -- segments with RST
	src_isn                      INTEGER, -- first sequence number seen, as in the header
	src_mss                      INTEGER, -- maximum segment size option of the SYN; NULL none
	src_window_scale             INTEGER, -- shift of the window scale option of the SYN; NULL none
	src_sack                     INTEGER, -- 1: SACK permitted in the SYN
	src_min_window               INTEGER, -- raw window field, all segments
	src_mean_window              REAL, -- the same
	src_max_window               INTEGER, -- the same
	src_retransmissions          INTEGER, -- Wireshark's retransmission, without the fast and spurious ones
	src_fast_retransmissions     INTEGER, -- Wireshark's fast retransmission
	src_spurious_retransmissions INTEGER, -- Wireshark's spurious retransmission
	src_out_of_order             INTEGER, -- Wireshark's out-of-order
	src_duplicate_acks           INTEGER, -- Wireshark's duplicate ACK
	src_zero_windows             INTEGER, -- Wireshark's zero window
	src_lost_segments            INTEGER, -- gaps: a segment before was not captured
	src_keep_alives              INTEGER, -- Wireshark's keep-alive
	src_rtt_count                INTEGER, -- segments of this side that were acknowledged (rtt: packets.ack_rtt_ns of the ACKs)
	src_rtt_min_ns               INTEGER, -- the shortest
	src_rtt_mean_ns              INTEGER, -- the mean
	src_rtt_max_ns               INTEGER, -- the longest
	dst_syns                     INTEGER, -- segments with SYN, SYN-ACKs too
	dst_fins                     INTEGER, -- segments with FIN
	dst_rsts                     INTEGER, -- segments with RST
	dst_isn                      INTEGER, -- first sequence number seen, as in the header
	dst_mss                      INTEGER, -- maximum segment size option of the SYN; NULL none
	dst_window_scale             INTEGER, -- shift of the window scale option of the SYN; NULL none
	dst_sack                     INTEGER, -- 1: SACK permitted in the SYN
	dst_min_window               INTEGER, -- raw window field, all segments
	dst_mean_window              REAL, -- the same
	dst_max_window               INTEGER, -- the same
	dst_retransmissions          INTEGER, -- Wireshark's retransmission, without the fast and spurious ones
	dst_fast_retransmissions     INTEGER, -- Wireshark's fast retransmission
	dst_spurious_retransmissions INTEGER, -- Wireshark's spurious retransmission
	dst_out_of_order             INTEGER, -- Wireshark's out-of-order
	dst_duplicate_acks           INTEGER, -- Wireshark's duplicate ACK
	dst_zero_windows             INTEGER, -- Wireshark's zero window
	dst_lost_segments            INTEGER, -- gaps: a segment before was not captured
	dst_keep_alives              INTEGER, -- Wireshark's keep-alive
	dst_rtt_count                INTEGER, -- segments of this side that were acknowledged (rtt: packets.ack_rtt_ns of the ACKs)
	dst_rtt_min_ns               INTEGER, -- the shortest
	dst_rtt_mean_ns              INTEGER, -- the mean
	dst_rtt_max_ns               INTEGER -- the longest
);

-- Every address seen in flows, with what it sent and received.
CREATE TABLE hosts (
	host_id          INTEGER PRIMARY KEY, -- names the host
	capture_id       INTEGER NOT NULL REFERENCES captures, -- the capture it was seen in
	address          TEXT NOT NULL, -- RFC 5952 for IPv6; a MAC address where there is no IP
	address_bytes    BLOB NOT NULL, -- 16 bytes that sort as addresses do, so that a prefix is a range; IPv4 as ::ffff:a.b.c.d
	ip_version       INTEGER, -- 4 or 6; NULL for a MAC address
	flows            INTEGER NOT NULL, -- flows with this address at either end
	packets_sent     INTEGER NOT NULL, -- packets with this source
	packets_received INTEGER NOT NULL, -- packets with this destination
	bytes_sent       INTEGER NOT NULL, -- on the wire
	bytes_received   INTEGER NOT NULL, -- on the wire
	first_ts_ns      INTEGER NOT NULL, -- first packet of its flows, ns since 1970 UTC
	last_ts_ns       INTEGER NOT NULL -- last packet of its flows
);
