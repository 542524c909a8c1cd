-- Conversations, and the hosts that hold them.

-- One row a flow: two endpoints and a protocol. src sent the SYN, or else the first packet. src_... is what src sent,
-- dst_... what dst sent. TCP columns are NULL for other protocols.
CREATE TABLE flows (
	flow_id                      INTEGER PRIMARY KEY, -- in the order of first packets
	capture_id                   INTEGER NOT NULL REFERENCES captures,
	protocol                     TEXT NOT NULL, -- tcp, udp, icmp ...; for frames without IP the ethertype or link protocol: arp, stp, 0x88b5
	src                          TEXT NOT NULL, -- IP address; a MAC address for frames without IP
	src_port                     INTEGER, -- NULL: a protocol without ports
	dst                          TEXT NOT NULL,
	dst_port                     INTEGER,
	ip_version                   INTEGER, -- 4 or 6; NULL without IP
	first_ts_ns                  INTEGER NOT NULL, -- ns since 1970 UTC
	last_ts_ns                   INTEGER NOT NULL,
	first_packet_id              INTEGER NOT NULL REFERENCES packets,
	last_packet_id               INTEGER NOT NULL REFERENCES packets,
	started                      TEXT NOT NULL, -- why it is a flow of its own: new, reused_ports (a new SYN on old endpoints), timeout (idle longer than --flow-timeout)
	src_packets                  INTEGER NOT NULL, -- packets sent by src
	src_bytes                    INTEGER NOT NULL, -- their bytes on the wire, all headers
	src_payload_bytes            INTEGER NOT NULL, -- their bytes above the transport header, every copy counted
	dst_packets                  INTEGER NOT NULL, -- packets sent by dst
	dst_bytes                    INTEGER NOT NULL,
	dst_payload_bytes            INTEGER NOT NULL,
	status                       TEXT, -- SYNs and FINs seen, both ways, and R if reset: S2F1, S2F0/R
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
	src_mean_window              REAL,
	src_max_window               INTEGER,
	src_retransmissions          INTEGER, -- Wireshark's retransmission, without the fast and spurious ones
	src_fast_retransmissions     INTEGER,
	src_spurious_retransmissions INTEGER,
	src_out_of_order             INTEGER,
	src_duplicate_acks           INTEGER,
	src_zero_windows             INTEGER,
	src_lost_segments            INTEGER, -- gaps: a segment before was not captured
	src_keep_alives              INTEGER,
	src_rtt_count                INTEGER, -- segments of this side that were acknowledged (rtt: packets.ack_rtt_ns of the ACKs)
	src_rtt_min_ns               INTEGER,
	src_rtt_mean_ns              INTEGER,
	src_rtt_max_ns               INTEGER,
	dst_syns                     INTEGER,
	dst_fins                     INTEGER,
	dst_rsts                     INTEGER,
	dst_isn                      INTEGER,
	dst_mss                      INTEGER,
	dst_window_scale             INTEGER,
	dst_sack                     INTEGER,
	dst_min_window               INTEGER,
	dst_mean_window              REAL,
	dst_max_window               INTEGER,
	dst_retransmissions          INTEGER,
	dst_fast_retransmissions     INTEGER,
	dst_spurious_retransmissions INTEGER,
	dst_out_of_order             INTEGER,
	dst_duplicate_acks           INTEGER,
	dst_zero_windows             INTEGER,
	dst_lost_segments            INTEGER,
	dst_keep_alives              INTEGER,
	dst_rtt_count                INTEGER,
	dst_rtt_min_ns               INTEGER,
	dst_rtt_mean_ns              INTEGER,
	dst_rtt_max_ns               INTEGER
);

-- Every address seen in flows, with what it sent and received.
CREATE TABLE hosts (
	host_id          INTEGER PRIMARY KEY,
	capture_id       INTEGER NOT NULL REFERENCES captures,
	address          TEXT NOT NULL, -- RFC 5952 for IPv6; a MAC address where there is no IP
	address_bytes    BLOB NOT NULL, -- 16 bytes that sort as addresses do, so that a prefix is a range; IPv4 as ::ffff:a.b.c.d
	ip_version       INTEGER, -- 4 or 6; NULL for a MAC address
	flows            INTEGER NOT NULL, -- flows with this address at either end
	packets_sent     INTEGER NOT NULL,
	packets_received INTEGER NOT NULL,
	bytes_sent       INTEGER NOT NULL, -- on the wire
	bytes_received   INTEGER NOT NULL,
	first_ts_ns      INTEGER NOT NULL, -- first packet of its flows, ns since 1970 UTC
	last_ts_ns       INTEGER NOT NULL
);
