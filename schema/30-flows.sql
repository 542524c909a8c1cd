-- Conversations, and the hosts that hold them.

-- One row a flow: two endpoints and a protocol. src sent the SYN, or else the first packet. src_... is what src sent,
-- dst_... what dst sent. docs/definitions.md says whose definition each number follows.
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
	community_id                 TEXT, -- Community ID version 1, seed 0: the same for the same endpoints and protocol in other tools; NULL without IP
	application                  TEXT, -- what it was found to carry, by its bytes: http, tls, dns ...; NULL not known
	service                      TEXT, -- what its server's port is for (IANA), whatever it carries: https, domain, ssh; that of dst_port, else of src_port; NULL: none that is well known
	server_name                  TEXT, -- what the client calls the server: TLS server name, HTTP host; NULL not known
	state                        TEXT, -- Zeek's conn_state: SF, S0, REJ ...; tcp_states says what each means; OTH where neither TCP nor UDP; NULL without IP, and where all IP checksums are wrong: Zeek drops such packets
	history                      TEXT, -- Zeek's history: a letter for each kind of packet, in order, upper case from the originator. The originator is src, or dst where there is a ^: src is the sender of the first packet, which then looked like an answer. NULL where neither TCP nor UDP, and without a state. docs/definitions.md tells the letters
	orig_bytes                   INTEGER, -- Zeek's orig_bytes: payload of the originator (src, or dst where the history has a ^), of TCP by sequence numbers, so that bytes the capture lacks count; NULL where not TCP, UDP or ICMP
	resp_bytes                   INTEGER, -- Zeek's resp_bytes: the same of the responder
	idle_max_ns                  INTEGER, -- longest time between two packets in a row, either way; NULL with one packet
	src_packets                  INTEGER NOT NULL, -- packets sent by src
	dst_packets                  INTEGER NOT NULL, -- packets sent by dst
	src_bytes                    INTEGER NOT NULL, -- their bytes on the wire, all headers
	dst_bytes                    INTEGER NOT NULL, -- their bytes on the wire, all headers
	src_payload_bytes            INTEGER NOT NULL, -- their bytes above the transport header, every copy counted
	dst_payload_bytes            INTEGER NOT NULL, -- their bytes above the transport header, every copy counted
	src_throughput_bps           INTEGER, -- bits per second on the wire: src_bytes over the time from the first packet of the flow to its last; NULL without duration
	dst_throughput_bps           INTEGER, -- bits per second on the wire: dst_bytes over the time from the first packet of the flow to its last; NULL without duration
	src_goodput_bps              INTEGER, -- bits per second of payload, each byte once: of TCP src_unique_bytes, else src_payload_bytes, over the same time
	dst_goodput_bps              INTEGER, -- bits per second of payload, each byte once: of TCP dst_unique_bytes, else dst_payload_bytes, over the same time
	src_idle_max_ns              INTEGER, -- longest time between two packets of src in a row; NULL with fewer than two
	dst_idle_max_ns              INTEGER, -- longest time between two packets of dst in a row; NULL with fewer than two
	src_ttl_min                  INTEGER, -- least TTL or hop limit of its packets; NULL without IP
	dst_ttl_min                  INTEGER, -- least TTL or hop limit of its packets; NULL without IP
	src_ttl_max                  INTEGER, -- greatest TTL or hop limit of its packets
	dst_ttl_max                  INTEGER, -- greatest TTL or hop limit of its packets
	status                       TEXT, -- SYNs and FINs seen, both ways, and R if reset: S2F1, S2F0/R; it and all below to dst_window_fulls: NULL where not TCP
	first_syn_ts_ns              INTEGER, -- earliest segment with SYN, either way
	last_fin_ts_ns               INTEGER, -- latest segment with FIN, either way
	completeness                 INTEGER, -- Wireshark's tcp.completeness: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data, 16 FIN, 32 RST; flow_list says it in words
	syn_rtt_ns                   INTEGER, -- first SYN to first SYN-ACK
	handshake_ns                 INTEGER, -- first SYN to the ACK that completes the handshake
	initial_rtt_ns               INTEGER, -- Wireshark's: last SYN to the first segment with ACK and without SYN
	ecn                          INTEGER, -- 1: the handshake negotiated ECN (RFC 3168, 6.1.1); NULL: a SYN is not in the capture
	analysis_given_up            INTEGER, -- 1: unacknowledged segments were forgotten for want of memory, so acks, ack_rtt_ns and bytes_in_flight miss some
	src_syns                     INTEGER, -- segments with SYN, SYN-ACKs too
	dst_syns                     INTEGER, -- segments with SYN, SYN-ACKs too
	src_fins                     INTEGER, -- segments with FIN
	dst_fins                     INTEGER, -- segments with FIN
	src_rsts                     INTEGER, -- segments with RST
	dst_rsts                     INTEGER, -- segments with RST
	src_mss                      INTEGER, -- maximum segment size option of the SYN; NULL none
	dst_mss                      INTEGER, -- maximum segment size option of the SYN; NULL none
	src_window_scale             INTEGER, -- shift of the window scale option of the SYN; NULL none
	dst_window_scale             INTEGER, -- shift of the window scale option of the SYN; NULL none
	src_sack                     INTEGER, -- 1: SACK permitted in the SYN
	dst_sack                     INTEGER, -- 1: SACK permitted in the SYN
	src_timestamps               INTEGER, -- 1: timestamps option in the SYN (RFC 7323)
	dst_timestamps               INTEGER, -- 1: timestamps option in the SYN (RFC 7323)
	src_isn                      INTEGER, -- first sequence number seen, as in the header
	dst_isn                      INTEGER, -- first sequence number seen, as in the header
	src_rtt_count                INTEGER, -- round trips measured: segments of src that dst acknowledged (packets.ack_rtt_ns of those ACKs)
	dst_rtt_count                INTEGER, -- round trips measured: segments of dst that src acknowledged (packets.ack_rtt_ns of those ACKs)
	src_rtt_min_ns               INTEGER, -- the shortest of these round trips; NULL none
	dst_rtt_min_ns               INTEGER, -- the shortest of these round trips; NULL none
	src_rtt_mean_ns              INTEGER, -- their mean
	dst_rtt_mean_ns              INTEGER, -- their mean
	src_rtt_max_ns               INTEGER, -- the longest
	dst_rtt_max_ns               INTEGER, -- the longest
	src_rtt_jitter_ns            INTEGER, -- mean difference of an RTT to the one before, without sign; NULL with fewer than two
	dst_rtt_jitter_ns            INTEGER, -- mean difference of an RTT to the one before, without sign; NULL with fewer than two
	src_rtt_karn_count           INTEGER, -- RTT samples by Karn's rule (tcptrace): ACKs of exactly a segment that was sent once, with nothing below it sent later
	dst_rtt_karn_count           INTEGER, -- RTT samples by Karn's rule (tcptrace): ACKs of exactly a segment that was sent once, with nothing below it sent later
	src_rtt_karn_min_ns          INTEGER, -- the shortest of these; NULL none
	dst_rtt_karn_min_ns          INTEGER, -- the shortest of these; NULL none
	src_rtt_karn_mean_ns         INTEGER, -- their mean
	dst_rtt_karn_mean_ns         INTEGER, -- their mean
	src_rtt_karn_max_ns          INTEGER, -- the longest
	dst_rtt_karn_max_ns          INTEGER, -- the longest
	src_rtt_karn_stdev_ns        INTEGER, -- their standard deviation, that of a sample; NULL with fewer than three
	dst_rtt_karn_stdev_ns        INTEGER, -- their standard deviation, that of a sample; NULL with fewer than three
	src_unique_bytes             INTEGER, -- payload bytes of src, each byte of the sequence space once (tcptrace); those sent into a zero window do not count
	dst_unique_bytes             INTEGER, -- payload bytes of dst, each byte of the sequence space once (tcptrace); those sent into a zero window do not count
	src_missed_bytes             INTEGER, -- bytes of the sequence space between the first and the last one seen of src that no packet of the capture holds, or only one sent into a zero window
	dst_missed_bytes             INTEGER, -- bytes of the sequence space between the first and the last one seen of dst that no packet of the capture holds, or only one sent into a zero window
	src_bytes_in_flight_max      INTEGER, -- largest packets.bytes_in_flight of src; NULL none
	dst_bytes_in_flight_max      INTEGER, -- largest packets.bytes_in_flight of dst; NULL none
	src_retransmitted_packets    INTEGER, -- segments with data, SYN or FIN that were sent before, in part at least, by sequence number alone (tcptrace)
	dst_retransmitted_packets    INTEGER, -- segments with data, SYN or FIN that were sent before, in part at least, by sequence number alone (tcptrace)
	src_retransmitted_bytes      INTEGER, -- their bytes that were sent before; SYN and FIN count as one (tcptrace)
	dst_retransmitted_bytes      INTEGER, -- their bytes that were sent before; SYN and FIN count as one (tcptrace)
	src_retransmission_rate      REAL, -- share of the data, SYN and FIN segments that Wireshark calls a retransmission of any kind, copies left out: 0 to 1; NULL without such segments
	dst_retransmission_rate      REAL, -- share of the data, SYN and FIN segments that Wireshark calls a retransmission of any kind, copies left out: 0 to 1; NULL without such segments
	src_loss_estimate            REAL, -- share of the same segments that were lost, as far as retransmissions show: those not spurious; 0 to 1
	dst_loss_estimate            REAL, -- share of the same segments that were lost, as far as retransmissions show: those not spurious; 0 to 1
	src_min_window               INTEGER, -- smallest window field of its segments, as in the header: not scaled
	dst_min_window               INTEGER, -- smallest window field of its segments, as in the header: not scaled
	src_mean_window              REAL, -- mean of these window fields
	dst_mean_window              REAL, -- mean of these window fields
	src_max_window               INTEGER, -- largest of them
	dst_max_window               INTEGER, -- largest of them
	src_min_scaled_window        INTEGER, -- smallest receive window in bytes, as tcptrace counts it: scaled where both SYNs offered scaling, without those of SYNs and RSTs; 0 is no minimum
	dst_min_scaled_window        INTEGER, -- smallest receive window in bytes, as tcptrace counts it: scaled where both SYNs offered scaling, without those of SYNs and RSTs; 0 is no minimum
	src_mean_scaled_window       REAL, -- mean of these receive windows, bytes; those of 0 count
	dst_mean_scaled_window       REAL, -- mean of these receive windows, bytes; those of 0 count
	src_max_scaled_window        INTEGER, -- largest of them, bytes
	dst_max_scaled_window        INTEGER, -- largest of them, bytes
	src_retransmissions          INTEGER, -- Wireshark's retransmission, without the fast and spurious ones
	dst_retransmissions          INTEGER, -- Wireshark's retransmission, without the fast and spurious ones
	src_fast_retransmissions     INTEGER, -- Wireshark's fast retransmission
	dst_fast_retransmissions     INTEGER, -- Wireshark's fast retransmission
	src_spurious_retransmissions INTEGER, -- Wireshark's spurious retransmission
	dst_spurious_retransmissions INTEGER, -- Wireshark's spurious retransmission
	src_out_of_order             INTEGER, -- Wireshark's out-of-order
	dst_out_of_order             INTEGER, -- Wireshark's out-of-order
	src_duplicate_acks           INTEGER, -- Wireshark's duplicate ACK
	dst_duplicate_acks           INTEGER, -- Wireshark's duplicate ACK
	src_lost_segments            INTEGER, -- gaps: a segment before was not captured
	dst_lost_segments            INTEGER, -- gaps: a segment before was not captured
	src_ack_lost_segments        INTEGER, -- ACKs of dst's data that was not captured
	dst_ack_lost_segments        INTEGER, -- ACKs of src's data that was not captured
	src_keep_alives              INTEGER, -- Wireshark's keep-alive
	dst_keep_alives              INTEGER, -- Wireshark's keep-alive
	src_keep_alive_acks          INTEGER, -- Wireshark's keep-alive ACK
	dst_keep_alive_acks          INTEGER, -- Wireshark's keep-alive ACK
	src_zero_windows             INTEGER, -- Wireshark's zero window
	dst_zero_windows             INTEGER, -- Wireshark's zero window
	src_zero_window_probes       INTEGER, -- Wireshark's zero-window probe
	dst_zero_window_probes       INTEGER, -- Wireshark's zero-window probe
	src_zero_window_probe_acks   INTEGER, -- Wireshark's zero-window-probe ACK
	dst_zero_window_probe_acks   INTEGER, -- Wireshark's zero-window-probe ACK
	src_window_updates           INTEGER, -- Wireshark's window update
	dst_window_updates           INTEGER, -- Wireshark's window update
	src_window_fulls             INTEGER, -- Wireshark's window full
	dst_window_fulls             INTEGER, -- Wireshark's window full
	src_fragments                INTEGER DEFAULT 0, -- IP fragments
	dst_fragments                INTEGER DEFAULT 0, -- IP fragments
	src_wrong_checksums          INTEGER DEFAULT 0, -- packets whose IP or transport checksum is wrong
	dst_wrong_checksums          INTEGER DEFAULT 0, -- packets whose IP or transport checksum is wrong
	src_errors                   INTEGER DEFAULT 0, -- packets.errors, those of any of its packets
	dst_errors                   INTEGER DEFAULT 0 -- packets.errors, those of any of its packets
);

-- Every address seen in flows, with what it sent and received.
CREATE TABLE hosts (
	host_id          INTEGER PRIMARY KEY, -- names the host
	address          TEXT NOT NULL, -- RFC 5952 for IPv6; a MAC address where there is no IP
	address_bytes    BLOB NOT NULL, -- 16 bytes that sort as addresses do, so that a prefix is a range; IPv4 as ::ffff:a.b.c.d
	flows            INTEGER NOT NULL, -- flows with this address at either end
	packets_sent     INTEGER NOT NULL, -- packets with this source
	packets_received INTEGER NOT NULL, -- packets with this destination
	bytes_sent       INTEGER NOT NULL, -- on the wire
	bytes_received   INTEGER NOT NULL, -- on the wire
	first_ts_ns      INTEGER NOT NULL, -- first packet of its flows, ns since 1970 UTC
	last_ts_ns       INTEGER NOT NULL, -- last packet of its flows
	ip_version       INTEGER DEFAULT 4, -- 4 or 6; NULL for a MAC address
	capture_id       INTEGER NOT NULL DEFAULT 1 REFERENCES captures -- the capture it was seen in
);
