-- The same packets at two capture points: what `pcapdex compare` finds.

-- One row a pair of captures compared. a is the first point of the path, b the second; forward is from a to b, back from
-- b to a. Times are a's unless it says otherwise.
CREATE TABLE hop_comparisons (
	comparison_id         INTEGER PRIMARY KEY, -- names the comparison
	a_capture_id          INTEGER NOT NULL REFERENCES captures, -- the first point
	b_capture_id          INTEGER NOT NULL REFERENCES captures, -- the second
	window_ns             INTEGER NOT NULL, -- --window: the two sightings of a packet are not further apart, clocks corrected
	a_packets             INTEGER NOT NULL, -- packets of a: a_matched + a_only
	b_packets             INTEGER NOT NULL, -- packets of b: b_matched + b_only
	a_matched             INTEGER NOT NULL, -- packets of a that b has too, or a part of them
	b_matched             INTEGER NOT NULL, -- packets of b that a has too: not the same number where segments were joined or datagrams fragmented
	a_only                INTEGER NOT NULL, -- packets of a that b has not
	b_only                INTEGER NOT NULL, -- packets of b that a has not
	forward_lost          INTEGER NOT NULL, -- packets that went forward and did not arrive: reason lost; of a packet that arrived in part, each segment or stretch of bytes that did not
	back_lost             INTEGER NOT NULL, -- the same of packets that went back
	forward_reordered     INTEGER NOT NULL, -- packets that b saw behind one that a saw later (RFC 4737)
	back_reordered        INTEGER NOT NULL, -- packets that a saw behind one that b saw later
	clock                 TEXT NOT NULL, -- what is known of the clocks: both_ways, forward_only, back_only (then one-way delays are not known), contradicted (packets arrive before they leave: no delays are known), none
	offset_ns             INTEGER, -- b's clock less a's at a's first packet; NULL unless clock is both_ways
	drift_ppm             REAL, -- how much faster b's clock runs, millionths; 0: no difference can be seen
	clock_uncertainty_ns  INTEGER, -- the offset may be off by so much, either way, from the first packet that both have to the last: at least half of the least round trip between the points
	forward_raw_min_ns    INTEGER, -- least time at b less time at a of packets that went forward, drift taken off; NULL none
	back_raw_max_ns       INTEGER, -- greatest of packets that went back; NULL none
	overlap_first_ts_ns   INTEGER, -- from when on both captures ran; NULL: never, or they have nothing in common that tells
	overlap_last_ts_ns    INTEGER, -- until when
	given_up              INTEGER NOT NULL -- packets that were not looked for through all of the window, because too many waited
);

