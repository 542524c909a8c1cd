-- IP fragments, and the datagrams that they are of, as they were put together.

-- One row a fragment, also of the packets that a tunnel carries: a packet has several rows if its fragment completes a
-- datagram that carries a fragment of another. One without payload has none.
CREATE TABLE fragments (
	fragment_id        INTEGER PRIMARY KEY, -- 4 * packet_id, and 1 more for each other row of its packet
	packet_id          INTEGER NOT NULL REFERENCES packets, -- the packet that carries it
	first_packet_id    INTEGER NOT NULL REFERENCES packets, -- the packet whose fragment of the same datagram came first; it names the datagram
	previous_packet_id INTEGER REFERENCES packets, -- the packet whose fragment of the datagram came before; NULL: this one came first
	start              INTEGER NOT NULL, -- where its bytes are in the datagram's payload
	length             INTEGER NOT NULL, -- bytes on the wire
	more_fragments     INTEGER NOT NULL, -- 1: it is not the datagram's last
	completes          INTEGER -- 1: with it the datagram was put together, whose row in packets is that of packet_id; 0: with it all had come, but the snap length cut some; NULL: others were to come
);

-- Fragments with their datagrams: that of `fragments`, or, where a fragment came again behind a datagram that had all of
-- it, that datagram. RFC 791, 3.2 lets 30 s pass between them.
CREATE VIEW datagram_fragments AS
WITH
headed AS ( -- by a packet that shows its header, and not that of what a tunnel carries
	SELECT
		*,
		max(completes) OVER datagram AS completed,
		ifnull(
			max(iif(start > 0 AND completes IS NOT 1, packet_id, NULL)) OVER datagram,
			max(iif(completes, NULL, packet_id)) OVER datagram
		) AS header_packet_id
	FROM fragments
	WINDOW datagram AS (PARTITION BY first_packet_id)
),
sent AS ( -- each with the flow and identification of its header
	SELECT
		g.*,
		g.start + g.length AS stop,
		p.ts_ns,
		h.capture_id,
		h.flow_id,
		h.direction,
		h.ip_id
	FROM headed g
	CROSS JOIN packets p ON p.packet_id = g.packet_id
	CROSS JOIN packets h ON h.packet_id = g.header_packet_id
),
compared AS ( -- each with the last complete datagram before it that has the same fragment
	SELECT
		*,
		max(iif(completed IS NULL, NULL, first_packet_id)) OVER before AS other_packet_id,
		max(iif(completed IS NULL, NULL, ts_ns)) OVER before AS other_ts_ns
	FROM sent
	WINDOW before AS (PARTITION BY flow_id, direction, ip_id, start, length ORDER BY packet_id)
),
repeated AS ( -- repeated_packet_id: the complete datagram, if all fragments of this one repeat it
	SELECT
		*,
		iif(
			completed IS NULL AND min(ifnull(ts_ns - other_ts_ns <= 30e9, 0)) OVER datagram,
			max(other_packet_id) OVER datagram,
			NULL
		) AS repeated_packet_id
	FROM compared
	WINDOW datagram AS (PARTITION BY first_packet_id)
)
SELECT
	r.packet_id,
	ifnull(r.repeated_packet_id, r.first_packet_id) AS datagram_id, -- packet_id of the datagram's fragment that came first
	r.capture_id,
	iif(r.direction, f.dst, f.src) AS src, -- who sent it
	iif(r.direction, f.src, f.dst) AS dst, -- who it was sent to
	f.protocol, -- of what the datagram carries
	r.ip_id,
	r.ts_ns,
	r.start,
	r.stop, -- start + length
	r.more_fragments,
	r.completes,
	r.completed, -- of the datagram: 1: it was put together; 0: all of it came, but the snap length cut some; NULL: it lacks some
	r.repeated_packet_id IS NOT NULL AS is_repeated -- 1: it came behind a datagram that had all of it
FROM repeated r
CROSS JOIN flows f ON f.flow_id = r.flow_id;
