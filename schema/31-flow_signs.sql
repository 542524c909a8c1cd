-- Which flows have something that detectors look for, found without reading the wide rows of flows.

-- One row a flow with at least one sign. A sign is no trouble yet: detectors look closer at its flow.
CREATE TABLE flow_signs (
	flow_id          INTEGER PRIMARY KEY REFERENCES flows, -- the flow
	signs            INTEGER NOT NULL, -- the signs as a set of bits, in the order of the columns below
	not_established  INTEGER GENERATED ALWAYS AS (signs & 1) VIRTUAL, -- TCP: src sent a SYN, and the handshake was not completed
	has_reset        INTEGER GENERATED ALWAYS AS (signs >> 1 & 1) VIRTUAL, -- TCP: a RST of either side
	has_no_data      INTEGER GENERATED ALWAYS AS (signs >> 2 & 1) VIRTUAL, -- TCP: neither side sent payload
	has_one_side     INTEGER GENERATED ALWAYS AS (signs >> 3 & 1) VIRTUAL, -- TCP, UDP: only src sent
	is_retransmitted INTEGER GENERATED ALWAYS AS (signs >> 4 & 1) VIRTUAL, -- TCP: a retransmission of any kind
	is_out_of_order  INTEGER GENERATED ALWAYS AS (signs >> 5 & 1) VIRTUAL, -- TCP: Wireshark's out-of-order
	has_zero_window  INTEGER GENERATED ALWAYS AS (signs >> 6 & 1) VIRTUAL, -- TCP: Wireshark's zero window
	has_unseen       INTEGER GENERATED ALWAYS AS (signs >> 7 & 1) VIRTUAL, -- TCP: an ACK of data that is not in the capture
	has_reused_ports INTEGER GENERATED ALWAYS AS (signs >> 8 & 1) VIRTUAL, -- TCP: its ports had another connection before
	is_unscaled      INTEGER GENERATED ALWAYS AS (signs >> 9 & 1) VIRTUAL, -- TCP: both SYNs seen, not both with a window scale
	has_checksums    INTEGER GENERATED ALWAYS AS (signs >> 10 & 1) VIRTUAL, -- a wrong checksum
	has_errors       INTEGER GENERATED ALWAYS AS (signs >> 11 & 1) VIRTUAL, -- packets.errors is not 0
	has_ttls         INTEGER GENERATED ALWAYS AS (signs >> 12 & 1) VIRTUAL, -- packets of one side with different TTLs
	has_odd_mss      INTEGER GENERATED ALWAYS AS (signs >> 13 & 1) VIRTUAL -- TCP: the MSS of the two SYNs differs, or one is below 1,440
);