-- Flows of a comparison: one that both points saw, or one that only one point saw. src and dst are those of a's flow, of
-- b's where a has none; src_... is about what src sent.
CREATE TABLE hop_flows (
	hop_flow_id        INTEGER PRIMARY KEY, -- names the flow in hop_packets
	comparison_id      INTEGER NOT NULL REFERENCES hop_comparisons, -- the comparison
	a_flow_id          INTEGER REFERENCES flows, -- the flow at a; NULL: a has none
	b_flow_id          INTEGER REFERENCES flows, -- the flow at b; NULL: b has none
	swapped            INTEGER NOT NULL, -- 1: what is src at a is dst at b, because a capture begins in the middle
	mapping            TEXT NOT NULL, -- none (the same endpoints), nat (other addresses or ports), isn (rewritten sequence numbers), proxy (only the bytes are the same), absent (one point has no such flow)
	confidence         INTEGER NOT NULL, -- that these are the same conversation, per cent
	evidence           INTEGER NOT NULL, -- packets that put the flows together where the endpoints did not
	src_seq_delta      INTEGER, -- b's sequence numbers less a's, as in the headers, modulo 2^32; NULL: not constant, or no TCP
	src_travel         INTEGER, -- 1 forward (a to b), -1 back, NULL not known
	src_matched        INTEGER NOT NULL, -- pairs of sightings
	src_a_only         INTEGER NOT NULL, -- packets that b has not
	src_b_only         INTEGER NOT NULL, -- packets that a has not
	src_lost           INTEGER NOT NULL, -- of those and of packets that arrived in part: lost between the points, as forward_lost counts
	src_reordered      INTEGER NOT NULL, -- packets that arrived behind one that was sent later
	src_ttl_diff       INTEGER, -- usual TTL at a less TTL at b
	src_delay_min_ns   INTEGER, -- one-way delay, clocks corrected; NULL: the offset is not known
	src_delay_mean_ns  INTEGER, -- the mean
	src_delay_max_ns   INTEGER, -- the longest
	src_excess_mean_ns INTEGER, -- time beyond that of the fastest packet of any flow the same way: the mean
	src_excess_max_ns  INTEGER, -- the longest
	dst_seq_delta      INTEGER, -- the same of what dst sent
	dst_travel         INTEGER, -- 1 forward, -1 back, NULL not known
	dst_matched        INTEGER NOT NULL, -- pairs of sightings
	dst_a_only         INTEGER NOT NULL, -- packets that b has not
	dst_b_only         INTEGER NOT NULL, -- packets that a has not
	dst_lost           INTEGER NOT NULL, -- of those and of packets that arrived in part: lost between the points
	dst_reordered      INTEGER NOT NULL, -- packets that arrived behind one that was sent later
	dst_ttl_diff       INTEGER, -- usual TTL at a less TTL at b
	dst_delay_min_ns   INTEGER, -- one-way delay
	dst_delay_mean_ns  INTEGER, -- the mean
	dst_delay_max_ns   INTEGER, -- the longest
	dst_excess_mean_ns INTEGER, -- beyond the fastest packet: the mean
	dst_excess_max_ns  INTEGER -- the longest
);

-- Packets: one row for each pair of sightings, and one for each packet that only one point saw. Where segments were cut or
-- joined (method byte_range) or datagrams fragmented, a packet is in several pairs; each stretch of its bytes that is in
-- none of them has a row as if it were a packet that only one point saw, with part_offset and part_len. A stretch of TCP
-- data has a row for each segment that it made at the other point, of the longest that are seen there.
CREATE TABLE hop_packets (
	hop_packet_id INTEGER PRIMARY KEY, -- in the order of arrival, more or less
	comparison_id INTEGER NOT NULL REFERENCES hop_comparisons, -- the comparison
	hop_flow_id   INTEGER REFERENCES hop_flows, -- its flow; NULL: it has no endpoints
	a_packet_id   INTEGER REFERENCES packets, -- the packet at a; NULL: a has it not
	b_packet_id   INTEGER REFERENCES packets, -- the packet at b; NULL: b has it not
	direction     INTEGER, -- 0 sent by src of the hop flow, 1 by dst
	method        TEXT, -- how it was known again: hop_methods; NULL only one point has it
	confidence    INTEGER, -- that it is the same packet, per cent
	reason        TEXT, -- why the other point may not have it: hop_reasons; NULL both have it
	changes       INTEGER, -- set of bits: hop_changes
	ttl_diff      INTEGER, -- TTL at a less TTL at b
	raw_delay_ns  INTEGER, -- time at b less time at a, each by its own clock
	delay_ns      INTEGER, -- one-way delay between the points in the direction of travel, clocks corrected; NULL not known
	excess_ns     INTEGER, -- time beyond that of the fastest packet the same way, drift taken off; NULL: the way is not known, or clock is contradicted
	late_ns       INTEGER, -- reordered: time since the arrival of that packet of its flow which was sent last of those that had arrived; NULL in order
	part_offset   INTEGER, -- of a packet that the other point has in part, bytes of the payload that it has not: the first, from 0; NULL: the row is of the whole packet
	part_len      INTEGER -- how many
);

-- Where the time of TCP connections went: waits at the point on the client's side, and what they were for. One row a
-- connection and cause (docs/definitions.md, hop-verdict).
CREATE TABLE hop_waits (
	hop_flow_id INTEGER NOT NULL REFERENCES hop_flows, -- the connection
	cause       TEXT NOT NULL REFERENCES hop_causes, -- what the time went to
	waits       INTEGER NOT NULL, -- how many
	total_ns    INTEGER NOT NULL, -- all of them
	longest_ns  INTEGER NOT NULL, -- the longest
	a_packet_id INTEGER REFERENCES packets, -- the packet that ended the longest, at a; NULL: a has it not
	b_packet_id INTEGER REFERENCES packets, -- the same at b; NULL: b has it not
	PRIMARY KEY (hop_flow_id, cause)
) WITHOUT ROWID;

