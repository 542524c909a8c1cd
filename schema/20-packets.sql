-- One row a packet, and the ways to find it: by flow, by time, by protocol stack.

-- Protocol stacks as in Wireshark's frame.protocols, down to the protocols that have tables of their own.
CREATE TABLE protocol_stacks (
	stack_id INTEGER PRIMARY KEY, -- names the stack in packets
	stack    TEXT NOT NULL UNIQUE -- "eth:ethertype:ip:tcp"
);

-- Fields of the innermost IP packet. NULL: the packet has no such field. What most packets have in common comes last,
-- as the columns' defaults, which take no room in the file.
CREATE TABLE packets (
	packet_id       INTEGER PRIMARY KEY, -- counts through all captures of the case
	number          INTEGER NOT NULL, -- from 1 within the capture: Wireshark's frame.number
	ts_ns           INTEGER NOT NULL, -- ns since 1970 UTC
	wire_len        INTEGER NOT NULL, -- bytes on the wire
	captured_len    INTEGER NOT NULL, -- bytes in the file
	file_offset     INTEGER NOT NULL, -- of the packet's first byte, in the uncompressed file; 0 in a live capture
	stack_id        INTEGER NOT NULL REFERENCES protocol_stacks, -- its protocol stack
	flow_id         INTEGER REFERENCES flows, -- its flow; NULL: it has no endpoints
	direction       INTEGER, -- 0 sent by the flow's src, 1 by its dst
	payload_len     INTEGER, -- bytes above the innermost header decoded, as on the wire; TCP: segment length
	payload_hash    INTEGER, -- fingerprint of the payload, the same at every snap length: docs/definitions.md; NULL without payload
	ttl             INTEGER, -- IPv6: hop limit
	ip_id           INTEGER, -- IPv4 identification, or that of an IPv6 fragment header
	tcp_flags       INTEGER, -- 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR, 256 AE
	seq             INTEGER, -- relative to the first of its direction, not wrapping
	ack             INTEGER, -- relative to the first of the other direction, not wrapping; NULL without ACK
	window          INTEGER, -- as in the header, not scaled
	tsval           INTEGER, -- timestamps option (RFC 7323)
	tsecr           INTEGER, -- the echo of the other side's tsval
	bytes_in_flight INTEGER, -- Wireshark's: what its sender has sent and the other side has not acknowledged or SACKed, itself included; NULL: no data, or not known
	acks            INTEGER, -- number of the packet whose last byte this one acknowledges
	ack_rtt_ns      INTEGER, -- time since that packet
	l4_checksum_ok  INTEGER DEFAULT 1, -- TCP, UDP, ICMP, SCTP: 1, 0, or NULL: none, fragment, cut, or left to the hardware
	duplicate_of    INTEGER, -- number of the packet that this one is a copy of, made by the capture or the network, not its sender; NULL none
	ip_checksum_ok  INTEGER DEFAULT 1, -- 1, 0, or NULL: none, or not all of the header was captured
	tos             INTEGER DEFAULT 0, -- DSCP and ECN byte; IPv6: traffic class
	interface_id    INTEGER DEFAULT 1 REFERENCES interfaces, -- the interface it was captured on
	capture_id      INTEGER NOT NULL DEFAULT 1 REFERENCES captures, -- the capture it is in
	errors          INTEGER NOT NULL DEFAULT 0, -- set of bits: packet_errors
	vlan_id         INTEGER, -- innermost 802.1Q tag
	fragment_offset INTEGER, -- bytes; NULL: not a fragment
	more_fragments  INTEGER -- 1: more fragments follow; NULL: not a fragment
);

-- What the bits of packets.errors mean: errors >> bit & 1.
CREATE TABLE packet_errors (
	bit     INTEGER PRIMARY KEY, -- from 0
	name    TEXT NOT NULL, -- short name
	meaning TEXT NOT NULL -- in words
);

-- The packets of a flow: SELECT ... FROM flow_packets JOIN packets USING (packet_id) WHERE flow_packets.flow_id = 12.
CREATE TABLE flow_packets (
	flow_id   INTEGER NOT NULL REFERENCES flows, -- the flow
	packet_id INTEGER NOT NULL REFERENCES packets, -- one of its packets
	PRIMARY KEY (flow_id, packet_id)
) WITHOUT ROWID;

-- Packets by time, a tenth of a second each: from a time to its packets, and throughput without reading packets.
-- A row is a run of consecutive packets; where time runs backwards, and where a live capture was saved, several rows have
-- the same start.
CREATE TABLE time_buckets (
	time_bucket_id  INTEGER PRIMARY KEY, -- in the order of packets
	start_ts_ns     INTEGER NOT NULL, -- a multiple of 100,000,000
	first_packet_id INTEGER NOT NULL, -- first packet of the run
	last_packet_id  INTEGER NOT NULL, -- last packet of the run
	packets         INTEGER NOT NULL, -- packets of the run
	bytes           INTEGER NOT NULL, -- on the wire
	capture_id      INTEGER NOT NULL DEFAULT 1 REFERENCES captures -- the capture
);