-- What waits are for.
CREATE TABLE hop_causes (
	cause   TEXT PRIMARY KEY, -- as in hop_waits
	place   TEXT NOT NULL, -- where the time is lost: network (between the points), client (beyond the point on its side), server, unknown; none: no time lost
	meaning TEXT NOT NULL -- in words; {near} stands for the name of the point on the client's side, {far} for the other's
) WITHOUT ROWID;

-- How packets are known again.
CREATE TABLE hop_methods (
	method  TEXT PRIMARY KEY, -- as in hop_packets
	meaning TEXT NOT NULL -- in words
) WITHOUT ROWID;

-- Why a packet may be in one capture only.
CREATE TABLE hop_reasons (
	reason  TEXT PRIMARY KEY, -- as in hop_packets
	meaning TEXT NOT NULL -- in words
) WITHOUT ROWID;

-- What the bits of hop_packets.changes mean: changes >> bit & 1.
CREATE TABLE hop_changes (
	bit     INTEGER PRIMARY KEY, -- from 0
	name    TEXT NOT NULL, -- short name
	meaning TEXT NOT NULL -- what differs between the two sightings
);

-- Findings with numbers, times and addresses, as reports show them.
CREATE VIEW hop_packet_list AS
SELECT
	h.hop_packet_id,
	h.comparison_id,
	h.hop_flow_id,
	f.a_flow_id,
	f.b_flow_id,
	h.a_packet_id,
	h.b_packet_id,
	a.name AS a, -- name of the first capture
	b.name AS b, -- name of the second
	p.number AS a_number, -- packet number in a
	q.number AS b_number, -- packet number in b
	ifnull(p.ts_ns, q.ts_ns) AS ts_ns, -- at a; at b where a has it not
	iif(p.packet_id, p.ts_ns - a.first_ts_ns, q.ts_ns - b.first_ts_ns) / 1e9 AS time_s, -- since the first packet of that capture
	g.protocol,
	iif(h.direction, g.dst, g.src) AS src, -- sender, as a has it; as b has it where a has no such flow
	iif(h.direction, g.dst_port, g.src_port) AS src_port, -- its port
	iif(h.direction, g.src, g.dst) AS dst, -- receiver, the same
	iif(h.direction, g.src_port, g.dst_port) AS dst_port, -- its port
	h.direction, -- 0 sent by src of the hop flow, 1 by dst
	iif(h.direction, f.dst_travel, f.src_travel) AS travel, -- 1 forward, -1 back, NULL not known
	h.method,
	h.confidence,
	h.reason,
	h.changes,
	h.ttl_diff,
	h.raw_delay_ns,
	h.delay_ns,
	h.excess_ns,
	h.late_ns,
	h.part_offset, -- of a packet that the other point has in part: the first byte that it has not
	h.part_len -- how many
FROM hop_packets h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
LEFT JOIN hop_flows f ON f.hop_flow_id = h.hop_flow_id
LEFT JOIN flows g ON g.flow_id = ifnull(f.a_flow_id, f.b_flow_id)
LEFT JOIN packets p ON p.packet_id = h.a_packet_id
LEFT JOIN packets q ON q.packet_id = h.b_packet_id;

-- TCP connections that both points saw, with client and server: those whose time is taken apart.
CREATE VIEW hop_connections AS
SELECT
	h.*,
	a.name AS a, -- name of the first capture
	b.name AS b, -- name of the second
	a.first_packet_id AS a_first_packet_id, -- a's packet 1
	b.first_packet_id AS b_first_packet_id, -- b's packet 1
	c.a_capture_id,
	c.b_capture_id,
	(h.src_travel = -1) <> (instr(f.history, '^') > 0) AS is_turned, -- 1: b is the point on the client's side; else a
	iif(instr(f.history, '^') > 0, f.dst, f.src) AS client, -- as a has it
	iif(instr(f.history, '^') > 0, f.dst_port, f.src_port) AS client_port, -- its port
	iif(instr(f.history, '^') > 0, f.src, f.dst) AS server, -- as a has it
	iif(instr(f.history, '^') > 0, f.src_port, f.dst_port) AS server_port -- its port
FROM hop_flows h
JOIN hop_comparisons c ON c.comparison_id = h.comparison_id
JOIN captures a ON a.capture_id = c.a_capture_id
JOIN captures b ON b.capture_id = c.b_capture_id
JOIN flows f ON f.flow_id = h.a_flow_id
WHERE f.protocol = 'tcp' AND h.b_flow_id IS NOT NULL AND h.src_travel IS NOT NULL;

-- Waits of these connections, with numbers and words.
CREATE VIEW hop_wait_list AS
SELECT
	k.*,
	w.cause,
	c.place, -- as in hop_causes
	replace(replace(c.meaning, '{near}', iif(k.is_turned, k.b, k.a)), '{far}', iif(k.is_turned, k.a, k.b)) AS meaning, -- in words
	w.waits,
	w.total_ns,
	w.longest_ns,
	w.a_packet_id,
	w.b_packet_id,
	w.a_packet_id - k.a_first_packet_id + 1 AS a_number, -- packet number in a
	w.b_packet_id - k.b_first_packet_id + 1 AS b_number -- packet number in b
FROM hop_connections k
JOIN hop_waits w ON w.hop_flow_id = k.hop_flow_id
JOIN hop_causes c ON c.cause = w.cause;

-- Is it the network? Where the time of each of them was lost, and to what most of it.
CREATE VIEW hop_verdicts AS
SELECT
	hop_flow_id,
	lost_ns, -- all of the following
	network_ns, -- between the points
	client_ns, -- beyond the point on the client's side
	server_ns, -- beyond the other point
	unknown_ns, -- cannot be placed
	CASE
		WHEN 2 * unknown_ns >= lost_ns THEN 'these captures cannot tell'
		WHEN 2 * network_ns >= lost_ns THEN 'it is the network'
		WHEN 2 * (network_ns + unknown_ns) < lost_ns THEN 'it is not the network'
		ELSE 'these captures cannot tell'
	END AS verdict, -- in words
	(
		SELECT w.cause
		FROM hop_waits w
		JOIN hop_causes c ON c.cause = w.cause
		WHERE w.hop_flow_id = sums.hop_flow_id AND c.place <> 'none'
		ORDER BY w.total_ns DESC
		LIMIT 1
	) AS cause -- that most of it went to
FROM (
	SELECT
		w.hop_flow_id,
		CAST(total(w.total_ns) AS INTEGER) AS lost_ns,
		CAST(total(iif(c.place = 'network', w.total_ns, 0)) AS INTEGER) AS network_ns,
		CAST(total(iif(c.place = 'client', w.total_ns, 0)) AS INTEGER) AS client_ns,
		CAST(total(iif(c.place = 'server', w.total_ns, 0)) AS INTEGER) AS server_ns,
		CAST(total(iif(c.place = 'unknown', w.total_ns, 0)) AS INTEGER) AS unknown_ns
	FROM hop_waits w
	JOIN hop_causes c ON c.cause = w.cause
	WHERE c.place <> 'none'
	GROUP BY w.hop_flow_id
) sums;

-- A capture takes its comparisons along, a comparison what it found.
CREATE TRIGGER hop_comparisons_of_capture AFTER DELETE ON captures BEGIN
	DELETE FROM hop_comparisons WHERE old.capture_id IN (a_capture_id, b_capture_id);
END;

CREATE TRIGGER hop_rows_of_comparison AFTER DELETE ON hop_comparisons BEGIN
	DELETE FROM hop_packets WHERE comparison_id = old.comparison_id;
	DELETE FROM hop_waits
	WHERE hop_flow_id IN (SELECT hop_flow_id FROM hop_flows WHERE comparison_id = old.comparison_id);
	DELETE FROM hop_flows WHERE comparison_id = old.comparison_id;
END;
